//! The attributes of a CloudEvent, from a document or from headers.

use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use crate::fault::{FaultCode, Faults, Pointer, nearest};
use crate::text::shorten;
use crate::values::kind;

/// The attributes that CloudEvents 1.0 defines.
const DEFINED: &str = "specversion id source type subject time datacontenttype dataschema";

/// The extension attributes that are fields of an event, and which ones. Their names cannot
/// have the `_` that the fields have.
pub(super) const EXTENSIONS: [(&str, &[&str]); 16] = [
    // Must be the caller's own, where it is named at all.
    ("organization", &[]),
    ("status", &["status"]),
    ("environment", &["environment"]),
    ("project", &["project"]),
    ("provider", &["provider"]),
    ("account", &["account"]),
    ("region", &["region"]),
    ("severity", &["severity"]),
    ("actor", &["actor"]),
    ("message", &["message"]),
    ("correlationid", &["correlation_id"]),
    ("dryrun", &["dry_run"]),
    ("resourcetype", &["resource", "type"]),
    ("resourceid", &["resource", "id"]),
    ("resourcename", &["resource", "name"]),
    ("resourceurl", &["resource", "url"]),
];

/// The members of a document that are no attributes.
const DATA: [&str; 2] = ["data", "data_base64"];

/// The beginning of the headers that carry attributes.
const PREFIX: &str = "ce-";

/// An attribute's value as text, and where it stands. A boolean and a number have the
/// form that the specification gives them as strings.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub at: Pointer,
    pub text: String,
}

/// Attributes by name, and where one that is missing would stand.
#[derive(Debug)]
pub(super) struct Attributes {
    pub by_name: BTreeMap<String, Attribute>,
    home: Pointer,
    prefix: &'static str,
}

impl Attributes {
    pub fn take(&mut self, name: &str) -> Option<Attribute> {
        self.by_name.remove(name)
    }

    /// Where the attribute stands, or would stand.
    pub fn at(&self, name: &str) -> Pointer {
        self.home.field(&format!("{}{name}", self.prefix))
    }
}

/// The name of the attribute that a header carries.
pub(super) fn of_header(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    lower.strip_prefix(PREFIX).map(str::to_owned)
}

/// The attributes of a document at `at`.
pub(super) fn from_object(
    object: &Map<String, Value>,
    at: &Pointer,
    faults: &mut Faults,
) -> Attributes {
    let mut by_name = BTreeMap::new();
    for (name, value) in object {
        let here = at.field(&shorten(name, 100));
        if DATA.contains(&name.as_str()) || value.is_null() {
            continue;
        }
        if !is_name(name) {
            faults.add(here, FaultCode::UnknownField, bad_name(name));
            continue;
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) if DEFINED.split(' ').all(|it| it != name) => {
                value.to_string()
            }
            other => {
                let detail = format!("must be a string, not {}", kind(other));
                faults.add(here, FaultCode::WrongType, detail);
                continue;
            }
        };
        insert(&mut by_name, name, Attribute { at: here, text }, faults);
    }
    Attributes {
        by_name,
        home: at.clone(),
        prefix: "",
    }
}

/// The attributes of a request's headers.
pub(super) fn from_headers<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    faults: &mut Faults,
) -> Attributes {
    let home = Pointer::root().field("headers");
    let mut by_name: BTreeMap<String, Attribute> = BTreeMap::new();
    for (header, value) in headers {
        let Some(name) = of_header(header) else {
            continue;
        };
        let at = home.field(&format!("{PREFIX}{}", shorten(&name, 100)));
        if !is_name(&name) || DATA.contains(&name.as_str()) {
            faults.add(at, FaultCode::UnknownField, bad_name(&name));
            continue;
        }
        if by_name.contains_key(&name) {
            faults.add(at, FaultCode::Repeated, "the header is there twice");
            continue;
        }
        let Some(text) = decoded(value) else {
            let detail = "must be UTF-8, percent-encoded";
            faults.add(at, FaultCode::Malformed, detail);
            continue;
        };
        insert(&mut by_name, &name, Attribute { at, text }, faults);
    }
    Attributes {
        by_name,
        home,
        prefix: PREFIX,
    }
}

/// What must not be blank where it is there (CloudEvents 1.0.2, optional attributes): nobody leaves
/// it blank on purpose.
const NEVER_BLANK: [&str; 3] = ["subject", "time", "dataschema"];

/// Keeps an attribute that says anything. Strings have no control characters
/// (CloudEvents 1.0.2, type system).
fn insert(
    by_name: &mut BTreeMap<String, Attribute>,
    name: &str,
    attribute: Attribute,
    faults: &mut Faults,
) {
    if attribute.text.chars().any(char::is_control) {
        let detail = "must not contain control characters";
        faults.add(attribute.at, FaultCode::Malformed, detail);
    } else if attribute.text.trim().is_empty() && NEVER_BLANK.contains(&name) {
        let detail = "must not be blank: leave it out where there is none";
        faults.add(attribute.at, FaultCode::Malformed, detail);
    } else if !attribute.text.trim().is_empty() {
        by_name.insert(name.to_owned(), attribute);
    }
}

/// A header's value: unquoted, then percent-decoded once (HTTP binding, 3.1.3.2). Some
/// clients send Latin-1 instead, as HTTP once allowed.
fn decoded(value: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().copied().map(char::from).collect(),
    };
    let unquoted = unquoted(text.trim());
    percent_decode(unquoted.as_bytes())
        .decode_utf8()
        .ok()
        .map(|text| text.into_owned())
}

fn unquoted(text: &str) -> String {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let Some(inner) = inner else {
        return text.to_owned();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.extend(chars.next()),
            c => plain.push(c),
        }
    }
    plain
}

/// The names that an attribute can have: the specification recommends at most 20
/// characters, and forbids no more.
fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn bad_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let extensions = EXTENSIONS.iter().map(|(name, _)| *name);
    let rule = "the name of an attribute has only a-z and 0-9";
    match nearest(&plain, DEFINED.split(' ').chain(extensions)) {
        Some(meant) => format!("{rule}; did you mean `{meant}`?"),
        None => format!("{rule}; what else an event says belongs into `data`"),
    }
}
