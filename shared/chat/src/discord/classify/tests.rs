mod form;
mod refusals;

use super::*;
use crate::testing::answer;
use carillon_domain::Outcome::*;
use serde_json::json;

const LIMITS: &[(&str, &str)] = &[
    ("X-RateLimit-Limit", "5"),
    ("X-RateLimit-Remaining", "0"),
    ("X-RateLimit-Reset-After", "1.250"),
    ("X-RateLimit-Bucket", "abc"),
];

fn refusal(status: u16, code: u64) -> Reply {
    let body = json!({"message": "…", "code": code});
    execute(&answer(status, &[], &body.to_string()))
}

#[test]
fn a_post_that_names_its_message_is_delivered() {
    let body = r#"{"id": "1200000000000000001", "channel_id": "1100000000000000001"}"#;
    let reply = execute(&answer(200, &[], body));
    assert_eq!(reply.outcome, Delivered);
    let message = reply.message.unwrap();
    assert_eq!(message.id.as_deref(), Some("1200000000000000001"));
    assert_eq!(message.channel_id.as_deref(), Some("1100000000000000001"));
    assert_eq!(reply.pause_after, None);
}

#[test]
fn without_the_message_a_success_proves_nothing() {
    for (status, body) in [
        (204, ""),
        (200, ""),
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"id": 7}"#),
        (200, "\"ok\""),
    ] {
        let reply = execute(&answer(status, &[], body));
        assert_eq!(reply.outcome, Unknown, "{status} {body}");
        assert!(reply.message.is_none());
    }
}

#[test]
fn the_webhook_rests_where_its_limit_is_used_up() {
    let body = r#"{"id": "1200000000000000001"}"#;
    let reply = execute(&answer(200, LIMITS, body));
    assert_eq!(reply.pause_after, Some(Duration::from_millis(1_250)));
    let left = [
        ("X-RateLimit-Remaining", "3"),
        ("X-RateLimit-Reset-After", "1.25"),
    ];
    assert_eq!(execute(&answer(200, &left, body)).pause_after, None);
    let refused = execute(&answer(400, LIMITS, r#"{"code": 50035}"#));
    assert_eq!(refused.pause_after, Some(Duration::from_millis(1_250)));
}

#[test]
fn every_code_has_its_meaning() {
    for (status, codes, outcome) in [
        (404, &[10015][..], CredentialDead),
        (401, &[50027, 40001, 0], CredentialDead),
        (404, &[10003], DestinationDead),
        (403, &[50001, 50013], DestinationDead),
        (
            400,
            &[
                50073, 220001, 220002, 220003, 220004, 40058, 40067, 160005, 50083,
            ],
            DestinationDead,
        ),
        (
            400,
            &[50006, 50035, 20009, 20031, 200000, 200001, 240000],
            PayloadRefused,
        ),
        (400, &[10016, 50109, 50041, 50068], OurFault),
        (413, &[40005, 0], PayloadRefused),
        (404, &[10008], PayloadRefused),
        (403, &[40333, 10008], Blocked),
        (400, &[40062, 20016, 20022, 20028, 20029], RateLimited),
        (400, &[40004, 40006, 130000, 160006, 160007], Unavailable),
        (503, &[130000], Unavailable),
        // Nobody knows them: this message is refused, and nothing else is known.
        (400, &[0, 30007, 30058, 99_999], UnknownRefusal),
        (403, &[99_999], UnknownRefusal),
        (404, &[99_999], UnknownRefusal),
        (405, &[0], UnknownRefusal),
        // The status says enough.
        (401, &[99_999], CredentialDead),
        (403, &[0], DestinationDead),
        (404, &[0], CredentialDead),
        (500, &[0, 99_999], Unknown),
    ] {
        for code in codes {
            let reply = refusal(status, *code);
            assert_eq!(reply.outcome, outcome, "{status} {code}");
            assert!(reply.hint.is_some(), "{status} {code}");
            if *code > 0 {
                assert_eq!(reply.code, Some(code.to_string()), "{status}");
            }
        }
    }
}

#[test]
fn what_is_not_json_is_judged_by_its_status() {
    for (status, body, outcome) in [
        (302, "", Unavailable),
        (400, "<html>", Unavailable),
        (401, "<html>", Unavailable),
        (403, "<html>", Blocked),
        (404, "<html>", Unavailable),
        (413, "<html>", PayloadRefused),
        (500, "", Unknown),
        (502, "<html>", Unknown),
        (503, "", Unknown),
        (504, "", Unknown),
        (520, "<html>", Unknown),
    ] {
        assert_eq!(
            execute(&answer(status, &[], body)).outcome,
            outcome,
            "{status} {body}"
        );
    }
}

#[test]
fn a_rate_limit_says_how_long() {
    let own =
        r#"{"message": "You are being rate limited.", "retry_after": 0.413, "global": false}"#;
    let coded = r#"{"message": "…", "retry_after": 43.2, "global": false, "code": 20028}"#;
    let after = [("Retry-After", "65")];
    for (headers, body, milliseconds, code) in [
        // The longest of all that is said.
        (LIMITS, own, 1_250, "rate_limited"),
        (&after, own, 65_000, "rate_limited"),
        (&[], own, 413, "rate_limited"),
        (
            &[
                ("X-RateLimit-Scope", "shared"),
                ("X-RateLimit-Reset-After", "90"),
                ("Retry-After", "65"),
            ],
            own,
            65_000,
            "rate_limited",
        ),
        (&after, "", 65_000, "rate_limited"),
        (
            &after,
            r#"{"message": "The resource is being rate limited."}"#,
            65_000,
            "rate_limited",
        ),
        (LIMITS, "", 1_250, "rate_limited"),
        (
            &[
                ("X-RateLimit-Scope", "shared"),
                ("X-RateLimit-Remaining", "2"),
            ],
            coded,
            43_200,
            "20028",
        ),
    ] {
        let reply = execute(&answer(429, headers, body));
        assert_eq!(reply.outcome, RateLimited, "{headers:?} {body}");
        assert_eq!(
            reply.retry_after,
            Some(Duration::from_millis(milliseconds)),
            "{headers:?} {body}"
        );
        assert_eq!(reply.code.as_deref(), Some(code));
    }
}

#[test]
fn a_ban_is_no_rate_limit_and_silences_everything_for_a_minute_at_least() {
    let banned =
        r#"{"code": 0, "message": "You are being blocked from accessing our API temporarily"}"#;
    let hour = [("Retry-After", "3600")];
    let minute = Pause::Growing(Duration::from_secs(60));
    for (headers, body, retry_after, pause) in [
        (&[][..], banned, None, minute),
        (&[], "error code: 1015", None, minute),
        (&[], "<!doctype html><html>", None, minute),
        (&[], "", None, minute),
        (
            &hour,
            "error code: 1015",
            Some(3_600),
            Pause::For(Duration::from_secs(3_600)),
        ),
        (&[("Retry-After", "5")], "<html>", Some(5), minute),
        (
            &hour,
            banned,
            Some(3_600),
            Pause::For(Duration::from_secs(3_600)),
        ),
    ] {
        let reply = execute(&answer(429, headers, body));
        assert_eq!(reply.outcome, Blocked, "{body}");
        assert_eq!(
            reply.retry_after,
            retry_after.map(Duration::from_secs),
            "{body}"
        );
        assert_eq!(reply.platform_pause, Some(pause), "{body}");
    }
}

#[test]
fn what_has_discords_own_headers_is_no_ban_whatever_became_of_its_body() {
    let via = [("Via", "1.1 google"), ("Retry-After", "3")];
    for (headers, body, milliseconds) in [
        (LIMITS, "", Some(1_250)),
        (LIMITS, r#"{"message": "You are being ra"#, Some(1_250)),
        (&via, r#"{"message": "You are being ra"#, Some(3_000)),
        (&[("X-RateLimit-Limit", "5")], "", None),
    ] {
        let reply = execute(&answer(429, headers, body));
        assert_eq!(reply.outcome, RateLimited, "{headers:?} {body}");
        assert_eq!(
            reply.retry_after,
            milliseconds.map(Duration::from_millis),
            "{headers:?} {body}"
        );
        assert_eq!(reply.platform_pause, None, "{headers:?} {body}");

        let refused = execute(&answer(403, headers, r#"{"message": "Missing Acc"#));
        assert_eq!(refused.outcome, Unavailable, "{headers:?}");
        assert_eq!(refused.platform_pause, None, "{headers:?}");
    }
}

#[test]
fn a_block_of_one_webhooks_messages_leaves_the_others_alone() {
    let reply = refusal(403, 10008);
    assert_eq!(reply.outcome, Blocked);
    assert_eq!(reply.platform_pause, None);
    assert_eq!(reply.retry_after, Some(BLOCKED_PAUSE));
    // A block of the address or the client concerns everybody.
    let reply = refusal(403, 40333);
    assert_eq!(reply.outcome, Blocked);
    assert_eq!(reply.platform_pause, Some(Pause::Growing(BLOCKED_PAUSE)));
    assert_eq!(reply.code.as_deref(), Some("40333"));
}

#[test]
fn only_what_is_about_the_webhook_itself_condemns_it_for_everybody() {
    for (status, code, condemns) in [
        (404, 10015, true),
        (401, 50027, true),
        (401, 99_999, false),
        (404, 99_999, false),
        (404, 10003, false),
        (403, 50013, false),
    ] {
        let reply = refusal(status, code);
        assert_eq!(reply.condemns, condemns, "{code}");
    }
}

#[test]
fn a_forbidden_name_is_the_webhooks_fault_and_not_the_messages() {
    let body = json!({"code": 50035, "message": "Invalid Form Body", "errors": {
        "username": {"_errors": [{"code": "USERNAME_INVALID_CONTAINS", "message": "…"}]},
    }});
    let reply = execute(&answer(400, &[], &body.to_string()));
    assert_eq!(reply.outcome, DestinationDead);
    assert_eq!(reply.remedy, Some(Remedy::Appearance));
    assert!(reply.hint.unwrap().contains("username"));
}

#[test]
fn a_limit_on_everything_silences_everything_and_others_only_their_webhook() {
    let limited = |body: &str, headers: &[(&'static str, &'static str)]| {
        execute(&answer(429, headers, body)).platform_pause
    };
    let wait = Some(Pause::For(Duration::from_millis(1_500)));
    let global = r#"{"message": "…", "retry_after": 1.5, "global": true}"#;
    let own = r#"{"message": "…", "retry_after": 1.5, "global": false}"#;
    assert_eq!(limited(global, &[]), wait);
    assert_eq!(limited(own, &[("X-RateLimit-Global", "true")]), wait);
    assert_eq!(limited(own, &[("X-RateLimit-Scope", "user")]), None);
}

#[test]
fn a_thread_or_message_that_is_gone_can_be_left_out() {
    for (status, code) in [(404, 10003), (404, 10008), (400, 50083), (400, 160005)] {
        assert_eq!(refusal(status, code).remedy, Some(Remedy::Place), "{code}");
    }
    assert_eq!(refusal(404, 10015).remedy, None);
}

#[test]
fn a_message_that_discord_names_was_posted_whatever_the_status_says() {
    let body = json!({"id": "1", "channel_id": "2", "content": ""}).to_string();
    assert_eq!(execute(&answer(502, &[], &body)).outcome, Delivered);
}
