//! Changing webhooks: merge patch, replacement, versions.

use carillon_tests::{App, discord, discord_url, slack, slack_url};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub fn path(id: &str) -> String {
    format!("/webhooks/{id}/")
}

pub fn full_slack() -> Value {
    json!({
        "name": "prod alerts", "type": "slack", "event_types": ["deploy", "*_deleted"],
        "filters": {"environment": ["production"], "project": ["billing"]},
        "configuration": {
            "token": "xoxb-fake-token-for-tests-wxyz", "channels": ["infra", "#alerts"],
            "username": "Carillon", "icon_emoji": ":bell:", "grouping": "thread", "digest": "off"
        }
    })
}

/// What is compared of two versions: all that a read shows.
fn without(mut webhook: Value, fields: &[&str]) -> Value {
    for field in fields {
        webhook.as_object_mut().unwrap().remove(*field);
    }
    webhook
}

#[tokio::test]
async fn a_merge_patch_replaces_lists_merges_objects_and_removes_what_is_null() {
    let app = App::start().await;
    let id = app.register(&full_slack()).await;
    let before = app.get(&path(&id)).await.body;
    let patch = json!({
        "event_types": ["scale"],
        "filters": {"environment": null, "region": ["eu-*"]},
        "configuration": {"channels": ["other"], "username": null, "grouping": null}
    });
    let answer = app.patch(&path(&id), &patch).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("etag"), "\"2\"");
    let mut expected = before.clone();
    expected["event_types"] = json!(["scale"]);
    expected["filters"] = json!({"project": ["billing"], "region": ["eu-*"]});
    expected["configuration"] = json!({
        "token": "xoxb-…wxyz", "channels": ["other"], "icon_emoji": ":bell:",
        "grouping": "none", "digest": "off"
    });
    expected["modified_at"] = answer.body["modified_at"].clone();
    let read = app.get(&path(&id)).await;
    assert_eq!(read.body, expected);
    assert_eq!(read.header("etag"), "\"2\"");
    assert_ne!(read.body["modified_at"], before["modified_at"]);

    let emptied = app.patch(&path(&id), &json!({"filters": null})).await;
    assert_eq!(emptied.body["filters"], json!({}));
}

#[tokio::test]
async fn a_patch_comes_under_its_own_media_type_and_as_plain_json_but_not_as_another_kind() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    for (media_type, status) in [
        ("application/merge-patch+json", StatusCode::OK),
        (
            "application/merge-patch+json; charset=utf-8",
            StatusCode::OK,
        ),
        ("application/json", StatusCode::OK),
        (
            "application/json-patch+json",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let patch = app
            .request(Method::PATCH, &path(&id))
            .header("content-type", media_type)
            .body(r#"{"event_types": ["scale"]}"#);
        let answer = app.send(patch).await;
        assert_eq!(answer.status, status, "{media_type}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_a_patch_must_not_remove_or_break_is_a_fault_and_changes_nothing() {
    let app = App::start().await;
    let id = app.register(&full_slack()).await;
    let before = app.get(&path(&id)).await.body;
    for (patch, pointers) in [
        (json!({"name": null}), vec!["/name"]),
        (json!({"type": null}), vec!["/type"]),
        (json!({"event_types": null}), vec!["/event_types"]),
        (json!({"event_types": []}), vec!["/event_types"]),
        (json!({"configuration": null}), vec!["/configuration"]),
        (
            json!({"configuration": {"token": null}}),
            vec!["/configuration/token"],
        ),
        (
            json!({"configuration": {"channels": null}}),
            vec!["/configuration/channel"],
        ),
        (
            json!({"name": "", "colour": 1, "filters": {"env": ["x"]}, "enabled": "no"}),
            vec!["/name", "/filters/env", "/enabled", "/colour"],
        ),
        (json!([]), vec![""]),
        (json!("x"), vec![""]),
        (Value::Null, vec![""]),
    ] {
        let answer = app.patch(&path(&id), &patch).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{patch}");
        assert_eq!(answer.pointers(), pointers, "{patch}: {}", answer.body);
    }
    assert_eq!(app.get(&path(&id)).await.body, before);
}

#[tokio::test]
async fn the_masked_credential_means_unchanged_and_no_other_mask_does() {
    let app = App::start().await;
    let id = app.register(&full_slack()).await;
    let unchanged = json!({"configuration": {"token": "xoxb-…wxyz"}});
    let answer = app.patch(&path(&id), &unchanged).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("etag"), "\"1\"");
    for mask in [
        "xoxb-…abcd",
        "xoxb-…",
        "…wxyz",
        "xoxb-...wxyz",
        "xoxb-***wxyz",
    ] {
        let answer = app
            .patch(&path(&id), &json!({"configuration": {"token": mask}}))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{mask}");
        assert_eq!(answer.pointers(), ["/configuration/token"], "{mask}");
    }
    // A new webhook has nothing that a mask could stand for.
    let mut masked = full_slack();
    masked["name"] = json!("another");
    masked["configuration"]["token"] = json!("xoxb-…wxyz");
    let answer = app.post("/webhooks/", &masked).await;
    assert_eq!(answer.pointers(), ["/configuration/token"]);

    app.publish(&json!({"type": "deploy", "environment": "production", "project": "billing"}))
        .await;
    assert_eq!(app.messages(2).await.len(), 2);
}

#[tokio::test]
async fn what_was_read_can_be_sent_back_and_changes_nothing() {
    let app = App::start().await;
    let mut plain = discord("plain", &["*"]);
    plain["enabled"] = json!(false);
    let webhooks = [
        full_slack(),
        json!({
            "name": "incoming", "type": "slack", "event_types": ["*"],
            "configuration": {
                "webhook_url": slack_url("fakefakefakefakefakefake"), "channels": ["#infra"]
            }
        }),
        json!({
            "name": "discord", "type": "discord", "event_types": ["*"],
            "configuration": {
                "webhook_url": discord_url("fake-token-for-tests-"), "username": "Bell",
                "avatar_url": "https://example.com/bell.png", "thread_id": "123456789012345678",
                "grouping": "update"
            }
        }),
        plain,
    ];
    for webhook in webhooks {
        let id = app.register(&webhook).await;
        let read = app.get(&path(&id)).await;
        for method in [Method::PUT, Method::PATCH] {
            let back = app.request(method.clone(), &path(&id)).json(&read.body);
            let answer = app.send(back).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {}", answer.body);
            assert_eq!(answer.header("etag"), read.header("etag"), "{method}");
            assert_eq!(answer.body, read.body, "{method}");
        }
        assert_eq!(app.get(&path(&id)).await.body, read.body);
    }
}

#[tokio::test]
async fn a_suspended_webhook_that_is_sent_back_as_it_was_read_stays_suspended() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.suspend(&id, "the token was revoked").await;
    let read = app.get(&path(&id)).await;
    assert_eq!(read.body["status"], "suspended");
    let answer = app.put(&path(&id), &read.body).await;
    assert_eq!(answer.body, read.body);
    assert_eq!(answer.header("etag"), read.header("etag"));
}

#[tokio::test]
async fn a_replacement_gives_its_default_to_what_it_does_not_name() {
    let app = App::start().await;
    let id = app.register(&full_slack()).await;
    app.patch(&path(&id), &json!({"enabled": false})).await;
    let replacement = json!({
        "name": "renamed", "type": "slack", "event_types": ["*"],
        "configuration": {"token": "xoxb-…wxyz", "channel": "infra"}
    });
    let answer = app.put(&path(&id), &replacement).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body["filters"], json!({}));
    assert_eq!(answer.body["enabled"], true);
    assert_eq!(
        answer.body["configuration"],
        json!({"token": "xoxb-…wxyz", "channel": "infra", "grouping": "none", "digest": "auto"})
    );
    let partial = app.put(&path(&id), &json!({"name": "x"})).await;
    assert_eq!(partial.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        partial.pointers(),
        ["/type", "/event_types", "/configuration"]
    );
}

#[tokio::test]
async fn a_change_is_made_only_to_the_version_that_the_caller_means() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let refused = StatusCode::PRECONDITION_FAILED;
    for (wanted, status) in [
        (vec!["\"99\""], refused),
        (vec!["W/\"1\""], refused),
        (vec!["1"], StatusCode::BAD_REQUEST),
        (vec![""], StatusCode::BAD_REQUEST),
        (vec!["\"1\"", " "], StatusCode::BAD_REQUEST),
        (vec!["\"98\", W/\"1\""], refused),
        (vec!["\"98\", \"1\""], StatusCode::OK),
        (vec!["\"98\"", "\"1\""], StatusCode::OK),
        (vec!["\"1\""], StatusCode::OK),
        (vec!["*"], StatusCode::OK),
    ] {
        for method in [Method::PATCH, Method::PUT] {
            let body = app.get(&path(&id)).await.body;
            let mut request = app.request(method.clone(), &path(&id)).json(&body);
            for value in &wanted {
                request = request.header("If-Match", *value);
            }
            let answer = app.send(request).await;
            assert_eq!(answer.status, status, "{method} {wanted:?}");
        }
    }
    let told = app
        .request(Method::PATCH, &format!("{}?verfy=false", path(&id)))
        .header("If-Match", "3")
        .json(&json!({"enabled": "yes"}));
    assert_eq!(
        app.send(told).await.pointers(),
        ["/headers/If-Match", "/query/verfy", "/enabled"]
    );
    for method in [Method::PATCH, Method::PUT, Method::DELETE] {
        let missing = app
            .request(method, "/webhooks/wh_01JD0000000000000000000000/")
            .header("If-Match", "*")
            .json(&slack("x", &["*"]));
        assert_eq!(app.send(missing).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn whoever_has_the_version_already_is_not_sent_it_again() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    for (known, status) in [
        ("\"1\"", StatusCode::NOT_MODIFIED),
        ("W/\"1\"", StatusCode::NOT_MODIFIED),
        ("\"7\", \"1\"", StatusCode::NOT_MODIFIED),
        ("*", StatusCode::NOT_MODIFIED),
        ("\"2\"", StatusCode::OK),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let read = app
                .request(method, &path(&id))
                .header("If-None-Match", known);
            let answer = app.send(read).await;
            assert_eq!(answer.status, status, "{known}");
            assert_eq!(answer.header("etag"), "\"1\"", "{known}");
        }
    }
}

#[tokio::test]
async fn switching_off_on_and_resuming_is_up_to_enabled() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let off = app.patch(&path(&id), &json!({"enabled": false})).await;
    assert_eq!(off.body["status"], "disabled");
    assert_eq!(off.body["enabled"], false);
    let renamed = app.patch(&path(&id), &json!({"name": "other"})).await;
    assert_eq!(renamed.body["status"], "disabled");
    let default = app.patch(&path(&id), &json!({"enabled": null})).await;
    assert_eq!(
        default.body["status"], "active",
        "enabled's default is true"
    );

    app.suspend(&id, "the token was revoked").await;
    let renamed = app.patch(&path(&id), &json!({"name": "prod alerts"})).await;
    assert_eq!(renamed.body["status"], "suspended");
    assert_eq!(renamed.body["status_reason"], "the token was revoked");
    let resumed = app.patch(&path(&id), &json!({"enabled": true})).await;
    assert_eq!(resumed.body["status"], "active");
    assert_eq!(resumed.body["status_reason"], Value::Null);

    for mended in [
        json!({"configuration": {"channel": "elsewhere"}}),
        json!({"configuration": {"token": "xoxb-fake-new-token-for-tests-abcd"}}),
    ] {
        app.suspend(&id, "the token was revoked").await;
        let answer = app.patch(&path(&id), &mended).await;
        assert_eq!(answer.body["status"], "active", "{mended}");
    }
    app.suspend(&id, "the token was revoked").await;
    let off = app.patch(&path(&id), &json!({"enabled": false})).await;
    assert_eq!(off.body["status"], "disabled");
    assert_eq!(off.body["status_reason"], Value::Null);
}

#[tokio::test]
async fn a_webhook_can_move_to_the_other_platform() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let nothing = app.patch(&path(&id), &json!({"type": "discord"})).await;
    assert_eq!(nothing.pointers(), ["/configuration/webhook_url"]);
    // What Slack was told, its token above all, does not go along.
    let moving = json!({
        "type": "discord", "configuration": {"webhook_url": discord_url("fake-token-for-tests-")}
    });
    let moved = app.patch(&path(&id), &moving).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
    assert_eq!(moved.body["type"], "discord");
    assert_eq!(app.registry_rows("CREDENTIAL#").await.len(), 1);
    app.publish(&json!({"type": "deploy"})).await;
    assert_eq!(app.messages(1).await[0].host, "discord.com");
    // The mask of what it was before stands for nothing any more.
    let slack_again = json!({
        "name": "prod alerts", "type": "slack", "event_types": ["deploy"],
        "configuration": {"token": "xoxb-…wxyz", "channel": "infra"}
    });
    let back = app.put(&path(&id), &slack_again).await;
    assert_eq!(back.pointers(), ["/configuration/token"]);
}

#[tokio::test]
async fn another_credential_takes_the_old_ones_secret_away() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let other = app.register(&slack("shares it", &["scale"])).await;
    let new = json!({"configuration": {"token": "xoxb-fake-new-token-for-tests-abcd"}});
    let answer = app.patch(&path(&id), &new).await;
    assert_eq!(answer.body["configuration"]["token"], "xoxb-…abcd");
    assert_eq!(app.registry_rows("CREDENTIAL#").await.len(), 2);
    app.patch(&path(&other), &new).await;
    assert_eq!(app.registry_rows("CREDENTIAL#").await.len(), 1);
    assert_eq!(app.registry_rows("CONDEMNED#").await.len(), 1);
    let read = app.get(&path(&id)).await;
    assert_eq!(
        without(read.body, &["modified_at"]),
        without(answer.body, &["modified_at", "verification"])
    );
}
