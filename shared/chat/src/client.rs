//! Asking and posting: the only place in this crate that does I/O.

mod connections;
mod network;
mod verify;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use self::connections::Connections;
use self::network::Cause;

use carillon_domain::{KindId, Outcome};
use jiff::Timestamp;
use reqwest::dns::Resolve;
use reqwest::header::{DATE, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response, redirect};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::answer::{self, Answer};
use crate::draft::Draft;
use crate::kind::Kind;
use crate::kinds::Kinds;
use crate::origin::ChatOrigin;
use crate::reply::Reply;

/// How long all questions about a credential may take together: somebody waits for the
/// answer, and behind API Gateway for 30 s at most.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(5);

/// How much of an answer is read. A success echoes the whole message, with each
/// character outside ASCII as a six-byte escape, so that it is far longer than what was
/// sent; were it cut, a delivered message would look like one of unknown fate.
const MAX_ANSWER_BYTES: usize = 256 * 1_024;

/// What is shorter is no secret, and may well be a part of any answer.
const SHORTEST_SECRET: usize = 8;

/// The HTTP client could not be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot build the HTTP client")]
pub struct ClientError(#[from] reqwest::Error);

/// Posts requests. Make one a process: it keeps its connections.
#[derive(Clone)]
pub struct Client {
    kinds: Kinds,
    connections: Connections,
    /// Of the kinds that have a resolver of their own.
    resolved: Vec<(KindId, Connections)>,
    origin: Option<ChatOrigin>,
    verify_within: Duration,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
struct Timeouts {
    /// A connection, with name resolution and TLS.
    connect: Duration,
    /// A post from its beginning to the last byte of the answer. The lease of an open post
    /// outlives it (`carillon_domain::delivery::LEASE`).
    total: Duration,
}

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    total: Duration::from_secs(10),
};

impl Client {
    /// A client for the internet or, for tests, for `origin`.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(origin: Option<ChatOrigin>) -> Result<Self, ClientError> {
        Self::of(Kinds::default(), origin)
    }

    /// As [`new`](Self::new), for these kinds of destinations.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn of(kinds: Kinds, origin: Option<ChatOrigin>) -> Result<Self, ClientError> {
        Self::with(kinds, origin, TIMEOUTS, SystemTime::now)
    }

    fn with(
        kinds: Kinds,
        origin: Option<ChatOrigin>,
        timeouts: Timeouts,
        now: impl Fn() -> SystemTime + Clone + Send + Sync + 'static,
    ) -> Result<Self, ClientError> {
        install_crypto();
        let is_test = origin.is_some();
        let is_test_with_tls = origin.as_ref().is_some_and(ChatOrigin::is_https);
        let connections = |resolver: Option<Arc<dyn Resolve>>| {
            let build = move || {
                let mut builder = reqwest::Client::builder()
                    .redirect(redirect::Policy::none())
                    .connect_timeout(timeouts.connect)
                    .pool_idle_timeout(connections::KEPT)
                    .timeout(timeouts.total);
                if is_test {
                    builder = builder.no_proxy();
                }
                // Bundled roots spare each cold start the reading of the system's, and need none
                // where there is no system. A test's server may have a certificate that only this
                // machine trusts.
                if !is_test_with_tls {
                    builder = builder.tls_backend_preconfigured(tls(bundled_roots()));
                }
                // A proxy would look the addresses up by itself.
                if let Some(resolver) = resolver.clone() {
                    builder = builder.no_proxy().dns_resolver(resolver);
                }
                builder.build()
            };
            Connections::new(build, now.clone())
        };
        let mut resolved = Vec::new();
        for kind in kinds.iter().filter(|_| !is_test) {
            if let Some(resolver) = kind.resolver() {
                resolved.push((kind.id(), connections(Some(resolver))?));
            }
        }
        Ok(Self {
            connections: connections(None)?,
            resolved,
            kinds,
            origin,
            verify_within: VERIFY_TIMEOUT.min(timeouts.total),
        })
    }

    /// The kinds of destinations that it can talk to.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// Seals a draft and posts it, once. Whatever happens is a [`Reply`]; none contains a part
    /// of the credential.
    pub async fn send(&self, kind: &dyn Kind, draft: &Draft, secret: &SecretString) -> Reply {
        let started = Instant::now();
        let reply = self.post(kind, draft, secret).await;
        Reply {
            duration: started.elapsed(),
            ..reply
        }
    }

    async fn post(&self, kind: &dyn Kind, draft: &Draft, secret: &SecretString) -> Reply {
        let Some(request) = self.sealed(kind, draft, secret) else {
            return unusable_credential(kind.about().name);
        };
        match request.send().await {
            Ok(response) => {
                let now = self.connections.now();
                let (answer, broken) = read(response, &kind.hidden(secret), now).await;
                let reply = kind.reply(&answer);
                match broken {
                    // The status says how far it got, and the rest would have said what came of it.
                    Some(cause) if answer.is_success() && reply.outcome == Outcome::Unknown => {
                        let Reply { code, hint, .. } = cause.reply(kind.about().name);
                        Reply {
                            code,
                            hint,
                            ..reply
                        }
                    }
                    _ => reply,
                }
            }
            Err(error) => Cause::of(&error).reply(kind.about().name),
        }
    }

    /// The request with its credential in it; none where that could never have been registered.
    fn sealed(
        &self,
        kind: &dyn Kind,
        draft: &Draft,
        secret: &SecretString,
    ) -> Option<RequestBuilder> {
        let now = Timestamp::try_from(self.connections.now()).ok()?;
        let sealed = kind.seal(draft, secret, now)?;
        let url = self.destination(kind, &sealed.url)?;
        let resolved = self.resolved.iter().find(|(id, _)| *id == kind.id());
        let connections = resolved.map_or(&self.connections, |(_, connections)| connections);
        let mut request = connections.client().request(draft.method.clone(), url);
        for (name, value) in &draft.headers {
            request = request.header(*name, value);
        }
        for (name, value) in &sealed.headers {
            let name = HeaderName::try_from(name.as_str()).ok()?;
            let mut value = HeaderValue::try_from(value.expose_secret()).ok()?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        Some(match &draft.body {
            Some(body) => request.body(body.clone()),
            None => request,
        })
    }

    /// The URL to call, if this kind may call it.
    fn destination(&self, kind: &dyn Kind, url: &SecretString) -> Option<Url> {
        let url = Url::parse(url.expose_secret()).ok()?;
        if !kind.may_call(&url) {
            return None;
        }
        match &self.origin {
            Some(origin) => origin.rewrite(&url).ok(),
            None => Some(url),
        }
    }
}

/// TLS by ring: small, and quick to start. Where the process has made a choice already, that
/// one stays.
fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The certificates of those that vouch for servers on the internet.
fn bundled_roots() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

fn tls(roots: RootCertStore) -> ClientConfig {
    let mut tls = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
    tls
}

/// Reads what comes of an answer, and why no more of it came. What of the secret it repeats
/// is cut out at once.
async fn read(
    mut response: Response,
    hidden: &[String],
    now: SystemTime,
) -> (Answer, Option<Cause>) {
    let mut body = Vec::new();
    let broken = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = MAX_ANSWER_BYTES - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() >= room {
                    break None;
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(Cause::of(&error)),
        }
    };
    let mut headers = std::mem::take(response.headers_mut());
    // What a header says of a time is taken from when the answer was given.
    if answer::date(&headers).is_none()
        && let Ok(now) = HeaderValue::try_from(httpdate::fmt_http_date(now))
    {
        headers.insert(DATE, now);
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    let answer = Answer {
        status: response.status().as_u16(),
        headers,
        body: hidden
            .iter()
            .filter(|secret| secret.len() >= SHORTEST_SECRET)
            .fold(body, |body, secret| body.replace(secret, "…")),
    };
    (answer, broken)
}

/// The stored credential is not one that could ever have been registered.
fn unusable_credential(name: &str) -> Reply {
    Reply::new(Outcome::CredentialDead)
        .code("unusable_credential")
        .hint(format!(
            "The stored credential is not one of {name}'s: rotate the webhook's credential."
        ))
}

#[cfg(test)]
mod tests;
