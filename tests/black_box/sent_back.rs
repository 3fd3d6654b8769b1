//! What only the server sets of a webhook: it may be sent back, and not made up.

use carillon_tests::App;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::updating::{full_slack, path};

#[tokio::test]
async fn what_was_answered_to_a_write_can_be_sent_back() {
    let app = App::start().await;
    let made = app.post("/webhooks/", &full_slack()).await;
    assert!(made.body["verification"].is_object(), "{}", made.body);
    let id = made.body["id"].as_str().unwrap().to_owned();
    let new = json!({"configuration": {"token": "xoxb-fake-new-token-for-tests-abcd"}});
    let patched = app.patch(&path(&id), &new).await;
    let rotation = json!({"token": "xoxb-fake-newer-token-for-tests-efgh"});
    let rotated = app.post(&format!("{}rotate/", path(&id)), &rotation).await;
    assert!(rotated.body["rotated"].is_array(), "{}", rotated.body);
    // The last one's mask is the one that there is.
    for (answer, mask) in [(made, "…wxyz"), (patched, "…abcd"), (rotated, "…efgh")] {
        let mut body = answer.body;
        assert_eq!(body["configuration"]["token"], format!("xoxb-{mask}"));
        body["configuration"]["token"] = json!("xoxb-…efgh");
        for method in [Method::PUT, Method::PATCH] {
            let back = app.request(method.clone(), &path(&id)).json(&body);
            let answer = app.send(back).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {}", answer.body);
        }
    }
}

#[tokio::test]
async fn times_may_come_back_as_coarse_as_clients_keep_them() {
    let app = App::start().await;
    let id = app.register(&full_slack()).await;
    let mut body = app.get(&path(&id)).await.body;
    for field in ["created_at", "modified_at"] {
        let time = body[field].as_str().unwrap();
        body[field] = json!(format!("{}Z", &time[.."2026-11-21T10:15:00".len()]));
    }
    let answer = app.put(&path(&id), &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn what_only_the_server_sets_is_refused_with_what_to_do_instead() {
    let app = App::start().await;
    let id = app.register(&full_slack()).await;
    for (patch, pointer, hint) in [
        (json!({"status": "disabled"}), "/status", "`enabled`"),
        (
            json!({"id": "wh_01JD0000000000000000000000"}),
            "/id",
            "leave it out",
        ),
        (
            json!({"created_at": "2020-01-01T00:00:00Z"}),
            "/created_at",
            "leave it out",
        ),
    ] {
        let answer = app.patch(&path(&id), &patch).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{patch}");
        assert_eq!(answer.pointers(), [pointer], "{patch}");
        let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(hint), "{detail}");
    }
    let read = app.get(&path(&id)).await;
    assert_eq!(
        (&read.body["status"], read.header("etag")),
        (&json!("active"), "\"1\"")
    );
}

#[tokio::test]
async fn a_webhook_that_is_too_large_for_a_list_is_refused() {
    let app = App::start().await;
    let values: Vec<String> = (0..50)
        .map(|n| format!("{n}-{}", "x".repeat(200)))
        .collect();
    let mut large = full_slack();
    large["filters"] = json!({"environment": values, "project": values});
    let answer = app.post("/webhooks/", &large).await;
    assert_eq!(answer.pointers(), [""], "{}", answer.body);
}
