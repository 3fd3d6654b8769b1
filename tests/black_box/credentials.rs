//! The life of a credential, where calls cross or die half-way.

use std::time::Duration;

use carillon_aws::{
    CreateError, Credentials, Registry, SecretCache, SecretStore, secrets::CACHE_PERIOD,
};
use carillon_domain::{CredentialId, Fingerprint, OrganizationId, Webhook, sample};
use carillon_embedded::LocalDynamoDb;
use carillon_embedded::dynamodb::REGISTRY_TABLE;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

struct Stores {
    registry: Registry,
    secrets: SecretStore,
    credentials: Credentials,
    organization: OrganizationId,
    value: SecretString,
    fingerprint: Fingerprint,
    now: Timestamp,
}

impl Stores {
    async fn open() -> Self {
        let database = LocalDynamoDb::open(None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { database.serve(listener, CancellationToken::new()).await });
        let config = carillon_embedded::secrets::sdk_config(&endpoint);
        let client = carillon_embedded::secrets::client(None).await.unwrap();
        let cache = SecretCache::new(client.clone(), CACHE_PERIOD);
        let clients = carillon_aws::Clients::new(&config);
        let registry = Registry::new(clients.dynamodb, REGISTRY_TABLE.into());
        let secrets = SecretStore::new(client, "carillon".into(), cache);
        let organization = sample::webhook(1, &["*"]).organization;
        let value = SecretString::from("xoxb-fake-token-for-tests-wxyz");
        Self {
            credentials: Credentials::new(registry.clone(), secrets.clone()),
            fingerprint: Fingerprint::of(&organization, &value),
            now: Timestamp::now(),
            registry,
            secrets,
            organization,
            value,
        }
    }

    async fn open_credential(&self) -> CredentialId {
        self.credentials
            .open(&self.organization, &self.fingerprint, &self.value, self.now)
            .await
            .unwrap()
    }

    async fn create(&self, number: u128, id: &CredentialId) -> Result<Webhook, CreateError> {
        let webhook = Webhook {
            credential_id: id.clone(),
            ..sample::webhook(number, &["*"])
        };
        self.registry.create(&webhook, &self.fingerprint).await?;
        Ok(webhook)
    }

    async fn remove(&self, webhook: &Webhook) {
        let fingerprint = self.registry.delete(webhook).await.unwrap().unwrap();
        self.credentials
            .release(&self.organization, &fingerprint, self.now)
            .await
            .unwrap();
    }

    async fn sweep(&self, later: Duration) {
        let now = self.now + later;
        self.credentials
            .sweep(&self.organization, now)
            .await
            .unwrap();
    }

    async fn has_secret(&self, id: &CredentialId) -> bool {
        self.secrets
            .refresh(&self.organization, id)
            .await
            .unwrap()
            .is_some()
    }
}

#[tokio::test]
async fn a_registration_that_crosses_the_last_removal_leaves_no_secret_behind() {
    let stores = Stores::open().await;
    let id = stores.open_credential().await;
    let webhook = stores.create(1, &id).await.unwrap();
    // The second registration has read the row; the removal comes before it goes on.
    stores.remove(&webhook).await;
    stores
        .secrets
        .create(&stores.organization, &id, &stores.value)
        .await
        .unwrap();
    let late = stores.create(2, &id).await;
    assert!(matches!(late, Err(CreateError::CredentialGone)), "{late:?}");
    stores
        .credentials
        .close(&stores.organization, &id)
        .await
        .unwrap();
    assert!(!stores.has_secret(&id).await);

    let again = stores.open_credential().await;
    assert_ne!(again, id);
    stores.create(2, &again).await.unwrap();
    assert!(stores.has_secret(&again).await);
}

#[tokio::test]
async fn a_registration_that_crosses_the_last_removal_and_dies_is_swept() {
    let stores = Stores::open().await;
    let id = stores.open_credential().await;
    let webhook = stores.create(1, &id).await.unwrap();
    stores.remove(&webhook).await;
    stores
        .secrets
        .create(&stores.organization, &id, &stores.value)
        .await
        .unwrap();
    stores.sweep(Duration::ZERO).await;
    assert!(!stores.has_secret(&id).await);
}

#[tokio::test]
async fn a_registration_that_died_before_its_webhook_is_swept_once_it_is_old() {
    let stores = Stores::open().await;
    let id = stores.open_credential().await;
    stores.sweep(Duration::ZERO).await;
    assert!(stores.has_secret(&id).await, "it may still go on");
    stores.sweep(Duration::from_secs(3_600)).await;
    assert!(!stores.has_secret(&id).await);
}

#[tokio::test]
async fn a_removal_that_died_before_its_secret_is_swept() {
    let stores = Stores::open().await;
    let id = stores.open_credential().await;
    let webhook = stores.create(1, &id).await.unwrap();
    stores.registry.delete(&webhook).await.unwrap();
    stores.sweep(Duration::from_secs(3_600)).await;
    assert!(!stores.has_secret(&id).await);
}
