//! Secrets Manager in the process: the real SDK talks to it, without a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use winterbaume_core::{MockAws, StatefulService, default_account_id};
use winterbaume_secretsmanager::SecretsManagerService;

use crate::folder::{DataFolder, SECRETS, replace};
use crate::{Error, REGION};
use carillon_runtime::guard::lock;

/// Secrets Manager. Clones share everything.
#[derive(Clone)]
pub struct LocalSecrets {
    /// What the SDK's clients call.
    pub(crate) client: SharedHttpClient,
    kept: Option<Arc<Kept>>,
}

impl LocalSecrets {
    /// Secrets in memory, or also in a file of the folder.
    pub async fn open(folder: Option<&DataFolder>) -> Result<Self, Error> {
        let service = SecretsManagerService::new();
        let mut kept = None;
        if let Some(folder) = folder {
            let path = folder.path().join(SECRETS);
            restore(&service, &path).await?;
            let file = Arc::new(Kept {
                path,
                unwritten: Mutex::default(),
            });
            kept = Some(Arc::clone(&file));
            // Called before the answer goes out.
            service.notifier().subscribe(move |_, _, state| {
                file.put(serde_json::to_vec(state).map_err(Error::from))
            });
        }
        let mock = MockAws::builder().with_service(service).build();
        Ok(Self {
            client: mock.http_client(),
            kept,
        })
    }

    /// Whether the file, where there is one, has everything; what it lacks is written now.
    pub(crate) fn is_written(&self) -> bool {
        self.kept.as_ref().is_none_or(|kept| kept.is_written())
    }
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
