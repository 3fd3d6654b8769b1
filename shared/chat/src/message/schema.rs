//! What a `message` may be, as a JSON Schema.

use carillon_domain::field::{listed, schema, schema::described};
use serde_json::{Value, json};

use super::MentionForm;
use super::facts::names;
use super::read::{
    MAX_FIELD, MAX_FIELDS, MAX_LABEL, MAX_LINKS, MAX_MENTIONED, MAX_RULES, MAX_TEXT, MAX_TITLE,
    MAX_URL, MAX_WHO,
};

/// Of a kind whose mentions have these forms; `filters` is the schema of `when`.
pub fn message(forms: &[MentionForm], filters: &Value) -> Value {
    let template = |max: usize, about: &str| described(schema::said(max), about);
    let list = |most: usize, item: &Value, about: &str| described(listed(0, most, item), about);
    let fact = json!({"anyOf": [
        {"type": "string", "enum": names()}, schema::form(MAX_FIELD, "^details\\..*\\S"),
    ]});
    let url = "A template: scheme and host are literal, and values are percent-encoded";
    let link = json!({
        "label": template(MAX_LABEL, "A template"),
        "url": template(MAX_URL, url),
    });
    let link = object(&["label", "url"], &link);
    let patterns: Vec<&str> = forms.iter().map(|form| form.pattern).collect();
    let who: Vec<&str> = forms.iter().map(|form| form.name).collect();
    let whom = schema::form(MAX_MENTIONED, &format!("^(?:{})$", patterns.join("|")));
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
    schema::object(required, properties.unwrap_or_default())
}
