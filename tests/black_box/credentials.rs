//! The life of a credential, where calls cross or die half-way.

use std::sync::Arc;
use std::time::Duration;

use carillon_aws::{
    Change, Clients, Credentials, Registry, SecretCache, SecretStore, WriteError,
    secrets::CACHE_PERIOD,
};
use carillon_domain::{CredentialRef, OrganizationId, Webhook, sample};
use carillon_embedded::dynamodb::REGISTRY_TABLE;
use carillon_embedded::services::Services;
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets};
use jiff::Timestamp;
use secrecy::SecretString;

struct Stores {
    registry: Registry,
    secrets: SecretStore,
    credentials: Credentials,
    organization: OrganizationId,
    value: SecretString,
    now: Timestamp,
}

impl Stores {
    async fn open() -> Self {
        let database = LocalDynamoDb::open(None).unwrap();
        let journal = Arc::new(Journal::open(None).unwrap());
        let services = Services {
            dynamodb: database,
            secrets: LocalSecrets::open(None).await.unwrap(),
            queue: LocalQueue::open(journal).unwrap(),
        };
        let clients = Clients::new(&services.smooth());
        let cache = SecretCache::new(clients.secrets, CACHE_PERIOD);
        let registry = Registry::new(clients.dynamodb, REGISTRY_TABLE.into());
        let secrets = SecretStore::new("carillon".into(), cache);
        let organization = sample::webhook(1, &["*"]).organization;
        let value = SecretString::from("xoxb-fake-token-for-tests-wxyz");
        Self {
            credentials: Credentials::new(registry.clone(), secrets.clone()),
            now: Timestamp::now(),
            registry,
            secrets,
            organization,
            value,
        }
    }

    async fn open_credential(&self) -> CredentialRef {
        self.credentials
            .open(&self.organization, &self.value, self.now)
            .await
            .unwrap()
    }

    async fn create(
        &self,
        number: u128,
        credential: &CredentialRef,
    ) -> Result<Webhook, WriteError> {
        let webhook = Webhook {
            credential: credential.clone(),
            ..sample::webhook(number, &["*"])
        };
        let change = Change::new(None, Some(&webhook));
        self.registry.change_together(&[change]).await?;
        Ok(webhook)
    }

    async fn delete(&self, webhook: &Webhook) {
        let change = Change::new(Some(webhook), None);
        self.registry.change_together(&[change]).await.unwrap();
    }

    async fn remove(&self, webhook: &Webhook) {
        self.delete(webhook).await;
        let fingerprint = &webhook.credential.fingerprint;
        self.credentials
            .release(&self.organization, fingerprint, self.now)
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

    async fn has_secret(&self, credential: &CredentialRef) -> bool {
        self.secrets
            .refresh(&self.organization, &credential.id)
            .await
            .unwrap()
            .is_some()
    }
}

#[tokio::test]
async fn a_registration_that_crosses_the_last_removal_leaves_no_secret_behind() {
    let stores = Stores::open().await;
    let credential = stores.open_credential().await;
    let webhook = stores.create(1, &credential).await.unwrap();
    // The second registration has read the row; the removal comes before it goes on.
    stores.remove(&webhook).await;
    stores
        .secrets
        .create(&stores.organization, &credential.id, &stores.value)
        .await
        .unwrap();
    let late = stores.create(2, &credential).await;
    assert!(
        matches!(late, Err(WriteError::CredentialGone(_))),
        "{late:?}"
    );
    stores
        .credentials
        .close(&stores.organization, &credential.id)
        .await
        .unwrap();
    assert!(!stores.has_secret(&credential).await);

    let again = stores.open_credential().await;
    assert_ne!(again, credential);
    stores.create(2, &again).await.unwrap();
    assert!(stores.has_secret(&again).await);
}

#[tokio::test]
async fn a_registration_that_crosses_the_last_removal_and_dies_is_swept() {
    let stores = Stores::open().await;
    let credential = stores.open_credential().await;
    let webhook = stores.create(1, &credential).await.unwrap();
    stores.remove(&webhook).await;
    stores
        .secrets
        .create(&stores.organization, &credential.id, &stores.value)
        .await
        .unwrap();
    stores.sweep(Duration::ZERO).await;
    assert!(!stores.has_secret(&credential).await);
}

#[tokio::test]
async fn a_registration_that_died_before_its_webhook_is_swept_once_it_is_old() {
    let stores = Stores::open().await;
    let credential = stores.open_credential().await;
    stores.sweep(Duration::ZERO).await;
    assert!(stores.has_secret(&credential).await, "it may still go on");
    stores.sweep(Duration::from_secs(3_600)).await;
    assert!(!stores.has_secret(&credential).await);
}

#[tokio::test]
async fn a_removal_that_died_before_its_secret_is_swept() {
    let stores = Stores::open().await;
    let credential = stores.open_credential().await;
    let webhook = stores.create(1, &credential).await.unwrap();
    stores.delete(&webhook).await;
    stores.sweep(Duration::from_secs(3_600)).await;
    assert!(!stores.has_secret(&credential).await);
}
