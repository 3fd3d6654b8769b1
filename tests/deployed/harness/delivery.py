"""What becomes of deliveries, and what the API tells of them."""

from datetime import datetime, timezone

from .act import LANES, Act
from .webhooks import DISCORD, DISCORD_ALL, SLACK_HOOK, deployment


class Delivery(Act):
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
        found = [event["id"] for event in self._listed("/events/?limit=2")]
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
            "its three lanes are woken", self._wait(received), self._queued
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
            self._put_item(table, item)
        self._run_janitor(LANES, "looks after lanes")

        def told():
            answer = self._api.call("GET", "/events/?type=webhook_failing")
            return answer.json["results"]

        found = self._wait(told)
        self._checks.check("the janitor tells of it", found, found)
        self._arrives("it", DISCORD_ALL, "night watch")
