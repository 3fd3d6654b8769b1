"""Registers, publishes and lists with the client that was generated. Arguments: Carillon's address
and a key."""

import datetime
import sys
import time

from client import AuthenticatedClient
from client.api.api_keys import create_api_key
from client.api.deliveries import list_deliveries
from client.api.events import get_event, list_events, publish_events
from client.api.webhooks import create_webhook, get_webhook, list_webhooks, replace_webhook
from client.models import (
    ApiKey,
    DeliveryStatus,
    DiscordWebhook,
    DiscordWebhookReplacement,
    EventType,
    NewApiKey,
    NewDiscordWebhook,
    NewEvent,
    NewSlackWebhook,
    DiscordConfiguration,
    Problem,
    PublishableEventType,
    Published,
    Role,
    SlackBotConfiguration,
    SlackWebhook,
)

DEADLINE = 60


def register(client):
    slack = NewSlackWebhook(
        name="prod alerts",
        type_="slack",
        event_types=[EventType.DEPLOY, "parameter_*"],
        configuration=SlackBotConfiguration(
            token="xoxb-fake-token-for-tests-wxyz", channel="infra"
        ),
    )
    registered = create_webhook.sync(client=client, body=slack)
    assert isinstance(registered, SlackWebhook), registered
    assert registered.configuration.token.endswith("wxyz"), registered
    assert registered.status_reason is None
    assert isinstance(registered.created_at, datetime.datetime)
    again = create_webhook.sync_detailed(client=client, body=slack)
    assert again.status_code == 409 and isinstance(again.parsed, Problem), again
    assert again.parsed.existing_id == registered.id
    discord = NewDiscordWebhook(
        name="staging",
        type_="discord",
        event_types=[EventType.DESTROY],
        configuration=DiscordConfiguration(
            webhook_url="https://discord.com/api/webhooks/123456789012345678/" + "fake-token-" * 6
        ),
    )
    other = create_webhook.sync(client=client, body=discord)
    assert isinstance(other, DiscordWebhook), other
    return registered, other


def replace(client, webhook):
    read = get_webhook.sync(webhook.id, client=client)
    body = DiscordWebhookReplacement.from_dict({**read.to_dict(), "name": "renamed"})
    replaced = replace_webhook.sync(webhook.id, client=client, body=body)
    assert isinstance(replaced, DiscordWebhook) and replaced.name == "renamed", replaced


def publish(client):
    event = NewEvent(type_=PublishableEventType.DEPLOY, id="deploy-1", project="billing")
    published = publish_events.sync(client=client, body=event)
    assert isinstance(published, Published) and not published.duplicate, published
    return published.id


def delivered(client, webhook):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        page = list_deliveries.sync(webhook.id, client=client)
        if page.results and page.results[0].status == DeliveryStatus.DELIVERED:
            return page.results[0]
        time.sleep(0.1)
    raise AssertionError(f"not delivered: {page}")


def main(url, key):
    client = AuthenticatedClient(base_url=url, token=key)
    slack, discord = register(client)
    event_id = publish(client)
    delivery = delivered(client, slack)
    assert delivery.event_type == EventType.DEPLOY and delivery.attempts[0].http_status == 200
    webhooks = list_webhooks.sync(client=client)
    assert [webhook.id for webhook in webhooks.results] == [slack.id, discord.id], webhooks
    events = list_events.sync(client=client, type_=EventType.DEPLOY)
    assert [event.id for event in events.results] == [event_id], events
    assert get_event.sync(event_id, client=client).matched == 1
    replace(client, discord)
    made = create_api_key.sync(client=client, body=NewApiKey(name="ci", role=Role.PUBLISHER))
    assert isinstance(made, ApiKey) and made.key, made
    assert made.expires_at is None


main(*sys.argv[1:])
