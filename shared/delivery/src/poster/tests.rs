use aws_sdk_secretsmanager::config::BehaviorVersion;
use aws_sdk_secretsmanager::{Client as Secrets, Config};
use carillon_aws::SecretCache;
use carillon_chat::ChatOrigin;
use carillon_domain::{Configuration, Event, EventType, Grouping, KindId, Resource, sample};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;

/// Discord, as far as it finds fault with a form.
struct Discord {
    server: MockServer,
    poster: Poster,
    webhook: Webhook,
    event: Event,
}

impl Discord {
    /// One that refuses what `faults` names in a message.
    async fn refusing(faults: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Self {
        let server = MockServer::start().await;
        let answer = move |request: &Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let errors = faults(&body);
            match errors.as_object().is_none_or(serde_json::Map::is_empty) {
                true => {
                    ResponseTemplate::new(200).set_body_json(json!({"id": "1", "channel_id": "2"}))
                }
                false => ResponseTemplate::new(400).set_body_json(
                    json!({"code": 50035, "message": "Invalid Form Body", "errors": errors}),
                ),
            }
        };
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let config = Config::builder().behavior_version(BehaviorVersion::latest());
        // Never called: the credential is handed in.
        let secrets = Secrets::from_conf(config.build());
        let cache = SecretCache::new(secrets, Duration::ZERO);
        let secrets = SecretStore::new("carillon".into(), cache);
        let origin = ChatOrigin::parse(&server.uri()).unwrap();
        let mut webhook = sample::webhook(1, &["*"]);
        webhook.kind = KindId::new("discord");
        webhook.configuration = Configuration::default().with("username", "Bell");
        webhook.configuration.grouping = Grouping::Thread;
        let mut event = sample::event(EventType::Deploy);
        event.resource = Some(Resource {
            resource_type: None,
            id: None,
            name: Some("api".into()),
            url: Some("https://example.com/api".into()),
        });
        Self {
            poster: Poster::new(secrets, Client::new(Some(origin)).unwrap()),
            server,
            webhook,
            event,
        }
    }

    async fn post(&self) -> Posted {
        let events = [&self.event];
        let post = Post::new(&self.webhook, "", &events, "id");
        let url = "https://discord.com/api/webhooks/123456789012345678/";
        let credential = format!("{url}{}", "fake-".repeat(13));
        let kind = self.poster.kinds().get(&self.webhook.kind).unwrap();
        self.poster
            .call(kind, &post, &SecretString::from(credential))
            .await
    }

    async fn received(&self) -> Vec<Value> {
        let requests = self.server.received_requests().await.unwrap();
        let bodies = requests
            .iter()
            .map(|request| serde_json::from_slice(&request.body));
        bodies.map(Result::unwrap).collect()
    }
}

fn fault() -> Value {
    json!({"_errors": [{"code": "X", "message": "No."}]})
}

#[tokio::test]
async fn a_link_that_discord_refuses_costs_the_link_and_not_the_message() {
    let discord = Discord::refusing(|body| match body["embeds"][0]["url"].is_null() {
        true => json!({}),
        false => json!({"embeds": {"0": {"url": fault()}}}),
    })
    .await;
    let posted = discord.post().await;
    assert_eq!(posted.reply.outcome, Outcome::Delivered);
    assert_eq!(posted.earlier.len(), 1);
    assert_eq!(posted.earlier[0].code.as_deref(), Some("50035"));
    let received = discord.received().await;
    assert_eq!(received.len(), 2);
    assert_eq!(received[1]["username"], "Bell");
}

#[tokio::test]
async fn a_thread_name_that_discord_refuses_costs_the_name_and_not_the_message() {
    let discord = Discord::refusing(|body| match body["thread_name"] == "Notifications" {
        true => json!({}),
        false => json!({"thread_name": fault()}),
    })
    .await;
    let posted = discord.post().await;
    assert_eq!(posted.reply.outcome, Outcome::Delivered);
    assert_eq!(posted.earlier[0].outcome, Outcome::PayloadRefused);
    assert_eq!(discord.received().await.len(), 2);
}

#[tokio::test]
async fn a_message_may_lose_its_name_its_link_and_its_threads_name_one_after_the_other() {
    let discord = Discord::refusing(|body| {
        let mut faults = json!({});
        if body["username"].is_string() {
            faults["username"] = fault();
        }
        if body["embeds"][0]["url"].is_string() {
            faults["embeds"] = json!({"0": {"url": fault()}});
        }
        if body["thread_name"] != "Notifications" {
            faults["thread_name"] = fault();
        }
        faults
    })
    .await;
    let posted = discord.post().await;
    assert_eq!(posted.reply.outcome, Outcome::Delivered);
    assert_eq!(posted.earlier.len(), 3);
    // The webhook's own name is remembered as refused; the event's link and name are not.
    discord.post().await;
    let received = discord.received().await;
    assert_eq!(received.len(), 4 + 3);
    assert!(received[4]["username"].is_null());
    assert!(received[4]["embeds"][0]["url"].is_string());
}

#[tokio::test]
async fn what_is_refused_although_it_is_left_out_is_not_tried_for_ever() {
    let discord = Discord::refusing(|_| json!({"embeds": {"0": {"url": fault()}}})).await;
    let posted = discord.post().await;
    assert_eq!(posted.reply.outcome, Outcome::PayloadRefused);
    assert_eq!(discord.received().await.len(), 2);
}

#[tokio::test]
async fn a_message_that_lacks_the_refused_part_is_not_repeated() {
    let mut discord = Discord::refusing(|_| json!({"thread_name": fault()})).await;
    discord.webhook.configuration.grouping = Grouping::None;
    let posted = discord.post().await;
    assert_eq!(posted.reply.outcome, Outcome::PayloadRefused);
    assert_eq!(discord.received().await.len(), 1);
}

#[tokio::test]
async fn of_too_many_refused_names_the_latest_are_known() {
    let refused = Discord::refusing(|_| json!({})).await.poster.refused;
    let versions: Vec<_> = (0..=REMEMBERED)
        .map(|version| (sample::webhook(1, &["*"]).id, version))
        .collect();
    for version in &versions {
        refused.insert(version.clone(), ()).await;
    }
    refused.run_pending_tasks().await;
    let known = versions.iter().map(|version| refused.contains_key(version));
    let known: Vec<bool> = known.collect();
    assert!(!known[0] && known[1..].iter().all(|known| *known));
}

#[tokio::test]
async fn a_refused_name_is_tried_again_when_the_webhook_was_changed() {
    let mut discord = Discord::refusing(|body| match body["username"].is_null() {
        true => json!({}),
        false => json!({"username": fault()}),
    })
    .await;
    discord.post().await;
    discord.post().await;
    assert_eq!(discord.received().await.len(), 3);
    discord.webhook.version += 1;
    discord.post().await;
    let received = discord.received().await;
    assert_eq!(received.len(), 5);
    assert_eq!(received[3]["username"], "Bell");
}
