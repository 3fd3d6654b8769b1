//! JSON Schemas of configurations, from the descriptions that read them.

use carillon_domain::field::{Named, OneOf, Rule as _, listed, schema};
use carillon_domain::pattern;
use carillon_domain::webhook::{Digest, Grouping, SUMMARY_AFTER};
use serde_json::{Map, Value, json};

use super::field::{Either, Field, Rule, Secret, Text};

/// What reads show in the place of a credential, and means 'unchanged'.
const MASK: &str = "(?:[!-~]*\u{2026})+[!-~]*";

/// Of the field of a configuration; none where its kind does not take it. `masks` says whether a
/// masked credential is taken: where there is one that it can mean.
pub fn field(field: &Field, masks: bool) -> Option<Value> {
    let mut about = field.about.to_owned();
    let schema = match &field.rule {
        Rule::Text(rule) => text(rule),
        Rule::List(rule) => {
            let mut list = listed(rule.least, rule.most, &text(&rule.item));
            if rule.most > 1 {
                list["uniqueItems"] = true.into();
            }
            list
        }
        Rule::Texts(rule) => {
            let texts = rule.names.iter();
            let texts = texts.map(|name| ((*name).to_owned(), text(&rule.item)));
            schema::object(&[], texts.collect())
        }
        Rule::Choice(names) => json!({"type": "string", "enum": names}),
        Rule::Flag => json!({"type": "boolean"}),
        Rule::Secret(rule) => {
            about.push_str("; shown masked");
            secret(rule, masks)
        }
        Rule::Secrets(rule) => {
            about.push_str("; the values are shown masked");
            json!({
                "type": "object", "maxProperties": rule.most,
                "propertyNames": text(&rule.name),
                "additionalProperties": secret(&rule.value, masks),
            })
        }
        Rule::Not(_) => return None,
    };
    Some(schema::described(schema, &about))
}

/// Of a whole configuration. `refused` are the combinations that it must not have.
pub(crate) fn configuration(
    title: &str,
    fields: &[Field],
    either: &[Either],
    groupings: &[Grouping],
    mut refused: Vec<Value>,
    for_people: bool,
    masks: bool,
) -> Value {
    let described = fields
        .iter()
        .filter_map(|one| Some((one.name.to_owned(), field(one, masks)?)));
    let mut properties: Map<String, Value> = described.collect();
    properties.insert("grouping".into(), grouping(groupings));
    properties.insert("digest".into(), OneOf::<Digest>::NAMES.schema());
    if for_people {
        properties.insert(SUMMARY_AFTER.name.into(), SUMMARY_AFTER.rule.schema());
    }
    let required = fields.iter().filter(|field| field.required.is_some());
    let required: Vec<&str> = required.map(|field| field.name).collect();
    let mut schema = schema::object(&required, properties);
    schema["description"] = title.into();
    for Either {
        one, other, needed, ..
    } in either
    {
        refused.push(json!({"required": [one, other]}));
        if needed.is_some() {
            let some = json!([{"required": [one]}, {"required": [other]}]);
            refused.push(json!({"not": {"anyOf": some}}));
        }
    }
    if !refused.is_empty() {
        // Those who generate clients take any other word for a type of its own.
        schema["not"] = json!({ "anyOf": refused });
    }
    schema
}

/// Those that are possible there.
fn grouping(possible: &[Grouping]) -> Value {
    let all = Grouping::all();
    match all.iter().all(|(_, it)| possible.contains(it)) {
        true => OneOf::<Grouping>::NAMES.schema(),
        false => {
            let names = all.iter().filter(|(_, it)| possible.contains(it));
            let names: Vec<&str> = names.map(|(name, _)| *name).collect();
            json!({"type": "string", "enum": names})
        }
    }
}

fn text(rule: &Text) -> Value {
    let pattern = (rule.pattern)();
    match pattern == pattern::line() {
        true => schema::line(rule.max),
        false => schema::form(rule.max, &pattern),
    }
}

fn secret(rule: &Secret, masks: bool) -> Value {
    let either = match masks {
        true => format!("{}|{MASK}", rule.form),
        false => rule.form.to_owned(),
    };
    let mut schema = schema::form(rule.max, &pattern::whole(&either));
    if !masks {
        // Tools and forms hide what is typed.
        schema["format"] = "password".into();
    }
    schema
}
