//! What Discord finds wrong with a form: `errors` of code 50035, a tree in which each fault
//! stands below the names and indexes that lead to it (discord-api-docs, reference, "Error
//! Messages").

use serde_json::Value;

use super::limits::MAX_EMBEDS;
use crate::reply::Remedy;

/// What to leave out of a message with these faults. None of it is worth losing the message:
/// which names are forbidden is Discord's secret and changes, and which links it takes too.
pub(super) fn remedy(errors: &Value) -> Option<Remedy> {
    let is_blamed = |name: &str| !errors[name].is_null();
    if is_blamed("username") || is_blamed("avatar_url") {
        return Some(Remedy::Appearance);
    }
    let links = (0..MAX_EMBEDS)
        .filter(|index| !errors["embeds"][index.to_string()]["url"].is_null())
        .fold(0, |links, index| links | 1 << index);
    match links {
        0 if is_blamed("thread_name") => Some(Remedy::ThreadName),
        0 if is_blamed("applied_tags") => Some(Remedy::Tags),
        0 => None,
        links => Some(Remedy::Link(links)),
    }
}

/// The first fault: where it is, and what is said of it.
pub(super) fn first_fault(errors: &Value) -> Option<String> {
    let mut path = Vec::new();
    let mut place = errors;
    // No form is as deep as that.
    for _ in 0..16 {
        let fault = &place["_errors"][0];
        if let Some(message) = fault["message"].as_str() {
            return Some(format!("{}: {message}", path.join(".")));
        }
        let (name, below) = place.as_object()?.iter().next()?;
        path.push(name.as_str());
        place = below;
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault() -> Value {
        json!({"_errors": [{"code": "X", "message": "Not a well formed URL."}]})
    }

    #[test]
    fn what_is_refused_beside_the_message_can_be_left_out() {
        for (errors, expected) in [
            (json!({"username": fault()}), Some(Remedy::Appearance)),
            (json!({"avatar_url": fault()}), Some(Remedy::Appearance)),
            (
                json!({"embeds": {"0": {"url": fault()}}}),
                Some(Remedy::Link(1)),
            ),
            (
                json!({"embeds": {"1": {"url": fault()}, "3": {"url": fault()}}}),
                Some(Remedy::Link(0b1010)),
            ),
            (json!({"thread_name": fault()}), Some(Remedy::ThreadName)),
            (json!({"applied_tags": {"0": fault()}}), Some(Remedy::Tags)),
            (json!({"embeds": {"0": {"title": fault()}}}), None),
            (json!({"embeds": ["0"]}), None),
            (Value::Null, None),
        ] {
            assert_eq!(remedy(&errors), expected, "{errors}");
        }
    }

    #[test]
    fn the_first_fault_is_named_with_its_place() {
        let errors = json!({"embeds": {"0": {"fields": {"1": {"value": fault()}}}}});
        assert_eq!(
            first_fault(&errors).as_deref(),
            Some("embeds.0.fields.1.value: Not a well formed URL.")
        );
        for errors in [Value::Null, json!({}), json!([]), json!({"a": "b"})] {
            assert_eq!(first_fault(&errors), None, "{errors}");
        }
    }
}
