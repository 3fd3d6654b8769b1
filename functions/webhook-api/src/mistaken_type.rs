//! A credential under the wrong `type`, such as a Discord URL under `slack`.

use carillon_chat::Kinds;
use carillon_chat::form::Rule;
use carillon_domain::Faults;
use serde_json::Value;

/// The faults of a webhook; where a credential is right for another type, with which one.
pub fn told(kinds: &Kinds, webhook: &Value, faults: &Faults) -> Faults {
    let named = webhook["type"].as_str().unwrap_or_default();
    let mut told = Faults::default();
    for fault in faults.iter() {
        let at = fault.pointer.as_str();
        let given = webhook.pointer(at).and_then(Value::as_str);
        let field = at.strip_prefix("/configuration/");
        let meant = field
            .zip(given)
            .and_then(|(field, text)| of(kinds, field, text));
        let detail = match meant.filter(|meant| meant != named) {
            Some(meant) => {
                format!(
                    "this is a credential of the type `{meant}`, not `{named}`: choose that type"
                )
            }
            None => fault.detail.clone(),
        };
        told.add(fault.pointer.clone(), fault.code, detail);
    }
    told
}

/// The type whose credential a text is that was given in this field.
fn of(kinds: &Kinds, name: &str, text: &str) -> Option<String> {
    let kind = kinds.iter().find(|kind| {
        kind.secret_fields().any(|field| match field.rule {
            Rule::Secret(rule) => field.name == name && (rule.read)(text).is_ok(),
            _ => false,
        })
    })?;
    Some(kind.id().api_type().to_owned())
}
