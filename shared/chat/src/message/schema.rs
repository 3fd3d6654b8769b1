//! What a `message` may be, as a JSON Schema.

use carillon_domain::pattern;
use serde_json::{Value, json};

use super::MentionForm;
use super::facts::names;
use super::read::{
    MAX_FIELD, MAX_FIELDS, MAX_LABEL, MAX_LINKS, MAX_MENTIONED, MAX_RULES, MAX_TEXT, MAX_TITLE,
    MAX_URL, MAX_WHO,
};
use crate::form::schema::{form, listed, object, or_null};

/// Of a kind whose mentions have these forms; `filters` is the schema of `when`.
pub fn message(forms: &[MentionForm], filters: &Value) -> Value {
    let template = |max: usize, about: &str| {
        json!({
            "type": "string", "minLength": 1, "maxLength": max, "pattern": pattern::not_blank(),
            "description": about,
        })
    };
    let fact = json!({"anyOf": [
        {"type": "string", "enum": names()}, form(MAX_FIELD, "^details\\..*[^\\s]"),
    ]});
    let link = object(
        &["label", "url"],
        json!({
            "label": template(MAX_LABEL, "A template"),
            "url": template(
                MAX_URL,
                "A template: scheme and host are literal, and values are percent-encoded",
            ),
        }),
    );
    let patterns: Vec<&str> = forms.iter().map(|form| form.pattern).collect();
    let who: Vec<&str> = forms.iter().map(|form| form.name).collect();
    let who = listed(
        1,
        MAX_WHO,
        form(MAX_MENTIONED, &pattern::around(&patterns.join("|"))),
        &format!("Whom: {}", who.join(", ")),
    );
    let mention = object(&["who"], json!({"when": filters, "who": who}));
    let optional = |schema: Value| or_null(schema);
    let mut message = object(
        &[],
        json!({
            "title": optional(template(MAX_TITLE, "Instead of the headline: a template")),
            "text": optional(template(MAX_TEXT, "Instead of the event's message: a template")),
            "fields": optional(listed(0, MAX_FIELDS, fact, "Which facts, in this order")),
            "links": optional(listed(0, MAX_LINKS, link, "Links below the message")),
            "mentions": optional(listed(
                0, MAX_RULES, mention, "Whom to ping, and of which events: all, if left out",
            )),
        }),
    );
    message["description"] = "Words of your own. Templates are Jinja's, over the fields of an \
                              event; what they give is plain text. Not with grouping `update`: \
                              mentions"
        .into();
    or_null(message)
}
