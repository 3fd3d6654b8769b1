"""Fake secrets, and the search for them where none may be.

They are put together here so that no scanner takes them for real ones.
"""

import json

SLACK_TOKEN = "xoxb-" + "fake-deployed-run-canary-wxyz"
SLACK_URL = "https://hooks.slack.com/services/" + "T0FAKE00000/B0FAKE00000/" + "fakecanaryofthedeployrun"
DISCORD_URLS = [
    f"https://discord.com/api/webhooks/{webhook_id}/" + (word * 14)[:68]
    for webhook_id, word in (("123456789012345678", "fake-"), ("123456789012345679", "mock-"))
]
ENTITY_VALUE = "fake-value-canary-of-an-entity"

# What may be nowhere: of a credential, all but the last four characters, which a masked one
# shows.
PARTS = {
    "the Slack token": SLACK_TOKEN[5:-4],
    "the Slack URL": SLACK_URL.rsplit("/")[-1][:-4],
    "a Discord URL": "fake-fake-fake",
    "the other Discord URL": "mock-mock-mock",
    "the entity's value": ENTITY_VALUE,
}


def found_in(things, parts=None):
    """Which canaries are in any of the things, as (canary, excerpt)."""
    found = []
    for thing in things:
        text = thing if isinstance(thing, str) else json.dumps(thing, default=str)
        for name, part in (parts or PARTS).items():
            if part in text:
                at = text.index(part)
                found.append((name, text[max(0, at - 120) : at + 40]))
    return found
