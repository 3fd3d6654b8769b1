//! Webhooks that a process has read before: what is spared, and that every change is seen.

use std::sync::{Arc, Mutex};

use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{Clients, Credentials, EventStore, Registry, Retention};
use carillon_aws::{SecretCache, SecretStore};
use carillon_domain::{CredentialRef, Webhook, WebhookStatus, sample};
use carillon_embedded::dynamodb::{EVENTS_TABLE, REGISTRY_TABLE};
use carillon_embedded::services::{Call, Course, Services};
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, secrets};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

/// A process's registry, another's beside it, and what the former reads.
struct Stage {
    services: Services,
    registry: Registry,
    other: Registry,
    credentials: Credentials,
    events: EventStore,
    /// For each read, how many rows, and whether in full.
    reads: Arc<Mutex<Vec<(usize, bool)>>>,
}

impl Stage {
    async fn new() -> Self {
        let services = Services {
            dynamodb: LocalDynamoDb::open(None).unwrap(),
            secrets: secrets::http_client().await.unwrap(),
            queue: LocalQueue::open(Arc::new(Journal::open(None).unwrap())).unwrap(),
        };
        let reads: Arc<Mutex<Vec<(usize, bool)>>> = Arc::default();
        let noted = Arc::clone(&reads);
        let gate = move |call: &Call<'_>| {
            if call.operation == "BatchGetItem" {
                let body: Value = serde_json::from_str(call.body).unwrap();
                let asked = &body["RequestItems"][REGISTRY_TABLE];
                let rows = asked["Keys"].as_array().unwrap().len();
                let in_full = asked["ProjectionExpression"].is_null();
                assert_eq!(asked["ConsistentRead"], true);
                noted.lock().unwrap().push((rows, in_full));
            }
            Course::Smooth
        };
        let clients = Clients::new(&services.sdk_config(Arc::new(gate)));
        let registry = || Registry::new(clients.dynamodb.clone(), REGISTRY_TABLE.into());
        let cache = SecretCache::new(clients.secrets.clone(), CACHE_PERIOD);
        let store = SecretStore::new(clients.secrets.clone(), "carillon".into(), cache);
        Self {
            credentials: Credentials::new(registry(), store),
            events: EventStore::new(
                clients.dynamodb.clone(),
                EVENTS_TABLE.into(),
                Retention::default(),
            ),
            registry: registry(),
            other: registry(),
            services,
            reads,
        }
    }

    async fn credential(&self, webhook: &Webhook, token: &str) -> CredentialRef {
        let token = SecretString::from(token);
        let opened = self
            .credentials
            .open(&webhook.organization, &token, Timestamp::now());
        opened.await.unwrap()
    }

    /// So many webhooks, which the process has read.
    async fn known(&self, count: u128) -> Vec<Webhook> {
        let mut webhooks = Vec::new();
        for number in 1..=count {
            let mut webhook = sample::webhook(number, &["*"]);
            webhook.credential = self.credential(&webhook, "xoxb-fake-one").await;
            self.other.create(&webhook).await.unwrap();
            webhooks.push(webhook);
        }
        assert_eq!(self.read(&webhooks).await, webhooks);
        self.take_reads();
        webhooks
    }

    /// These webhooks as they are now, those that are there.
    async fn read(&self, wanted: &[Webhook]) -> Vec<Webhook> {
        let keys: Vec<_> = wanted
            .iter()
            .map(|webhook| (webhook.organization.clone(), webhook.id.clone()))
            .collect();
        let found = self.registry.webhooks_by_id(&keys).await.unwrap();
        keys.iter()
            .filter_map(|(_, id)| found.get(id)?.as_deref().cloned())
            .collect()
    }

    fn take_reads(&self) -> Vec<(usize, bool)> {
        std::mem::take(&mut *self.reads.lock().unwrap())
    }

    /// Writes into the webhook's row past everybody.
    fn write_by_hand(&self, webhook: &Webhook, update: &str, value: Value) {
        let body = json!({
            "TableName": REGISTRY_TABLE,
            "Key": {
                "pk": {"S": format!("ORG#{}", webhook.organization)},
                "sk": {"S": format!("WEBHOOK#{}", webhook.id)},
            },
            "UpdateExpression": update,
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":value": value},
        });
        let (status, answer) = self
            .services
            .dynamodb
            .execute("UpdateItem", &body.to_string());
        assert_eq!(status, 200, "{answer}");
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_read_in_full_again() {
    let stage = Stage::new().await;
    let webhooks = stage.known(3).await;
    assert_eq!(stage.read(&webhooks).await, webhooks);
    assert_eq!(stage.take_reads(), [(3, false)]);
}

#[tokio::test]
async fn a_change_by_another_process_is_seen_and_only_that_webhook_is_read_in_full() {
    let stage = Stage::new().await;
    let mut webhooks = stage.known(3).await;
    let before = webhooks[1].clone();
    webhooks[1].name = "renamed".into();
    webhooks[1].version += 1;
    stage.other.update(&before, &webhooks[1]).await.unwrap();
    assert_eq!(stage.read(&webhooks).await, webhooks);
    assert_eq!(stage.take_reads(), [(3, false), (1, true)]);
    assert_eq!(stage.read(&webhooks).await, webhooks);
    assert_eq!(stage.take_reads(), [(3, false)]);
}

#[tokio::test]
async fn a_webhook_that_is_not_known_makes_it_one_read_in_full() {
    let stage = Stage::new().await;
    let mut webhooks = stage.known(2).await;
    let mut new = sample::webhook(9, &["*"]);
    new.credential = stage.credential(&new, "xoxb-fake-one").await;
    stage.other.create(&new).await.unwrap();
    webhooks.push(new);
    assert_eq!(stage.read(&webhooks).await, webhooks);
    assert_eq!(stage.take_reads(), [(3, true)]);
}

#[tokio::test]
async fn a_webhook_that_was_removed_is_not_there() {
    let stage = Stage::new().await;
    let webhooks = stage.known(2).await;
    stage.other.delete(&webhooks[0]).await.unwrap();
    assert_eq!(stage.read(&webhooks).await, webhooks[1..]);
    assert_eq!(stage.take_reads(), [(2, false)]);
}

#[tokio::test]
async fn a_suspension_and_the_end_of_a_rotation_are_seen() {
    let stage = Stage::new().await;
    let mut webhooks = stage.known(2).await;
    let suspended = stage.other.suspend(
        &stage.events,
        &webhooks[0],
        "infra",
        "why",
        1,
        Timestamp::now(),
    );
    suspended.await.unwrap();
    let before = webhooks[1].clone();
    webhooks[1].fallback = Some(before.credential.clone());
    webhooks[1].credential = stage.credential(&before, "xoxb-fake-two").await;
    webhooks[1].version += 1;
    stage.other.update(&before, &webhooks[1]).await.unwrap();
    let read = stage.read(&webhooks).await;
    assert_eq!(read[0].status, WebhookStatus::Suspended);
    assert_eq!(read[1], webhooks[1]);

    let ended = stage.other.end_rotation(&webhooks[1], Timestamp::now());
    ended.await.unwrap();
    webhooks[1].fallback = None;
    assert_eq!(stage.read(&webhooks).await[1], webhooks[1]);
}

#[tokio::test]
async fn a_status_that_was_set_by_hand_is_seen_and_a_row_that_was_spoilt_is_not_used() {
    let stage = Stage::new().await;
    let webhooks: [Webhook; 2] = stage.known(2).await.try_into().unwrap();
    stage.write_by_hand(
        &webhooks[0],
        "SET #status = :value",
        json!({"S": "disabled"}),
    );
    let read = stage.read(&webhooks).await;
    assert_eq!(read[0].status, WebhookStatus::Disabled);
    stage.write_by_hand(&webhooks[1], "SET #status = :value", json!({"S": "asleep"}));
    let keys = webhooks.map(|webhook| (webhook.organization, webhook.id));
    let found = stage.registry.webhooks_by_id(&keys).await.unwrap();
    assert_eq!(
        found.get(&keys[1].1),
        Some(&None),
        "there, but not readable"
    );
}
