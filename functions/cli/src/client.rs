//! Calls of the API.

use std::fmt::Display;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use ureq::http::{HeaderValue, Request, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Body};

use crate::call::{Call, query};
use crate::error::Error;
use crate::problem::Problem;
use crate::profile::Connection;
use crate::progress::Progress;

/// The largest answer that is read, in bytes.
const MAX_ANSWER: u64 = 64 * 1_024 * 1_024;
/// How often a call is made at most, where nobody answers.
const TRIES: u32 = 3;
/// The longest wait that an answer may ask for, before the next try.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// How long calls may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the connection alone.
    pub connect: Duration,
    /// For all tries together.
    pub total: Duration,
}

impl Patience {
    /// For somebody who waits for the answer. A test takes 22 s at most, and API Gateway gives
    /// up after 30 s.
    pub const PERSON: Self = Self {
        connect: Duration::from_secs(10),
        total: Duration::from_secs(60),
    };

    /// For something that must go on.
    pub fn within(total: Duration) -> Self {
        Self {
            connect: total / 2,
            total,
        }
    }
}

/// A Carillon that can be called.
pub struct Client {
    agent: Agent,
    /// Without a trailing slash, and without `/api/v1`.
    url: String,
    key: Option<SecretString>,
    patience: Patience,
}

impl Client {
    pub fn new(connection: Connection, patience: Patience) -> Result<Self, Error> {
        let url = connection.url.trim_end_matches('/');
        let url = url.trim_end_matches("/api/v1").trim_end_matches('/');
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            let url = crate::text::clean(url);
            return Err(Error::Input(format!(
                "`{url}` is no URL: it must begin with https:// or http://"
            )));
        }
        let tls = TlsConfig::builder()
            .root_certs(root_certificates()?)
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A key goes nowhere but where it was meant to go.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(patience.connect))
            .tls_config(tls)
            .user_agent(concat!("carillon/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.into(),
            url: url.to_owned(),
            key: connection.key,
            patience,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a call; gives the answer's body.
    pub fn call(&self, call: &Call) -> Result<Value, Error> {
        if call.needs_key && self.key.is_none() {
            return Err(Error::NoKey(format!(
                "no key for {}: run `carillon login`, or set CARILLON_KEY",
                self.url
            )));
        }
        let waiting = || Progress::start(format!("Waiting for {}", self.url));
        let _progress = call.shown.then(waiting);
        let deadline = Instant::now() + self.patience.total;
        let mut tries = 0;
        loop {
            tries += 1;
            let (error, wait) = match self.attempt(call, deadline) {
                Ok(text) if text.is_empty() => return Ok(Value::Null),
                Ok(text) => {
                    let what = "what answers there is no Carillon: it does not answer in JSON";
                    return serde_json::from_str(&text).map_err(|_| self.unreachable(what));
                }
                Err(failed) => failed,
            };
            let wait = wait.unwrap_or(Duration::from_millis(200) * 2_u32.pow(tries - 1));
            let is_last = tries == TRIES || Instant::now() + wait >= deadline;
            let transient = matches!(&error, Error::Unreachable { .. })
                || matches!(&error, Error::Refused(problem)
                    if matches!(problem.status, 429 | 502 | 503 | 504) || problem.is_in_progress());
            if !call.repeatable || !transient || is_last {
                return Err(error);
            }
            sleep(wait.min(MAX_WAIT));
        }
    }

    /// One try. A failure comes with the wait that the answer asks for.
    fn attempt(&self, call: &Call, deadline: Instant) -> Result<String, (Error, Option<Duration>)> {
        let now = |error| (error, None);
        let response = match &call.body {
            Some((media_type, body)) => {
                let request = self.request(call).header(header::CONTENT_TYPE, *media_type);
                self.run(request.body(body.as_str()), deadline)
            }
            None => self.run(self.request(call).body(()), deadline),
        };
        let mut response = response.map_err(now)?;
        let status = response.status();
        let wait = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        if status.is_redirection() {
            let target = response.headers().get(header::LOCATION);
            let target = target.and_then(|value| value.to_str().ok()).unwrap_or("?");
            let target = crate::text::clean(target);
            return Err(now(self.unreachable(format!(
                "it points to {target}; if that is where Carillon is, use that URL"
            ))));
        }
        let body = response.body_mut().with_config().limit(MAX_ANSWER);
        let text = body.read_to_string();
        let text = text.map_err(|error| now(self.unreachable(error)))?;
        if status.is_success() {
            return Ok(text);
        }
        let body = serde_json::from_str(&text).unwrap_or_default();
        let problem = Problem::of(status.as_u16(), &body, call.places.clone());
        Err((Error::Refused(Box::new(problem)), wait))
    }

    fn request(&self, call: &Call) -> ureq::http::request::Builder {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", self.url, call.path));
        if let Some(key) = self.key.as_ref().filter(|_| call.needs_key)
            && let Ok(mut value) =
                HeaderValue::from_str(&format!("Api-Key {}", key.expose_secret()))
        {
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        if let Some(key) = &call.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        request
    }

    fn run<B: AsSendBody>(
        &self,
        request: Result<Request<B>, ureq::http::Error>,
        deadline: Instant,
    ) -> Result<ureq::http::Response<Body>, Error> {
        let request = request.map_err(|error| Error::Input(error.to_string()))?;
        let left = deadline.saturating_duration_since(Instant::now());
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(left))
            .build();
        self.agent.run(request).map_err(|error| match error {
            ureq::Error::Timeout(_) => {
                let waited = self.patience.total.as_secs();
                self.unreachable(format!("no answer within {waited} s"))
            }
            ureq::Error::HostNotFound => self.unreachable("there is no host of this name"),
            ureq::Error::Io(error) => self.unreachable(error),
            error => self.unreachable(error),
        })
    }

    fn unreachable(&self, cause: impl Display) -> Error {
        Error::Unreachable {
            url: self.url.clone(),
            cause: cause.to_string(),
        }
    }

    /// An error of a call that older versions do not have, so that it says so.
    pub fn unless_unknown(&self, call: &str) -> impl FnOnce(Error) -> Error {
        let url = self.url.clone();
        move |error| match &error {
            Error::Refused(problem) if matches!(problem.status, 404 | 405) => Error::Unknown {
                url,
                call: call.to_owned(),
                why: "its version is older than this command",
            },
            _ => error,
        }
    }

    /// All items of a list, up to a limit.
    pub fn list(
        &self,
        path: &str,
        parameters: &[(&str, Option<String>)],
        limit: usize,
    ) -> Result<Vec<Value>, Error> {
        let mut items = Vec::new();
        let mut cursor = None;
        loop {
            let page = (limit - items.len()).min(100).to_string();
            let mut parameters = parameters.to_vec();
            parameters.push(("limit", Some(page)));
            parameters.push(("cursor", cursor));
            let answer = self.call(&Call::get(query(path, &parameters)))?;
            let results = answer["results"].as_array().into_iter().flatten();
            items.extend(results.cloned());
            cursor = answer["next"].as_str().map(str::to_owned);
            if cursor.is_none() || items.len() >= limit {
                items.truncate(limit);
                return Ok(items);
            }
        }
    }
}

/// The certificates that are trusted: those of `SSL_CERT_FILE`, else the built-in ones.
fn root_certificates() -> Result<RootCerts, Error> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(RootCerts::WebPki);
    };
    let pem = fs::read(&path).map_err(Error::file(path.as_ref()))?;
    let certificates: Vec<Certificate<'static>> = ureq::tls::parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    Ok(RootCerts::from(certificates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_may_be_written_in_each_way_that_people_copy_it() {
        let url = |url: &str| {
            let connection = Connection {
                url: url.to_owned(),
                key: None,
            };
            Client::new(connection, Patience::PERSON).map(|client| client.url)
        };
        for written in [
            "https://x.example",
            "https://x.example/",
            "https://x.example/api/v1/",
        ] {
            assert_eq!(url(written).unwrap(), "https://x.example");
        }
        assert!(url("x.example").is_err());
    }
}
