//! `carillon recover` and `redeliver`: once more what did not arrive.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::lookup::webhook_id;
use crate::call::{Call, path, query};
use crate::client::Client;
use crate::error::Error;
use crate::moment::ago;
use crate::output::{Report, count};

#[derive(Debug, Args)]
pub struct Recover {
    /// Of this webhook alone: its name or id
    webhook: Option<String>,
    /// Only what failed since then: RFC 3339, or how long ago (2h, 3 days)
    #[arg(long, value_name = "TIME", value_parser = ago)]
    since: Option<Timestamp>,
    /// Only what failed until then
    #[arg(long, value_name = "TIME", value_parser = ago)]
    until: Option<Timestamp>,
    /// Say how many there are, and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// Goes on until everything is asked for: one call takes some thousands.
pub fn recover(client: &Client, recover: &Recover) -> Result<Report, Error> {
    let path = match &recover.webhook {
        Some(webhook) => path(&["webhooks", &webhook_id(client, webhook)?, "recover"]),
        None => path(&["recover"]),
    };
    let dry_run = recover.dry_run.then(|| "true".to_owned());
    let path = query(&path, &[("dry_run", dry_run)]);
    let mut body = Map::new();
    let times = [("since", recover.since), ("until", recover.until)];
    for (name, time) in times {
        body.extend(time.map(|time| (name.to_owned(), json!(time.to_string()))));
    }
    let (mut accepted, mut left_out) = (0, Vec::new());
    let mut answer;
    loop {
        let call = Call::post(path.as_str()).json(&json!(body));
        answer = client.call(&call).map_err(|error| match recover.webhook {
            None => client.unless_unknown("recover of all webhooks")(error),
            Some(_) => error,
        })?;
        accepted += answer["accepted"].as_u64().unwrap_or(0);
        if let Some(more) = answer["left_out"].as_array() {
            left_out.extend(more.iter().cloned());
        }
        match answer["next_after"].as_str() {
            Some(after) if body.get("after") != Some(&json!(after)) => {
                body.insert("after".into(), json!(after));
            }
            _ => break,
        }
    }
    answer["accepted"] = json!(accepted);
    answer["left_out"] = Value::Array(left_out);
    let mut text = accepted_text(&answer, recover.dry_run);
    for webhook in answer["left_out"].as_array().into_iter().flatten() {
        let part = |name: &str| crate::text::clean(webhook[name].as_str().unwrap_or("?"));
        text += &format!("\nLeft out: {}, which is {}.", part("name"), part("status"));
    }
    Ok(Report::new(answer, text))
}

fn accepted_text(answer: &Value, dry_run: bool) -> String {
    let accepted = answer["accepted"].as_u64().unwrap_or(0);
    let accepted = usize::try_from(accepted).unwrap_or(usize::MAX);
    match (accepted, answer["reason"].as_str(), dry_run) {
        (0, Some(reason), _) => format!("Nothing is sent: {}", crate::text::clean(reason)),
        (0, None, _) => "There is nothing to send.".to_owned(),
        (accepted, _, true) => format!("{} would be sent.", count(accepted, "delivery")),
        (accepted, _, false) => format!("{} will be sent.", count(accepted, "delivery")),
    }
}

#[derive(Debug, Args)]
pub struct Redeliver {
    /// Its name or id
    webhook: String,
    /// The delivery's id
    delivery: String,
}

pub fn redeliver(client: &Client, redeliver: &Redeliver) -> Result<Report, Error> {
    let id = webhook_id(client, &redeliver.webhook)?;
    let parts = [
        "webhooks",
        &id,
        "deliveries",
        &redeliver.delivery,
        "redeliver",
    ];
    let answer = client.call(&Call::post(path(&parts)))?;
    let text = accepted_text(&answer, false);
    let good = answer["accepted"] != 0;
    let report = Report::new(answer, text);
    Ok(Report { good, ..report })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_counted_in_words() {
        assert_eq!(
            accepted_text(&json!({"accepted": 1}), false),
            "1 delivery will be sent."
        );
        assert_eq!(
            accepted_text(&json!({"accepted": 0, "reason": "it is too old"}), false),
            "Nothing is sent: it is too old"
        );
    }
}
