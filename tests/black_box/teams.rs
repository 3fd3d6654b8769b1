//! Microsoft Teams, from the registration of a workflow's URL to what its owner sees of it.

use carillon_embedded::chat_sink::Standing;
use carillon_tests::{App, teams, teams_url};
use reqwest::{Method, StatusCode};
use serde_json::json;

const SIGNATURE: &str = "fake-signature-for-tests";

#[tokio::test]
async fn a_message_goes_to_its_workflow_and_the_ledger_says_that_it_was_accepted() {
    let app = App::start().await;
    let made = app.post("/webhooks/", &teams("teams", &["*"])).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let warnings = made.body["verification"]["warnings"].to_string();
    assert!(warnings.contains("shows only a test message"), "{warnings}");
    assert!(app.sink().destinations().is_empty(), "nobody was asked");
    let shown = "https://prod-00.westeurope.logic.azure.com/…ests";
    assert_eq!(made.body["configuration"]["webhook_url"], shown);

    let webhook = made.body["id"].as_str().unwrap();
    let at = format!("/webhooks/{webhook}/preview/");
    let preview = app.post(&at, &json!({"sample": "deploy"})).await;
    assert!(preview.text.contains("AdaptiveCard"), "{}", preview.text);
    app.publish(&json!({"type": "deploy", "status": "failed", "message": "*disk* full"}))
        .await;
    let message = app.messages(1).await.remove(0);
    assert_eq!(message.platform, "teams");
    assert!(message.not_shown.is_empty() && message.open_mentions.is_empty());
    let card = &message.payload["attachments"][0]["content"];
    assert_eq!(card["body"][0]["style"], "attention");
    let headline = &card["body"][0]["items"][0]["text"];
    assert_eq!(headline, r"❌ Deploy failed: \*disk\* full");

    let delivery = app.delivery(webhook, "delivered").await;
    assert_eq!(delivery["message"]["id"], message.id, "{delivery}");
    let attempt = &delivery["attempts"][0];
    assert_eq!(attempt["http_status"], 202);
    let hint = attempt["hint"].as_str().unwrap();
    assert!(
        hint.contains("accepted") && hint.contains("whether it was shown"),
        "{hint}"
    );

    let tested = app
        .post(&format!("/webhooks/{webhook}/test/"), &json!({}))
        .await;
    assert_eq!(tested.body["outcome"], "delivered", "{}", tested.text);
    assert!(tested.body["hint"].as_str().unwrap().contains("accepted"));
    for answer in [made.text, preview.text, tested.text, delivery.to_string()] {
        assert!(!answer.contains(SIGNATURE), "{answer}");
    }
}

#[tokio::test]
async fn a_workflow_that_is_off_suspends_its_webhook_and_a_new_url_brings_it_back() {
    let app = App::start().await;
    let webhook = app.register(&teams("teams", &["*"])).await;
    app.sink()
        .refuse_credential(SIGNATURE, Standing::WrongSecret);
    app.publish(&json!({"type": "deploy"})).await;
    let failed = app.delivery(&webhook, "failed").await;
    let code = &failed["attempts"][0]["code"];
    assert_eq!(code, "DirectApiInvalidAuthorizationSignature", "{failed}");
    let at = format!("/webhooks/{webhook}/");
    let suspended = app.get(&at).await;
    assert_eq!(suspended.body["status"], "suspended", "{}", suspended.text);
    assert!(!suspended.text.contains(SIGNATURE), "{}", suspended.text);

    let url = teams_url("another-fake-signature");
    let rotated = app
        .post(&format!("{at}rotate/"), &json!({"webhook_url": url}))
        .await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
    app.publish(&json!({"type": "scale"})).await;
    app.delivery(&webhook, "delivered").await;
}

#[tokio::test]
async fn a_config_file_can_have_it_as_a_provider() {
    let app = App::start().await;
    let file = format!(
        "notifications:\n  work:\n    enabled: true\n    provider: teams\n    \
         webhook_url: {}\n    channels: [Alerts]\n",
        teams_url(SIGNATURE)
    );
    let apply = || {
        app.request(Method::PUT, "/notifications/")
            .header("Content-Type", "application/yaml")
            .body(file.clone())
    };
    for result in ["created", "unchanged"] {
        let applied = app.send(apply()).await;
        assert_eq!(applied.status, StatusCode::OK, "{}", applied.text);
        assert_eq!(
            applied.body["results"][0]["result"], result,
            "{}",
            applied.text
        );
        assert!(!applied.text.contains(SIGNATURE), "{}", applied.text);
    }
    let document = app.get("/openapi.json").await.body;
    let schema = &document["components"]["schemas"]["TeamsConfiguration"];
    assert_eq!(
        schema["description"], "Microsoft Teams, workflow",
        "{schema}"
    );
    assert_eq!(schema["required"], json!(["webhook_url"]));
}
