"""The commands of the documents, pasted as a person would paste them."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from . import command_line
from .act import Act
from .checks import section
from .stack import NAME, OPTIONS, Stack
from .webhooks import DISCORD_ALL, deployment

ROOT = Path(__file__).parents[3]
RUNBOOK = "functions/runbook.md"
SECURITY = ".github/SECURITY.md"
EXAMPLES = "tests/examples/README.md"
# Of these, what begins with `aws`.
OTHERS = ("functions/README.md",)

# What the emulator does not know. The command line checks such a call against AWS's own model of
# it, and calls nobody.
UNKNOWN = (
    "sqs start-message-move-task",
    "service-quotas request-service-quota-increase",
    "cloudformation continue-update-rollback",
)

# Between what two blocks say.
_NEXT = "--- the next block ---"

# Between the commands and the emulator. Refusals count as failures: nobody who pastes would
# overlook them.
_PRELUDE = r"""
set -euo pipefail
shopt -s inherit_errexit
cd "$DESK"
aws() {
    local more=()
    case "$1 $2" in
        UNKNOWN) more=(--generate-cli-skeleton output) ;;
        # Of SQS alone, it knows no endpoint from the environment.
        "sqs "*) more=(--endpoint-url "$AWS_ENDPOINT_URL") ;;
    esac
    "$PYTHON" -I -S "$COMMAND_LINE" "$DESK/aws" "$@" "${more[@]}"
}
curl() {
    local argument host= arguments=()
    for argument in "$@"; do
        if [[ $argument =~ ^https://([a-z0-9]+)\.execute-api\.[^/]+(/.*)$ ]]; then
            host="${BASH_REMATCH[1]}.execute-api.localhost:$PORT"
            argument="http://127.0.0.1:$PORT${BASH_REMATCH[2]}"
        fi
        arguments+=("$argument")
    done
    command curl -sS --fail-with-body -H "Host: $host" "${arguments[@]}"
}
sam() {
    case "$1" in
        deploy) env $DEPLOYER sam deploy --template-file "$DESK/template.yaml" OPTIONS "${@:2}" $PARAMETERS ;;
        # SAM removes what it has uploaded, which is deployed once more.
        delete) [[ $STACK != *-again ]] || env $DEPLOYER sam "$@" --region "$AWS_REGION" --no-prompts ;;
    esac
}
""".replace("UNKNOWN", " | ".join(f'"{call}"' for call in UNKNOWN)).replace(
    "OPTIONS", " ".join(OPTIONS)
)


def read(document):
    return (ROOT / document).read_text()


def blocks(document, heading=None):
    """The blocks of shell, of a section where one is named."""
    text = read(document)
    if heading:
        text = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
    return re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)


def filled(block, known):
    """With values for what a person would have to fill in (`NAME=…`)."""

    def value(found):
        return f"{found[1]}={known[found[1]]}"

    return re.sub(r"\b([A-Z]+)=\S*…\S*", value, block)


class Documents(Act):
    # Where commands write their files, for those that come after.
    _desk = tempfile.TemporaryDirectory(prefix="carillon-desk-")
    # Ends when this process does.
    _command_line = None

    def _paste(self, what, commands, stack=NAME, has_stack=True, **known):
        """Runs blocks one after the other in one shell; answers what each has said."""
        start = blocks(RUNBOOK, "Start here") if has_stack else []
        commands = [filled(block, known) for block in (*start, *commands)]
        done = subprocess.run(
            ["bash", "-c", f"\necho '{_NEXT}'\n".join([_PRELUDE, *commands])],
            env=self._environment(stack),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = done.stdout.split(f"{_NEXT}\n")[1:]
        self._checks.need(
            f"{len(commands) - len(start)} blocks of {what} work as pasted",
            done.returncode == 0,
            f"{commands[len(said) - 1]}\n{said[-1][-1000:]}",
        )
        return "\n".join(said[len(start) :])

    def _environment(self, stack):
        if not self._command_line:
            desk = self._desk.name
            Documents._command_line = subprocess.Popen(
                [sys.executable, command_line.__file__, "--serve", f"{desk}/aws"],
                env=self._emulator.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self._command_line.stdout.readline()
        return self._emulator.environment | {
            "COMMAND_LINE": command_line.__file__,
            "DEPLOYER": " ".join(f"{k}={v}" for k, v in self._stack.deployer.items()),
            "DESK": self._desk.name,
            "PARAMETERS": f"Architecture=x86_64 ChatOrigin={self._chat.origin}",
            "PORT": str(self._emulator.port),
            "PYTHON": sys.executable,
            "SAM_CLI_TELEMETRY": "0",
            "STACK": stack,
        }

    # ─── The runbook ──────────────────────────────────────────────────────────────────────

    def _runbook(self):
        section("The runbook")
        self._names()
        self._pull_plugs()
        commands = blocks(RUNBOOK)[len(blocks(RUNBOOK, "Start here")) :]
        said = self._paste(
            "the runbook", commands, WEBHOOK=self._ids[DISCORD_ALL], REQUEST="made-up"
        )
        self._all_goes_on(said)
        others = [block for document in OTHERS for block in blocks(document)]
        others = [block for block in others if block.startswith("aws ")]
        self._paste("other documents", others)

    def _names(self):
        """Each alarm is in the runbook, and what the runbook names is there."""
        text = read(RUNBOOK)
        known = self._emulator.client("cloudformation").get_template(
            StackName=NAME, TemplateStage="Processed"
        )["TemplateBody"]
        alarms = {
            name
            for name, resource in known["Resources"].items()
            if resource["Type"] == "AWS::CloudWatch::Alarm"
        }
        named = set(re.findall(r"`(\w+Alarm)`", text))
        self._checks.check(
            f"all {len(alarms)} alarms are in the runbook, and no others",
            alarms and alarms == named,
            alarms ^ named,
        )
        known = {*known["Resources"], *known["Outputs"], *known["Parameters"]}
        named = set(re.findall(r"named (\w+)\)", text))
        self._checks.check("what it names is in the template", named <= known, named - known)

    def _pull_plugs(self):
        """What the runbook is to mend."""
        lambdas, events = self._emulator.client("lambda"), self._emulator.client("events")
        self._mapping = self._stack.resources["NotifierFunctionDeliveries"]
        self._rule = self._stack.resources["JanitorFunctionSweeps"]
        lambdas.update_event_source_mapping(UUID=self._mapping, Enabled=False)
        events.disable_rule(Name=self._rule)
        self._emulator.client("kms").disable_key(KeyId=self._key)
        # As Lambda would tell of records that it has given up.
        stream = self._stack.outputs["EventsStreamArn"]
        streams = self._emulator.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]
        given_up = {
            "requestContext": {
                "functionArn": lambdas.get_function(
                    FunctionName=self._stack.resources["DispatcherFunction"]
                )["Configuration"]["FunctionArn"],
                "condition": "RecordAgeExceeded",
            },
            "version": "1.0",
            "DDBStreamBatchInfo": {
                "shardId": shard["ShardId"],
                "startSequenceNumber": shard["SequenceNumberRange"]["StartingSequenceNumber"],
                "batchSize": 2,
                "streamArn": stream,
            },
        }
        self._emulator.client("sqs").send_message(
            QueueUrl=self._stack.resources["FailureQueue"], MessageBody=json.dumps(given_up)
        )
        self._dispatched = self._count_dispatched()

    def _count_dispatched(self):
        lines = self._stack.logs()[self._stack.resources["DispatcherLogs"]]
        return sum('"dispatched"' in line for line in lines)

    def _all_goes_on(self, said):
        lambdas, events = self._emulator.client("lambda"), self._emulator.client("events")
        state = self._wait(
            lambda: lambdas.get_event_source_mapping(UUID=self._mapping)["State"] == "Enabled"
        )
        self._checks.check("a mapping that was off is on again", state)
        state = events.describe_rule(Name=self._rule)["State"]
        self._checks.check("... and a schedule", state == "ENABLED", state)
        key = self._emulator.client("kms").describe_key(KeyId=self._key)["KeyMetadata"]
        self._checks.check("... and a key", key["KeyState"] == "Enabled", key)
        replayed = self._wait(lambda: self._count_dispatched() >= self._dispatched + 2)
        answers = [line for line in said.splitlines() if "batchItemFailures" in line]
        self._checks.check(
            "records that were given up are dispatched again",
            replayed and answers and all('"batchItemFailures": []' in one for one in answers),
            [self._dispatched, self._count_dispatched(), answers],
        )

    # ─── Security ─────────────────────────────────────────────────────────────────────────

    def _rotate_admin_key(self):
        """The functions know the new key at the latest when they start anew."""
        self._key_before = self._api.key
        self._paste("rotating the admin key", blocks(SECURITY, "Rotate the admin key"))
        secret = self._emulator.client("secretsmanager").get_secret_value(
            SecretId=self._stack.outputs["AdminKeySecretArn"]
        )
        value = json.loads(secret["SecretString"])
        self._checks.need(
            "the admin key is another one, of the same organization",
            value["key"] != self._key_before and value["organization"] == "default",
        )
        self._next_key = value["key"]
        self._admin_keys["the next admin key"] = value["key"]

    def _new_key_works(self):
        self._api.key = self._next_key
        answer = self._wait(lambda: self._ok("GET", "/webhooks/"))
        self._checks.need("the new admin key is accepted", answer, self._api.answers[-1:])
        answer = self._api.call("GET", "/webhooks/", key=self._key_before)
        self._checks.check("... and the one before is not", answer.status == 401, answer)

    def _security(self):
        section("What the documents say of security")
        names = re.findall(r"\[`(\w+)`\]\((\S+\.rs)\)", read(SECURITY))
        folder = (ROOT / SECURITY).parent
        lost = [
            f"{file}: {name}"
            for name, file in names
            if not re.search(rf"\bfn {name}\b", (folder / file).read_text())
        ]
        self._checks.check(f"all {len(names)} tests that it names are there", names and not lost, lost)

    # ─── What a deleted stack has left ────────────────────────────────────────────────────

    def _go_on_and_uninstall(self):
        section("Deleting the stack, and going on with what it has left")
        note_and_delete, uninstall = blocks(EXAMPLES, "Uninstalling")
        go_on, restore = blocks(EXAMPLES, "Going on with what a deleted stack has left")
        known = self._listed("/webhooks/")
        self._paste("noting what stays", [note_and_delete])
        Path(self._desk.name, "template.yaml").write_text(self._stack.own_template())
        self._stack.delete()
        left = self._tables()
        self._checks.check("its four tables stay", len(left) == 4, left)
        self._paste("restoring and going on", [restore, go_on], has_stack=False)
        self._stack = Stack(self._emulator, f"{NAME}-again", self._stack.deployer)
        self._stack.read()
        self._stack.route_api()
        self._api = self._api.at(self._stack.host())
        self._admin_key_of_the_next()
        found = self._listed("/webhooks/")
        self._checks.check(f"all {len(known)} webhooks are there", known and found == known, found)
        answer = self._api.call("POST", "/events/", deployment("lighthouse", "deploy-0a1b"))
        self._checks.need("an event is accepted", answer.status == 202, answer)
        self._arrives("it", DISCORD_ALL, "lighthouse")
        self._paste("uninstalling", [note_and_delete, uninstall], stack=f"{NAME}-again")
        tables = self._tables()
        self._checks.check("what was restored is gone, and nothing else", tables == left, tables)
        self._checks.check("... and so are the credentials", not self._secrets(), self._secrets())

    def _tables(self):
        tables = self._emulator.client("dynamodb").list_tables()["TableNames"]
        return {table for table in tables if table.startswith(NAME)}

    def _admin_key_of_the_next(self):
        secret = self._emulator.client("secretsmanager").get_secret_value(
            SecretId=self._stack.outputs["AdminKeySecretArn"]
        )
        self._api.key = json.loads(secret["SecretString"])["key"]
        self._checks.need(
            "its first admin key works", self._wait(lambda: self._ok("GET", "/webhooks/"))
        )
