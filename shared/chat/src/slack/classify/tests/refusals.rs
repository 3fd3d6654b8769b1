//! What is told of a refusal.

use super::*;

#[test]
fn an_unknown_code_is_told_in_slacks_own_words() {
    let body = json!({"ok": false, "error": "too_purple",
        "response_metadata": {"messages": ["[ERROR] no purple [json-pointer:/blocks/0]"]}});
    let hint = web_api(&answer(200, &[], &body.to_string())).hint.unwrap();
    let told = "Slack refuses the message with code too_purple: \"[ERROR] no purple";
    assert!(hint.starts_with(told), "{hint}");
    let hint = webhook(&answer(400, &[], "too_purple")).hint.unwrap();
    assert!(
        hint.starts_with("Slack refuses the message with code too_purple. "),
        "{hint}"
    );
}

#[test]
fn where_the_fault_of_a_block_is_is_told() {
    let body = json!({"ok": false, "error": "invalid_blocks", "errors": ["too long [/blocks/0]"]});
    let hint = web_api(&answer(200, &[], &body.to_string())).hint.unwrap();
    assert!(
        hint.contains("Slack says: \"too long [/blocks/0]\""),
        "{hint}"
    );
}

#[test]
fn a_hook_without_its_channel_asks_for_a_new_hook() {
    let hint = webhook(&answer(404, &[], "channel_not_found"))
        .hint
        .unwrap();
    assert!(
        hint.contains("new incoming webhook") && !hint.contains("/invite"),
        "{hint}"
    );
}
