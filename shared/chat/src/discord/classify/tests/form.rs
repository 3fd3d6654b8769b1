//! What is wrong with a form.

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
