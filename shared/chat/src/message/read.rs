//! Reading a client's `message`: every fault of it at once.

use carillon_domain::masking::{LOOKS_LIKE_CREDENTIAL, looks_like_credential};
use carillon_domain::values::{kind as kind_of, texts_of};
use carillon_domain::webhook::{LinkTemplate, MentionRule, MessageTemplate};
use carillon_domain::{EventType, FaultCode, Faults, Fields, Filters, Pointer, sample};
use serde_json::Value;

use super::MentionForm;
use super::check::check;
use super::facts::refusal;
use super::language::{Gives, render};
use super::values;

/// The longest templates, in characters.
pub(super) const MAX_TITLE: usize = 500;
pub(super) const MAX_TEXT: usize = 4_000;
pub(super) const MAX_LABEL: usize = 200;
pub(super) const MAX_URL: usize = 1_000;
/// How many facts can be chosen, and how long the name of one is.
pub(super) const MAX_FIELDS: usize = 30;
pub(super) const MAX_FIELD: usize = 256;
pub(super) const MAX_LINKS: usize = 5;
/// How many rules there are of whom to mention, and whom one names.
pub(super) const MAX_RULES: usize = 10;
pub(super) const MAX_WHO: usize = 20;
/// The longest of whom is mentioned: a user's name in Teams.
pub(super) const MAX_MENTIONED: usize = 150;
/// How many can be mentioned in all: a message may have to name them together.
const MAX_TOGETHER: usize = 20;

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
    let links = each(&mut fields, "links", MAX_LINKS, link);
    let mentions = each(&mut fields, "mentions", MAX_RULES, |value, at, faults| {
        mention(reading.forms.and_then(Result::ok), value, at, faults)
    });
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
) -> Vec<T> {
    let Some(value) = fields.value(name) else {
        return Vec::new();
    };
    let Some(list) = value.as_array() else {
        let detail = format!("must be a list of objects, not {}", kind_of(value));
        fields.fault(name, FaultCode::WrongType, detail);
        return Vec::new();
    };
    if list.len() > most {
        let count = list.len();
        let detail = format!("must have at most {most} entries; it has {count}");
        fields.fault(name, FaultCode::OutOfRange, detail);
        return Vec::new();
    }
    let at = fields.at(name);
    let entries = list.iter().enumerate();
    let entries = entries.filter_map(|(n, value)| read(value, at.index(n), fields.faults()));
    entries.collect()
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
    let here = fields.at("when");
    let when = fields
        .value("when")
        .map(|value| Filters::parse(value, &here, fields.faults()))
        .unwrap_or_default();
    let here = fields.at("who");
    let who = match fields.value("who") {
        None => {
            let detail = format!("`who` is required: {}", known(forms));
            fields.fault("who", FaultCode::Required, detail);
            None
        }
        Some(value) => texts_of(value, here, MAX_WHO, MAX_MENTIONED, fields.faults()),
    };
    if who.as_ref().is_some_and(Vec::is_empty) && value["who"] == Value::Array(Vec::new()) {
        let detail = "must have an entry: an empty list would mention nobody";
        fields.fault("who", FaultCode::OutOfRange, detail);
    }
    let mut mentioned: Vec<String> = Vec::new();
    for (at, who) in who.unwrap_or_default() {
        let who = who.trim().to_owned();
        let is_known = forms.is_none_or(|forms| forms.iter().any(|form| (form.is)(&who)));
        if !is_known {
            let detail = format!("must be {}", known(forms));
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

/// How mentions are written, for people.
fn known(forms: Option<&'static [MentionForm]>) -> String {
    let names: Vec<&str> = forms.into_iter().flatten().map(|form| form.name).collect();
    match names.as_slice() {
        [] => "whom to mention".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use crate::testing::{BOT, DISCORD, TEAMS};
    use serde_json::json;

    fn read(kind: &dyn Kind, value: Value) -> Result<MessageTemplate, Vec<(String, String)>> {
        let mut faults = Faults::default();
        let at = Pointer::root().field("message");
        let reading = Reading {
            forms: Some(kind.message()),
            edits: false,
        };
        let read = super::read(reading, &value, &at, &mut faults);
        faults.into_result(Some(read)).map_err(|faults| {
            let faults = faults.iter();
            faults
                .map(|fault| {
                    let at = fault.pointer.as_str().replacen("/message", "", 1);
                    (at, fault.detail.clone())
                })
                .collect()
        })
    }

    fn wrong(kind: &dyn Kind, value: Value) -> Vec<String> {
        let faults = read(kind, value).err().unwrap_or_default();
        faults.into_iter().map(|(at, _)| at).collect()
    }

    #[test]
    fn the_example_of_the_documentation_is_taken_as_it_is() {
        let example = json!({
            "title": "{{ resource.name }} {{ status }} in {{ environment }}",
            "text": "{{ message }}",
            "fields": ["environment", "status", "estimated_cost"],
            "links": [{
                "label": "Runbook",
                "url": "https://wiki.example.com/{{ resource.type | urlencode }}"
            }],
            "mentions": [{
                "when": {"status": ["failed"], "environment": ["production"]},
                "who": ["S0123ABCD"]
            }]
        });
        let read = read(BOT, example.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), example);
    }

    #[test]
    fn every_fault_is_found_at_once_at_its_place() {
        let value = json!({
            "title": "{{ nmae }}", "text": 7, "colour": "red",
            "fields": ["status", "enviroment", "status"],
            "links": [
                {"label": "{{", "url": "https://{{ project }}/"},
                {"url": " "},
                "x",
            ],
            "mentions": [
                {"who": ["U0FAKE", "everyone"], "when": {"stat": ["failed"]}},
                {"who": []},
                {"when": {}},
            ],
        });
        assert_eq!(
            wrong(BOT, value),
            [
                "/title",
                "/text",
                "/fields/1",
                "/fields/2",
                "/links/0/label",
                "/links/0/url",
                "/links/1/label",
                "/links/1/url",
                "/links/2",
                "/mentions/0/when/stat",
                "/mentions/0/who/1",
                "/mentions/1/who",
                "/mentions/2/who",
                "/colour",
            ]
        );
    }

    #[test]
    fn a_template_that_fails_over_a_sample_is_refused_with_the_reason() {
        let faults = read(BOT, json!({"title": "{{ details.commit | int }}"})).unwrap_err();
        let (at, detail) = &faults[0];
        assert_eq!(at, "/title");
        assert!(detail.starts_with("fails over the sample of `"), "{detail}");
    }

    #[test]
    fn each_kind_says_how_its_mentions_are_written() {
        for (kind, taken, refused) in [
            (
                BOT,
                vec!["U0FAKE", "W0FAKE", "S0FAKE", "here", "channel"],
                vec![
                    "@here",
                    "everyone",
                    "u0fake",
                    "<@U0FAKE>",
                    "alice",
                    "C0FAKE",
                    "U0 FAKE",
                ],
            ),
            (
                DISCORD,
                vec![
                    "user:123456789012345678",
                    "role:123456789012345678",
                    "here",
                    "everyone",
                ],
                vec![
                    "channel",
                    "user:alice",
                    "123456789012345678",
                    "role:1",
                    "U0FAKE",
                ],
            ),
            (
                TEAMS,
                vec!["user:alice@acme.example", "user:alice.o'neil@acme.example"],
                vec![
                    "here",
                    "user:alice",
                    "alice@acme.example",
                    "user:<at>@acme.example",
                    "user:a b@acme.example",
                ],
            ),
        ] {
            for who in taken {
                let read = read(kind, json!({"mentions": [{"who": [who]}]}));
                assert!(read.is_ok(), "{kind:?} {who} {read:?}");
            }
            for who in refused {
                let faults = wrong(kind, json!({"mentions": [{"who": [who]}]}));
                assert_eq!(faults, ["/mentions/0/who/0"], "{kind:?} {who}");
            }
        }
        let said = read(TEAMS, json!({"mentions": [{"who": ["here"]}]})).unwrap_err();
        assert_eq!(
            said[0].1,
            "must be user: and a user's sign-in name (user:alice@example.com)"
        );
    }

    #[test]
    fn an_edit_pings_nobody() {
        let mut faults = Faults::default();
        let reading = Reading {
            forms: Some(BOT.message()),
            edits: true,
        };
        let value = json!({"mentions": [{"who": ["here"]}]});
        super::read(reading, &value, &Pointer::root(), &mut faults);
        assert_eq!(faults.iter().next().unwrap().pointer.as_str(), "/mentions");
    }

    #[test]
    fn no_more_can_be_mentioned_than_a_message_can_name() {
        let who = |from: usize| (from..from + 15).map(|n| format!("U0FAKE{n}"));
        let rules = |second: usize| {
            let (first, second): (Vec<_>, Vec<_>) = (who(0).collect(), who(second).collect());
            json!({"mentions": [{"who": first}, {"who": second}]})
        };
        assert!(read(BOT, rules(5)).is_ok());
        assert_eq!(wrong(BOT, rules(6)), ["/mentions"]);
    }

    #[test]
    fn a_credential_is_no_word_to_show() {
        let value = json!({"text": "curl https://hooks.slack.com/services/T0/B0/fake"});
        assert_eq!(wrong(BOT, value), ["/text"]);
    }
}
