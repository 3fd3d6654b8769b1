//! What a person sees who has started it.

use std::net::IpAddr;

use anstyle::{AnsiColor, Style};
use carillon_local::Local;
use secrecy::ExposeSecret;

/// What somebody must not overlook.
const RED: Style = AnsiColor::Red.on_default().bold();

/// Where everything is, and commands to paste.
pub fn text(local: &Local, listen: IpAddr) -> String {
    let url = local.url();
    let log_in = local.log_in_url();
    let key = local.admin_key().expose_secret();
    let organization = local.organization();
    let dynamodb = local.dynamodb_url();
    let chat = match local.is_live() {
        true => red(local.chat_description()),
        false => local.chat_description().to_owned(),
    };
    let open = match listen.is_loopback() {
        true => String::new(),
        false => format!(
            "\n  Open          {}",
            red(&format!(
                "to whoever reaches {listen}: messages and tables are read and written without a key"
            ))
        ),
    };
    format!(
        r##"
Carillon is ready.

  Page          {url}/
  Log in        {log_in} (once)
  API           {url}/api/v1/ (to read: {url}/docs)
  Admin key     {key}
  Organization  {organization}
  DynamoDB      {dynamodb} (write items to its table `entities`, or make tables with streams)
  Chat          {chat}{open}

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

fn red(text: &str) -> String {
    format!("{RED}{text}{RED:#}")
}
