"""The webhooks of the run, and where their messages arrive."""

from . import canaries

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
    """An event as POST /events/ takes it."""
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


def parameter(name, **attributes):
    """An item of an application's table, as DynamoDB takes it."""
    item = {
        "entity": "parameter",
        "organization": "default",
        "id": f"param-{name}",
        "name": name,
        "project": "billing",
        **attributes,
    }
    return {attribute: {"S": value} for attribute, value in item.items()}
