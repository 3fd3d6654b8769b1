use super::*;
use crate::testing::{BOT, answer, credential, read};
use crate::verification::tests::ending;
use serde_json::json;

const SCOPES: &str = "X-OAuth-Scopes";

fn bot(extra: Value) -> Configuration {
    let mut value = json!({"token": credential(BOT)});
    for (name, more) in extra.as_object().unwrap() {
        value[name] = more.clone();
    }
    if value["channels"].is_null() && value["channel"].is_null() {
        value["channel"] = json!("infra");
    }
    read("slack", &value).unwrap().0
}

fn identity(extra: Value) -> String {
    let mut body = json!({
        "ok": true, "url": "https://acme.slack.com/", "team": "Acme", "user": "deploybot",
        "team_id": "T0FAKE", "user_id": "U0FAKE", "bot_id": "B0FAKE", "is_enterprise_install": false
    });
    for (name, more) in extra.as_object().unwrap() {
        body[name] = more.clone();
    }
    body.to_string()
}

fn verified(verification: Verification) -> Verified {
    match verification {
        Verification::Verified(verified) => verified,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_with_its_scopes_is_verified_and_says_where_it_leads() {
    let scopes = [(SCOPES, "chat:write, chat:write.public,chat:write.customize")];
    let configuration = bot(json!({"username": "Deploy Bot", "icon_emoji": ":bell:"}));
    let verified = verified(auth_test(
        &configuration,
        &answer(200, &scopes, &identity(json!({}))),
    ));
    assert_eq!(verified.facts["team"], "Acme");
    assert_eq!(verified.facts["bot"], "deploybot");
    assert_eq!(verified.warnings, [""; 0]);
}

#[test]
fn a_token_without_a_scope_that_the_configuration_needs_is_refused_where_it_is_needed() {
    let plain = bot(json!({}));
    for (scopes, faults) in [
        ("", vec!["/token"]),
        ("channels:read,chat:write.public", vec!["/token"]),
        ("chat:write", vec!["verified"]),
    ] {
        let answer = answer(200, &[(SCOPES, scopes)], &identity(json!({})));
        let found = ending(&auth_test(&plain, &answer));
        let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, faults, "{scopes}");
        for (_, detail) in found.iter().filter(|(_, detail)| !detail.is_empty()) {
            assert!(
                detail.contains("chat:write") && detail.contains("reinstall"),
                "{detail}"
            );
        }
    }
}

#[test]
fn a_name_that_slack_will_ignore_is_noted_and_refuses_nothing() {
    let dressed = bot(json!({"username": "x", "icon_emoji": ":x:"}));
    let scopes = [(SCOPES, "chat:write,chat:write.public")];
    let answer = answer(200, &scopes, &identity(json!({})));
    let warnings = verified(auth_test(&dressed, &answer)).warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for (warning, field) in warnings.iter().zip(["username", "icon_emoji"]) {
        assert!(warning.contains(field), "{warning}");
        assert!(warning.contains("chat:write.customize"), "{warning}");
        assert!(warning.contains("reinstall"), "{warning}");
    }
}

#[test]
fn where_the_scopes_are_not_told_they_are_not_missed() {
    let configuration = bot(json!({"username": "x"}));
    let verified = verified(auth_test(
        &configuration,
        &answer(200, &[], &identity(json!({}))),
    ));
    assert_eq!(verified.warnings, [""; 0]);
}

#[test]
fn a_bot_that_must_be_invited_says_so() {
    let scopes = [(SCOPES, "chat:write")];
    let answer = answer(
        200,
        &scopes,
        &identity(json!({"expires_in": 43_200, "bot_id": null})),
    );
    let warnings = verified(auth_test(&bot(json!({})), &answer)).warnings;
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings[0].contains("which bot"), "{warnings:?}");
    assert!(warnings[1].contains("expires in 12 hours"), "{warnings:?}");
    assert!(warnings[1].contains("app without it"), "{warnings:?}");
    assert!(warnings[2].contains("/invite @deploybot"), "{warnings:?}");
}

#[test]
fn a_token_of_a_whole_organization_needs_ids() {
    let org = answer(200, &[], &identity(json!({"is_enterprise_install": true})));
    let named = bot(json!({"channels": ["C0123ABCD", "infra"]}));
    let found = ending(&auth_test(&named, &org));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "/channels/1");
    let found = ending(&auth_test(&bot(json!({})), &org));
    assert_eq!(found[0].0, "/channel");
    let by_id = bot(json!({"channel": "C0123ABCD"}));
    assert_eq!(ending(&auth_test(&by_id, &org))[0].0, "verified");
}

#[test]
fn a_dead_token_is_told_from_a_slack_that_is_out_of_order() {
    for (code, where_, what) in [
        ("invalid_auth", "/token", "copy"),
        ("not_authed", "/token", "no token"),
        ("token_expired", "/token", "token rotation"),
        ("token_revoked", "/token", "reinstall"),
        ("account_inactive", "/token", "install"),
        ("not_allowed_token_type", "/token", "xoxb-"),
        ("two_factor_setup_required", "/token", "administrator"),
        ("ratelimited", "unreachable", "ratelimited"),
        ("internal_error", "unreachable", "test message"),
        ("service_unavailable", "unreachable", "test message"),
        ("accesslimited", "unreachable", "test message"),
        ("unknown_method", "unreachable", "test message"),
        (
            "a_code_of_the_future",
            "unreachable",
            "a_code_of_the_future",
        ),
    ] {
        let body = json!({"ok": false, "error": code}).to_string();
        let found = ending(&auth_test(&bot(json!({})), &answer(200, &[], &body)));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, where_, "{code}");
        assert!(found[0].1.contains(what), "{code}: {}", found[0].1);
        // A registration has nothing to rotate yet.
        assert!(!found[0].1.contains("rotate"), "{}", found[0].1);
    }
}

#[test]
fn only_what_the_token_may_see_is_asked_about() {
    let asked = |scopes: &str, channels: Value| {
        let configuration = bot(json!({ "channels": channels }));
        let auth_test = answer(200, &[(SCOPES, scopes)], &identity(json!({})));
        about_channels(&configuration, &auth_test)
            .into_iter()
            .map(|(at, _)| at.to_string())
            .collect::<Vec<_>>()
    };
    let channels = json!(["infra", "C0123ABCD", "G0123ABCD", "U0123ABCD"]);
    assert_eq!(asked("chat:write", channels.clone()), [""; 0]);
    assert_eq!(
        asked("chat:write,channels:read", channels.clone()),
        ["/channels/1"]
    );
    assert_eq!(
        asked("chat:write,groups:read", channels),
        ["/channels/1", "/channels/2"]
    );
}

#[test]
fn a_channel_that_takes_no_messages_is_found_out() {
    let both = "chat:write,channels:read,groups:read";
    let found = |scopes: &str, body: Value| {
        let auth_test = answer(200, &[(SCOPES, scopes)], &identity(json!({})));
        channel_fault(&auth_test, &answer(200, &[], &body.to_string()))
    };
    let channel = |channel: Value| json!({"ok": true, "channel": channel});
    let unknown = json!({"ok": false, "error": "channel_not_found"});
    for (scopes, body, what) in [
        (both, channel(json!({"is_member": true})), None),
        (
            both,
            channel(json!({"is_archived": true, "is_member": false})),
            Some("unarchive"),
        ),
        (
            both,
            channel(json!({"is_member": false})),
            Some("/invite @deploybot"),
        ),
        (
            "chat:write,chat:write.public,channels:read",
            channel(json!({"is_member": false})),
            None,
        ),
        (
            "chat:write,chat:write.public,groups:read",
            channel(json!({"is_member": false, "is_private": true})),
            Some("/invite @deploybot"),
        ),
        (both, unknown.clone(), Some("no such channel")),
        ("chat:write,channels:read", unknown, None),
        (both, json!({"ok": false, "error": "ratelimited"}), None),
        (both, json!({"ok": true}), None),
    ] {
        let detail = found(scopes, body.clone());
        match what {
            None => assert_eq!(detail, None, "{body}"),
            Some(what) => assert!(detail.unwrap().contains(what), "{body}"),
        }
    }
}

#[test]
fn an_incoming_webhook_that_finds_fault_with_the_message_is_alive() {
    serde_json::from_str::<Value>(BROKEN_MESSAGE).unwrap_err();
    for (status, body, where_) in [
        (400, "invalid_payload", "verified"),
        (400, "no_text", "verified"),
        (200, "ok", "verified"),
        (403, "invalid_token", "/webhook_url"),
        (400, "invalid_token", "/webhook_url"),
        (404, "no_active_hooks", "/webhook_url"),
        (404, "no_service", "/webhook_url"),
        (404, "no_team", "/webhook_url"),
        (403, "team_disabled", "/webhook_url"),
        (403, "action_prohibited", "/webhook_url"),
        (404, "channel_not_found", "/webhook_url"),
        (410, "channel_is_archived", "/webhook_url"),
        (500, "rollup_error", "unreachable"),
        (
            429,
            r#"{"retry_after": 1, "ok": false, "error": "rate_limited"}"#,
            "unreachable",
        ),
        (400, "a_code_of_the_future", "unreachable"),
    ] {
        let found = ending(&webhook(&answer(status, &[], body)));
        assert_eq!(found[0].0, where_, "{status} {body}");
        assert!(!found[0].1.contains("rotate"), "{}", found[0].1);
    }
}
