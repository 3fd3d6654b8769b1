//! Requests before and after the credential is put in.

use std::fmt;

use reqwest::Method;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use url::Url;

/// Where the platforms' operators find out who is calling.
pub(crate) const PROJECT_URL: &str = "https://github.com/carillon-notifications/carillon";

/// The media type of requests. Slack warns where the charset is left out.
const JSON: &str = "application/json; charset=utf-8";

/// A request as far as it is known without the credential: what a preview shows, and what its
/// kind then seals.
#[derive(Clone)]
pub struct Draft {
    pub method: Method,
    /// Where it goes, with what is secret of that masked.
    pub base: String,
    /// What follows there: the rest of the path, and the query.
    pub rest: String,
    /// The headers that are sent as they stand here.
    pub headers: Vec<(&'static str, String)>,
    /// The headers that only the sealing knows, as they may be shown.
    pub masked_headers: Vec<(String, String)>,
    /// None for a GET.
    pub body: Option<String>,
    /// What tells repeats of this request: the same for each; blank where nobody asks.
    pub id: String,
}

impl Draft {
    fn new(method: Method, base: impl Into<String>, body: Option<String>) -> Self {
        let json = body.as_ref().map(|_| ("Content-Type", JSON.to_owned()));
        Self {
            method,
            base: base.into(),
            rest: String::new(),
            headers: json
                .into_iter()
                .chain([("User-Agent", user_agent())])
                .collect(),
            masked_headers: Vec::new(),
            body,
            id: String::new(),
        }
    }

    pub fn get(base: impl Into<String>) -> Self {
        Self::new(Method::GET, base, None)
    }

    /// A POST of JSON.
    pub fn post(base: impl Into<String>, body: &impl Serialize) -> Self {
        Self::raw(base, json(body))
    }

    /// A POST of what may be no JSON.
    pub fn raw(base: impl Into<String>, body: impl Into<String>) -> Self {
        Self::new(Method::POST, base, Some(body.into()))
    }

    /// A PATCH with JSON.
    pub fn patch(base: impl Into<String>, body: &impl Serialize) -> Self {
        Self::new(Method::PATCH, base, Some(json(body)))
    }

    #[must_use]
    pub fn rest(mut self, rest: impl Into<String>) -> Self {
        self.rest = rest.into();
        self
    }

    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// With another value of a header that each draft has, or with another header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name, value.into()));
        self
    }

    /// With a header that the sealing adds, as it may be shown.
    #[must_use]
    pub fn masked_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.masked_headers.push((name.into(), value.into()));
        self
    }

    /// Where it goes, with the secret parts masked.
    pub fn masked_url(&self) -> String {
        format!("{}{}", self.base, self.rest)
    }

    /// Its headers by name, with the secret ones masked.
    pub fn shown_headers(&self) -> Vec<(String, String)> {
        let plain = self.headers.iter();
        let plain = plain.map(|(name, value)| ((*name).to_owned(), value.clone()));
        plain.chain(self.masked_headers.iter().cloned()).collect()
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        let body = self.body.as_deref().unwrap_or_default();
        serde_json::from_str(body).unwrap_or_default()
    }
}

/// The body holds what an event says, which is no log's business.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("method", &self.method)
            .field("url", &self.masked_url())
            .finish_non_exhaustive()
    }
}

/// What the credential adds to a draft.
#[derive(Debug)]
pub struct Sealed {
    /// Where it goes, in full.
    pub url: SecretString,
    pub headers: Vec<(String, SecretString)>,
}

impl Sealed {
    pub fn to(url: impl Into<String>) -> Self {
        Self {
            url: SecretString::from(url.into()),
            headers: Vec::new(),
        }
    }

    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = SecretString::from(value.into());
        self.headers.push((name.into(), value));
        self
    }
}

/// Whether a URL goes to such a host: by TLS, to the port for that, without a user name.
pub fn is_https_to(url: &Url, is_host: impl FnOnce(&str) -> bool) -> bool {
    url.scheme() == "https"
        && url.host_str().is_some_and(is_host)
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

fn user_agent() -> String {
    format!("Carillon/{} (+{PROJECT_URL})", env!("CARGO_PKG_VERSION"))
}

/// Our own structures of texts, numbers, times and lists always become JSON.
pub(crate) fn json(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

#[cfg(test)]
mod tests;
