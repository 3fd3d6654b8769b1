//! Secrets Manager in the process: the real SDK talks to it, without a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_types::SdkConfig;
use winterbaume_core::{MockAws, StatefulService, default_account_id};
use winterbaume_secretsmanager::SecretsManagerService;

use crate::folder::{DataFolder, SECRETS, replace};
use crate::services::{self, Service, Trouble, instead};
use crate::{Error, REGION};
use carillon_runtime::guard::lock;

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
    let kept = Arc::new(Kept {
        path,
        unwritten: Mutex::default(),
    });
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

/// The file with the secrets, and what of them it does not have yet.
#[derive(Debug)]
struct Kept {
    path: PathBuf,
    unwritten: Mutex<Option<Vec<u8>>>,
}

impl Kept {
    /// Writes all secrets, as they are now.
    fn put(&self, state: Result<Vec<u8>, Error>) {
        match state {
            Ok(state) => *lock(&self.unwritten) = Some(state),
            Err(error) => tracing::error!(%error, "the secrets could not be written"),
        }
        self.is_written();
    }

    /// Whether the file has everything; what it lacks is written now.
    fn is_written(&self) -> bool {
        let mut unwritten = lock(&self.unwritten);
        let Some(state) = unwritten.as_deref() else {
            return true;
        };
        if let Err(error) = replace(&self.path, state) {
            tracing::error!(%error, "the secrets could not be written");
            return false;
        }
        *unwritten = None;
        true
    }
}

/// Calls the service, and fails what changed a secret that is not on disk.
fn durable(service: SharedHttpClient, kept: Arc<Kept>) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Connector {
            service: service.http_connector(settings, components),
            kept: Arc::clone(&kept),
        })
    })
}

#[derive(Debug, Clone)]
struct Connector {
    service: SharedHttpConnector,
    kept: Arc<Kept>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let is_read = target.ends_with(".GetSecretValue");
            let answer: HttpResponse = connector.service.call(request).await?;
            match is_read || connector.kept.is_written() {
                true => Ok(answer),
                false => instead(Service::SecretsManager, Trouble::Broken).await,
            }
        })
    }
}
