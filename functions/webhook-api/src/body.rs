//! Reading a JSON body.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use carillon_domain::masking::without_credential;
use carillon_domain::text::shorten;
use carillon_domain::unique::Unique;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use crate::problem::Problem;

/// The largest body that is taken, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1_024;

/// A patch of RFC 7396.
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Any JSON document; what it has to be is for the caller to say.
pub struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let is_patch = request.method() == Method::PATCH;
        let is_taken = is_json(&request) || (is_patch && media_type(&request) == MERGE_PATCH);
        if !is_taken {
            let taken = match is_patch {
                true => "application/merge-patch+json or application/json",
                false => "application/json",
            };
            return Err(unsupported(&request, taken));
        }
        parse(&read(request, MAX_BODY_BYTES).await?).map(Self)
    }
}

/// A body as JSON. What some editors put before it says nothing (RFC 8259, section 8.1).
pub fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes)
        .map(|Unique(value)| value)
        .map_err(|error| Problem::Malformed(format!("the body cannot be read: {error}")))
}

/// As [`JsonBody`], of a call that needs none: an empty body is an empty object.
pub struct OptionalJsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for OptionalJsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let refused = (!is_json(&request)).then(|| unsupported(&request, "application/json"));
        let bytes = read(request, MAX_BODY_BYTES).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(Value::Object(serde_json::Map::new())));
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        parse(&bytes).map(Self)
    }
}

/// A body without a type is taken as JSON: what many a script sends.
pub fn is_json(request: &Request) -> bool {
    !request.headers().contains_key(CONTENT_TYPE) || media_type(request) == "application/json"
}

/// The problem of a body of another media type.
pub fn unsupported(request: &Request, taken: &'static str) -> Problem {
    let came = request.headers().get(CONTENT_TYPE);
    let came = came.and_then(|value| value.to_str().ok()).unwrap_or("?");
    let came = shorten(&without_credential(came), 100);
    Problem::UnsupportedMediaType { came, taken }
}

/// The request's media type without its parameters, in lower case.
fn media_type(request: &Request) -> String {
    let value = request.headers().get(CONTENT_TYPE);
    let text = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default().trim();
    media_type.to_ascii_lowercase()
}

/// A body of at most so many bytes.
pub async fn read(request: Request, limit_bytes: usize) -> Result<Bytes, Problem> {
    let limited = Limited::new(request.into_body(), limit_bytes);
    match limited.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::TooLarge { limit_bytes }),
        Err(_) => Err(Problem::Malformed("the body broke off".into())),
    }
}
