"""What a team would do with its deployment, and what must come of it."""

import json
import re
import time
from datetime import datetime, timezone
from pathlib import Path

from . import canaries
from .api import Api
from .chat import ChatServer
from .checks import section, wait_until
from .roles import Roles
from .stack import NAME

# Everything is warm in milliseconds; this is for a machine that compiles at the same time.
PATIENCE = 60

STACK_ARN = "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders-queue/0f1e2d3c-4b5a-6978"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "eventbridge"
# What each becomes; nothing where it is noise. They are told, or not, in this order.
CLOUD_EVENTS = {
    "cloudformation_stack_nested": [],
    "ecs_service_steady_state": [],
    "ecs_deployment_failed": ["checkout", "circuit breaker"],
    "alarm_on": ["checkout-cpu-high", "Threshold Crossed"],
    "rds_low_storage": ["billing-db", "storage"],
    "passthrough": ["nightly", "insufficient privileges"],
}
BOT = "slack.com/api/chat.postMessage"
SLACK_HOOK = canaries.SLACK_URL.removeprefix("https://")
DISCORD, DISCORD_ALL = (
    f"discord.com/api/v10/webhooks/{url.split('/')[-2]}" for url in canaries.DISCORD_URLS
)

# The first two are registered by the systems that Carillon has to fit into, just like this.
WEBHOOKS = {
    BOT: {
        "name": "MyNewWebhook",
        "event_types": ["parameter_created"],
        "type": "slack",
        "configuration": {
            "token": canaries.SLACK_TOKEN,
            "channel": "infra",
            "username": "CloudTruth",
        },
        "organization": "default",
    },
    DISCORD: {
        "name": "gaming",
        "type": "discord",
        "event_types": ["deploy", "destroy", "error"],
        "configuration": {
            "webhook_url": canaries.DISCORD_URLS[0],
            "channels": ["deploy-logs"],
        },
    },
    SLACK_HOOK: {
        "name": "everything to Slack",
        "type": "slack",
        "event_types": ["*"],
        "configuration": {"webhook_url": canaries.SLACK_URL},
    },
    DISCORD_ALL: {
        "name": "everything to Discord",
        "type": "discord",
        "event_types": ["*"],
        "configuration": {"webhook_url": canaries.DISCORD_URLS[1]},
    },
}


def deployment(resource, event_id):
    return {
        "id": event_id,
        "type": "deploy",
        "status": "succeeded",
        "environment": "production",
        "project": "billing",
        "resource": {"type": "aws_rds_cluster", "id": "db-1", "name": resource},
        "provider": "aws",
        "region": "eu-west-1",
        "estimated_cost": {"amount": "41.20", "currency": "USD", "period": "month"},
        "actor": "alice",
        "details": {"commit": "9fceb02"},
    }


class Scenario:
    def __init__(self, checks, emulator, stack, chat: ChatServer):
        self._checks = checks
        self._emulator = emulator
        self._stack = stack
        self._chat = chat
        self._api = Api(emulator.port, stack.api_host)
        self._ids = {}
        self._queued = []

    def play(self):
        section("Health and key")
        self._health()
        self._admin_key()
        self._console()
        section("Registering webhooks")
        self._register()
        section("An event over the API")
        self._publish()
        section("An item in the entities table")
        self._entity()
        section("A CloudFormation event on EventBridge")
        self._cloud()
        section("Other events on EventBridge")
        self._other_cloud_events()
        self._useless_cloud_event()
        section("The same event again")
        self._duplicate()
        section("What the API tells")
        self._lists()
        section("A platform that fails once")
        self._retry()
        section("What lies in the queue")
        self._look_into_queue()
        section("A webhook that has failed for an hour")
        self._failing_webhook()
        section("Secrets")
        self._no_secret_anywhere()
        self._delete_webhook()
        section("What roles must not do")
        Roles(self._checks, self._emulator, self._stack).check()
        section("The janitor")
        self._janitor()
        section("The end")
        self._nothing_given_up()
        self._delete_stack()

    def _health(self):
        # The first call starts the function; the emulator needs a moment for the routes.
        answer = wait_until(lambda: self._ok("GET", "/health"), PATIENCE)
        self._checks.need("health answers without a key", answer, self._api.answers[-1:])
        for path in ("/webhooks/", "/webhooks"):
            answer = self._api.call("GET", path)
            self._checks.check(
                f"GET {path} without a key is refused", answer.status == 401, answer
            )

    def _console(self):
        page = self._api.file("/")
        policy = page.headers.get("content-security-policy", "")
        self._checks.check(
            "the console answers, and may load nothing from elsewhere",
            page.status == 200 and policy.startswith("default-src 'none'"),
            page,
        )
        files = re.findall(r'"(console/[^"]+)"', page.text)
        answers = [self._api.file(f"/{name}") for name in files]
        self._checks.check(
            f"its {len(files)} files are there, for ever",
            files and all(a.status == 200 and "immutable" in a.headers["cache-control"] for a in answers),
            [a.status for a in answers],
        )

    def _ok(self, method, path):
        answer = self._api.call(method, path)
        return answer if answer.status == 200 else None

    def _admin_key(self):
        secrets = self._emulator.client("secretsmanager")
        secret = secrets.get_secret_value(SecretId=self._stack.outputs["AdminKeySecretArn"])
        value = json.loads(secret["SecretString"])
        self._checks.need(
            "the admin key is in Secrets Manager",
            len(value.get("key", "")) == 48 and value.get("organization") == "default",
            value.keys(),
        )
        answer = self._api.call("GET", "/webhooks/", key="x" * 48)
        self._checks.check("a wrong key is refused", answer.status == 401, answer)
        self._api.key = value["key"]
        answer = self._api.call("GET", "/webhooks/")
        self._checks.need(
            "the admin key is accepted",
            answer.status == 200 and answer.json["results"] == [],
            answer,
        )

    def _register(self):
        for destination, webhook in WEBHOOKS.items():
            answer = self._api.call("POST", "/webhooks/", webhook)
            self._checks.need(f"{webhook['name']!r} is accepted", answer.status == 201, answer)
            self._ids[destination] = answer.json["id"]
            self._checks.check(
                "... and its credential is masked in the answer",
                not canaries.found_in([answer.text])
                and "…" in json.dumps(answer.json["configuration"], ensure_ascii=False),
                answer,
            )
        answer = self._api.call("GET", "/webhooks/")
        listed = {w["id"] for w in answer.json["results"]}
        self._checks.check("all are listed", listed == set(self._ids.values()), answer)
        names = self._secret_names()
        self._checks.check(
            "each credential has its secret under the stack's prefix",
            len(names) == len(WEBHOOKS),
            names,
        )

    def _secret_names(self):
        pages = self._emulator.client("secretsmanager").get_paginator("list_secrets").paginate()
        names = [secret["Name"] for page in pages for secret in page["SecretList"]]
        return [name for name in names if name.startswith(f"carillon/{NAME}/default/")]

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

    def _publish(self):
        answer = self._api.call("POST", "/events/", deployment("billing-db", "deploy-7f3a"))
        self._checks.need(
            "it is accepted",
            answer.status == 202 and answer.json == {"id": "deploy-7f3a", "duplicate": False},
            answer,
        )
        texts = ["billing-db", "production", "eu-west-1", "41.20", "alice", "9fceb02"]
        for destination in (DISCORD, SLACK_HOOK, DISCORD_ALL):
            message = self._arrives("it", destination, *texts)
        agent = message.headers.get("user-agent", "")
        self._checks.check("... with a proper User-Agent", "carillon" in agent.lower(), agent)

    def _entity(self):
        self._emulator.client("dynamodb").put_item(
            TableName=self._stack.outputs["EntitiesTableName"],
            Item={
                "entity": {"S": "parameter"},
                "organization": {"S": "default"},
                "id": {"S": "param-1"},
                "name": {"S": "database-password"},
                "project": {"S": "billing"},
                "value": {"S": canaries.ENTITY_VALUE},
            },
        )
        for destination in (BOT, SLACK_HOOK, DISCORD_ALL):
            message = self._arrives("it", destination, "database-password", "billing")
            if destination == BOT:
                body = message.body
                self._checks.check(
                    "... in the channel and under the name that were registered",
                    body.get("channel", "").lstrip("#") == "infra"
                    and body.get("username") == "CloudTruth",
                    message.text,
                )
                self._checks.check(
                    "... with the token that was registered",
                    message.headers.get("authorization") == f"Bearer {canaries.SLACK_TOKEN}",
                )

    def _cloud(self):
        detail = {
            "stack-id": STACK_ARN,
            "status-details": {"status": "CREATE_COMPLETE", "status-reason": ""},
            "client-request-token": "",
        }
        answer = self._emulator.client("events").put_events(
            Entries=[
                {
                    "Source": "aws.cloudformation",
                    "DetailType": "CloudFormation Stack Status Change",
                    "Resources": [STACK_ARN],
                    "Detail": json.dumps(detail),
                }
            ]
        )
        self._checks.need("it is accepted", answer["FailedEntryCount"] == 0, answer)
        for destination in (DISCORD, SLACK_HOOK, DISCORD_ALL):
            self._arrives("it", destination, "orders-queue", "eu-west-1")

    def _other_cloud_events(self):
        events = self._emulator.client("events")
        for name, texts in CLOUD_EVENTS.items():
            event = json.loads((FIXTURES / f"{name}.json").read_text())
            answer = events.put_events(
                Entries=[
                    {
                        "Source": event["source"],
                        "DetailType": event["detail-type"],
                        "Resources": event["resources"],
                        "Detail": json.dumps(event["detail"]),
                    }
                ]
            )
            self._checks.need(f"{name} is accepted", answer["FailedEntryCount"] == 0, answer)
            for destination in (DISCORD, SLACK_HOOK, DISCORD_ALL) if texts else ():
                self._arrives("it", destination, *texts)

    def _useless_cloud_event(self):
        weather = {"id": "1", "source": "aws.ec2", "detail-type": "EC2 Weather", "detail": {}}
        sqs = self._emulator.client("sqs")
        sqs.send_message(
            QueueUrl=self._stack.resources["CloudEventsQueue"], MessageBody=json.dumps(weather)
        )
        queue = self._stack.resources["RefusedQueue"]

        def received():
            answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            return answer.get("Messages")

        messages = wait_until(received, PATIENCE)
        self._checks.need("an unknown event is kept among what is refused", messages)
        kept = json.loads(messages[0]["Body"])
        self._checks.check(
            "... as it was, with the reason",
            kept["payload"] == weather and "EC2 Weather" in kept["reason"],
            kept,
        )
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        lines = self._stack.logs()[self._stack.resources["CloudEventsLogs"]]
        self._checks.check(
            "... and counted",
            any('"_aws"' in line and '"Refused":1' in line for line in lines),
            lines,
        )

    def _duplicate(self):
        answer = self._api.call("POST", "/events/", deployment("billing-db", "deploy-7f3a"))
        self._checks.check(
            "it is called a duplicate",
            answer.status == 202 and answer.json == {"id": "deploy-7f3a", "duplicate": True},
            answer,
        )
        # Messages of a destination keep the order of their events: once this one is there,
        # a second message of the first event would be there too.
        answer = self._api.call("POST", "/events/", deployment("search-index", "deploy-8a01"))
        self._checks.need("another event is accepted", answer.status == 202, answer)
        for destination in (DISCORD, SLACK_HOOK, DISCORD_ALL):
            self._arrives("the other event", destination, "search-index")
            sent = self._chat.messages(destination, "deploy-7f3a")
            self._checks.check("... and the first was sent once", len(sent) == 1, sent)

    def _lists(self):
        for path in (
            "/events/",
            "/events/?type=deploy&since=2026-01-01T00:00:00Z",
            "/webhooks/?type=slack",
            "/notifications/",
            "/api-keys/",
            "/event-types/",
        ):
            answer = self._api.call("GET", path)
            self._checks.check(f"GET {path}", answer.status == 200, answer)
        found, path = [], "/events/?limit=2"
        for _ in range(20):
            page = self._api.call("GET", path).json
            found += [event["id"] for event in page["results"]]
            if not page["next"]:
                break
            path = f"/events/?limit=2&cursor={page['next']}"
        self._checks.check(
            "page by page, each event is listed once",
            len(found) == len(set(found)) and {"deploy-7f3a", "deploy-8a01"} <= set(found),
            found,
        )
        answer = self._api.call("GET", "/events/deploy-8a01/")
        self._checks.check(
            "an event is shown with its deliveries",
            [delivery["status"] for delivery in answer.json["deliveries"]] == ["delivered"] * 3,
            answer,
        )

    def _retry(self):
        self._chat.fail_once(DISCORD)
        answer = self._api.call("POST", "/events/", deployment("cache-node", "deploy-8b17"))
        self._checks.need("an event is accepted", answer.status == 202, answer)
        for destination in (SLACK_HOOK, DISCORD_ALL):
            self._arrives("it", destination, "cache-node")
        self._arrives("the same message, refused once,", DISCORD, "cache-node")
        refused = [r for r in self._chat.requests if r.refused]
        self._checks.check("... after one post that was answered with 503", len(refused) == 1)

    def _look_into_queue(self):
        lambdas = self._emulator.client("lambda")
        sqs = self._emulator.client("sqs")
        mapping = self._stack.resources["NotifierFunctionDeliveries"]
        lambdas.update_event_source_mapping(UUID=mapping, Enabled=False)
        answer = self._api.call("POST", "/events/", deployment("mail-relay", "deploy-9c44"))
        self._checks.need("an event waits for the notifier", answer.status == 202, answer)

        def received():
            answer = sqs.receive_message(
                QueueUrl=self._stack.outputs["DeliveryQueueUrl"],
                MaxNumberOfMessages=10,
                VisibilityTimeout=0,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            self._queued += answer.get("Messages", [])
            return len({message["MessageId"] for message in self._queued}) == 3

        self._checks.check(
            "its three lanes are woken", wait_until(received, PATIENCE), self._queued
        )
        groups = {m["Attributes"].get("MessageGroupId") for m in self._queued}
        self._checks.check("... each in its own group", len(groups) == 3, groups)
        lambdas.update_event_source_mapping(UUID=mapping, Enabled=True)
        for destination in (DISCORD, SLACK_HOOK, DISCORD_ALL):
            self._arrives("it", destination, "mail-relay")

    def _failing_webhook(self):
        """Rows as the notifier leaves them; the janitor tells of them by its own role."""
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        outage = "default#teams"
        rows = [
            {
                "webhook_id": f"FAILING#{outage}",
                "id": "wh_01JD0000000000000000000000-1",
                "lane": "wh_01JD0000000000000000000000-1",
                "name": "night watch",
                "since": "2026-11-21T10:15:00Z",
                "reason": "Microsoft answers 503.",
                "tried_at": now,
            },
            {
                "webhook_id": "OUTAGE",
                "id": outage,
                "organization": "default",
                "platform": "teams",
                "began_at": now,
                "told": 0,
            },
        ]
        table = self._stack.resources["DeliveriesTable"]
        for row in rows:
            item = {
                name: {"N": str(value)} if isinstance(value, int) else {"S": value}
                for name, value in row.items()
            }
            self._emulator.client("dynamodb").put_item(TableName=table, Item=item)
        self._emulator.client("lambda").invoke(
            FunctionName=self._stack.resources["JanitorFunction"],
            Payload=json.dumps({"sweep": "lanes"}),
        )

        def told():
            answer = self._api.call("GET", "/events/?type=webhook_failing")
            return answer.json["results"]

        found = wait_until(told, PATIENCE)
        self._checks.check("the janitor tells of it", found, found)
        self._arrives("it", DISCORD_ALL, "night watch")

    def _no_secret_anywhere(self):
        dynamodb = self._emulator.client("dynamodb")
        rows = {
            table: dynamodb.scan(TableName=self._stack.resources[table])["Items"]
            for table in ("RegistryTable", "EventsTable", "DeliveriesTable")
        }
        places = {
            "message": [request.text for request in self._chat.requests],
            "answer": [answer.text for answer in self._api.answers],
            "queue message": self._queued,
            "log line": [line for lines in self._stack.logs().values() for line in lines],
        } | {f"item of {table}": items for table, items in rows.items()}
        parts = canaries.PARTS | {"the admin key": self._api.key}
        for place, things in places.items():
            found = canaries.found_in(things, parts)
            name = f"no canary is in any {place} ({len(things)} searched)"
            self._checks.check(name, things and not found, found)

        def kept():
            items = dynamodb.scan(TableName=self._stack.resources["DeliveriesTable"])["Items"]
            ledger = [row["webhook_id"]["S"] for row in items]
            return {destination: ledger.count(self._ids[destination]) for destination in WEBHOOKS}

        # A row is written after its message was posted.
        wanted = {BOT: 1, DISCORD: 9, SLACK_HOOK: 11, DISCORD_ALL: 11}
        is_whole = wait_until(lambda: kept() == wanted, PATIENCE)
        self._checks.check("the ledger has a row for each delivery", is_whole, kept())

    def _delete_webhook(self):
        before = set(self._secret_names())
        answer = self._api.call("DELETE", f"/webhooks/{self._ids[DISCORD]}/")
        self._checks.check("a webhook can be deleted", answer.status == 204, answer)
        gone = wait_until(lambda: before - set(self._secret_names()), PATIENCE)
        self._checks.check("... and its secret, and no other, is gone", len(gone) == 1, gone)
        answer = self._api.call("GET", f"/webhooks/{self._ids[DISCORD]}/")
        self._checks.check("... and it cannot be read any more", answer.status == 404, answer)

    def _janitor(self):
        """Both of its schedules' calls, with the role's own rights, and what they count."""
        lambdas = self._emulator.client("lambda")
        function = self._stack.resources["JanitorFunction"]
        for payload in ({}, {"sweep": "lanes"}):
            answer = lambdas.invoke(FunctionName=function, Payload=json.dumps(payload))
            failed = answer.get("FunctionError")
            self._checks.check(f"the janitor does {payload or 'a round'}", not failed, failed)
        wanted = {"Rounds", "LanesWaiting", "OldestWaitingSeconds", "OverdueSeconds"}

        def counted():
            lines = self._stack.logs()[self._stack.resources["JanitorLogs"]]
            return {name for name in wanted for line in lines if f'"{name}":' in line} == wanted

        self._checks.check("... and counts it", wait_until(counted, PATIENCE))

    def _nothing_given_up(self):
        sqs = self._emulator.client("sqs")
        queues = ("DeadLetterQueue", "FailureQueue", "DeliveryQueue")
        others = ("CloudEventsQueue", "CloudEventsFailureQueue", "RefusedQueue")
        for queue in (*queues, *others):
            attributes = {}

            def is_empty(queue=queue, attributes=attributes):
                url = self._stack.resources[queue]
                answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
                attributes.update(answer["Attributes"])
                return sum(int(attributes[a]) for a in attributes if a in _COUNTS) == 0

            self._checks.check(f"the {queue} is empty", wait_until(is_empty, PATIENCE), attributes)

    def _delete_stack(self):
        self._stack.delete()
        tables = self._emulator.client("dynamodb").list_tables()["TableNames"]
        self._checks.check(
            "the stack can be deleted, and its four tables stay",
            len([table for table in tables if table.startswith(NAME)]) == 4,
            tables,
        )


_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
