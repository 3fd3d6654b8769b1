//! Every error of the API as a problem document (RFC 9457): the one place that maps
//! errors to HTTP. The caller learns what it can act on; our own faults go to the log.

use std::any::Any;
use std::fmt::Display;

use axum::Json;
use axum::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use carillon_aws::Quota;
use carillon_domain::{FaultCode, Faults, Permission, Role, WebhookId};
use serde::Serialize;
use serde_json::Value;

use crate::{BASE, request_id, schema};

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
    /// The body is no JSON.
    Malformed(String),
    /// The body is JSON, but not what it should be.
    Invalid(Faults),
    Unauthorized(Presented),
    /// A JWT without the claims that tell who is calling.
    BadClaims,
    /// The role is too low.
    Forbidden {
        role: Role,
        needed: Permission,
    },
    /// There is nothing with this id.
    NotFound,
    /// There is no such path.
    NoSuchPath {
        path: String,
        /// One that may have been meant.
        nearest: Option<String>,
    },
    MethodNotAllowed,
    /// `If-Match` names another version.
    PreconditionFailed,
    TooLarge {
        limit_bytes: usize,
    },
    /// The key of a call belongs to one with another query or body.
    KeyReused,
    /// The first call with the same key is under way.
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
    /// The organization has as many as it can have.
    QuotaExceeded {
        what: &'static str,
        limit: u32,
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
    title: String,
    status: u16,
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
    /// For `map_err`: logs the cause with the request's id; the caller learns nothing of it.
    pub fn internal<E: Display>(operation: &'static str) -> impl FnOnce(E) -> Self {
        move |error| {
            tracing::error!(operation, %error, "a request failed through a fault of ours");
            Self::Internal
        }
    }

    pub fn quota_exceeded(quota: Quota, limit: u32) -> Self {
        Self::QuotaExceeded {
            limit,
            what: match quota {
                Quota::Webhooks => "webhooks",
                Quota::ApiKeys => "API keys",
            },
        }
    }

    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed", "The body is no JSON"),
            Self::Invalid(faults) if is_foreign(faults) => (
                StatusCode::FORBIDDEN,
                "wrong-organization",
                "The request names another organization",
            ),
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid", "The input has faults"),
            Self::Unauthorized(_) => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "A valid API key is required",
            ),
            Self::BadClaims => (
                StatusCode::FORBIDDEN,
                "bad-claims",
                "The token does not say who is calling",
            ),
            Self::Forbidden { .. } => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "The key does not allow this",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::NoSuchPath { .. } => {
                (StatusCode::NOT_FOUND, "not-found", "There is no such path")
            }
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The path does not have this method",
            ),
            Self::PreconditionFailed => (
                StatusCode::PRECONDITION_FAILED,
                "precondition-failed",
                "The webhook has another version",
            ),
            Self::TooLarge { .. } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body is too large",
            ),
            Self::KeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "key-reused",
                "The `Idempotency-Key` belongs to another request",
            ),
            Self::InProgress => (
                StatusCode::CONFLICT,
                "in-progress",
                "The first call with this `Idempotency-Key` is under way",
            ),
            Self::SecretGone => (
                StatusCode::CONFLICT,
                "secret-gone",
                "The secret of the first answer cannot be shown again",
            ),
            Self::TooManyEntries(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too-many-entries",
                "The file has more than one call can apply",
            ),
            Self::UnsupportedMediaType { .. } => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body is of a media type that is not taken",
            ),
            Self::UnsupportedEncoding { .. } => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-encoding",
                "The body is in an encoding that is not taken",
            ),
            Self::NameTaken { .. } => (StatusCode::CONFLICT, "name-taken", "The name is taken"),
            Self::QuotaExceeded { .. } => (
                StatusCode::CONFLICT,
                "quota-exceeded",
                "The organization has as many as it can have",
            ),
            Self::NotActive { .. } => (
                StatusCode::CONFLICT,
                "not-active",
                "The webhook is not active",
            ),
            Self::DeploymentKey => (
                StatusCode::CONFLICT,
                "deployment-key",
                "The deployment's key is not changed here",
            ),
            Self::OwnMessage => (
                StatusCode::CONFLICT,
                "own-message",
                "The request is a message of Carillon's own",
            ),
            Self::Contended => (
                StatusCode::CONFLICT,
                "contended",
                "Others change the same at the same time",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong on our side",
            ),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Malformed(detail) | Self::TooManyEntries(detail) => detail.clone(),
            Self::Invalid(faults) => match faults.iter().count() {
                1 => faults.to_string(),
                n if n > MAX_FAULTS => {
                    format!("{n} faults; see `errors`, which has the first {MAX_FAULTS}")
                }
                n => format!("{n} faults; see `errors`"),
            },
            Self::Unauthorized(presented) => match presented {
                Presented::Nothing => {
                    "send the header `Authorization: Api-Key <key>` or `Authorization: Bearer <key>`"
                }
                Presented::NoKey => {
                    "no key can be read from the header `Authorization`: it must be \
                     `Api-Key <key>` or `Bearer <key>`"
                }
                Presented::UselessKey => {
                    "the key that was sent is unknown, expired or revoked; is it of this deployment?"
                }
            }
            .into(),
            Self::BadClaims => {
                "the JWT needs the claims `organization` and `role` (admin, editor, publisher or viewer)"
                    .into()
            }
            Self::Forbidden { role, needed } => {
                let enough: Vec<&str> = Role::ALL
                    .iter()
                    .filter(|role| role.may(*needed))
                    .map(|role| role.as_str())
                    .collect();
                format!("this needs the role {}; the caller has {role}", enough.join(" or "))
            }
            Self::NotFound => {
                "the path is right, but what it names is not there, or not in the key's organization"
                    .into()
            }
            Self::NoSuchPath { path, nearest } => match nearest {
                Some(nearest) => format!("there is no path `{path}`; did you mean `{nearest}`?"),
                None => format!("there is no path `{path}`; `{BASE}/openapi.json` lists those there are"),
            },
            Self::MethodNotAllowed => "the header `Allow` lists the methods of this path".into(),
            Self::PreconditionFailed => {
                "it was changed since it was read; read it again, then decide".into()
            }
            Self::TooLarge { limit_bytes } => format!("at most {limit_bytes} bytes are taken"),
            Self::KeyReused => {
                "it came with another query or body before: use a new key for another request".into()
            }
            Self::InProgress => "ask again in a few seconds".into(),
            Self::SecretGone => {
                "it is not kept, and a repeat gets a new one only within 10 minutes and while the \
                 first was never used: what was made is there; rotate it, or make another"
                    .into()
            }
            Self::UnsupportedMediaType { came, taken } => {
                format!("the body came as `{came}`; taken is {taken}")
            }
            Self::UnsupportedEncoding { came } => {
                format!("the body came as `Content-Encoding: {came}`; send it as it is, without one")
            }
            Self::NameTaken { existing_id } => {
                format!("the webhook {existing_id} has this name already")
            }
            Self::QuotaExceeded { what, limit } => format!(
                "an organization can have {limit} {what}: remove some that are not needed, or have \
                 the operator raise the quota"
            ),
            Self::NotActive { suspended: true } => {
                "it is suspended: repair what `status_reason` says, then change its configuration, \
                 rotate its credential, or resume it with a PATCH of `{\"enabled\": true}`, and ask \
                 again. `?dry_run=true` counts before that"
                    .into()
            }
            Self::NotActive { suspended: false } => {
                "switch it on with `{\"enabled\": true}`, and then ask again".into()
            }
            Self::DeploymentKey => {
                "it is in the secret of the stack's output `AdminKeySecretArn`: put another key \
                 there, and it replaces this one within minutes"
                    .into()
            }
            Self::OwnMessage => {
                "it has the `webhook-id` of a signed webhook; to pass events on, send requests of \
                 your own, without that header"
                    .into()
            }
            Self::Contended => {
                "try again; what is done already stays done, and is not done twice".into()
            }
            Self::Internal => "nothing is known to be wrong with the request; try again, and \
                               tell the operator the request id if it persists"
                .into(),
        }
    }
}

fn is_foreign(faults: &Faults) -> bool {
    faults
        .iter()
        .any(|fault| fault.code == FaultCode::WrongOrganization)
}

impl Problem {
    /// The document that tells of it.
    pub fn document(&self, request_id: String) -> Document {
        let (status, kind, title) = self.kind();
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
            title: title.into(),
            status: status.as_u16(),
            detail: self.detail(),
            request_id,
            errors,
            existing_id,
        }
    }
}

impl Document {
    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn title(&self) -> &str {
        &self.title
    }

    /// The type's name, without what all types begin with.
    pub fn kind(&self) -> &str {
        self.r#type.trim_start_matches(URN)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, _, _) = self.kind();
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
    let allow = allow
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if allow
        .split(',')
        .any(|method| method.trim() == Method::PATCH.as_str())
    {
        let patches = HeaderValue::from_static(PATCHES);
        response.headers_mut().insert(ACCEPT_PATCH, patches);
    }
    response
}

/// The router adds the header `Allow` to whatever this answers.
pub async fn method_not_allowed(method: Method) -> Response {
    match method {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => Problem::MethodNotAllowed.into_response(),
    }
}

pub fn from_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    Problem::internal("answering a request")(format!("panic: {text}")).into_response()
}
