//! Secrets Manager in the process: the real SDK talks to it, without a network.

mod durable;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use winterbaume_core::{MockAws, StatefulService, default_account_id};
use winterbaume_secretsmanager::SecretsManagerService;

use crate::folder::{DataFolder, SECRETS};
use crate::{Error, REGION, services};
use durable::{Kept, durable};

/// The SDK's settings for a DynamoDB that answers there.
pub fn sdk_config(dynamodb_endpoint: &str) -> SdkConfig {
    services::settings()
        .endpoint_url(dynamodb_endpoint)
        .http_client(carillon_aws::http_client())
        .build()
}

/// Secrets in memory, as what the SDK's clients call.
pub async fn http_client() -> Result<SharedHttpClient, Error> {
    kept_in(None).await
}

/// Secrets in memory, or also in a file of the folder. What could not be written there is refused
/// as a fault of the service.
pub async fn kept_in(folder: Option<&DataFolder>) -> Result<SharedHttpClient, Error> {
    let service = SecretsManagerService::new();
    let Some(folder) = folder else {
        return Ok(in_memory(service));
    };
    let path = folder.path().join(SECRETS);
    restore(&service, &path).await?;
    let kept = Arc::new(Kept::at(path));
    let written = Arc::clone(&kept);
    // Called before the answer goes out.
    service
        .notifier()
        .subscribe(move |_, _, state| written.put(serde_json::to_vec(state).map_err(Error::from)));
    Ok(durable(in_memory(service), kept))
}

fn in_memory(service: SecretsManagerService) -> SharedHttpClient {
    let mock = MockAws::builder().with_service(service).build();
    mock.http_client()
}

async fn restore(service: &SecretsManagerService, path: &Path) -> Result<(), Error> {
    if !path.exists() {
        return Ok(());
    }
    let bytes = fs::read(path).map_err(Error::io(format!("reading {}", path.display())))?;
    // What the error says could quote a secret.
    let state = serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let reason = format!("cannot be read at line {line}, column {column}");
        Error::damaged(path, reason)
    })?;
    let restored = service.restore(default_account_id(), REGION, state).await;
    restored.map_err(|_| Error::damaged(path, "does not hold secrets as Carillon writes them"))
}

/// Where the secrets are kept, for an error that names it.
pub fn damaged(folder: &DataFolder, reason: &str) -> Error {
    Error::damaged(&folder.path().join(SECRETS), reason)
}
