//! What a person sees who has started it.

use carillon_local::Local;
use secrecy::ExposeSecret;

/// Where everything is, and commands to paste.
pub fn text(local: &Local) -> String {
    let url = local.url();
    let key = local.admin_key().expose_secret();
    let organization = local.organization();
    let dynamodb = local.dynamodb_url();
    let chat = local.chat_description();
    format!(
        r##"
Carillon is ready.

  Page          {url}/
  API           {url}/api/v1/ (to read: {url}/docs/)
  Admin key     {key}
  Organization  {organization}
  DynamoDB      {dynamodb} (write items to its table `entities`, or make tables with streams)
  Chat          {chat}

In another shell, register a webhook, publish an event, and look at the page:

export CARILLON_URL={url} CARILLON_KEY={key}

curl "$CARILLON_URL/api/v1/webhooks/" -H "Authorization: Bearer $CARILLON_KEY" -H 'Content-Type: application/json' -d '{{
  "name": "first steps", "type": "slack", "event_types": ["*"],
  "configuration": {{"token": "xoxb-local-0000-not-a-real-token", "channel": "infra"}}}}'

curl "$CARILLON_URL/api/v1/events/" -H "Authorization: Bearer $CARILLON_KEY" -H 'Content-Type: application/json' -d '{{
  "type": "deploy", "status": "succeeded", "environment": "production", "actor": "alice",
  "resource": {{"type": "aws_rds_cluster", "id": "db-1", "name": "billing-db"}}}}'

Ctrl-C ends it.
"##
    )
}
