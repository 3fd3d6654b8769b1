//! What can be called: methods, paths and bodies.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::http::Method;

use crate::document::Document;
use crate::places::Places;

/// What is to be called.
pub struct Call {
    pub method: Method,
    pub path: String,
    pub body: Option<(&'static str, String)>,
    /// Where the parts of the body stand, where it came from a file.
    pub places: Places,
    /// Whether a repeat changes nothing.
    pub repeatable: bool,
    pub idempotency_key: Option<String>,
    pub needs_key: bool,
    /// Whether a wait for the answer is shown.
    pub shown: bool,
}

impl Call {
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path).repeatable()
    }

    /// A call that is made once, unless it is said to be repeatable.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path).repeatable()
    }

    pub fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path).repeatable()
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            body: None,
            places: Places::default(),
            repeatable: false,
            idempotency_key: None,
            needs_key: true,
            shown: true,
        }
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body, &Places::default())
    }

    pub fn document(self, document: &Document) -> Self {
        self.body("application/json", &document.value, &document.places)
    }

    pub fn body(mut self, media_type: &'static str, body: &Value, places: &Places) -> Self {
        self.body = Some((media_type, body.to_string()));
        self.places = places.clone();
        self
    }

    /// A repeat changes nothing, as what is sent has an id.
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// A repeat gets the first one's answer, and makes nothing twice.
    pub fn once(mut self) -> Self {
        self.idempotency_key = Some(ulid::Ulid::generate().to_string());
        self.repeatable()
    }

    /// Nothing is shown while it waits: the terminal is somebody else's.
    pub fn silent(mut self) -> Self {
        self.shown = false;
        self
    }

    pub fn without_key(mut self) -> Self {
        self.needs_key = false;
        self
    }
}

/// A path below `/api/v1`, its variable parts encoded.
pub fn path(parts: &[&str]) -> String {
    let mut path = "/api/v1".to_owned();
    for part in parts {
        path.push('/');
        path.extend(utf8_percent_encode(part, SEGMENT));
    }
    path + "/"
}

const SEGMENT: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A path with the parameters that have a value.
pub fn query(path: &str, parameters: &[(&str, Option<String>)]) -> String {
    let mut query = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters {
        if let Some(value) = value {
            query.push(separator);
            query.push_str(name);
            query.push('=');
            query.extend(utf8_percent_encode(value, SEGMENT));
            separator = '&';
        }
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_path_or_query_is_encoded() {
        assert_eq!(path(&["webhooks", "a/b?c"]), "/api/v1/webhooks/a%2Fb%3Fc/");
        let parameters = [
            ("name", Some("prod alerts & more".to_owned())),
            ("cursor", None),
            ("limit", Some("5".to_owned())),
        ];
        assert_eq!(
            query("/x/", &parameters),
            "/x/?name=prod%20alerts%20%26%20more&limit=5"
        );
    }
}
