//! Signed webhooks, from their registration to the receiver and back to the ledger.

use carillon_chat::Kinds;
use carillon_chat::signed::Reach;
use carillon_domain::{OrganizationId, WebhookId};
use carillon_embedded::chat_sink::{Failure, Message, Standing};
use carillon_tests::{App, discord, slack, teams};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::inside::Inside;

const AT: &str = "receiver.example.com/hooks";
const QUERY: &str = "token=fake-token-of-tests";

fn webhook(configuration: &Value) -> Value {
    let mut whole = json!({ "url": format!("https://{AT}?{QUERY}") });
    for (name, value) in configuration.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    json!({
        "name": "receiver", "type": "webhook", "event_types": ["deploy", "destroy"],
        "configuration": whole,
    })
}

/// Registers it, has the receiver know its secret, and gives its id and the secret.
async fn register(app: &App, configuration: &Value) -> (String, String) {
    let made = app.post("/webhooks/", &webhook(configuration)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let secret = text(&made.body["configuration"]["secret"]);
    app.sink().trust(AT, &secret);
    (text(&made.body["id"]), secret)
}

#[tokio::test]
async fn the_url_of_another_kind_is_refused_as_most_of_it_would_be_shown() {
    let app = App::start().await;
    let url_of = |webhook: Value| webhook["configuration"]["webhook_url"].clone();
    let incoming = ["https://hooks.slack.com/services", "T00000000", "B00000000"].join("/");
    for (other, url) in [
        ("discord", url_of(discord("d", &["*"]))),
        (
            "slack",
            json!(format!("{incoming}/not0a0real0token000000000")),
        ),
        ("teams", url_of(teams("t", &["*"]))),
    ] {
        let body = json!({
            "name": "signed", "type": "webhook", "event_types": ["*"], "configuration": {"url": url},
        });
        let refused = app.post("/webhooks/", &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
        assert_eq!(refused.body["errors"][0]["pointer"], "/configuration/url");
        let detail = refused.body["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("type `{other}`")), "{detail}");
        assert!(!refused.text.contains(url.as_str().unwrap()));
        let entry = json!({"provider": "webhook", "url": url, "events": ["deploy"]});
        let file = json!({"notifications": {"a": entry}});
        let refused = app.put("/notifications/", &file).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    }
}

#[tokio::test]
async fn a_secret_is_made_shown_once_and_verified_by_the_receiver() {
    let app = App::start().await;
    let headers = json!({"headers": {"Authorization": "Bearer fake-token-of-headers"}});
    let (id, secret) = register(&app, &headers).await;
    assert!(
        secret.starts_with("whsec_") && secret.len() == 50,
        "made in full"
    );
    let at = format!("/webhooks/{id}/");
    let read = app.get(&at).await;
    let preview = json!({"sample": "deploy"});
    let preview = app.post(&format!("{at}preview/"), &preview).await;
    let request = &preview.body["request"];
    assert_eq!(request["url"], format!("https://{AT}?\u{2026}ests"));
    assert_eq!(request["headers"]["webhook-signature"], "v1,\u{2026}");
    assert_eq!(request["body"]["type"], "deploy");
    for text in [&read.text, &preview.text] {
        for secret in [secret.as_str(), "fake-token"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(
        app.sink().messages().is_empty(),
        "registering sends nothing"
    );

    app.publish(&json!({"type": "deploy", "id": "d-1"})).await;
    let delivered = app.delivery(&id, "delivered").await;
    assert_eq!(delivered["attempts"][0]["http_status"], 204, "{delivered}");
    let message = &app.sink().messages()[0];
    assert_eq!(message.verified, Some(true));
    assert_eq!(message.payload["data"]["id"], "d-1");
    assert_eq!(
        message.payload["data"],
        app.get("/events/").await.results()[0]
    );

    // A masked part stays; what of the secret was rotated before signs on for a day.
    let rotated = app.post(&format!("{at}rotate/"), &json!({})).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
    assert_ne!(rotated.body["configuration"]["secret"], secret);
    let patch =
        json!({"configuration": {"headers": {"authorization": "\u{2026}ders", "x-a": "b"}}});
    let patched = app.patch(&at, &patch).await;
    assert_eq!(patched.status, StatusCode::OK, "{}", patched.text);
    app.publish(&json!({"type": "destroy", "id": "d-2"})).await;
    // It knows the old secret alone.
    let messages = app.sink().wait_until(|messages| messages.len() == 2).await;
    assert_eq!(messages[1].verified, Some(true));
}

#[tokio::test]
async fn a_receiver_that_is_gone_suspends_and_one_that_is_missing_holds() {
    let app = App::start().await;
    let (id, _) = register(&app, &json!({})).await;
    let at = format!("/webhooks/{id}/");
    app.sink().stand(AT, Standing::Gone);
    app.publish(&json!({"type": "deploy", "id": "d-1"})).await;
    let waiting = app.delivery(&id, "retrying").await;
    assert_eq!(waiting["attempts"][0]["http_status"], 404, "{waiting}");
    app.sink().stand(AT, Standing::Open);
    let tried = app.post(&format!("{at}test/"), &json!({})).await;
    assert_eq!(tried.body["outcome"], "delivered", "{}", tried.text);
    app.delivery(&id, "delivered").await;

    app.sink().stand(AT, Standing::Revoked);
    app.publish(&json!({"type": "deploy", "id": "d-2"})).await;
    carillon_tests::until("it is suspended", async || {
        app.get(&at).await.body["status"] == "suspended"
    })
    .await;
    let reason = app.get(&at).await.body["status_reason"].clone();
    assert!(
        reason.as_str().unwrap().contains("gone for good"),
        "{reason}"
    );
}

#[tokio::test]
async fn what_waited_comes_singly_and_in_order_unless_a_batch_was_asked_for() {
    for (registered, changed) in [(false, None), (true, None), (false, Some(true))] {
        let batch = changed.unwrap_or(registered);
        let app = App::start().await;
        let (id, _) = register(&app, &json!({ "batch": registered })).await;
        if let Some(batch) = changed {
            let patch = json!({"configuration": { "batch": batch }});
            let patched = app.patch(&format!("/webhooks/{id}/"), &patch).await;
            assert_eq!(patched.status, StatusCode::OK, "{}", patched.text);
        }
        // Time for all of them to come in.
        app.sink().fail_next(1, Failure::RateLimited(2.0));
        let events: Vec<Value> = (1..=5)
            .map(|n| json!({"type": "deploy", "id": format!("d-{n}")}))
            .collect();
        let published = app.post("/events/", &json!({ "events": events })).await;
        assert_eq!(published.status, StatusCode::ACCEPTED, "{}", published.text);
        let ids = |messages: &[Message]| -> Vec<Value> {
            let one = |payload: &Value| payload["data"]["id"].clone();
            let all = messages.iter().map(|message| &message.payload);
            all.flat_map(|payload| match payload["data"].as_array() {
                Some(batch) => batch.iter().map(one).collect(),
                None => vec![one(payload)],
            })
            .collect()
        };
        let messages = app
            .sink()
            .wait_until(|messages| ids(messages).len() == 5)
            .await;
        assert_eq!(ids(&messages), ["d-1", "d-2", "d-3", "d-4", "d-5"]);
        assert_eq!(messages.len() == 5, !batch, "{}", messages.len());
        assert!(
            messages
                .iter()
                .all(|message| message.verified == Some(true))
        );
    }
}

#[tokio::test]
async fn where_nobody_may_go_is_refused_with_every_other_fault() {
    let app = App::start().await;
    for (url, said) in [
        ("http://receiver.example.com/", "https://"),
        ("https://169.254.169.254/latest/meta-data/", "IP address"),
        ("https://8.8.8.8/", "IP address"),
        ("https://sandbox.localdomain/", "public internet"),
        ("https://receiver.example.com:6379/", "443 or 8443"),
        ("https://user@receiver.example.com/", "user name"),
    ] {
        let wrong = json!({"url": url, "headers": {"Host": "x"}, "grouping": "thread"});
        let refused = app.post("/webhooks/", &webhook(&wrong)).await;
        let pointers = [
            "/configuration/headers/Host",
            "/configuration/grouping",
            "/configuration/url",
        ];
        let mut found = refused.pointers();
        found.sort_unstable();
        let mut expected = pointers.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{}", refused.text);
        assert!(refused.text.contains(said), "{}", refused.text);
    }
}

#[tokio::test]
async fn a_message_of_our_own_is_not_taken_by_our_api() {
    let app = App::start().await;
    let (id, _) = register(&app, &json!({"format": "cloudevents"})).await;
    let preview = json!({"sample": "deploy"});
    let preview = app
        .post(&format!("/webhooks/{id}/preview/"), &preview)
        .await;
    let own = preview.body["request"]["headers"]["webhook-id"]
        .as_str()
        .unwrap();
    let post = async |path: &str, webhook_id: &str| {
        let request = reqwest::Client::new()
            .post(format!("{}/api/v1/{path}", app.url()))
            .header("Authorization", format!("Api-Key {}", carillon_tests::KEY))
            .header("Content-Type", "application/cloudevents+json")
            .header("webhook-id", webhook_id)
            .body(preview.body["request"]["body"].to_string());
        request.send().await.unwrap().status()
    };
    let calls = [
        "events/",
        "events/match/",
        "webhooks/",
        "recover/",
        "health",
        "nowhere",
    ];
    for path in calls {
        assert_eq!(post(path, own).await, StatusCode::CONFLICT, "{path}");
    }
    let other = post("events/", "msg_of_somebody_else").await;
    assert_eq!(other, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn our_own_api_is_no_receiver_under_the_name_that_it_is_called_by() {
    let reach = Reach::default().without_called(carillon_webhook_api::host_called);
    let app = App::start_of(Kinds::reaching(reach), None).await;
    let post = async |host: &str| {
        let request = reqwest::Client::new()
            .post(format!("{}/api/v1/webhooks/", app.url()))
            .header("Authorization", format!("Api-Key {}", carillon_tests::KEY))
            .header("Host", host)
            .json(&webhook(
                &json!({"url": "https://carillon.example.com/api/v1/events/"}),
            ));
        request.send().await.unwrap().status()
    };
    assert_eq!(post("Carillon.example.com").await, StatusCode::BAD_REQUEST);
    assert_eq!(post("other.example.com").await, StatusCode::CREATED);
}

#[tokio::test]
async fn a_file_can_have_signed_webhooks() {
    let app = App::start().await;
    let file = json!({"notifications": {"receiver": {
        "provider": "webhook", "url": format!("https://{AT}"), "format": "cloudevents",
        "headers": {"x-token": "fake-token-of-headers"}, "batch": true, "events": ["deploy"],
    }}});
    let planned = app.put("/notifications/?dry_run=true", &file).await;
    assert_eq!(planned.body["results"][0].get("made"), None);
    let applied = app.put("/notifications/", &file).await;
    let result = &applied.body["results"][0];
    assert_eq!(result["result"], "created", "{}", applied.text);
    // Nobody else knows the secret that was made.
    app.sink()
        .trust(AT, result["made"]["secret"].as_str().unwrap());
    let at = format!("/webhooks/{}/test/", result["id"].as_str().unwrap());
    let tried = app.post(&at, &json!({})).await;
    assert_eq!(tried.body["outcome"], "delivered", "{}", tried.text);
    assert_eq!(app.sink().messages()[0].verified, Some(true));
    let exported = app.get("/notifications/").await.body;
    assert!(!exported.to_string().contains("fake-token"), "{exported}");
    let again = app.put("/notifications/", &exported).await;
    assert_eq!(
        again.body["results"][0]["result"], "unchanged",
        "{}",
        again.text
    );
    assert_eq!(again.body["results"][0].get("made"), None);
    // What the file does not have any more goes.
    let mut without = exported.clone();
    let entry = without["notifications"]["receiver"].as_object_mut();
    entry.unwrap().remove("headers");
    for expected in ["updated", "unchanged"] {
        let applied = app.put("/notifications/", &without).await;
        assert_eq!(
            applied.body["results"][0]["result"], expected,
            "{}",
            applied.text
        );
    }
}

#[tokio::test]
async fn a_secret_that_a_change_of_type_makes_is_shown() {
    let app = App::start().await;
    let id = app.register(&slack("receiver", &["deploy"])).await;
    let at = format!("/webhooks/{id}/");
    let replaced = app.put(&at, &webhook(&json!({}))).await;
    let back = app.put(&at, &slack("receiver", &["deploy"])).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    let patch = json!({"type": "webhook", "configuration": {
        "token": null, "channel": null, "url": format!("https://{AT}"),
    }});
    let patched = app.patch(&at, &patch).await;
    for answer in [&replaced, &patched] {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let secret = answer.body["configuration"]["secret"].as_str().unwrap();
        assert!(!secret.contains('\u{2026}'), "made in full");
    }
    let secret = patched.body["configuration"]["secret"].as_str().unwrap();
    app.sink().trust(AT, secret);
    let tried = app.post(&format!("{at}test/"), &json!({})).await;
    assert_eq!(tried.body["outcome"], "delivered", "{}", tried.text);
}

#[tokio::test]
async fn a_rotation_that_gives_nothing_new_or_could_not_be_repeated_is_refused() {
    let app = App::start().await;
    let (id, _) = register(&app, &json!({})).await;
    for (body, pointer) in [
        (json!({"headers": {}}), "/url"),
        (json!({"everywhere": true}), "/everywhere"),
    ] {
        let refused = app.post(&format!("/webhooks/{id}/rotate/"), &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
        assert_eq!(refused.pointers(), [pointer], "{}", refused.text);
    }
}

#[tokio::test]
async fn of_two_rotations_at_once_neither_loses_the_secret_of_the_other() {
    let app = App::start().await;
    let (id, _) = register(&app, &json!({})).await;
    let at = format!("/webhooks/{id}/");
    for round in 0..4 {
        let rotate = async || app.post(&format!("{at}rotate/"), &json!({})).await;
        let (one, two) = tokio::join!(rotate(), rotate());
        let mut secrets = Vec::new();
        for answer in [one, two] {
            match answer.status {
                StatusCode::OK => secrets.push(answer.body["configuration"]["secret"].clone()),
                status => assert_eq!(status, StatusCode::CONFLICT, "{}", answer.text),
            }
        }
        assert!(!secrets.is_empty());
        for (n, secret) in secrets.iter().enumerate() {
            let receiver = format!("receiver.example.com/{round}/{n}");
            app.sink().trust(&receiver, secret.as_str().unwrap());
            let patch = json!({"configuration": {"url": format!("https://{receiver}")}});
            app.patch(&at, &patch).await;
            let tried = app.post(&format!("{at}test/"), &json!({})).await;
            assert_eq!(tried.body["outcome"], "delivered", "{}", tried.text);
        }
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_not_replaced_as_it_would_stop_to_sign() {
    let inside = Inside::start().await;
    let claims = json!({"organization": "org_acme", "role": "admin"});
    let made = webhook(&json!({}));
    let made = inside.call(&claims, "POST", "/webhooks/", &made).await;
    let id = made.body["id"].as_str().unwrap();
    let secret = &made.body["configuration"]["secret"];
    let whole = json!({"url": format!("https://{AT}"), "secret": secret});
    let at = format!("/webhooks/{id}/rotate/");
    inside.refuse(Some("SecretsManager GetSecretValue"));
    let failed = inside.call(&claims, "POST", &at, &whole).await;
    assert_eq!(failed.status, 500, "{}", failed.body);
    let organization = OrganizationId::parse("org_acme").unwrap();
    let id = WebhookId::parse(id).unwrap();
    let webhook = inside.registry.webhook(&organization, &id).await.unwrap();
    assert_eq!(webhook.unwrap().version, 1);
    inside.refuse(None);
    let rotated = inside.call(&claims, "POST", &at, &whole).await;
    assert_eq!(rotated.status, 200, "{}", rotated.body);
}

#[tokio::test]
async fn a_file_that_changes_nothing_of_a_credential_of_several_parts_changes_nothing() {
    let app = App::start().await;
    let file = |token: &str, url: &str| {
        json!({"notifications": {"ci": {
            "provider": "webhook", "url": url, "headers": {"X-Token": token}, "events": ["deploy"],
        }}})
    };
    let url = "https://receiver.example.com/hooks?key=fake-key-of-tests";
    let apply = async |token: &str, url: &str| {
        let applied = app.put("/notifications/", &file(token, url)).await;
        assert_eq!(applied.status, StatusCode::OK, "{}", applied.text);
        let result = &applied.body["results"][0];
        (result["result"].clone(), result["changed"].clone())
    };
    assert_eq!(apply("fake-one-of-tests", url).await.0, "created");
    let unchanged = (json!("unchanged"), json!([]));
    assert_eq!(apply("fake-one-of-tests", url).await, unchanged);
    let of_headers = (json!("updated"), json!(["headers"]));
    assert_eq!(apply("fake-two-of-tests", url).await, of_headers);
    assert_eq!(apply("fake-two-of-tests", url).await, unchanged);
    let elsewhere = "https://receiver.example.com/hooks?key=fake-other-of-tests";
    let of_url = (json!("updated"), json!(["url"]));
    assert_eq!(apply("fake-two-of-tests", elsewhere).await, of_url);
    let audit = app.get("/audit/").await;
    assert_eq!(audit.results().len(), 3, "{}", audit.text);
}

#[tokio::test]
async fn a_receiver_at_the_root_of_its_host_is_called_and_was_not_verified() {
    let app = App::start().await;
    for (name, url) in [
        ("root", "https://receiver.example.com"),
        ("slash", "https://slash.example.com/"),
        ("query", "https://query.example.com/?a=b"),
    ] {
        let mut webhook = webhook(&json!({ "url": url }));
        webhook["name"] = name.into();
        let made = app.post("/webhooks/", &webhook).await;
        assert_eq!(made.body["verification"]["status"], "unverified");
        let id = made.body["id"].as_str().unwrap();
        let tested = app.post(&format!("/webhooks/{id}/test/"), &json!({})).await;
        assert_eq!(tested.body["outcome"], "delivered", "{}", tested.text);
    }
}

#[tokio::test]
async fn a_change_of_type_blames_no_field_that_was_not_sent() {
    let app = App::start().await;
    let (id, _) = register(&app, &json!({})).await;
    let patch = json!({
        "type": "slack", "configuration": {"token": "xoxb-fake-token-for-tests", "channel": "x"}
    });
    let patched = app.patch(&format!("/webhooks/{id}/"), &patch).await;
    assert_eq!(patched.status, StatusCode::OK, "{}", patched.text);
    assert_eq!(patched.body["type"], "slack");
}
