//! What can go wrong inside one process.

use std::path::{Path, PathBuf};

use dynoxide::DynoxideError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("embedded DynamoDB: {0}")]
    DynamoDb(#[from] DynoxideError),
    #[error("local journal: {0}")]
    Journal(#[from] rusqlite::Error),
    #[error("local failures: {0}")]
    Failures(#[from] carillon_aws::Error),
    #[error("unexpected JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("another process has {}: end it, or give this one a folder of its own", .0.display())]
    InUse(PathBuf),
    #[error(
        "{} {reason}. Nothing was changed. Put it back as it was, from a backup for instance, or \
         begin anew in another folder",
        .path.display()
    )]
    Damaged { path: PathBuf, reason: String },
    #[error("{what}: {source}")]
    Io {
        what: String,
        source: std::io::Error,
    },
}

/// A fault of what stands in for one of AWS's services.
pub(crate) fn failed(operation: &'static str, cause: impl ToString) -> carillon_aws::Error {
    carillon_aws::Error::Call {
        operation,
        cause: cause.to_string(),
    }
}

impl Error {
    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
