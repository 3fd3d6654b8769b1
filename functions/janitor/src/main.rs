//! The Lambda function: settings, clients, run.

use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{Clients, Credentials, Registry, SecretCache, SecretStore};
use carillon_janitor::Janitor;
use carillon_runtime::{Settings, logs};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let registry_table = settings.required("REGISTRY_TABLE");
    let secret_prefix = settings.required("SECRET_PREFIX");
    settings.finish(())?;
    let clients = Clients::from_environment();
    let cache = SecretCache::new(clients.secrets.clone(), CACHE_PERIOD);
    let registry = Registry::new(clients.dynamodb, registry_table);
    let secrets = SecretStore::new(clients.secrets, secret_prefix, cache);
    let credentials = Credentials::new(registry.clone(), secrets);
    let janitor = &Janitor::new(registry, credentials);
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| {
        Ok::<_, Error>(janitor.round(Timestamp::now()).await?)
    }))
    .await
}
