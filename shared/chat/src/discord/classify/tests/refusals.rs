//! What is told of a refusal, and what can be left out.

use super::*;

#[test]
fn an_unknown_code_is_told_in_discords_own_words() {
    let body = json!({"message": "Too\u{0} purple", "code": 20099}).to_string();
    let reply = execute(&answer(400, &[], &body));
    assert_eq!(reply.outcome, UnknownRefusal);
    let hint = reply.hint.unwrap();
    assert!(
        hint.starts_with("Discord refuses the message with code 20099: \"Too purple\". Carillon"),
        "{hint}"
    );
}

#[test]
fn json_of_a_proxy_is_no_refusal_of_discords() {
    for body in [
        r#"{"message": "Forbidden"}"#,
        r#"{"error": "blocked", "code": 7}"#,
        r#"{"code": "E1", "message": "no"}"#,
        "{}",
    ] {
        for status in [400, 401, 403, 404] {
            let reply = execute(&answer(status, &[], body));
            assert_eq!(reply.outcome, Unavailable, "{status} {body}");
        }
    }
}

#[test]
fn the_first_fault_of_a_form_is_told() {
    let fault = json!({"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Too long."}]});
    let body = json!({"code": 50035, "message": "Invalid Form Body",
        "errors": {"embeds": {"0": {"title": fault}}}});
    let reply = execute(&answer(400, &[], &body.to_string()));
    assert_eq!(reply.code.as_deref(), Some("50035"));
    let hint = reply.hint.unwrap();
    assert!(
        hint.contains("Discord says: \"embeds.0.title: Too long.\""),
        "{hint}"
    );
}

#[test]
fn too_many_threads_are_waited_out() {
    for code in [160006, 160007] {
        let reply = refusal(400, code);
        assert_eq!(reply.outcome, Unavailable, "{code}");
        assert_eq!(reply.retry_after, Some(Duration::from_secs(600)), "{code}");
        assert_eq!(reply.remedy, None, "{code}");
    }
}

#[test]
fn a_link_or_a_threads_name_can_be_left_out() {
    let blaming = |errors: Value| {
        let body = json!({"code": 50035, "message": "Invalid Form Body", "errors": errors});
        execute(&answer(400, &[], &body.to_string()))
    };
    let fault = json!({"_errors": [{"code": "URL_TYPE_INVALID_URL", "message": "Not a URL."}]});
    let reply = blaming(json!({"embeds": {"2": {"url": fault}}}));
    assert_eq!(reply.outcome, PayloadRefused);
    assert_eq!(reply.remedy, Some(Remedy::Link(0b100)));
    let reply = blaming(json!({"thread_name": fault}));
    assert_eq!(reply.outcome, PayloadRefused);
    assert_eq!(reply.remedy, Some(Remedy::ThreadName));
    for code in [200001, 20031] {
        assert_eq!(
            refusal(400, code).remedy,
            Some(Remedy::ThreadName),
            "{code}"
        );
    }
}
