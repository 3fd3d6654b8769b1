mod refusals;

use super::*;
use crate::testing::answer;
use crate::testing::{BOT, HOOK};
use carillon_domain::Outcome::*;
use serde_json::json;
use std::time::Duration;

fn refusal(code: &str) -> Answer {
    answer(200, &[], &json!({"ok": false, "error": code}).to_string())
}

#[test]
fn a_post_that_names_its_message_is_delivered() {
    let body = json!({"ok": true, "channel": "C0EXAMPLE1", "ts": "1700000000.000100", "warning": "missing_charset"});
    let reply = web_api(&answer(200, &[], &body.to_string()));
    assert_eq!(reply.outcome, Delivered);
    let message = reply.message.unwrap();
    assert_eq!(message.id.as_deref(), Some("1700000000.000100"));
    assert_eq!(message.channel_id.as_deref(), Some("C0EXAMPLE1"));
    assert_eq!((reply.code, reply.hint), (None, None));
}

#[test]
fn a_message_that_slack_names_was_posted_whatever_the_status_says() {
    let body = json!({"ok": true, "channel": "C0EXAMPLE1", "ts": "1700000000.000100"});
    for status in [400, 500, 502, 503] {
        let reply = web_api(&answer(status, &[], &body.to_string()));
        assert_eq!(reply.outcome, Delivered, "{status}");
    }
}

#[test]
fn a_parent_that_is_gone_can_be_left_out_and_so_can_a_name_that_needs_a_permission() {
    for code in [
        "message_not_found",
        "thread_not_found",
        "cannot_reply_to_message",
        "edit_window_closed",
    ] {
        assert_eq!(
            web_api(&refusal(code)).remedy,
            Some(Remedy::Place),
            "{code}"
        );
    }
    let scope = |needed: &str| {
        let body = json!({"ok": false, "error": "missing_scope", "needed": needed});
        web_api(&answer(200, &[], &body.to_string())).remedy
    };
    assert_eq!(scope("chat:write.customize"), Some(Remedy::Appearance));
    assert_eq!(scope("chat:write"), None);
    assert_eq!(web_api(&refusal("channel_not_found")).remedy, None);
}

#[test]
fn a_200_that_says_not_ok_is_a_failure() {
    let reply = web_api(&refusal("channel_not_found"));
    assert_eq!(reply.outcome, DestinationDead);
    assert_eq!(reply.code.as_deref(), Some("channel_not_found"));
    assert!(reply.hint.unwrap().contains("/invite @"));
}

#[test]
fn every_code_of_the_web_api_has_its_meaning() {
    for (outcome, codes) in [
        (RateLimited, "ratelimited rate_limited"),
        (
            Unknown,
            "internal_error fatal_error duplicate_message_not_found duplicate_channel_not_found",
        ),
        (
            Unavailable,
            "service_unavailable request_timeout team_added_to_org org_login_required update_failed \
             external_channel_migrating message_limit_exceeded",
        ),
        (Blocked, "accesslimited"),
        (
            CredentialDead,
            "invalid_auth not_authed token_expired token_revoked account_inactive missing_scope \
             not_allowed_token_type no_permission access_denied team_access_not_granted \
             two_factor_setup_required app_access_restricted enterprise_is_restricted",
        ),
        (
            DestinationDead,
            "channel_not_found not_in_channel is_archived is_inactive team_not_found messages_tab_disabled \
             cannot_reply_to_message thread_not_found restricted_action restricted_action_read_only_channel \
             restricted_action_thread_only_channel restricted_action_non_threadable_channel \
             restricted_action_thread_locked ekm_access_denied channel_is_limited_access \
             method_not_supported_for_channel_type",
        ),
        (
            PayloadRefused,
            "no_text invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long too_many_attachments \
             attachment_payload_limit_exceeded too_many_contact_cards metadata_too_large \
             invalid_attachments message_not_found cant_update_message edit_window_closed \
             block_mismatch",
        ),
        (UnknownRefusal, "a_code_of_the_future"),
        (
            OurFault,
            "invalid_metadata_format invalid_metadata_schema markdown_text_conflict invalid_arguments \
             invalid_arg_name invalid_array_arg invalid_charset invalid_form_data invalid_post_type \
             missing_post_type invalid_json json_not_object deprecated_endpoint method_deprecated \
             unknown_method",
        ),
    ] {
        for code in codes.split_whitespace() {
            let reply = web_api(&refusal(code));
            assert_eq!(reply.outcome, outcome, "{code}");
            assert_eq!(reply.code.as_deref(), Some(code));
            assert!(reply.hint.is_some(), "{code}");
        }
    }
}

#[test]
fn the_body_of_a_webhooks_answer_decides_whatever_its_status() {
    for (status, body, outcome) in [
        (200, "ok", Delivered),
        (200, "ok\n", Delivered),
        (400, "ok", Unavailable),
        (400, "invalid_payload", PayloadRefused),
        (400, "user_not_found", DestinationDead),
        (400, "no_text", PayloadRefused),
        (
            400,
            "missing_text_or_fallback_or_attachments",
            PayloadRefused,
        ),
        (400, "invalid_blocks", PayloadRefused),
        (400, "too_many_attachments", PayloadRefused),
        (403, "action_prohibited", CredentialDead),
        (403, "posting_to_general_channel_denied", CredentialDead),
        (403, "invalid_token", CredentialDead),
        (400, "invalid_token", CredentialDead),
        (404, "no_active_hooks", CredentialDead),
        (404, "no_service", CredentialDead),
        (200, "no_service", CredentialDead),
        (404, "no_service_id", CredentialDead),
        (404, "no_team", CredentialDead),
        (403, "team_disabled", CredentialDead),
        (404, "channel_not_found", DestinationDead),
        (410, "channel_is_archived", DestinationDead),
        (500, "rollup_error", Unknown),
        (400, "a_code_of_the_future", UnknownRefusal),
        (404, "a_code_of_the_future2", UnknownRefusal),
        (
            400,
            r#"{"ok": false, "error": "a_new_one"}"#,
            UnknownRefusal,
        ),
        // Anybody in between could say so.
        (403, "forbidden", Unavailable),
        (403, "access denied by policy", Unavailable),
        (500, "a_code_of_the_future", Unknown),
        (200, "", Unknown),
        (200, "<html>ok</html>", Unknown),
        (200, r#"{"ok": true}"#, Unknown),
        (204, "", Unknown),
        (302, "", Unavailable),
        (404, "<html>", Unavailable),
        (413, "", PayloadRefused),
        (503, "<html>", Unknown),
    ] {
        assert_eq!(
            webhook(&answer(status, &[], body)).outcome,
            outcome,
            "{status} {body}"
        );
    }
}

#[test]
fn a_rate_limit_says_how_long_in_header_or_body() {
    let json = r#"{"retry_after": 2.5, "ok": false, "error": "rate_limited"}"#;
    let ratelimited = r#"{"ok": false, "error": "ratelimited"}"#;
    let after = [("Retry-After", "30")];
    for (status, headers, body, seconds) in [
        (429, &after[..], "", Some(30.0)),
        (429, &after, ratelimited, Some(30.0)),
        (429, &[], json, Some(2.5)),
        (429, &after, json, Some(30.0)),
        (429, &[("Retry-After", "1")], json, Some(2.5)),
        (429, &[], "<html>", None),
        (429, &[("Retry-After", "soon")], "", None),
        (429, &[("Retry-After", "-1")], "", None),
        (429, &[("Retry-After", "1e300")], "", None),
        (429, &[("Retry-After", "9999999")], "", Some(86_400.0)),
        (200, &after, ratelimited, Some(30.0)),
        (200, &[], json, Some(2.5)),
    ] {
        for kind in [BOT, HOOK] {
            let reply = kind.reply(&answer(status, headers, body));
            assert_eq!(reply.outcome, RateLimited, "{status} {headers:?} {body}");
            assert_eq!(
                reply.retry_after,
                seconds.map(Duration::from_secs_f64),
                "{status} {headers:?} {body}"
            );
        }
    }
}

#[test]
fn only_what_is_about_the_token_itself_condemns_it_for_everybody() {
    let condemns = |code: &str| {
        let body = format!(r#"{{"ok": false, "error": "{code}"}}"#);
        web_api(&answer(200, &[], &body)).condemns
    };
    for code in ["token_revoked", "invalid_auth", "account_inactive"] {
        assert!(condemns(code), "{code}");
    }
    for code in [
        "access_denied",
        "missing_scope",
        "channel_not_found",
        "ratelimited",
    ] {
        assert!(!condemns(code), "{code}");
    }
    assert!(webhook(&answer(404, &[], "no_service")).condemns);
}

#[test]
fn a_time_to_wait_for_is_as_good_as_a_number_of_seconds() {
    let then = ("Retry-After", "Sat, 21 Nov 2026 10:25:00 GMT");
    let said = ("Date", "Sat, 21 Nov 2026 10:15:00 GMT");
    let past = ("Date", "Sat, 21 Nov 2026 10:30:00 GMT");
    for (headers, seconds) in [
        (&[then, said][..], Some(600)),
        (&[then, past], None),
        (&[then], None),
        (&[("Retry-After", "soon"), said], None),
    ] {
        for status in [429, 503] {
            let reply = BOT.reply(&answer(status, headers, ""));
            let waits = seconds.map(Duration::from_secs);
            assert_eq!(reply.retry_after, waits, "{headers:?}");
        }
    }
}

#[test]
fn an_outage_that_says_how_long_is_waited_out() {
    let after = [("Retry-After", "120")];
    for body in ["", r#"{"ok": false, "error": "service_unavailable"}"#] {
        let reply = BOT.reply(&answer(503, &after, body));
        assert_eq!(reply.retry_after, Some(Duration::from_secs(120)), "{body}");
    }
}

#[test]
fn what_does_not_pass_within_seconds_is_not_tried_within_seconds() {
    for code in [
        "message_limit_exceeded",
        "team_added_to_org",
        "org_login_required",
        "external_channel_migrating",
        "accesslimited",
    ] {
        let wait = web_api(&refusal(code)).retry_after;
        assert_eq!(wait, Some(Duration::from_secs(600)), "{code}");
    }
    assert_eq!(web_api(&refusal("service_unavailable")).retry_after, None);
}

#[test]
fn what_does_not_come_from_slack_is_never_taken_for_success() {
    for (status, body, outcome) in [
        (200, "", Unknown),
        (200, "<html>Sign in to the Wi-Fi</html>", Unknown),
        (200, r#"{"ok": true}"#, Unknown),
        (200, r#"{"ts": "1.2"}"#, Unknown),
        (200, "[]", Unknown),
        (200, r#"{"ok": false}"#, Unknown),
        (302, "", Unavailable),
        (403, "<html>", Unavailable),
        (413, "", PayloadRefused),
        (500, "", Unknown),
        (502, "<html>", Unknown),
        (
            503,
            r#"{"ok": false, "error": "service_unavailable"}"#,
            Unavailable,
        ),
        (
            500,
            r#"{"ok": false, "error": "a_code_of_the_future"}"#,
            Unknown,
        ),
    ] {
        let reply = web_api(&answer(status, &[], body));
        assert_eq!(reply.outcome, outcome, "{status} {body}");
        assert!(reply.code.is_some() && reply.hint.is_some() && reply.message.is_none());
    }
}

#[test]
fn a_missing_scope_is_named() {
    let body = r#"{"ok": false, "error": "missing_scope", "needed": "chat:write", "provided": "channels:read"}"#;
    let hint = web_api(&answer(200, &[], body)).hint.unwrap();
    assert!(hint.contains("add the scope chat:write"), "{hint}");
}
