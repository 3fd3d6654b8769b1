//! The data of a CloudEvent: what it is, before anybody knows what it means.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::fault::{FaultCode, Faults, Pointer};
use crate::json::Unique;
use crate::text::shorten;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The data, and where it stands.
#[derive(Debug)]
pub(super) struct Data {
    pub at: Pointer,
    pub content: Content,
}

#[derive(Debug, PartialEq)]
pub(super) enum Content {
    None,
    Json(Value),
    Text(String),
    /// Neither; how many bytes, and of what.
    Opaque {
        bytes: usize,
        media_type: String,
    },
}

/// The data of a document at `at`.
pub(super) fn from_object(object: &Map<String, Value>, at: &Pointer, faults: &mut Faults) -> Data {
    let given = |name: &str| object.get(name).filter(|value| !value.is_null());
    let media_type = given("datacontenttype").and_then(Value::as_str);
    if media_type.is_some_and(|text| !is_media_type(text)) {
        faults.add(
            at.field("datacontenttype"),
            FaultCode::Malformed,
            "must be a media type such as application/json",
        );
    }
    let (at, content) = match (given("data"), given("data_base64")) {
        (Some(_), Some(_)) => {
            faults.add(
                at.field("data_base64"),
                FaultCode::NotAllowed,
                "give either `data` or `data_base64`, not both",
            );
            (at.field("data"), Content::None)
        }
        (Some(Value::String(text)), None) => (at.field("data"), Content::Text(text.clone())),
        (Some(value), None) => (at.field("data"), Content::Json(value.clone())),
        (None, Some(encoded)) => {
            let at = at.field("data_base64");
            let bytes = encoded.as_str().and_then(|text| STANDARD.decode(text).ok());
            if bytes.is_none() {
                faults.add(at.clone(), FaultCode::Malformed, "must be text in Base64");
            }
            let bytes = bytes.unwrap_or_default();
            let content = read(media_type, &bytes).unwrap_or_else(|_| opaque(media_type, &bytes));
            (at, content)
        }
        (None, None) => (at.field("data"), Content::None),
    };
    Data { at, content }
}

/// The data that is a request's body.
pub(super) fn from_body(content_type: Option<&str>, body: &[u8], faults: &mut Faults) -> Data {
    let at = Pointer::root();
    let content = read(content_type, body).unwrap_or_else(|error| {
        let detail = format!("the body cannot be read as JSON: {error}");
        faults.add(at.clone(), FaultCode::Malformed, detail);
        Content::None
    });
    Data { at, content }
}

fn read(media_type: Option<&str>, bytes: &[u8]) -> Result<Content, serde_json::Error> {
    if bytes.is_empty() {
        return Ok(Content::None);
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let parsed = serde_json::from_slice::<Unique>(bytes).map(|read| match read.0 {
        Value::String(text) => Content::Text(text),
        value => Content::Json(value),
    });
    match essence(media_type).as_str() {
        json if json.ends_with("/json") || json.ends_with("+json") => match parsed {
            // The JavaScript SDK sends a text as it is, and calls it JSON.
            Err(error) if !bytes.starts_with(b"{") && !bytes.starts_with(b"[") => {
                text_of(bytes).ok_or(error)
            }
            parsed => parsed,
        },
        text if text.starts_with("text/") => {
            Ok(text_of(bytes).unwrap_or_else(|| opaque(media_type, bytes)))
        }
        // Some SDKs do not say that they send JSON.
        "" => {
            let content = parsed.ok().or_else(|| text_of(bytes));
            Ok(content.unwrap_or_else(|| opaque(media_type, bytes)))
        }
        _ => Ok(opaque(media_type, bytes)),
    }
}

fn text_of(bytes: &[u8]) -> Option<Content> {
    let readable = |c: char| !c.is_control() || c.is_whitespace();
    let text = std::str::from_utf8(bytes).ok()?;
    text.chars()
        .all(readable)
        .then(|| Content::Text(text.to_owned()))
}

fn opaque(media_type: Option<&str>, bytes: &[u8]) -> Content {
    let media_type = media_type.unwrap_or("application/octet-stream");
    Content::Opaque {
        bytes: bytes.len(),
        media_type: shorten(media_type, 100),
    }
}

/// A media type without its parameters, in small letters.
pub(super) fn essence(media_type: Option<&str>) -> String {
    let essence = media_type.unwrap_or_default().split(';').next();
    essence.unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_media_type(text: &str) -> bool {
    let essence = essence(Some(text));
    let token = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    essence
        .split_once('/')
        .is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}
