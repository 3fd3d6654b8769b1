use std::time::Duration;

use super::*;
use crate::client::tests::{client, impatient};
use crate::testing::{ASKED, BOT, DISCORD, HOOK, TEAMS, configuration, credential, secret};
use crate::verification::tests::ending;
use serde_json::json;
use wiremock::matchers::{any, body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn registered(kind: &dyn Kind) -> Configuration {
    let value = configuration(kind);
    crate::testing::read(kind.id().api_type(), &value)
        .unwrap()
        .0
}

async fn verify(client: &Client, kind: &dyn Kind) -> Vec<(String, String)> {
    ending(&client.verify(kind, &registered(kind), &secret(kind)).await)
}

#[tokio::test]
async fn a_token_is_asked_about_and_nothing_is_posted() {
    let server = MockServer::start().await;
    let token = credential(BOT);
    Mock::given(method("POST"))
        .and(path("/slack.com/api/auth.test"))
        .and(header("Content-Type", "application/json; charset=utf-8"))
        .and(header("Authorization", format!("Bearer {token}")))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("X-OAuth-Scopes", "chat:write")
                .set_body_json(json!({"ok": true, "team": "Acme", "bot_id": "B0FAKE"})),
        )
        .expect(1)
        .mount(&server)
        .await;
    let found = verify(&client(&server.uri()), BOT).await;
    assert_eq!(found[0].0, "verified");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_incoming_webhook_is_sent_what_it_cannot_post() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(body_string("{\"text\": "))
        .respond_with(ResponseTemplate::new(400).set_body_string("invalid_payload"))
        .expect(1)
        .mount(&server)
        .await;
    let found = verify(&client(&server.uri()), HOOK).await;
    assert_eq!(found[0].0, "verified");
}

#[tokio::test]
async fn a_discord_webhook_is_read_at_the_current_version() {
    let server = MockServer::start().await;
    let url = credential(DISCORD).replace("/api/", "/api/v10/");
    Mock::given(method("GET"))
        .and(path(url.replace("https:/", "")))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"type": 1})))
        .expect(1)
        .mount(&server)
        .await;
    let found = verify(&client(&server.uri()), DISCORD).await;
    assert_eq!(found[0].0, "verified");
}

#[tokio::test]
async fn channels_known_by_id_are_asked_about_where_the_token_may() {
    let server = MockServer::start().await;
    Mock::given(path("/slack.com/api/auth.test"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("X-OAuth-Scopes", "chat:write,channels:read")
                .set_body_json(json!({"ok": true, "user": "bot", "bot_id": "B0FAKE"})),
        )
        .mount(&server)
        .await;
    for (id, member) in [("C0000000IN", true), ("C000000OUT", false)] {
        let channel = json!({"id": id, "is_member": member, "is_archived": false});
        Mock::given(method("GET"))
            .and(path("/slack.com/api/conversations.info"))
            .and(query_param("channel", id))
            .respond_with(
                ResponseTemplate::new(200).set_body_json(json!({"ok": true, "channel": channel})),
            )
            .expect(1)
            .mount(&server)
            .await;
    }
    let kind = BOT;
    let value =
        json!({"token": credential(kind), "channels": ["C0000000IN", "C000000OUT", "infra"]});
    let (configuration, secret) = crate::testing::read("slack", &value).unwrap();
    let verification = client(&server.uri())
        .verify(kind, &configuration, &secret)
        .await;
    let found = ending(&verification);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "/channels/1");
    assert!(found[0].1.contains("/invite @bot"), "{}", found[0].1);
}

#[tokio::test]
async fn channels_that_there_is_no_time_for_are_told() {
    let server = MockServer::start().await;
    Mock::given(path("/slack.com/api/auth.test"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header(
                    "X-OAuth-Scopes",
                    "chat:write,chat:write.public,channels:read",
                )
                .set_body_json(json!({"ok": true, "user": "bot", "bot_id": "B0FAKE"})),
        )
        .mount(&server)
        .await;
    Mock::given(path("/slack.com/api/conversations.info"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(60)))
        .mount(&server)
        .await;
    let kind = BOT;
    let value = json!({"token": credential(kind), "channels": ["C0000000IN", "C000000OUT"]});
    let (configuration, secret) = crate::testing::read("slack", &value).unwrap();
    let short = Duration::from_millis(500);
    let client = impatient(&server.uri(), short, short);
    match client.verify(kind, &configuration, &secret).await {
        Verification::Verified(verified) => {
            let warnings = verified.warnings;
            assert!(warnings[0].contains("not all of them"), "{warnings:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_platform_that_is_slow_leaves_the_credential_unverified_soon() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(60)))
        .mount(&server)
        .await;
    let short = Duration::from_millis(100);
    let client = impatient(&server.uri(), short, short);
    for kind in ASKED {
        let found = verify(&client, kind).await;
        assert_eq!(found[0].0, "unreachable");
        assert!(found[0].1.contains("did not answer in time"), "{found:?}");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_known_and_no_secret_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for kind in ASKED {
        let secret = credential(kind);
        let verification = client(&origin)
            .verify(kind, &registered(kind), &secret.clone().into())
            .await;
        let printed = format!("{verification:?}");
        assert!(
            printed.contains("Unreachable") && !printed.contains("wxyz"),
            "{printed}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = MockServer::start().await;
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(302).insert_header("Location", elsewhere.uri()))
        .mount(&server)
        .await;
    for kind in ASKED {
        let found = verify(&client(&server.uri()), kind).await;
        assert_eq!(found[0].0, "unreachable");
    }
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_credential_for_another_host_is_never_called() {
    let server = MockServer::start().await;
    let client = client(&server.uri());
    for kind in [HOOK, DISCORD] {
        let evil = "https://evil.example/services/T0FAKE/B0FAKE/fake-fake-wxyz";
        let verification = client.verify(kind, &registered(kind), &evil.into()).await;
        assert_eq!(ending(&verification)[0].0, "/webhook_url");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_workflow_is_never_called_to_verify_it_and_that_is_said() {
    let server = MockServer::start().await;
    let client = client(&server.uri());
    let secret = secret(TEAMS);
    let verification = client.verify(TEAMS, &registered(TEAMS), &secret).await;
    let Verification::Verified(verified) = verification else {
        panic!("{verification:?}");
    };
    let said = verified.warnings.join(" ");
    assert!(
        said.contains("shows only a test message") && said.contains("older form"),
        "{said}"
    );
    assert_eq!(
        client.is_answered(TEAMS, &registered(TEAMS), &secret).await,
        None
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}
