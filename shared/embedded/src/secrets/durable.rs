//! Secrets that are answered for only once they are on disk.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};

use crate::Error;
use crate::folder::replace;
use crate::services::{Service, Trouble, instead};

/// The file with the secrets, and what of them it does not have yet.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    unwritten: Mutex<Option<Vec<u8>>>,
}

impl Kept {
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path,
            unwritten: Mutex::default(),
        }
    }

    /// Writes all secrets, as they are now.
    pub(super) fn put(&self, state: Result<Vec<u8>, Error>) {
        match state {
            Ok(state) => *self.lock() = Some(state),
            Err(error) => tracing::error!(%error, "the secrets could not be written"),
        }
        self.is_written();
    }

    /// Whether the file has everything; what it lacks is written now.
    fn is_written(&self) -> bool {
        let mut unwritten = self.lock();
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

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<u8>>> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls the service, and fails what changed a secret that is not on disk.
pub(super) fn durable(service: SharedHttpClient, kept: Arc<Kept>) -> SharedHttpClient {
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
