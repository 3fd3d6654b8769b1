"""Events from each source: the API, a table, EventBridge."""

import json
from pathlib import Path

from . import canaries
from .act import Act
from .webhooks import BOT, DISCORD, DISCORD_ALL, SLACK_HOOK, deployment, parameter

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


class Sources(Act):
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
        item = parameter("database-password", value=canaries.ENTITY_VALUE)
        self._put_item(self._stack.outputs["EntitiesTableName"], item)
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
        self._report(
            {
                "Source": "aws.cloudformation",
                "DetailType": "CloudFormation Stack Status Change",
                "Resources": [STACK_ARN],
                "Detail": json.dumps(detail),
            }
        )
        for destination in (DISCORD, SLACK_HOOK, DISCORD_ALL):
            self._arrives("it", destination, "orders-queue", "eu-west-1")

    def _other_cloud_events(self):
        for name, texts in CLOUD_EVENTS.items():
            event = json.loads((FIXTURES / f"{name}.json").read_text())
            self._report(
                {
                    "Source": event["source"],
                    "DetailType": event["detail-type"],
                    "Resources": event["resources"],
                    "Detail": json.dumps(event["detail"]),
                }
            )
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

        messages = self._wait(received)
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
