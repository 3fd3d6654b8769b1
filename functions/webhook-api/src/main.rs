//! The Lambda function: settings, clients, run.

use std::sync::Arc;

use carillon_aws::secrets::CACHE_PERIOD;
use carillon_aws::{
    Clients, Credentials, EventStore, Lanes, Ledger, Quotas, Registry, Retention, SecretCache,
    SecretStore, SqsQueue,
};
use carillon_chat::signed::Reach;
use carillon_chat::{ChatOrigin, Client, Kinds};
use carillon_delivery::Poster;
use carillon_runtime::{Settings, logs};
use carillon_webhook_api::{AdminKey, Api, ApiKeys};
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init_json();
    let mut settings = Settings::from_environment();
    settings.required("AWS_REGION");
    let registry_table = settings.required("REGISTRY_TABLE");
    let events_table = settings.required("EVENTS_TABLE");
    let deliveries_table = settings.required("DELIVERIES_TABLE");
    let queue_url = settings.required("DELIVERY_QUEUE_URL");
    let secret_prefix = settings.required("SECRET_PREFIX");
    let admin_key_secret = settings.required("ADMIN_KEY_SECRET");
    let retention = settings.parsed("EVENT_RETENTION_DAYS", Retention::default());
    let quotas = Quotas {
        webhooks: settings.parsed("MAX_WEBHOOKS", Quotas::default().webhooks),
        api_keys: settings.parsed("MAX_API_KEYS", Quotas::default().api_keys),
    };
    let kms_key = settings.optional("KMS_KEY_ARN");
    let origin = settings.checked("CARILLON_CHAT_ORIGIN", ChatOrigin::parse);
    let function = settings.optional("AWS_LAMBDA_FUNCTION_NAME");
    let reach = settings.checked("CARILLON_ALLOW_PRIVATE", |text| {
        Reach::parse(text, function.as_deref())
    });
    let reach = reach.unwrap_or_default();
    let reach = reach.without_called(carillon_webhook_api::host_called);
    let console = settings.checked("CONSOLE", |text| match text {
        "ENABLED" => Ok(true),
        "DISABLED" => Ok(false),
        _ => Err("must be ENABLED or DISABLED".to_owned()),
    });
    settings.finish(())?;
    let clients = Clients::from_environment();
    let cache = SecretCache::new(clients.secrets.clone(), CACHE_PERIOD);
    let registry = Registry::new(clients.dynamodb.clone(), registry_table)
        .with_quotas(quotas)
        .with_retention(retention);
    let secrets = SecretStore::new(secret_prefix, cache).encrypted_with(kms_key);
    let kinds = Kinds::reaching(reach);
    let chat = Client::of(kinds.clone(), origin)?;
    let api = Api {
        poster: Poster::new(secrets.clone(), chat.clone()),
        chat,
        credentials: Credentials::new(registry.clone(), secrets),
        keys: ApiKeys::new(registry.clone()),
        registry,
        events: EventStore::new(clients.dynamodb.clone(), events_table, retention),
        lanes: Lanes::new(
            clients.dynamodb.clone(),
            deliveries_table.clone(),
            retention,
        ),
        ledger: Ledger::new(clients.dynamodb, deliveries_table, retention),
        queue: Arc::new(SqsQueue::new(clients.sqs, queue_url)),
        admin_key: AdminKey::new(
            SecretCache::new(clients.secrets, AdminKey::CACHE_PERIOD),
            admin_key_secret,
        ),
    };
    let service = carillon_webhook_api::service(api);
    let service = match console {
        Some(true) => carillon_webhook_api::with_console(service, &kinds),
        _ => service,
    };
    lambda_http::run(service).await
}
