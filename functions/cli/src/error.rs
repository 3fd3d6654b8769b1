//! What can go wrong, what is said about it, and the exit code that it ends with.

use std::io;
use std::path::{Path, PathBuf};

use crate::problem::Problem;

/// Something was asked for that did not come to be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments, a file or the settings cannot be used as they are.
    #[error("{0}")]
    Input(String),
    /// A file has faults: each is a line of its own, with its place.
    #[error("{}", .0.join("\n"))]
    Faults(Vec<String>),
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error("{0}")]
    NoKey(String),
    /// No answer came, or none of Carillon's.
    #[error("{url} could not be reached: {cause}")]
    Unreachable { url: String, cause: String },
    /// Carillon refused.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// This Carillon does not have the call.
    #[error("{url} does not know `{call}`: {why}")]
    Unknown {
        url: String,
        call: String,
        why: &'static str,
    },
    #[error("{0}")]
    NotFound(String),
}

impl Error {
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::File {
            path: path.to_owned(),
            cause,
        }
    }

    /// The exit code; the README lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) | Self::Faults(_) | Self::File { .. } => 2,
            Self::Unreachable { .. } => 3,
            Self::NoKey(_) => 4,
            Self::NotFound(_) => 5,
            Self::Unknown { .. } => 1,
            Self::Refused(problem) => match problem.status {
                401 | 403 => 4,
                404 => 5,
                500.. => 3,
                _ => 1,
            },
        }
    }
}
