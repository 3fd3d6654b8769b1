//! A request to a platform, read as far as all platforms have it in common.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use serde_json::{Map, Value};

/// The largest body that is read.
const MAX_BODY: usize = 1024 * 1024;

#[derive(Debug)]
pub(super) struct Call {
    pub method: Method,
    /// The host that the request was meant for.
    pub host: String,
    /// The path on that host, without its leading slash.
    path: String,
    /// The query's fields, in their order.
    pub query: Vec<(String, String)>,
    headers: HeaderMap,
    /// None where it is larger than the sink reads, or broke off.
    pub body: Option<Bytes>,
}

/// A body's declared type.
pub(super) struct MediaType {
    pub essence: String,
    pub charset: Option<String>,
}

impl Call {
    pub async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().trim_start_matches('/');
        let (host, path) = path.split_once('/').unwrap_or((path, ""));
        let query = parts.uri.query().unwrap_or_default();
        Self {
            method: parts.method,
            host: host.to_ascii_lowercase(),
            path: path.to_owned(),
            query: fields(query.as_bytes()),
            headers: parts.headers,
            body: to_bytes(body, MAX_BODY).await.ok(),
        }
    }

    pub fn path(&self) -> Vec<&str> {
        self.path.split('/').collect()
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        pairs.find(|(key, _)| key == name).map(|(_, v)| v.as_str())
    }

    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every value of a header, as far as it is text.
    pub fn headers(&self, name: header::HeaderName) -> Vec<&str> {
        let values = self.headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok()).collect()
    }

    pub fn media_type(&self) -> Option<MediaType> {
        let mut parts = self.header(header::CONTENT_TYPE)?.split(';');
        let essence = parts.next()?.trim().to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (key, value) = part.split_once('=')?;
            let value = value.trim().trim_matches('"').to_ascii_lowercase();
            key.trim().eq_ignore_ascii_case("charset").then_some(value)
        });
        Some(MediaType { essence, charset })
    }
}

/// A field of a payload, where it is a text.
pub(super) fn text<'m>(payload: &'m Map<String, Value>, key: &str) -> Option<&'m str> {
    payload.get(key)?.as_str()
}

/// The fields of a form or a query.
pub(super) fn fields(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}
