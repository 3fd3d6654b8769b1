use super::*;
use crate::testing::{TEAMS, answer};
use carillon_domain::Outcome::{
    CredentialDead, DestinationDead, OurFault, PayloadRefused, Unavailable,
};
use std::time::Duration;

fn error(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({"error": {"code": code, "message": message}});
    TEAMS.reply(&answer(status, &[], &body.to_string()))
}

#[test]
fn that_a_workflow_runs_is_said_for_what_it_is_with_the_id_of_the_run() {
    let run = [("x-ms-workflow-run-id", "08584fake-run")];
    for (status, headers, body) in [
        (202, &run[..], ""),
        (202, &[], ""),
        (200, &run, "<p>thanks</p>"),
        (200, &[], "thanks"),
        (204, &[], ""),
    ] {
        let reply = TEAMS.reply(&answer(status, headers, body));
        assert_eq!(reply.outcome, Outcome::Delivered, "{status} {body}");
        assert_eq!(reply.http_status, Some(status));
        let hint = reply.hint.unwrap();
        assert!(hint.contains("accepted") && hint.contains("whether it was shown"));
        let run = reply.message.and_then(|message| message.id);
        assert_eq!(run.is_some(), !headers.is_empty());
    }
}

#[test]
fn a_page_of_somebody_in_between_proves_nothing() {
    for (headers, body) in [
        (
            &[("content-type", "text/html; charset=utf-8")][..],
            "Sign in",
        ),
        (&[], " <html>Sign in to the Wi-Fi</html>"),
    ] {
        let reply = TEAMS.reply(&answer(200, headers, body));
        assert_eq!(reply.outcome, Outcome::Unknown, "{body}");
    }
}

#[test]
fn each_code_is_known_whatever_its_status() {
    for (status, code, outcome, hint) in [
        (
            400,
            "TriggerInputSchemaMismatch",
            PayloadRefused,
            "another form",
        ),
        (
            400,
            "WorkflowTriggerIsNotEnabled",
            DestinationDead,
            "turn it on again",
        ),
        (
            404,
            "WorkflowTriggerIsNotEnabled",
            DestinationDead,
            "turn it on again",
        ),
        (
            400,
            "MissingApiVersionParameter",
            CredentialDead,
            "not whole",
        ),
        (
            400,
            "DirectApiRequestHasMoreThanOneAuthorization",
            OurFault,
            "fault of Carillon",
        ),
        (
            401,
            "DirectApiAuthorizationRequired",
            CredentialDead,
            "Anyone",
        ),
        (
            401,
            "DirectApiInvalidAuthorizationScheme",
            CredentialDead,
            "Anyone",
        ),
        (
            401,
            "DirectApiInvalidAuthorizationSignature",
            CredentialDead,
            "Anyone",
        ),
        (404, "WorkflowNotFound", CredentialDead, "make a new one"),
    ] {
        let reply = error(status, code, "Said.");
        assert_eq!(
            (reply.outcome, reply.code.as_deref()),
            (outcome, Some(code))
        );
        assert!(reply.hint.as_deref().unwrap().contains(hint), "{reply:?}");
        let condemned = reply.condemns;
        assert_eq!(condemned, outcome == CredentialDead, "{code}");
    }
    assert!(
        error(400, "TriggerInputSchemaMismatch", "Said")
            .hint
            .unwrap()
            .contains("\"Said\"")
    );
}

#[test]
fn an_unknown_code_means_what_its_status_means() {
    for (status, outcome) in [
        (400, Outcome::UnknownRefusal),
        (401, CredentialDead),
        (403, Unavailable),
        (404, CredentialDead),
        (408, Unavailable),
        (409, Outcome::UnknownRefusal),
        (412, Unavailable),
        (413, PayloadRefused),
        (422, Outcome::UnknownRefusal),
        (429, Outcome::RateLimited),
        (500, Outcome::Unknown),
        (503, Outcome::Unknown),
    ] {
        assert_eq!(error(status, "Odd", "Said").outcome, outcome, "{status}");
    }
    let moved = error(404, "", "The path does not match any known API routes.");
    assert_eq!(moved.outcome, CredentialDead);
    assert!(moved.hint.unwrap().contains("not whole"));
}

#[test]
fn what_is_not_in_microsofts_words_says_nothing_of_the_webhook() {
    for (status, body, outcome) in [
        (302, "", Unavailable),
        (400, "<html>", Unavailable),
        (401, "<html>", Unavailable),
        (403, "", Unavailable),
        (403, "{}", Unavailable),
        (404, "<html>", Unavailable),
        (413, "<html>", PayloadRefused),
        (429, "", Outcome::RateLimited),
        (502, "<html>", Outcome::Unknown),
        (504, "", Outcome::Unknown),
    ] {
        let reply = TEAMS.reply(&answer(status, &[], body));
        assert_eq!(reply.outcome, outcome, "{status} {body}");
    }
}

#[test]
fn the_wait_that_is_asked_for_is_kept() {
    for status in [403, 429, 503] {
        let reply = TEAMS.reply(&answer(status, &[("retry-after", "7")], ""));
        assert_eq!(reply.retry_after, Some(Duration::from_secs(7)), "{status}");
    }
    assert_eq!(TEAMS.reply(&answer(429, &[], "")).retry_after, None);
}

#[test]
fn each_code_stands_once_and_each_name_is_there() {
    codes::assert_whole(CODES);
    for name in ["http_403", "http_429"] {
        assert!(codes::meaning(CODES, name).is_some(), "{name}");
    }
}
