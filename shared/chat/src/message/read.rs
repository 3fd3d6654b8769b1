//! Reading a client's `message`: every fault of it at once; and what it may be, for a document.

use carillon_domain::field::schema::{self as json_schema, described};
use carillon_domain::field::{Field, listed};
use carillon_domain::filters::FiltersRule;
use carillon_domain::masking::{LOOKS_LIKE_CREDENTIAL, looks_like_credential};
use carillon_domain::values::wrong_type;
use carillon_domain::webhook::{LinkTemplate, MentionRule, MessageTemplate};
use carillon_domain::{EventType, FaultCode, Faults, Fields, Pointer, sample};
use serde_json::{Value, json};

use super::MentionForm;
use super::check::check;
use super::facts::{names, refusal};
use super::language::{Gives, render};
use super::values;

/// The longest templates, in characters.
const MAX_TITLE: usize = 500;
pub(super) const MAX_TEXT: usize = 4_000;
const MAX_LABEL: usize = 200;
const MAX_URL: usize = 1_000;
/// How many facts can be chosen, and how long the name of one is.
const MAX_FIELDS: usize = 30;
const MAX_FIELD: usize = 256;
const MAX_LINKS: usize = 5;
/// How many rules there are of whom to mention, and whom one names.
const MAX_RULES: usize = 10;
const MAX_WHO: usize = 20;
/// The longest of whom is mentioned: a user's name in Teams.
const MAX_MENTIONED: usize = 150;
/// How many can be mentioned in all: a message may have to name them together.
const MAX_TOGETHER: usize = 20;

/// For which events somebody is mentioned.
const WHEN: Field<FiltersRule> = Field::optional("when", "", FiltersRule);

const UPDATED: &str = "an edit pings nobody, so that with grouping `update` only the first message \
                       of an operation could: choose grouping `thread` or `none`, or leave \
                       mentions out";

/// What is known of the destination whose messages it is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// How its mentions are written, or why its messages have no words of their own; none where
    /// the destination is not known.
    pub forms: Option<Result<&'static [MentionForm], &'static str>>,
    /// Whether its messages are edited.
    pub edits: bool,
}

/// Reads the `message` that stands at `at`. Every fault is added to `faults`.
pub(crate) fn read(
    reading: Reading,
    value: &Value,
    at: &Pointer,
    faults: &mut Faults,
) -> MessageTemplate {
    if let Some(Err(why)) = reading.forms {
        faults.add(at.clone(), FaultCode::NotAllowed, why);
        return MessageTemplate::default();
    }
    let Some(mut fields) = Fields::of(value, at.clone(), faults) else {
        return MessageTemplate::default();
    };
    let title = template(&mut fields, "title", MAX_TITLE, Gives::Text);
    let text = template(&mut fields, "text", MAX_TEXT, Gives::Text);
    let chosen = fields.texts("fields", MAX_FIELDS, MAX_FIELD);
    let chosen = chosen.map(|names| self::chosen(names, fields.faults()));
    let links = each(&mut fields, "links", MAX_LINKS, link).unwrap_or_default();
    let mentions = each(&mut fields, "mentions", MAX_RULES, |value, at, faults| {
        mention(reading.forms.and_then(Result::ok), value, at, faults)
    });
    let mentions = mentions.unwrap_or_default();
    let mut together: Vec<&String> = mentions.iter().flat_map(|rule| &rule.who).collect();
    together.sort_unstable();
    together.dedup();
    if together.len() > MAX_TOGETHER {
        let count = together.len();
        let detail = format!("mentions {count} in all; at most {MAX_TOGETHER} can be mentioned");
        fields.fault("mentions", FaultCode::OutOfRange, detail);
    }
    if reading.edits && !mentions.is_empty() {
        fields.fault("mentions", FaultCode::NotAllowed, UPDATED);
    }
    fields.finish();
    MessageTemplate {
        title,
        text,
        fields: chosen,
        links,
        mentions,
    }
}

/// A template, checked as far as can be: without an event, and over a sample of each type.
fn template(
    fields: &mut Fields<'_, '_>,
    name: &'static str,
    max: usize,
    gives: Gives,
) -> Option<String> {
    let source = fields.text(name, max)?;
    if looks_like_credential(&source) {
        fields.fault(name, FaultCode::NotAllowed, LOOKS_LIKE_CREDENTIAL);
        return None;
    }
    let found = check(&source, gives);
    if found.is_empty()
        && let Some(detail) = failing_sample(&source, gives)
    {
        fields.fault(name, FaultCode::Malformed, detail);
    }
    for (code, detail) in found {
        fields.fault(name, code, detail);
    }
    Some(source)
}

/// The first type of event over which a template fails.
fn failing_sample(source: &str, gives: Gives) -> Option<String> {
    EventType::ALL.iter().find_map(|event_type| {
        let values = values::of(&sample::event(*event_type));
        let why = render(source, gives, &values).err()?;
        Some(format!("fails over the sample of `{event_type}`: {why}"))
    })
}

fn chosen(names: Vec<(Pointer, String)>, faults: &mut Faults) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::with_capacity(names.len());
    for (at, name) in names {
        if let Some(detail) = refusal(&name) {
            faults.add(at, FaultCode::UnknownValue, detail);
        } else if chosen.contains(&name) {
            faults.add(at, FaultCode::Repeated, "is there already");
        } else {
            chosen.push(name);
        }
    }
    chosen
}

/// The entries of a list of at most `most` objects.
fn each<T>(
    fields: &mut Fields<'_, '_>,
    name: &'static str,
    most: usize,
    read: impl Fn(&Value, Pointer, &mut Faults) -> Option<T>,
) -> Option<Vec<T>> {
    let (value, at) = (fields.value(name)?, fields.at(name));
    let Some(list) = value.as_array() else {
        return wrong_type(value, &at, "a list of objects", fields.faults());
    };
    if list.len() > most {
        let detail = format!("must have at most {most} entries; it has {}", list.len());
        return fields.faults().reject(&at, FaultCode::OutOfRange, detail);
    }
    let entries = list.iter().enumerate();
    let entries = entries.filter_map(|(n, value)| read(value, at.index(n), fields.faults()));
    Some(entries.collect())
}

fn link(value: &Value, at: Pointer, faults: &mut Faults) -> Option<LinkTemplate> {
    let mut fields = Fields::of(value, at, faults)?;
    fields.required("label");
    fields.required("url");
    let is_there = |name: &str| value[name].as_str().is_none_or(|it| !it.trim().is_empty());
    // What is blank was said already.
    let label = is_there("label").then(|| template(&mut fields, "label", MAX_LABEL, Gives::Text));
    let url = is_there("url").then(|| template(&mut fields, "url", MAX_URL, Gives::Url));
    for name in ["label", "url"] {
        fields.value(name);
    }
    fields.finish();
    Some(LinkTemplate {
        label: label??,
        url: url??,
    })
}

fn mention(
    forms: Option<&'static [MentionForm]>,
    value: &Value,
    at: Pointer,
    faults: &mut Faults,
) -> Option<MentionRule> {
    let mut fields = Fields::of(value, at, faults)?;
    let when = fields.get(&WHEN).unwrap_or_default();
    if !fields.has("who") {
        let detail = format!("`who` is required: {}", known(forms));
        fields.fault("who", FaultCode::Required, detail);
    }
    let who = fields.texts("who", MAX_WHO, MAX_MENTIONED);
    if value["who"] == json!([]) {
        let detail = "must have an entry: an empty list would mention nobody";
        fields.fault("who", FaultCode::OutOfRange, detail);
    }
    let mut mentioned: Vec<String> = Vec::new();
    for (at, who) in who.unwrap_or_default() {
        let who = who.trim().to_owned();
        let is_known = forms.is_none_or(|forms| forms.iter().any(|form| (form.is)(&who)));
        if !is_known {
            let detail = unknown(&who, forms);
            fields.faults().add(at, FaultCode::Malformed, detail);
        } else if !mentioned.contains(&who) {
            mentioned.push(who);
        }
    }
    fields.finish();
    Some(MentionRule {
        when,
        who: mentioned,
    })
}

/// What is said of somebody who cannot be mentioned so.
fn unknown(who: &str, forms: Option<&'static [MentionForm]>) -> String {
    let known = known(forms);
    // As it stands in a message.
    let bare = who.trim_matches(['<', '>', '@', '!', '&']);
    let bare = bare.strip_prefix("subteam^").unwrap_or(bare);
    let kinds: [&str; 3] = match who.contains('&') {
        true => ["", "role:", "user:"],
        false => ["", "user:", "role:"],
    };
    let meant = kinds.map(|kind| format!("{kind}{bare}"));
    let is_known = |who: &&String| forms.into_iter().flatten().any(|form| (form.is)(who));
    match meant.iter().find(is_known) {
        Some(meant) => format!("must be {known}; did you mean `{meant}`?"),
        None if who.starts_with('@') => format!("must be {known}: a name mentions nobody"),
        None => format!("must be {known}"),
    }
}

/// How mentions are written, for people.
fn known(forms: Option<&'static [MentionForm]>) -> String {
    let names: Vec<&str> = forms.into_iter().flatten().map(|form| form.name).collect();
    match names.as_slice() {
        [] => "whom to mention".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// What a `message` may be, as a JSON Schema, for a kind whose mentions have these forms; `filters` is the schema of `when`.
pub fn schema(forms: &[MentionForm], filters: &Value) -> Value {
    let template = |max: usize, about: &str| described(json_schema::said(max), about);
    let list = |most: usize, item: &Value, about: &str| described(listed(0, most, item), about);
    let fact = json!({"anyOf": [
        {"type": "string", "enum": names()}, json_schema::form(MAX_FIELD, "^details\\..*\\S"),
    ]});
    let url = "A template: scheme and host are literal, and values are percent-encoded";
    let link = json!({
        "label": template(MAX_LABEL, "A template"),
        "url": template(MAX_URL, url),
    });
    let link = object(&["label", "url"], &link);
    let patterns: Vec<&str> = forms.iter().map(|form| form.pattern).collect();
    let who: Vec<&str> = forms.iter().map(|form| form.name).collect();
    let whom = json_schema::form(MAX_MENTIONED, &format!("^(?:{})$", patterns.join("|")));
    let about = format!("Whom: {}", who.join(", "));
    let who = described(listed(1, MAX_WHO, &whom), &about);
    let mention = object(&["who"], &json!({"when": filters, "who": who}));
    let mentioned = "Whom to ping, and of which events: all, if left out";
    let message = json!({
        "title": template(MAX_TITLE, "Instead of the headline: a template"),
        "text": template(MAX_TEXT, "Instead of the event's message: a template"),
        "fields": list(MAX_FIELDS, &fact, "Which facts, in this order"),
        "links": list(MAX_LINKS, &link, "Links below the message"),
        "mentions": list(MAX_RULES, &mention, mentioned),
    });
    let about = "Words of your own. Templates are Jinja's, over the fields of an event; what they \
                 give is plain text. Not with grouping `update`: mentions";
    described(object(&[], &message), about)
}

fn object(required: &[&str], properties: &Value) -> Value {
    let properties = properties.as_object().cloned();
    json_schema::object(required, properties.unwrap_or_default())
}

#[cfg(test)]
mod tests;
