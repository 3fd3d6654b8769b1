//! Secrets Manager in the process: the real SDK talks to it, without a network.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use winterbaume_core::{MockAws, StatefulService, default_account_id};
use winterbaume_secretsmanager::SecretsManagerService;

use crate::Error;

pub(crate) const REGION: &str = "us-east-1";

/// The SDK's settings for whatever runs in the process.
pub fn sdk_config(dynamodb_endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "carillon-local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(
            aws_sdk_secretsmanager::config::SharedCredentialsProvider::new(credentials),
        )
        .endpoint_url(dynamodb_endpoint)
        .http_client(carillon_aws::http_client())
        .build()
}

/// A client of secrets that live in this process: in memory, or also in a file of
/// `folder` that only its owner can read.
pub async fn client(folder: Option<&Path>) -> Result<Client, Error> {
    let mock = start(folder).await?;
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(mock.credentials_provider())
        .http_client(mock.http_client())
        .build();
    Ok(Client::from_conf(config))
}

/// Secrets in memory, as what the SDK's clients call.
pub async fn http_client() -> Result<SharedHttpClient, Error> {
    Ok(start(None).await?.http_client())
}

async fn start(folder: Option<&Path>) -> Result<MockAws, Error> {
    let service = SecretsManagerService::new();
    if let Some(folder) = folder {
        let path = folder.join("secrets.json");
        restore(&service, &path).await?;
        service.notifier().subscribe(move |_, _, state| {
            // Called before the answer goes out, so what was answered was also written.
            let kept = serde_json::to_vec(state)
                .map_err(Error::json)
                .and_then(|bytes| write_privately(&path, &bytes));
            if let Err(error) = kept {
                tracing::error!(%error, "the secrets could not be written");
            }
        });
    }
    Ok(MockAws::builder().with_service(service).build())
}

async fn restore(service: &SecretsManagerService, path: &Path) -> Result<(), Error> {
    if !path.exists() {
        return Ok(());
    }
    let bytes = fs::read(path).map_err(Error::io("reading the secrets"))?;
    let state = serde_json::from_slice(&bytes).map_err(Error::json)?;
    service
        .restore(default_account_id(), REGION, state)
        .await
        .map_err(|error| Error::Secrets(error.to_string()))
}

/// Replaces a file as a whole, so that a crash leaves the old or the new one.
fn write_privately(path: &PathBuf, bytes: &[u8]) -> Result<(), Error> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .map_err(Error::io("writing the secrets"))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(Error::io("writing the secrets"))?;
    fs::rename(&new, path).map_err(Error::io("writing the secrets"))
}
