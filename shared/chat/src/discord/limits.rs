//! Discord's limits, from the pages resources/message and resources/webhook of its API
//! documentation and from its published OpenAPI schema. Texts count without the
//! whitespace around them.

use carillon_domain::Pointer;
use carillon_domain::text::length;
use jiff::Timestamp;
use serde_json::Value;
use url::{Host, Url};

use crate::form::is_label;
use crate::limits::{Gauge, Limit, Violation, entries};

const FORM: &str = "50035";
const EMPTY: &str = "50006";

/// Embeds of a message (resources/webhook).
pub const MAX_EMBEDS: usize = 10;
/// Fields of an embed (resources/message).
pub const MAX_FIELDS: usize = 25;
/// The value of a field (resources/message).
pub const MAX_FIELD_VALUE: usize = 1_024;
/// All texts of all embeds together (resources/message).
pub const MAX_EMBEDS_TEXT: usize = 6_000;
/// A URL in an embed, and the avatar's (OpenAPI).
pub const MAX_URL: usize = 2_048;
/// The name that a message is posted under (OpenAPI).
pub const MAX_USERNAME: usize = 80;
/// The name of a thread to open (OpenAPI).
pub const MAX_THREAD_NAME: usize = 100;
/// The largest colour (OpenAPI).
const MAX_COLOR: u64 = 0xff_ff_ff;

/// The text outside of embeds (resources/webhook).
const CONTENT: Limit = limit("content", 2_000);
const THREAD_NAME: Limit = limit("thread_name", MAX_THREAD_NAME);
const AVATAR_URL: Limit = limit("avatar_url", MAX_URL);
const EMBEDS: Limit = limit("embeds", MAX_EMBEDS);
const ALL_EMBEDS: Limit = limit("all embeds", MAX_EMBEDS_TEXT);
// Of an embed (resources/message).
const TITLE: Limit = limit("title", 256);
const DESCRIPTION: Limit = limit("description", 4_096);
const FOOTER: Limit = limit("footer", 2_048);
const AUTHOR: Limit = limit("author", 256);
const FIELDS: Limit = limit("fields", MAX_FIELDS);
const FIELD_NAME: Limit = limit("field name", 256);
const FIELD_VALUE: Limit = limit("field value", MAX_FIELD_VALUE);

const fn limit(what: &'static str, limit: usize) -> Limit {
    Limit::new(what, limit, FORM)
}

/// Every rule that a message's body breaks.
pub fn violations(body: &Value) -> Vec<Violation> {
    check(body).violations
}

/// Why a message cannot be posted under a name, if so. Discord keeps its list of
/// forbidden names to itself; these are the documented and the observed ones
/// (resources/webhook; MinnDevelopment/discord-webhooks#100).
pub fn username_fault(name: &str) -> Option<String> {
    let lower = name.trim().to_lowercase();
    if lower.is_empty() || name.chars().count() > MAX_USERNAME {
        return Some(format!("must have 1 to {MAX_USERNAME} characters"));
    }
    if let Some(word) = ["discord", "clyde"]
        .iter()
        .find(|word| lower.contains(**word))
    {
        return Some(format!("Discord forbids names that contain \"{word}\""));
    }
    matches!(lower.as_str(), "everyone" | "here")
        .then(|| format!("Discord forbids the name \"{lower}\""))
}

/// Whether Discord takes a text as an embed's URL. It refuses hosts that cannot be on the
/// internet: names without a dot, such as `http://grafana:3000` (bugsink/bugsink#280,
/// rogerrum/alertmanager-discord#19), and names that the domain name system does not take, such
/// as one with an underscore; addresses are not known to be safe.
pub fn is_embed_url(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let public = match url.host() {
        Some(Host::Domain(name)) => is_public(name),
        _ => false,
    };
    public
        && matches!(url.scheme(), "http" | "https")
        && url.port() != Some(0)
        && length(text) <= MAX_URL
}

/// Whether a name has at least two labels, and ends as those on the internet do.
fn is_public(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(is_label)
        && name.rsplit_once('.').is_some_and(|(_, top)| {
            top.len() >= 2 && top.starts_with(|c: char| c.is_ascii_alphabetic())
        })
}

/// Every rule that a message's body breaks, and how full each limit is that it comes near to.
pub(crate) fn check(body: &Value) -> Gauge {
    let mut gauge = Gauge::default();
    let root = Pointer::root();
    if !body.is_object() {
        gauge.broken(&root, FORM, "a message is a JSON object");
        return gauge;
    }
    let content = body["content"].as_str().unwrap_or_default();
    let no_embeds = body["embeds"].as_array().is_none_or(Vec::is_empty);
    let others = ["components", "poll", "files", "attachments"];
    if content.trim().is_empty() && no_embeds && others.iter().all(|name| body[*name].is_null()) {
        gauge.broken(&root, EMPTY, "a message needs content or embeds");
    }
    measure(&mut gauge, &root, body, "content", &CONTENT);
    measure(&mut gauge, &root, body, "thread_name", &THREAD_NAME);
    measure(&mut gauge, &root, body, "avatar_url", &AVATAR_URL);
    if let Some(name) = body["username"].as_str()
        && let Some(rule) = username_fault(name)
    {
        gauge.broken(&root.field("username"), FORM, rule);
    }
    embeds(&mut gauge, &root.field("embeds"), &body["embeds"]);
    let at = root.field("allowed_mentions");
    allowed_mentions(&mut gauge, &at, &body["allowed_mentions"]);
    gauge
}

/// Measures a text, if it is there, and says how long it is.
fn measure(gauge: &mut Gauge, at: &Pointer, value: &Value, name: &str, limit: &Limit) -> usize {
    let value = &value[name];
    let at = at.field(name);
    let Some(text) = value.as_str() else {
        if !value.is_null() {
            gauge.broken(&at, FORM, "must be a string");
        }
        return 0;
    };
    let used = length(text.trim());
    gauge.measure(&at, limit, used);
    used
}

fn embeds(gauge: &mut Gauge, at: &Pointer, value: &Value) {
    let Some(list) = value.as_array() else {
        if !value.is_null() {
            gauge.broken(at, FORM, "embeds are a list");
        }
        return;
    };
    gauge.measure(at, &EMBEDS, list.len());
    let total = list
        .iter()
        .enumerate()
        .map(|(n, embed)| self::embed(gauge, &at.index(n), embed))
        .sum();
    gauge.measure(at, &ALL_EMBEDS, total);
}

fn embed(gauge: &mut Gauge, at: &Pointer, embed: &Value) -> usize {
    let (footer, author) = (at.field("footer"), at.field("author"));
    let total = measure(gauge, at, embed, "title", &TITLE)
        + measure(gauge, at, embed, "description", &DESCRIPTION)
        + measure(gauge, &footer, &embed["footer"], "text", &FOOTER)
        + measure(gauge, &author, &embed["author"], "name", &AUTHOR);
    let color = &embed["color"];
    if !color.is_null() && color.as_u64().is_none_or(|color| color > MAX_COLOR) {
        gauge.broken(&at.field("color"), FORM, "a colour is 0 to 16777215");
    }
    if let Some(url) = embed["url"].as_str()
        && !is_embed_url(url)
    {
        gauge.broken(&at.field("url"), FORM, "Not a well formed URL.");
    }
    if let Some(time) = embed["timestamp"].as_str()
        && time.parse::<Timestamp>().is_err()
    {
        gauge.broken(&at.field("timestamp"), FORM, "must be an ISO 8601 time");
    }
    total + fields(gauge, &at.field("fields"), &embed["fields"])
}

fn fields(gauge: &mut Gauge, at: &Pointer, value: &Value) -> usize {
    let list = entries(value);
    gauge.measure(at, &FIELDS, list.len());
    let mut total = 0;
    for (n, field) in list.iter().enumerate() {
        let at = at.index(n);
        for (name, limit) in [("name", FIELD_NAME), ("value", FIELD_VALUE)] {
            let used = measure(gauge, &at, field, name, &limit);
            if used == 0 {
                gauge.broken(&at.field(name), FORM, "This field is required");
            }
            total += used;
        }
    }
    total
}

/// A kind of mention is either parsed from the text or listed, never both
/// (resources/message).
fn allowed_mentions(gauge: &mut Gauge, at: &Pointer, value: &Value) {
    let parse = value["parse"].as_array();
    for kind in ["users", "roles"] {
        let parsed = parse.is_some_and(|parse| parse.iter().any(|parsed| parsed == kind));
        let listed = value[kind].as_array().map_or(0, Vec::len);
        if parsed && listed > 0 {
            gauge.broken(
                &at.field("parse"),
                FORM,
                format!("{kind} are parsed and listed"),
            );
        }
        if listed > 100 {
            gauge.broken(&at.field(kind), FORM, "at most 100");
        }
    }
}

#[cfg(test)]
mod tests;
