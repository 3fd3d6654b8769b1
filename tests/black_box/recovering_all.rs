//! Recovering a span of time, counting what would be sent, and all webhooks at once.

use carillon_tests::{App, discord};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Webhooks that have skipped a deployment each, and are switched on again.
async fn skipped(app: &App, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        let mut webhook = discord(name, &["deploy"]);
        webhook["enabled"] = json!(false);
        ids.push(app.register(&webhook).await);
    }
    app.publish(&json!({"type": "deploy"})).await;
    for id in &ids {
        app.delivery(id, "skipped").await;
        app.patch(&format!("/webhooks/{id}/"), &json!({"enabled": true}))
            .await;
    }
    ids
}

async fn recover(app: &App, path: &str, body: &Value) -> Value {
    let answer = app.post(path, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    answer.body
}

#[tokio::test]
async fn a_dry_run_counts_what_would_be_sent_and_changes_nothing() {
    let app = App::start().await;
    let ids = skipped(&app, &["one", "two"]).await;
    let one = format!("/webhooks/{}/recover/", ids[0]);
    for (path, count) in [(one.as_str(), 1), ("/recover/", 2)] {
        for query in ["?dry_run=true", "?dry_run"] {
            let counted = recover(&app, &format!("{path}{query}"), &json!({})).await;
            assert_eq!(
                counted,
                json!({"accepted": count, "next_after": null, "reason": null, "dry_run": true})
            );
        }
    }
    for id in &ids {
        app.delivery(id, "skipped").await;
    }
    assert_eq!(app.sink().messages().len(), 0);
    assert_eq!(
        recover(&app, "/recover/", &json!({})).await,
        json!({"accepted": 2, "next_after": null, "reason": null})
    );
    app.messages(2).await;
    for id in &ids {
        app.delivery(id, "delivered").await;
    }
    let again = recover(&app, "/recover/?dry_run=true", &json!({})).await;
    assert_eq!(again["accepted"], 0);
    assert!(again["reason"].is_string(), "{again}");
}

#[tokio::test]
async fn until_leaves_out_what_failed_later() {
    let app = App::start().await;
    let before = Timestamp::now().to_string();
    let ids = skipped(&app, &["one"]).await;
    let after = (Timestamp::now() + std::time::Duration::from_secs(1)).to_string();
    let one = format!("/webhooks/{}/recover/", ids[0]);
    for path in [one.as_str(), "/recover/"] {
        let none = recover(&app, path, &json!({"until": before})).await;
        assert_eq!(none["accepted"], 0, "{none}");
        let counted = format!("{path}?dry_run");
        let all = recover(&app, &counted, &json!({"since": before, "until": after})).await;
        assert_eq!(all["accepted"], 1, "{all}");
        let wrong = app
            .post(path, &json!({"since": after, "until": before}))
            .await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{}", wrong.body);
        assert_eq!(wrong.pointers(), ["/until"]);
        let wrong = app
            .post(path, &json!({"after": "x", "dry_run": true}))
            .await;
        assert_eq!(wrong.pointers(), ["/after", "/dry_run"]);
    }
    let sent = recover(&app, &one, &json!({"until": after})).await;
    assert_eq!(sent["accepted"], 1, "{sent}");
    app.messages(1).await;
}

#[tokio::test]
async fn all_webhooks_are_recovered_from_where_a_call_stopped_and_those_switched_off_are_left_out()
{
    let app = App::start().await;
    let ids = skipped(&app, &["one", "two", "three"]).await;
    let off = format!("/webhooks/{}/", ids[2]);
    app.patch(&off, &json!({"enabled": false})).await;
    // As if a call had stopped behind the first one.
    let rest = recover(&app, "/recover/?dry_run", &json!({"after": ids[0]})).await;
    assert_eq!(rest["accepted"], 1, "{rest}");
    let path = format!("/webhooks/{}/deliveries/", ids[1]);
    let delivery = app.get(&path).await.results()[0]["id"].clone();
    let place = format!("{}:{}", ids[1], delivery.as_str().unwrap());
    let none = recover(&app, "/recover/?dry_run", &json!({"after": place})).await;
    assert_eq!(none["accepted"], 0, "{none}");
    assert!(
        none["reason"]
            .as_str()
            .unwrap()
            .contains("of the active webhooks")
    );
    let all = recover(&app, "/recover/", &json!({})).await;
    assert_eq!(all["accepted"], 2);
    let left_out = json!([{"webhook_id": ids[2], "name": "three", "status": "disabled"}]);
    assert_eq!(
        (&all["left_out"], &none["left_out"]),
        (&left_out, &left_out)
    );
    // What would be sent can be counted before it is switched on.
    let of_three = format!("/webhooks/{}/recover/?dry_run", ids[2]);
    assert_eq!(recover(&app, &of_three, &json!({})).await["accepted"], 1);
    app.messages(2).await;
    app.delivery(&ids[2], "skipped").await;
}

#[tokio::test]
async fn another_organizations_webhooks_are_not_recovered() {
    let app = App::start().await;
    skipped(&app, &["one"]).await;
    let other = app
        .key_of("org_other", carillon_domain::Role::Editor, None)
        .await;
    let request = app.request_as(&other, reqwest::Method::POST, "/recover/");
    let answer = app.send(request).await;
    assert_eq!(answer.body["accepted"], 0, "{}", answer.body);
    let own = recover(&app, "/recover/?dry_run", &json!({})).await;
    assert_eq!(own["accepted"], 1, "{own}");
}
