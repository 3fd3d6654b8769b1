//! Every error of the API as a problem document (RFC 9457): the one place that maps
//! errors to HTTP. The caller learns what it can act on; our own faults go to the log.

use std::any::Any;
use std::fmt::Display;
use std::panic::Location;
use std::sync::Arc;

use axum::Json;
use axum::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use carillon_aws::Quota;
use carillon_domain::{FaultCode, Faults, Permission, Pointer, Role, WebhookId};
use serde::Serialize;
use serde_json::Value;

use crate::{request_id, schema};

mod texts;

/// What every type of problem begins with.
const URN: &str = "urn:carillon:problem:";

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What a PATCH may be (RFC 7396), and what the media types of those are.
pub const MERGE_PATCH: &str = "application/merge-patch+json";
const PATCHES: &str = "application/merge-patch+json, application/json";
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// How many faults are listed: an answer of a function has 6 MB at most.
const MAX_FAULTS: usize = 1_000;

/// What went wrong with a request.
#[derive(Debug)]
pub enum Problem {
    Malformed(String),
    /// The body is JSON, but not what it should be.
    Invalid(Faults),
    Unauthorized(Presented),
    BadClaims,
    Forbidden {
        role: Role,
        needed: Permission,
    },
    NotFound,
    NoSuchPath {
        path: String,
        /// One that may have been meant.
        nearest: Option<String>,
    },
    MethodNotAllowed {
        /// None where they are not known here.
        allowed: Vec<&'static str>,
    },
    PreconditionFailed,
    TooLarge {
        limit_bytes: usize,
    },
    /// The key of a call belongs to one with another query or body.
    KeyReused,
    InProgress,
    /// The answer had a secret, which is not kept, and may be in use.
    SecretGone,
    /// More than one call can apply.
    TooManyEntries(String),
    UnsupportedMediaType {
        /// What the request says that its body is.
        came: String,
        taken: &'static str,
    },
    /// The body is compressed, or in another coding of its content.
    UnsupportedEncoding {
        came: String,
    },
    NameTaken {
        existing_id: WebhookId,
    },
    QuotaExceeded {
        what: &'static str,
        limit: u32,
        /// How many there would be, where that is known.
        wanted: Option<usize>,
    },
    /// The webhook is switched off: nothing that is sent now would arrive.
    NotActive {
        suspended: bool,
    },
    /// It is a message that Carillon has sent: what would come of it could come back for ever.
    OwnMessage,
    /// The key that was made at deployment lives in a secret.
    DeploymentKey,
    /// Others change the same things at the same time, again and again.
    Contended,
    /// A fault of ours; the cause is logged where this is made.
    Internal,
}

/// What a caller has presented who is not known by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    Nothing,
    /// The header is there, and no key can be read from it.
    NoKey,
    /// Unknown, expired or revoked; which of them is nobody's business.
    UselessKey,
}

/// The document. `errors` and `existing_id` only where they say something.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct Document {
    /// What kind of problem it is, as a URN.
    #[schema(example = "urn:carillon:problem:invalid")]
    r#type: String,
    pub title: String,
    pub status: u16,
    detail: String,
    request_id: String,
    /// Every fault of the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<schema::Fault>>, nullable = false)]
    errors: Option<Value>,
    /// The webhook that has the name already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    existing_id: Option<String>,
}

impl Problem {
    /// Logs the cause, and the place in the code, with the request's id; the caller learns nothing
    /// of it.
    #[track_caller]
    pub fn internal(error: impl Display) -> Self {
        let place = Location::caller();
        tracing::error!(%place, %error, "a request failed through a fault of ours");
        Self::Internal
    }

    /// The only fault of an input.
    pub fn fault(at: Pointer, code: FaultCode, detail: impl Into<String>) -> Self {
        Self::Invalid(Faults::only(at, code, detail))
    }

    pub fn quota_exceeded(quota: Quota, limit: u32, wanted: Option<usize>) -> Self {
        Self::QuotaExceeded {
            limit,
            wanted,
            what: match quota {
                Quota::Webhooks => "webhooks",
                Quota::ApiKeys => "API keys",
            },
        }
    }

    /// The document that tells of it.
    pub fn document(&self, request_id: String) -> Document {
        let (status, kind) = self.kind();
        let (errors, existing_id) = match self {
            Self::Invalid(faults) => {
                let first: Vec<_> = faults.iter().take(MAX_FAULTS).collect();
                (serde_json::to_value(first).ok(), None)
            }
            Self::NameTaken { existing_id } => (None, Some(existing_id.to_string())),
            _ => (None, None),
        };
        Document {
            r#type: format!("{URN}{kind}"),
            title: self.title().into(),
            status: status.as_u16(),
            detail: self.detail(),
            request_id,
            errors,
            existing_id,
        }
    }
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<carillon_aws::Error> for Problem {
    #[track_caller]
    fn from(error: carillon_aws::Error) -> Self {
        Self::from(Arc::new(error))
    }
}

impl From<Arc<carillon_aws::Error>> for Problem {
    #[track_caller]
    fn from(error: Arc<carillon_aws::Error>) -> Self {
        match *error {
            carillon_aws::Error::Contended { .. } => {
                tracing::warn!(%error, "others kept changing the same");
                Self::Contended
            }
            _ => Self::internal(error),
        }
    }
}

impl Document {
    /// The type's name, without what all types begin with.
    pub fn kind(&self) -> &str {
        self.r#type.trim_start_matches(URN)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, _) = self.kind();
        let document = self.document(request_id::current());
        let mut response = (status, Json(document)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON);
        let header = match &self {
            Self::InProgress => Some((RETRY_AFTER, "1")),
            Self::UnsupportedEncoding { .. } => Some((ACCEPT_ENCODING, "identity")),
            Self::UnsupportedMediaType { taken, .. } if taken.contains(MERGE_PATCH) => {
                Some((ACCEPT_PATCH, PATCHES))
            }
            _ if status == StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Api-Key, Bearer")),
            _ => None,
        };
        if let Some((name, value)) = header {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// Says what a PATCH may be, where a path has it (RFC 5789, section 3.1).
pub fn with_accept_patch(mut response: Response) -> Response {
    let allow = response.headers().get(ALLOW);
    let allow = allow.and_then(|value| value.to_str().ok());
    let mut methods = allow.into_iter().flat_map(|allow| allow.split(','));
    if methods.any(|method| method.trim() == "PATCH") {
        let patches = HeaderValue::from_static(PATCHES);
        response.headers_mut().insert(ACCEPT_PATCH, patches);
    }
    response
}

pub fn from_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    // Where it was stands in the line of the panic itself.
    tracing::error!(panic = text, "a request failed through a fault of ours");
    Problem::Internal.into_response()
}
