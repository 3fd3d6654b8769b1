//! What can go wrong between us and AWS.

use std::error::Error as StdError;

/// A call that failed. Says which operation it was and keeps the cause; never has a
/// value of an item or a secret in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{operation} failed: {cause}")]
    Call {
        operation: &'static str,
        /// The whole chain of causes, in one line.
        cause: String,
    },
    /// The call itself is wrong: it will fail the same way however often it is made.
    #[error("{operation} was refused: {cause}")]
    Refused {
        operation: &'static str,
        cause: String,
    },
    /// Others have changed the same things all the time.
    #[error("{operation} found no quiet moment")]
    Contended { operation: &'static str },
    #[error("{what} cannot be read: {cause}")]
    Unreadable { what: &'static str, cause: String },
}

impl Error {
    /// For `map_err`: a failed call of this operation.
    pub(crate) fn call<E: StdError>(operation: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Call {
            operation,
            cause: chain(&error),
        }
    }

    /// For `map_err`: a call that can never succeed as it is.
    pub(crate) fn refused<E: StdError>(operation: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Refused {
            operation,
            cause: chain(&error),
        }
    }

    /// Whether trying again as it is would be in vain.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Call { .. } | Self::Contended { .. })
    }

    /// For `map_err`: a stored thing that is not what it should be.
    pub(crate) fn unreadable<E: StdError>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Unreadable {
            what,
            cause: chain(&error),
        }
    }
}

/// An error with all its causes.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
