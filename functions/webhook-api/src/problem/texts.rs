//! What each problem is called, and what is said of it.

use axum::http::StatusCode;
use carillon_domain::{FaultCode, Faults, Role};

use super::{MAX_FAULTS, Presented, Problem};
use crate::BASE;

impl Problem {
    /// The status, and the last part of the type's URN.
    pub(super) fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Invalid(faults) if is_foreign(faults) => {
                (StatusCode::FORBIDDEN, "wrong-organization")
            }
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid"),
            Self::Unauthorized(_) => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::BadClaims => (StatusCode::FORBIDDEN, "bad-claims"),
            Self::Forbidden { .. } => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            Self::NoSuchPath { .. } => (StatusCode::NOT_FOUND, "not-found"),
            Self::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "precondition-failed"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            Self::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "key-reused"),
            Self::InProgress => (StatusCode::CONFLICT, "in-progress"),
            Self::SecretGone => (StatusCode::CONFLICT, "secret-gone"),
            Self::TooManyEntries(_) => (StatusCode::UNPROCESSABLE_ENTITY, "too-many-entries"),
            Self::UnsupportedMediaType { .. } => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type")
            }
            Self::UnsupportedEncoding { .. } => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-encoding")
            }
            Self::NameTaken { .. } => (StatusCode::CONFLICT, "name-taken"),
            Self::QuotaExceeded { .. } => (StatusCode::CONFLICT, "quota-exceeded"),
            Self::NotActive { .. } => (StatusCode::CONFLICT, "not-active"),
            Self::DeploymentKey => (StatusCode::CONFLICT, "deployment-key"),
            Self::OwnMessage => (StatusCode::CONFLICT, "own-message"),
            Self::Contended => (StatusCode::CONFLICT, "contended"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "The body is no JSON",
            Self::Invalid(faults) if is_foreign(faults) => "The request names another organization",
            Self::Invalid(_) => "The input has faults",
            Self::Unauthorized(_) => "A valid API key is required",
            Self::BadClaims => "The token does not say who is calling",
            Self::Forbidden { .. } => "The key does not allow this",
            Self::NotFound => "There is no such thing",
            Self::NoSuchPath { .. } => "There is no such path",
            Self::MethodNotAllowed { .. } => "The path does not have this method",
            Self::PreconditionFailed => "The webhook has another version",
            Self::TooLarge { .. } => "The body is too large",
            Self::KeyReused => "The `Idempotency-Key` belongs to another request",
            Self::InProgress => "The first call with this `Idempotency-Key` is under way",
            Self::SecretGone => "The secret of the first answer cannot be shown again",
            Self::TooManyEntries(_) => "The file has more than one call can apply",
            Self::UnsupportedMediaType { .. } => "The body is of a media type that is not taken",
            Self::UnsupportedEncoding { .. } => "The body is in an encoding that is not taken",
            Self::NameTaken { .. } => "The name is taken",
            Self::QuotaExceeded { .. } => "The organization has as many as it can have",
            Self::NotActive { .. } => "The webhook is not active",
            Self::DeploymentKey => "The deployment's key is not changed here",
            Self::OwnMessage => "The request is a message of Carillon's own",
            Self::Contended => "Others change the same at the same time",
            Self::Internal => "Something went wrong on our side",
        }
    }

    pub(super) fn detail(&self) -> String {
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
            Self::MethodNotAllowed { allowed } => match allowed.is_empty() {
                true => "the header `Allow` lists the methods of this path".into(),
                false => format!("this path takes {}", allowed.join(", ")),
            },
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
            Self::QuotaExceeded { what, limit, wanted } => {
                let wanted = wanted.map_or_else(String::new, |wanted| {
                    format!(", and would have {wanted}")
                });
                format!(
                    "an organization can have {limit} {what}{wanted}: remove some that are not \
                     needed, or have the operator raise the quota"
                )
            }
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
