//! A credential under the wrong `type`, such as a Discord URL under `slack`.

use carillon_chat::form::{Field, Rule};
use carillon_chat::{Kind, Kinds};
use carillon_domain::Faults;
use serde_json::Value;

/// The faults of a webhook; where a credential is right for another type, with which one.
pub fn told(kinds: &Kinds, webhook: &Value, mut faults: Faults) -> Faults {
    let named = webhook["type"].as_str().unwrap_or_default();
    for fault in faults.iter_mut() {
        let at = fault.pointer.as_str();
        let given = webhook.pointer(at).and_then(Value::as_str);
        let field = at.strip_prefix("/configuration/");
        let meant = of(kinds, |name| given.filter(|_| field == Some(name)));
        let meant = meant.map(|kind| kind.id().api_type().to_owned());
        if let Some(meant) = meant.filter(|meant| meant != named) {
            fault.detail = format!(
                "this is a credential of the type `{meant}`, not `{named}`: choose that type"
            );
        }
    }
    faults
}

/// The kind whose credential was given, by the texts that its fields have.
pub fn of<'k, 't>(
    kinds: &'k Kinds,
    given: impl Fn(&str) -> Option<&'t str>,
) -> Option<&'k dyn Kind> {
    let fits = |field: &Field| match field.rule {
        Rule::Secret(rule) => given(field.name).is_some_and(|text| (rule.read)(text).is_ok()),
        _ => false,
    };
    kinds.iter().find(|kind| kind.secret_fields().any(fits))
}
