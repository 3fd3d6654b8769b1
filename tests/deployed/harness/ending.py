"""What must be nowhere, and what is left in the end."""

from . import canaries
from .act import LANES, ROUND, Act
from .stack import NAME
from .webhooks import BOT, DISCORD, DISCORD_ALL, SLACK_HOOK, WEBHOOKS

_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Ending(Act):
    def _no_secret_anywhere(self):
        rows = {
            f"item of {table}": self._rows(table)
            for table in ("RegistryTable", "EventsTable", "DeliveriesTable")
        }
        places = {
            "message": [request.text for request in self._chat.requests],
            "answer": [answer.text for answer in self._api.answers],
            "queue message": self._queued,
            "log line": [line for lines in self._stack.logs().values() for line in lines],
        } | rows
        parts = canaries.PARTS | self._admin_keys | self._signatures
        for place, things in places.items():
            found = canaries.found_in(things, parts)
            name = f"no canary is in any {place} ({len(things)} searched)"
            self._checks.check(name, things and not found, found)

    def _ledger(self):
        def kept():
            rows = self._rows("DeliveriesTable")
            ledger = [row["webhook_id"]["S"] for row in rows]
            return {destination: ledger.count(self._ids[destination]) for destination in WEBHOOKS}

        # A row is written after its message was posted.
        wanted = {BOT: 1, DISCORD: 9, SLACK_HOOK: 11, DISCORD_ALL: 11}
        is_whole = self._wait(lambda: kept() == wanted)
        self._checks.check("the ledger has a row for each delivery", is_whole, kept())

    def _delete_webhook(self):
        before = set(self._secrets())
        answer = self._api.call("DELETE", f"/webhooks/{self._ids[DISCORD]}/")
        self._checks.check("a webhook can be deleted", answer.status == 204, answer)
        gone = self._wait(lambda: before - set(self._secrets()))
        self._checks.check("... and its secret, and no other, is gone", len(gone) == 1, gone)
        answer = self._api.call("GET", f"/webhooks/{self._ids[DISCORD]}/")
        self._checks.check("... and it cannot be read any more", answer.status == 404, answer)

    def _janitor(self):
        """Both of its schedules' calls, with the role's own rights, and what they count."""
        self._run_janitor(ROUND, "makes a round")
        self._run_janitor(LANES, "looks after lanes")
        wanted = {"Rounds", "LanesWaiting", "OldestWaitingSeconds", "OverdueSeconds"}

        def counted():
            lines = self._stack.logs()[self._stack.resources["JanitorLogs"]]
            return {name for name in wanted for line in lines if f'"{name}":' in line} == wanted

        self._checks.check("... and counts it", self._wait(counted))

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

            self._checks.check(f"the {queue} is empty", self._wait(is_empty), attributes)

    def _delete_stack(self):
        self._stack.delete()
        tables = self._emulator.client("dynamodb").list_tables()["TableNames"]
        self._checks.check(
            "the stack can be deleted, and its four tables stay",
            len([table for table in tables if table.startswith(NAME)]) == 4,
            tables,
        )
