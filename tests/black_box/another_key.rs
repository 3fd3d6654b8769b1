//! The key that encrypts credentials is changed, or taken away, on a deployment that lives.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{Clients, Credentials, Registry, SecretCache, SecretStore};
use carillon_domain::OrganizationId;
use carillon_embedded::dynamodb::REGISTRY_TABLE;
use carillon_embedded::services::{Call, Course, Services};
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, LocalSecrets};
use carillon_janitor::Janitor;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

const FIRST: &str = "arn:aws:kms:eu-west-1:111122223333:key/first";
const SECOND: &str = "arn:aws:kms:eu-west-1:111122223333:key/second";
const OWN: &str = "alias/aws/secretsmanager";
const SECRETS: usize = 3;

struct Deployment {
    clients: Clients,
    registry: Registry,
    organization: OrganizationId,
    /// The key of each call that encrypts a secret anew.
    encrypted: Arc<Mutex<Vec<String>>>,
}

impl Deployment {
    async fn new() -> Self {
        let services = Services {
            dynamodb: LocalDynamoDb::open(None).unwrap(),
            secrets: LocalSecrets::open(None).await.unwrap(),
            queue: LocalQueue::open(Arc::new(Journal::open(None).unwrap())).unwrap(),
        };
        let encrypted = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&encrypted);
        let gate = move |call: &Call<'_>| {
            if call.operation == "UpdateSecret" {
                let body: Value = serde_json::from_str(call.body).unwrap();
                let key = body["KmsKeyId"].as_str().unwrap().to_owned();
                noted.lock().unwrap().push(key);
            }
            Course::Smooth
        };
        let clients = Clients::new(&services.sdk_config(Arc::new(gate)));
        Self {
            registry: Registry::new(clients.dynamodb.clone(), REGISTRY_TABLE.into()),
            clients,
            organization: OrganizationId::parse("org_acme").unwrap(),
            encrypted,
        }
    }

    /// As the functions have it while the deployment has this key.
    fn store(&self, key: Option<&str>) -> SecretStore {
        let cache = SecretCache::new(self.clients.secrets.clone(), CACHE_PERIOD);
        SecretStore::new("carillon".into(), cache).encrypted_with(key.map(ToOwned::to_owned))
    }

    fn credentials(&self, key: Option<&str>) -> Credentials {
        Credentials::new(self.registry.clone(), self.store(key))
    }

    /// Gives with which keys the janitor has encrypted secrets anew.
    async fn round(&self, key: Option<&str>) -> Vec<String> {
        let janitor = Janitor::new(self.registry.clone(), self.credentials(key));
        let within = Duration::from_secs(60);
        janitor.round(Timestamp::now(), within).await.unwrap();
        std::mem::take(&mut *self.encrypted.lock().unwrap())
    }
}

#[tokio::test]
async fn each_secret_is_encrypted_anew_once_and_stays_what_it_is() {
    let deployment = Deployment::new().await;
    let value = |n: usize| SecretString::from(format!("xoxb-fake-token-for-tests-{n}"));
    let credentials = deployment.credentials(Some(FIRST));
    let mut opened = Vec::new();
    for n in 0..SECRETS {
        let organization = &deployment.organization;
        let value = value(n);
        let open = credentials.open(organization, &value, Timestamp::now());
        opened.push(open.await.unwrap());
    }
    assert!(
        deployment.round(Some(FIRST)).await.is_empty(),
        "it has that key"
    );
    for (key, named) in [(Some(SECOND), SECOND), (None, OWN), (Some(FIRST), FIRST)] {
        assert_eq!(deployment.round(key).await, [named; SECRETS]);
        assert!(deployment.round(key).await.is_empty(), "once");
    }
    let store = deployment.store(Some(FIRST));
    for (n, credential) in opened.iter().enumerate() {
        let kept = store.get(&deployment.organization, &credential.id).await;
        let kept = kept.unwrap().unwrap();
        assert_eq!(kept.expose_secret(), value(n).expose_secret());
    }
}
