//! Credentials that stay while the rest of a configuration changes.

use carillon_tests::slack;
use reqwest::StatusCode;
use serde_json::json;

use crate::verification::{AUTH_TEST, auth_test, mount, start};

#[tokio::test]
async fn a_credential_that_is_kept_is_verified_where_it_is_to_do_more() {
    let (app, platforms) = start().await;
    mount(
        &platforms,
        AUTH_TEST,
        auth_test("chat:write,chat:write.public"),
    )
    .await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let at = format!("/webhooks/{id}/");
    let asked = async || {
        let requests = platforms.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|one| one.url.path() == AUTH_TEST)
            .count()
    };
    assert_eq!(asked().await, 1);
    // The token lacks the scope for a name of its own.
    let named = json!({"configuration": {"username": "Bell"}});
    let noted = app.patch(&at, &named).await;
    assert_eq!(noted.status, StatusCode::OK, "{}", noted.body);
    let warning = noted.body["verification"]["warnings"][0].as_str().unwrap();
    assert!(warning.contains("username"), "{warning}");
    assert_eq!(asked().await, 2);
    let moved = app
        .patch(&at, &json!({"configuration": {"channel": "elsewhere"}}))
        .await;
    assert_eq!(
        moved.body["verification"]["status"], "verified",
        "{}",
        moved.body
    );
    assert_eq!(asked().await, 3);
    // Nothing to ask about.
    for patch in [
        json!({"name": "renamed"}),
        json!({"configuration": {"digest": "auto"}}),
        json!({"configuration": {"token": "xoxb-…wxyz"}}),
    ] {
        let answer = app.patch(&at, &patch).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.body.get("verification"), None, "{patch}");
    }
    let unasked = app
        .patch(
            &format!("{at}?verify=false"),
            &json!({"configuration": {"channel": "third"}}),
        )
        .await;
    assert_eq!(
        unasked.body["verification"]["status"], "skipped",
        "{}",
        unasked.body
    );
    assert_eq!(asked().await, 3);
}
