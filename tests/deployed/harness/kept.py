"""What an update of the stack must leave as it is."""

from .act import Act
from .webhooks import DISCORD_ALL, SLACK_HOOK, deployment


def _has(known, found):
    """Whether all that was known is found; more may have come, such as a new field."""
    if isinstance(known, dict) and isinstance(found, dict):
        return all(name in found and _has(value, found[name]) for name, value in known.items())
    if isinstance(known, list) and isinstance(found, list):
        return len(known) == len(found) and all(map(_has, known, found))
    return known == found


class Kept(Act):
    def _before_update(self):
        """Makes a key, leaves an event waiting in the queue, and notes all that the API tells."""
        answer = self._api.call("POST", "/api-keys/", {"name": "ci", "role": "publisher"})
        self._checks.need("a key for a publisher is made", answer.status == 201, answer)
        self._publisher = answer.json["key"]
        # Rows are written after messages are posted: what was under way is waited for.
        self._checks.need("nothing is under way", self._wait(lambda: not self._waiting()))
        # Its wake-ups are written before the update and read after it.
        self._let_notifier_run(False)
        answer = self._api.call("POST", "/events/", deployment("waiting-room", "deploy-a0b1"))
        self._checks.need("an event is accepted before the update", answer.status == 202, answer)
        types = [webhook["event_types"] for webhook in self._webhooks()]
        wanted = sum("*" in some or "deploy" in some for some in types)
        waits = self._wait(lambda: len(self._waiting()) == wanted)
        self._checks.need(f"... and waits for {wanted} webhooks", waits, self._waiting())
        self._known = self._told()

    def _webhooks(self):
        return self._listed("/webhooks/")

    def _deliveries(self):
        return [
            delivery
            for webhook in self._webhooks()
            for delivery in self._listed(f"/webhooks/{webhook['id']}/deliveries/")
        ]

    def _waiting(self):
        return [one for one in self._deliveries() if one["status"] == "pending"]

    def _told(self):
        told = {
            "webhooks": self._webhooks(),
            "deliveries": self._deliveries(),
            "events": self._listed("/events/"),
            "API keys": self._listed("/api-keys/"),
            "entries of the audit log": self._listed("/audit/"),
        }
        told["events in full"] = [
            self._api.call("GET", f"/events/{event['id']}/").json for event in told["events"]
        ]
        return told

    def _all_is_kept(self):
        told = self._told()
        for what, known in self._known.items():
            self._checks.check(
                f"{what}: all {len(known)} are as they were",
                known and _has(known, told[what]),
                [known, told[what]],
            )

    def _let_notifier_run(self, enabled):
        mapping = self._stack.resources["NotifierFunctionDeliveries"]
        self._emulator.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=enabled)

    def _what_was_there_works(self):
        """With credentials, keys and wake-ups from before the update."""
        self._let_notifier_run(True)
        for destination in (SLACK_HOOK, DISCORD_ALL):
            self._arrives("what waited", destination, "waiting-room")
        answer = self._api.call(
            "POST", "/events/", deployment("new-wing", "deploy-c2d3"), key=self._publisher
        )
        self._checks.need("the publisher's key is still good", answer.status == 202, answer)
        for destination in (SLACK_HOOK, DISCORD_ALL):
            self._arrives("its event", destination, "new-wing")
        answer = self._api.call("POST", "/events/", deployment("waiting-room", "deploy-a0b1"))
        self._checks.check(
            "an event from before the update is still known",
            answer.status == 202 and answer.json["duplicate"],
            answer,
        )
