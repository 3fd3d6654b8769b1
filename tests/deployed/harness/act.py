"""What every act of the run needs."""

import time

from .api import Api
from .checks import wait_until
from .stack import NAME
from .webhooks import WEBHOOKS

# Everything is warm in milliseconds; this is for a machine that compiles at the same time.
PATIENCE = 60

# What the janitor's two schedules call it with.
ROUND, LANES = "{}", '{"sweep": "lanes"}'


class Act:
    def __init__(self, checks, emulator, stack, chat, issuer=None):
        self._checks = checks
        self._emulator = emulator
        self._stack = stack
        self._chat = chat
        self._issuer = issuer
        self._api = Api(emulator.port, stack.host())
        # Ids of the webhooks, by where their messages arrive.
        self._ids = {}
        # What lay in the delivery queue.
        self._queued = []
        # Signatures of the JWTs that were sent: they may be nowhere.
        self._signatures = {}

    def _ok(self, method, path):
        answer = self._api.call(method, path)
        return answer if answer.status == 200 else None

    def _listed(self, path):
        """All of a list, page by page."""
        found, cursor = [], ""
        for _ in range(50):
            page = self._api.call("GET", path + cursor).json
            found += page["results"]
            if not page["next"]:
                break
            cursor = f"{'&' if '?' in path else '?'}cursor={page['next']}"
        return found

    def _rows(self, table):
        """All rows of one of the stack's tables."""
        name = self._stack.resources[table]
        pages = self._emulator.client("dynamodb").get_paginator("scan").paginate(TableName=name)
        return [row for page in pages for row in page["Items"]]

    def _secrets(self):
        """The secrets of the webhooks, by name."""
        pages = self._emulator.client("secretsmanager").get_paginator("list_secrets").paginate()
        secrets = {secret["Name"]: secret for page in pages for secret in page["SecretList"]}
        prefix = f"carillon/{NAME}/default/"
        return {name: secret for name, secret in secrets.items() if name.startswith(prefix)}

    def _new_key(self):
        return self._emulator.client("kms").create_key()["KeyMetadata"]["Arn"]

    def _make_table(self, name, **settings):
        """A table that an application has; answers its stream."""
        keys = {"organization": "HASH", "id": "RANGE"}
        table = self._emulator.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
            KeySchema=[{"AttributeName": k, "KeyType": kind} for k, kind in keys.items()],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            **settings,
        )
        return table["TableDescription"]["LatestStreamArn"]

    def _put_item(self, table, item):
        self._emulator.client("dynamodb").put_item(TableName=table, Item=item)

    def _report(self, event):
        """Puts an event on EventBridge, as an AWS service would."""
        answer = self._emulator.client("events").put_events(Entries=[event])
        self._checks.need("EventBridge takes it", answer["FailedEntryCount"] == 0, answer)

    def _arrives(self, what, destination, *texts):
        """Waits for a message and shows it."""
        started = time.monotonic()
        message = self._chat.wait_for(destination, *texts, seconds=PATIENCE)
        sent = [m.text for m in self._chat.messages(destination)]
        self._checks.need(f"{what} arrives for {WEBHOOKS[destination]['name']!r}", message, sent)
        waited = (time.monotonic() - started) * 1000
        print(f"        after {waited:.0f} ms: {message.title}")
        if "slack" in destination:
            attachments = message.body.get("attachments", [])
            rendered = (
                attachments
                and attachments[0].get("blocks")
                and attachments[0].get("color")
                and (message.body.get("text") or attachments[0].get("fallback"))
            )
        else:
            mentions = message.body.get("allowed_mentions", {}).get("parse")
            rendered = message.body.get("embeds") and mentions == []
        self._checks.check("... rendered for this platform", rendered, message.text)
        return message

    def _run_janitor(self, payload, what):
        """A call of one of its schedules, with the role's own rights."""
        answer = self._emulator.client("lambda").invoke(
            FunctionName=self._stack.resources["JanitorFunction"], Payload=payload
        )
        failed = answer.get("FunctionError")
        self._checks.check(f"the janitor {what}", not failed, failed)

    def _wait(self, condition):
        return wait_until(condition, PATIENCE)
