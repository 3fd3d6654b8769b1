//! Words of a webhook's own: registered, shown, sent, applied from a file, and fallen back from.

use carillon_tests::{Answer, App, discord, slack, teams};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn with(mut webhook: Value, message: &Value) -> Value {
    webhook["message"] = message.clone();
    webhook
}

/// The example of the documentation, with these people.
fn words(who: &[&str]) -> Value {
    json!({
        "title": "{{ resource.name }} {{ status }} in {{ environment }}",
        "text": "{{ message }}",
        "fields": ["environment", "status", "estimated_cost"],
        "links": [{"label": "Runbook", "url": "https://wiki.example.com/{{ resource.type | urlencode }}"}],
        "mentions": [{"when": {"status": ["failed"], "environment": ["production"]}, "who": who}]
    })
}

fn event(status: &str) -> Value {
    json!({
        "type": "deploy", "status": status, "environment": "production", "project": "billing",
        "resource": {"type": "aws_rds/cluster", "id": "db-1", "name": "billing-db"},
        "message": "*done* <!channel> @everyone <@123456789012345678>"
    })
}

#[tokio::test]
async fn a_webhook_says_what_its_owner_wants_and_pings_only_whom_they_named() {
    for (webhook, who, pings) in [
        (slack("x", &["*"]), "S0123ABCD", "groups"),
        (
            discord("x", &["*"]),
            "role:223456789012345678",
            "roles:223456789012345678",
        ),
        (
            teams("x", &["*"]),
            "user:alice@acme.example",
            "user:alice@acme.example",
        ),
    ] {
        let app = App::start().await;
        let id = app.register(&with(webhook, &words(&[who]))).await;
        app.publish(&event("succeeded")).await;
        let messages = app.messages(1).await;
        let shown = messages[0].payload.to_string();
        assert!(
            shown.contains("billing-db succeeded in production"),
            "{shown}"
        );
        assert!(
            shown.contains("https://wiki.example.com/aws_rds%2Fcluster"),
            "{shown}"
        );
        assert!(!shown.contains("db-1"), "only the chosen facts: {shown}");
        assert_eq!(messages[0].open_mentions, Vec::<String>::new(), "{shown}");
        app.publish(&event("failed")).await;
        let messages = app.messages(2).await;
        assert_eq!(
            messages[1].open_mentions,
            [pings],
            "{}",
            messages[1].payload
        );
        assert!(messages[1].not_shown.is_empty());
        let delivery = app.delivery(&id, "delivered").await;
        assert_eq!(delivery["reason"], Value::Null, "{delivery}");
    }
}

#[tokio::test]
async fn every_fault_of_the_words_is_told_at_once_with_its_place() {
    let app = App::start().await;
    let message = json!({
        "title": "{{ resorce.name }}", "text": "a\n{% if status %}",
        "fields": ["enviroment"],
        "links": [{"label": "x", "url": "https://{{ project }}.example.com/"}],
        "mentions": [{"when": {"status": ["broken"]}, "who": ["U0FAKE", "everyone"]}],
    });
    let mut webhook = with(slack("x", &["*"]), &message);
    webhook["configuration"]["token"] = json!("no token");
    let answer = app.post("/webhooks/", &webhook).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.pointers(),
        [
            "/configuration/token",
            "/message/title",
            "/message/text",
            "/message/fields/0",
            "/message/links/0/url",
            "/message/mentions/0/when/status/0",
            "/message/mentions/0/who/1",
        ]
    );
    let detail = |n: usize| answer.body["errors"][n]["detail"].as_str().unwrap();
    assert!(
        detail(1).contains("did you mean `resource`?"),
        "{}",
        detail(1)
    );
    assert!(detail(1).contains("line 1, column 4"), "{}", detail(1));
    assert!(detail(2).contains("line 2, column "), "{}", detail(2));
    assert!(detail(6).contains("a user's id"), "{}", detail(6));
}

#[tokio::test]
async fn words_are_read_changed_and_removed_like_every_other_field() {
    let app = App::start().await;
    let id = app.register(&slack("x", &["*"])).await;
    let at = format!("/webhooks/{id}/");
    assert_eq!(app.get(&at).await.body["message"], Value::Null);
    let patched = app
        .patch(&at, &json!({"message": words(&["U0FAKE"])}))
        .await;
    assert_eq!(
        patched.body["message"],
        words(&["U0FAKE"]),
        "{}",
        patched.body
    );
    let etag = patched.header("etag").to_owned();
    let read = app.get(&at).await;
    assert_eq!(
        (read.header("etag"), &read.body["message"]),
        (&*etag, &words(&["U0FAKE"]))
    );

    // What was read can be sent back, and is the same webhook.
    let replaced = app.put(&at, &read.body).await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.body);
    assert_eq!(replaced.header("etag"), etag);

    let patched = app
        .patch(&at, &json!({"message": {"title": null, "text": "x"}}))
        .await;
    assert_eq!(patched.body["message"]["title"], Value::Null);
    assert_eq!(patched.body["message"]["text"], "x");
    assert_eq!(patched.body["message"]["links"], words(&[])["links"]);
    let log = app.get("/audit/").await;
    assert_eq!(log.results()[0]["changed"], json!(["message"]));

    let bad = app
        .patch(&at, &json!({"configuration": {"grouping": "update"}}))
        .await;
    assert_eq!(bad.pointers(), ["/message/mentions"], "{}", bad.body);
    let removed = app.patch(&at, &json!({"message": null})).await;
    assert_eq!(removed.body["message"], Value::Null, "{}", removed.body);
}

#[tokio::test]
async fn what_cannot_be_rendered_is_sent_in_the_standard_form_and_the_delivery_says_so() {
    let app = App::start().await;
    let message = json!({
        "title": "{% if details.count %}{{ details.count | int }} things{% endif %}",
        "mentions": [{"who": ["here"]}],
    });
    let id = app.register(&with(slack("x", &["*"]), &message)).await;
    let mut broken = event("succeeded");
    broken["details"] = json!({"count": "many"});
    let preview = format!("/webhooks/{id}/preview/");
    let preview = async |event: &Value| app.post(&preview, event).await.body;
    let before = preview(&broken).await;
    let why = before["standard_form"].as_str().unwrap();
    assert!(
        why.starts_with("Sent in the standard form, as /message/title of"),
        "{why}"
    );
    app.publish(&broken).await;
    let delivery = app.delivery(&id, "delivered").await;
    assert_eq!(delivery["reason"], why, "{delivery}");
    assert_eq!(delivery["attempts"][0]["hint"], why, "{delivery}");
    let messages = app.messages(1).await;
    let text = messages[0].payload["text"].as_str().unwrap();
    assert!(text.contains("Deployed billing-db"), "{text}");
    // Whom to ping is no template, and nobody waits for it in vain.
    assert_eq!(messages[0].open_mentions, ["here"]);

    broken["details"] = json!({"count": "7"});
    let good = preview(&broken).await;
    assert_eq!(good["standard_form"], Value::Null);
    assert_eq!(good["request"]["body"]["text"], "✅ 7 things");
}

#[tokio::test]
async fn programs_get_the_event_and_no_words() {
    let app = App::start().await;
    let webhook = json!({
        "name": "x", "type": "webhook", "event_types": ["*"],
        "configuration": {"url": "https://receiver.example.com/hook"},
        "message": {"title": "x"}
    });
    let answer = app.post("/webhooks/", &webhook).await;
    assert_eq!(answer.pointers(), ["/message"], "{}", answer.body);
    let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("carries the event itself"), "{detail}");
}

async fn apply(app: &App, yaml: &str) -> Answer {
    let request = app.request(Method::PUT, "/notifications/");
    let request = request.header("Content-Type", "application/yaml");
    app.send(request.body(yaml.to_owned())).await
}

#[tokio::test]
async fn a_file_says_them_the_same() {
    let app = App::start().await;
    let file = |title: &str| {
        format!(
            r#"notifications:
  work:
    provider: slack
    token: xoxb-fake-token-for-tests-wxyz
    channel: infra
    message:
      title: "{title}"
      text: "{{{{ message }}}}"
      fields: [environment, status]
      links:
        - label: Runbook
          url: https://wiki.example.com/{{{{ resource.type }}}}
      mentions:
        - when: {{status: [failed]}}
          who: [S0123ABCD]
"#
        )
    };
    let results = |answer: &Answer| answer.body["results"][0].clone();
    let made = apply(&app, &file("{{ status }}")).await;
    assert_eq!(results(&made)["result"], "created", "{}", made.body);
    let again = apply(&app, &file("{{ status }}")).await;
    assert_eq!(results(&again)["result"], "unchanged", "{}", again.body);
    let changed = apply(&app, &file("now {{ status }}")).await;
    assert_eq!(
        results(&changed)["changed"],
        json!(["message"]),
        "{}",
        changed.body
    );

    let export = app.get("/notifications/").await;
    let entry = &export.body["notifications"]["work"];
    assert_eq!(
        entry["message"]["title"], "now {{ status }}",
        "{}",
        export.body
    );
    let same = app.put("/notifications/", &export.body).await;
    assert_eq!(results(&same)["result"], "unchanged", "{}", same.body);

    let wrong = apply(&app, &file("{{ stauts }}")).await;
    assert_eq!(wrong.pointers(), ["/notifications/work/message/title"]);
    let detail = wrong.body["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("line 7, column "), "{detail}");
    assert!(detail.contains("did you mean `status`?"), "{detail}");
}

#[tokio::test]
async fn a_backlog_keeps_links_and_mentions_each_person_once() {
    let app = App::start().await;
    let mut webhook = with(slack("x", &["*"]), &words(&["U0FAKE"]));
    webhook["configuration"]["digest"] = json!("auto");
    app.register(&webhook).await;
    let events: Vec<Value> = (0..4).map(|_| event("failed")).collect();
    let answer = app.post("/events/", &json!({"events": events})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    let shown = |payload: &Value| payload["attachments"].as_array().map_or(0, Vec::len);
    let messages = app
        .messages_until(|messages| messages.iter().map(|it| shown(&it.payload)).sum::<usize>() == 4)
        .await;
    for message in messages {
        let payload = message.payload.to_string();
        assert_eq!(payload.matches("<@U0FAKE>").count(), 1, "{payload}");
        let links = payload
            .matches("https://wiki.example.com/aws_rds%2Fcluster")
            .count();
        assert_eq!(links, shown(&message.payload), "{payload}");
    }
}
