//! Events, as flags and files say them.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The fields that every event may have, under the names that they have there.
#[derive(Debug, Default, Args, Serialize)]
#[command(next_help_heading = "The event")]
pub struct Fields {
    /// Such as production; webhooks filter by it
    #[arg(short, long, env = "CARILLON_ENVIRONMENT", value_name = "NAME")]
    pub environment: Option<String>,
    #[arg(long, env = "CARILLON_PROJECT", value_name = "NAME")]
    pub project: Option<String>,
    /// Such as aws_rds_cluster
    #[arg(long, value_name = "TYPE")]
    pub resource_type: Option<String>,
    #[arg(long, value_name = "ID")]
    pub resource_id: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub resource_name: Option<String>,
    /// Where to look at the resource
    #[arg(long, value_name = "URL")]
    pub resource_url: Option<String>,
    /// Such as aws
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// The provider's account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// info, warning, error or critical
    #[arg(long, value_name = "LEVEL")]
    pub severity: Option<String>,
    /// Such as "41.20 USD/month"
    #[arg(long, value_name = "COST", value_parser = cost)]
    pub estimated_cost: Option<Value>,
    /// Who did it
    #[arg(long, env = "CARILLON_ACTOR", value_name = "NAME")]
    pub actor: Option<String>,
    /// Free text
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// What the events of one operation share; they can share a thread
    #[arg(long, env = "CARILLON_CORRELATION_ID", value_name = "ID")]
    pub correlation_id: Option<String>,
    /// Mark the event as a dry run: nothing was changed
    #[arg(long)]
    #[serde(rename = "dry_run", skip_serializing_if = "std::ops::Not::not")]
    pub as_dry_run: bool,
    /// The name of a changed attribute; may be repeated
    #[arg(long = "change", value_name = "NAME")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// A further fact; may be repeated
    #[arg(long = "detail", value_name = "NAME=VALUE", value_parser = pair)]
    #[serde(skip)]
    pub details: Vec<(String, String)>,
    /// The key's own, unless given
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
}

impl Fields {
    /// Puts the fields that are given into an event.
    pub fn add_to(&self, event: &mut Map<String, Value>) {
        let Value::Object(fields) = json!(self) else {
            return;
        };
        for (name, value) in fields {
            match (name.strip_prefix("resource_"), value) {
                (_, Value::Null) => {}
                (Some(part), Value::String(text)) => put(event, "resource", [(part, text)]),
                (_, value) => {
                    event.insert(name, value);
                }
            }
        }
        put(event, "details", self.details.clone());
    }
}

/// Puts texts into a field that is an object, beside those that are there.
pub fn put<N: Into<String>>(
    event: &mut Map<String, Value>,
    field: &str,
    texts: impl IntoIterator<Item = (N, String)>,
) {
    let mut map = match event.remove(field) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    map.extend(
        texts
            .into_iter()
            .map(|(name, text)| (name.into(), json!(text))),
    );
    if !map.is_empty() {
        event.insert(field.to_owned(), Value::Object(map));
    }
}

/// An event's id of our own, so that sending it again does not double it.
pub fn new_id(prefix: &str) -> String {
    format!("{prefix}{}", ulid::Ulid::generate())
}

/// An event with an id, that happened just now.
pub fn now(event_type: &str) -> Map<String, Value> {
    let mut event = Map::new();
    event.insert("id".into(), json!(new_id("evt_")));
    event.insert("type".into(), json!(event_type));
    event.insert("occurred_at".into(), json!(Timestamp::now().to_string()));
    event
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("must be NAME=VALUE".to_owned()),
    }
}

/// `41.20 USD`, `41.20 USD/month`.
fn cost(text: &str) -> Result<Value, String> {
    let parts: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == '/')
        .filter(|part| !part.is_empty() && *part != "per" && *part != "a")
        .collect();
    match parts[..] {
        [amount, currency] => Ok(json!({"amount": amount, "currency": currency})),
        [amount, currency, period] => {
            Ok(json!({"amount": amount, "currency": currency, "period": period}))
        }
        _ => Err("must be an amount, a currency and perhaps a period: \"41.20 USD/month\"".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_written_as_people_write_it() {
        let month = json!({"amount": "41.20", "currency": "USD", "period": "month"});
        assert_eq!(cost("41.20 USD/month"), Ok(month.clone()));
        assert_eq!(cost("41.20 USD a month"), Ok(month));
        assert_eq!(cost("5 EUR"), Ok(json!({"amount": "5", "currency": "EUR"})));
        assert!(cost("5").is_err());
    }

    #[test]
    fn only_what_is_given_is_in_the_event() {
        let mut event = Map::new();
        let fields = Fields {
            resource_id: Some("db-1".into()),
            details: vec![("commit".into(), "9fceb02".into())],
            as_dry_run: true,
            ..Fields::default()
        };
        fields.add_to(&mut event);
        assert_eq!(
            Value::Object(event),
            json!({"resource": {"id": "db-1"}, "details": {"commit": "9fceb02"}, "dry_run": true})
        );
    }

    #[test]
    fn a_detail_needs_a_name() {
        assert_eq!(pair("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(pair("=b").is_err() && pair("a").is_err());
    }
}
