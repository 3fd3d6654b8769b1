//! JSON Schemas of what is read: of single texts, and of whole configurations.

use carillon_domain::pattern;
use carillon_domain::webhook::{Digest, Grouping};
use serde_json::{Map, Value, json};

use super::field::{Either, Field, Rule, Secret, Text};

/// What reads show in the place of a credential, and means 'unchanged'.
const MASK: &str = "[!-~]*\u{2026}[!-~]*";

/// Null counts as absent.
pub fn optional(description: &str, schemas: &[Value]) -> Value {
    let mut any = schemas.to_vec();
    any.push(json!({"type": "null"}));
    json!({"description": description, "anyOf": any})
}

/// A text of this form.
pub fn form(max: usize, pattern: &str) -> Value {
    json!({"type": "string", "maxLength": max, "pattern": pattern})
}

/// One of some names; null counts as absent.
pub fn choice(names: &[&str], description: &str) -> Value {
    let names = json!({"type": "string", "enum": names});
    optional(description, &[names])
}

/// A list of texts that say something.
pub fn listed(least: usize, most: usize, item: Value, description: &str) -> Value {
    json!({
        "type": "array", "minItems": least, "maxItems": most, "items": item,
        "description": description,
    })
}

/// The same schema, or null.
pub fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// An object with these fields and no others.
pub fn object(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "required": required, "properties": properties,
    })
}

/// Of the field of a configuration. `masks` says whether a masked credential is taken: where
/// there is one that it can mean.
pub fn field(field: &Field, masks: bool) -> Value {
    let is_required = field.required.is_some();
    let either = |schema: Value| match is_required {
        true => described(schema, field.about),
        false => optional(field.about, &[schema]),
    };
    match &field.rule {
        Rule::Text(rule) => either(text(rule)),
        Rule::List(rule) => {
            let mut list = listed(rule.least, rule.most, text(&rule.item), field.about);
            if rule.most > 1 {
                list["uniqueItems"] = true.into();
            }
            match is_required {
                true => list,
                false => or_null(list),
            }
        }
        Rule::Texts(rule) => {
            let texts = rule.names.iter();
            let texts = texts.map(|name| ((*name).to_owned(), optional("", &[text(&rule.item)])));
            let texts: Map<String, Value> = texts.collect();
            or_null(described(object(&[], texts.into()), field.about))
        }
        Rule::Choice(names) => match is_required {
            true => described(json!({"type": "string", "enum": names}), field.about),
            false => choice(names, field.about),
        },
        Rule::Flag => described(json!({"type": ["boolean", "null"]}), field.about),
        Rule::Secret(rule) => {
            let about = format!("{}; shown masked", field.about);
            match is_required {
                true => described(secret(rule, masks), &about),
                false => optional(&about, &[secret(rule, masks)]),
            }
        }
        Rule::Secrets(rule) => or_null(json!({
            "type": "object", "maxProperties": rule.most,
            "propertyNames": text(&rule.name),
            "additionalProperties": secret(&rule.value, masks),
            "description": format!("{}; the values are shown masked", field.about),
        })),
        Rule::Not(why) => json!({
            "description": format!("Not here: {why}"),
            "type": "null",
        }),
    }
}

/// Of a whole configuration.
pub(crate) fn configuration(
    title: &str,
    fields: &[Field],
    either: &[Either],
    groupings: &[Grouping],
    conditions: Vec<Value>,
    masks: bool,
) -> Value {
    let mut properties: Map<String, Value> = fields
        .iter()
        .map(|one| (one.name.to_owned(), field(one, masks)))
        .collect();
    let groupings = Grouping::ALL
        .into_iter()
        .filter(|(_, it)| groupings.contains(it));
    let groupings: Vec<&str> = groupings.map(|(name, _)| name).collect();
    let about = "Whether the events of one correlation_id share a thread, or later ones edit the \
                 first message";
    properties.insert("grouping".into(), choice(&groupings, about));
    let about = "Whether a backlog is sent as one message of up to 10 events";
    let digests = Digest::ALL.map(|(name, _)| name);
    properties.insert("digest".into(), choice(&digests, about));
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.required.is_some())
        .map(|field| field.name)
        .collect();
    let mut schema = object(&required, properties.into());
    schema["title"] = title.into();
    let all_of: Vec<Value> = either.iter().map(one_of).chain(conditions).collect();
    if !all_of.is_empty() {
        schema["allOf"] = all_of.into();
    }
    schema
}

/// Only one of the two.
fn one_of(either: &Either) -> Value {
    let (one, other) = (either.one, either.other);
    let absent = json!({"anyOf": [{"type": "null"}, {"maxItems": 0, "type": "array"}]});
    let said = json!({"type": ["string", "array"]});
    let only = |name: &str, not: &str| {
        let mut only = json!({"properties": {name: said, not: absent}});
        if either.needed.is_some() {
            only["required"] = json!([name]);
            // An empty list is a fault there.
            only["properties"][not] = json!({"type": "null"});
        }
        only
    };
    let mut forms = vec![only(one, other), only(other, one)];
    if either.needed.is_none() {
        forms.push(json!({"properties": {one: absent, other: absent}}));
    }
    json!({ "anyOf": forms })
}

fn text(rule: &Text) -> Value {
    form(rule.max, &(rule.pattern)())
}

fn secret(rule: &Secret, masks: bool) -> Value {
    let either = match masks {
        true => format!("{}|{MASK}", rule.form),
        false => rule.form.to_owned(),
    };
    form(rule.max, &pattern::around(&either))
}

fn described(mut schema: Value, about: &str) -> Value {
    schema["description"] = about.into();
    schema
}
