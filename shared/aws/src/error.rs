//! What can go wrong between us and AWS.

use std::error::Error as StdError;
use std::fmt::Display;

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

    /// Whether trying again as it is would be in vain.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Call { .. } | Self::Contended { .. })
    }

    /// For `map_err`: a stored thing that is not what it should be.
    pub fn unreadable<E: Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Unreadable {
            what,
            cause: without_value(&error.to_string()),
        }
    }
}

/// What serde says of a value, without the value that it quotes.
fn without_value(error: &str) -> String {
    if error.starts_with("missing field `") {
        return error.to_owned();
    }
    let kinds = [
        "invalid type",
        "invalid value",
        "invalid length",
        "unknown variant",
        "unknown field",
    ];
    let Some(kind) = kinds.into_iter().find(|kind| error.starts_with(kind)) else {
        return "of another form".to_owned();
    };
    match error.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}, expected {expected}"),
        None => kind.to_owned(),
    }
}

pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn reason<T: serde::de::DeserializeOwned>(value: Value) -> String {
        let Err(error) = serde_json::from_value::<T>(value) else {
            panic!("it can be read");
        };
        Error::unreadable("a row")(error).to_string()
    }

    #[test]
    fn what_cannot_be_read_is_told_without_its_value() {
        #[derive(Debug, serde::Deserialize)]
        struct Row {
            #[expect(dead_code, reason = "it is only read")]
            id: u8,
        }
        assert_eq!(
            reason::<Row>(json!({"id": "canary, expected"})),
            "a row cannot be read: invalid type, expected u8"
        );
        assert_eq!(
            reason::<Row>(json!({"canary": 1})),
            "a row cannot be read: missing field `id`"
        );
        assert_eq!(
            reason::<jiff::Timestamp>(json!("canary")),
            "a row cannot be read: of another form"
        );
    }
}
