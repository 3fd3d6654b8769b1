//! What a message to a workflow has to be, so that Teams shows it. A workflow takes nearly
//! everything and says nothing of what then fails, so that all of it is looked at here.
//!
//! From the pages cards-format, cards-reference and add-incoming-webhook of Microsoft's
//! documentation of Teams, the schema of Adaptive Cards 1.4, and what users have reported.

mod elements;
mod known;

use carillon_domain::Pointer;
use serde_json::Value;

use crate::limits::{Gauge, Limit, Violation, entries};

/// What an attachment is that is an Adaptive Card.
pub const CARD_TYPE: &str = "application/vnd.microsoft.card.adaptive";
/// The highest version that every workflow shows (prometheus/alertmanager#3920).
pub const VERSION: &str = "1.4";
/// Bytes of a request. Teams counts 28,672 (cards-format: 28 KB), but not those that were sent:
/// one of 24,453 bytes counted as 28,897 (MicrosoftDocs/msteams-docs#11274).
pub const MAX_BODY: usize = 20_000;
/// Bytes of a request once its text went through JSON again, with ASCII alone: the worst that
/// Teams might count.
pub const MAX_REENCODED: usize = 28_000;
/// Buttons in a row; others hide in a menu (cards-format).
pub const MAX_ACTIONS: usize = 6;
/// A URL: what every browser takes.
pub const MAX_URL: usize = 2_000;
/// Facts of a list. No number is published; more than these nobody reads.
pub const MAX_FACTS: usize = 40;

/// The codes of what the trigger refuses, of what the flow's step finds too large, and of what
/// it does not take for a card.
const SCHEMA: &str = "TriggerInputSchemaMismatch";
const SIZE: &str = "MessageSizeExceeded";
const CARD: &str = "InvalidBotAdaptiveCard";

/// Every rule that a message's body breaks.
pub fn violations(body: &Value) -> Vec<Violation> {
    check(body).violations
}

/// Whether the trigger itself refuses a rule's breach, rather than what follows its answer.
pub fn is_refused_by_trigger(violation: &Violation) -> bool {
    violation.code == SCHEMA
}

/// How full a message is whose body is sent like this, in thousandths.
pub(super) fn fill(body: &str) -> usize {
    let of = |used: usize, limit: usize| (used * 1_000).div_ceil(limit);
    of(body.len(), MAX_BODY).max(of(reencoded(body), MAX_REENCODED))
}

/// How long a text is as a JSON string of ASCII alone.
fn reencoded(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '"' | '\\' => 2,
            c if c.is_ascii() => 1,
            c => 6 * c.len_utf16(),
        })
        .sum()
}

/// Every rule that a message's body breaks, and how full each limit is that it comes near to.
pub(crate) fn check(body: &Value) -> Gauge {
    let mut gauge = Gauge::default();
    let root = Pointer::root();
    let sent = body.to_string();
    let limit = Limit::new("body in bytes", MAX_BODY, SIZE);
    gauge.measure(&root, &limit, sent.len());
    let limit = Limit::new("body in bytes, encoded twice", MAX_REENCODED, SIZE);
    gauge.measure(&root, &limit, reencoded(&sent));
    if !body.is_object() {
        gauge.broken(&root, SCHEMA, "a message is a JSON object");
        return gauge;
    }
    if body["type"] != "message" {
        gauge.broken(&root.field("type"), SCHEMA, "must be \"message\"");
    }
    let at = root.field("attachments");
    let attachments = entries(&body["attachments"]);
    if attachments.len() != 1 {
        gauge.broken(
            &at,
            CARD,
            "must hold one card: each becomes a message of its own",
        );
    }
    for (n, attachment) in attachments.iter().enumerate() {
        self::attachment(&mut gauge, &at.index(n), attachment);
    }
    gauge
}

fn attachment(gauge: &mut Gauge, at: &Pointer, attachment: &Value) {
    if attachment["contentType"] != CARD_TYPE {
        let rule = format!("must be \"{CARD_TYPE}\"");
        gauge.broken(&at.field("contentType"), SCHEMA, rule);
    }
    // Left out, it is refused (grafana/grafana#99477).
    if attachment.get("contentUrl") != Some(&Value::Null) {
        gauge.broken(&at.field("contentUrl"), SCHEMA, "must be there, and null");
    }
    let card = &attachment["content"];
    let at = at.field("content");
    if !card.is_object() {
        gauge.broken(&at, SCHEMA, "must be the card");
        return;
    }
    if card["type"] != "AdaptiveCard" {
        gauge.broken(&at.field("type"), CARD, "must be \"AdaptiveCard\"");
    }
    let versions = ["1.0", "1.1", "1.2", "1.3", VERSION];
    if !card["version"]
        .as_str()
        .is_some_and(|it| versions.contains(&it))
    {
        gauge.broken(&at.field("version"), CARD, "must be 1.0 to 1.4");
    }
    if card["body"].as_array().is_none_or(Vec::is_empty) {
        gauge.broken(&at.field("body"), CARD, "must hold something");
    }
    elements::card(gauge, &at, card);
}

#[cfg(test)]
mod tests;
