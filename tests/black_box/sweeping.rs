//! The janitor's rounds over many organizations.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{Clients, Credentials, Registry, SecretCache, SecretStore};
use carillon_domain::OrganizationId;
use carillon_embedded::dynamodb::REGISTRY_TABLE;
use carillon_embedded::services::{Course, Services};
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets};
use carillon_janitor::Janitor;
use carillon_runtime::Metrics;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

/// More than are read at once.
const ORGANIZATIONS: usize = 250;
const LONG: Duration = Duration::from_secs(600);

/// Organizations, each with a credential that nobody uses.
struct Abandoned {
    /// The lines of metrics that the janitor has written.
    lines: Arc<Mutex<Vec<Value>>>,
    registry: Registry,
    janitor: Janitor,
    clients: Clients,
}

impl Abandoned {
    async fn new() -> Self {
        let services = Services {
            dynamodb: LocalDynamoDb::open(None).unwrap(),
            secrets: LocalSecrets::open(None).await.unwrap(),
            queue: LocalQueue::open(Arc::new(Journal::open(None).unwrap())).unwrap(),
        };
        let clients = Clients::new(&services.sdk_config(Arc::new(|_| Course::Smooth)));
        let registry = Registry::new(clients.dynamodb.clone(), REGISTRY_TABLE.into());
        let cache = SecretCache::new(clients.secrets.clone(), CACHE_PERIOD);
        let store = SecretStore::new("carillon".into(), cache);
        let credentials = Credentials::new(registry.clone(), store);
        let token = SecretString::from("xoxb-fake-token-for-tests-wxyz");
        for number in 0..ORGANIZATIONS {
            let organization = OrganizationId::parse(&format!("org_{number:03}")).unwrap();
            let opened = credentials.open(&organization, &token, Timestamp::now());
            opened.await.unwrap();
        }
        let lines: Arc<Mutex<Vec<Value>>> = Arc::default();
        let written = Arc::clone(&lines);
        let metrics = Metrics::to("Janitor", move |line| written.lock().unwrap().push(line));
        Self {
            lines,
            janitor: Janitor::new(registry.clone(), credentials).with_metrics(metrics),
            registry,
            clients,
        }
    }

    async fn round(&self, within: Duration) {
        let later = Timestamp::now() + Duration::from_secs(3_600);
        self.janitor.round(later, within).await.unwrap();
    }

    /// How many rounds are said to have come to their end.
    fn rounds(&self) -> usize {
        self.lines.lock().unwrap().len()
    }

    async fn secrets(&self) -> usize {
        let mut count = 0;
        let mut pages = self.clients.secrets.list_secrets().into_paginator().send();
        while let Some(page) = pages.next().await {
            count += page.unwrap().secret_list.unwrap_or_default().len();
        }
        count
    }
}

#[tokio::test]
async fn a_round_that_has_no_time_goes_on_where_it_stopped() {
    let abandoned = Abandoned::new().await;
    assert_eq!(abandoned.secrets().await, ORGANIZATIONS);
    abandoned.round(Duration::ZERO).await;
    let stopped = abandoned.registry.sweep_position().await.unwrap();
    assert_eq!(stopped.as_deref(), Some("org_099"));
    assert_eq!(abandoned.rounds(), 0);
    abandoned.round(LONG).await;
    assert_eq!(abandoned.rounds(), 1);
    assert_eq!(abandoned.registry.sweep_position().await.unwrap(), None);
    // What the first one has left of its page is done by a round over all.
    assert!(abandoned.secrets().await <= 100);
    abandoned.round(LONG).await;
    assert_eq!(abandoned.secrets().await, 0);
}

#[tokio::test]
async fn rounds_at_once_do_not_hurt_each_other() {
    let abandoned = Abandoned::new().await;
    futures::join!(
        abandoned.round(LONG),
        abandoned.round(LONG),
        abandoned.round(LONG)
    );
    assert_eq!(abandoned.secrets().await, 0);
}
