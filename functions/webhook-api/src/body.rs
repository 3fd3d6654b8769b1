//! Reading a JSON body.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};
use carillon_domain::json::Unique;
use carillon_domain::masking::without_credential;
use carillon_domain::text::shorten;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use crate::problem::{MERGE_PATCH, Problem};

/// The largest body that is taken, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1_024;

/// Any JSON document; what it has to be is for the caller to say.
pub struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let is_patch = request.method() == Method::PATCH;
        let is_taken = is_json(&request) || (is_patch && media_type(&request) == MERGE_PATCH);
        if !is_taken || !is_utf8(&request) {
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
    if bytes.trim_ascii().is_empty() {
        return Err(Problem::Malformed("a body is needed, and none came".into()));
    }
    serde_json::from_slice::<Unique>(bytes)
        .map(|read| read.0)
        .map_err(|error| Problem::Malformed(format!("the body cannot be read: {error}")))
}

/// As [`JsonBody`], of a call that needs none: an empty body is an empty object.
pub struct OptionalJsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for OptionalJsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let is_taken = is_json(&request) && is_utf8(&request);
        let refused = (!is_taken).then(|| unsupported(&request, "application/json"));
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
    content_type(request.headers()).is_none() || media_type(request) == "application/json"
}

/// Whether the body is in UTF-8, as JSON and YAML are, as far as its type says. What is ASCII is.
pub fn is_utf8(request: &Request) -> bool {
    let content_type = content_type(request.headers()).unwrap_or_default();
    let parameters = content_type.split(';').skip(1);
    let mut charsets = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    });
    charsets.all(|charset| matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii"))
}

/// The problem of a body of another media type.
pub fn unsupported(request: &Request, taken: &'static str) -> Problem {
    let came = content_type(request.headers()).unwrap_or_default();
    let came = shorten(&without_credential(came), 100);
    let taken = match is_utf8(request) {
        true => taken,
        false => "UTF-8, and no other charset",
    };
    Problem::UnsupportedMediaType { came, taken }
}

/// What the body is said to be.
pub fn content_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?;
    Some(value.to_str().unwrap_or("?"))
}

/// The request's media type without its parameters, in lower case.
fn media_type(request: &Request) -> String {
    let content_type = content_type(request.headers()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

/// What the body is encoded in, where that is anything.
fn encoding(request: &Request) -> Option<&str> {
    let value = request.headers().get(CONTENT_ENCODING)?;
    let text = value.to_str().unwrap_or("?").trim();
    (!text.is_empty() && !text.eq_ignore_ascii_case("identity")).then_some(text)
}

/// A body of at most so many bytes.
pub async fn read(request: Request, limit_bytes: usize) -> Result<Bytes, Problem> {
    if let Some(came) = encoding(&request) {
        let came = shorten(&without_credential(came), 100);
        return Err(Problem::UnsupportedEncoding { came });
    }
    let limited = Limited::new(request.into_body(), limit_bytes);
    match limited.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::TooLarge { limit_bytes }),
        Err(_) => Err(Problem::Malformed("the body broke off".into())),
    }
}
