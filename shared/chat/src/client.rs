//! Asking and posting: the only place in this crate that does I/O.

mod connections;
mod network;
mod verify;

use std::time::{Duration, Instant, SystemTime};

use self::connections::Connections;
use self::network::Cause;

use carillon_domain::{DestinationKind, Outcome};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue};
use reqwest::{Method, Response, redirect};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{Answer, ChatOrigin, Reply, Request, discord, reply, slack};

/// Where the platforms' operators find out who is calling.
const PROJECT_URL: &str = "https://github.com/carillon-notifications/carillon";

/// The media type of every request. Slack warns where the charset is left out.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// How long a connection may take, with name resolution and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a post may take from its beginning to the last byte of the answer. The lease
/// of an open post outlives it (`carillon_domain::delivery::LEASE`).
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of an answer is read. A success echoes the whole message, with each
/// character outside ASCII as a six-byte escape, so that it is far longer than what was
/// sent; were it cut, a delivered message would look like one of unknown fate.
const MAX_ANSWER_BYTES: usize = 256 * 1_024;

/// What is shorter is no secret, and may well be a part of any answer.
const SHORTEST_SECRET: usize = 8;

/// The form that Discord requires; its proxy may block what calls itself otherwise
/// (discord-api-docs, reference, "User Agent"). Slack takes any.
pub(crate) fn user_agent() -> String {
    format!("DiscordBot ({PROJECT_URL}, {})", env!("CARGO_PKG_VERSION"))
}

/// The HTTP client could not be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot build the HTTP client for Slack and Discord")]
pub struct ClientError(#[from] reqwest::Error);

/// Posts requests. Make one a process: it keeps its connections.
#[derive(Debug, Clone)]
pub struct Client {
    connections: Connections,
    origin: Option<ChatOrigin>,
    verify_within: Duration,
}

impl Client {
    /// A client for the internet or, for tests, for `origin`.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(origin: Option<ChatOrigin>) -> Result<Self, ClientError> {
        Self::with_timeouts(origin, CONNECT_TIMEOUT, TOTAL_TIMEOUT)
    }

    fn with_timeouts(
        origin: Option<ChatOrigin>,
        connect: Duration,
        total: Duration,
    ) -> Result<Self, ClientError> {
        Self::with_clock(origin, connect, total, SystemTime::now)
    }

    fn with_clock(
        origin: Option<ChatOrigin>,
        connect: Duration,
        total: Duration,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Result<Self, ClientError> {
        install_crypto();
        let is_test = origin.is_some();
        let build = move || {
            let builder = reqwest::Client::builder()
                .user_agent(user_agent())
                .redirect(redirect::Policy::none())
                .connect_timeout(connect)
                .pool_idle_timeout(connections::KEPT)
                .timeout(total);
            let builder = match is_test {
                // A test's server may have a certificate that only this machine trusts.
                true => builder.no_proxy(),
                // Bundled roots spare each cold start the reading of the system's.
                false => builder.tls_backend_preconfigured(tls(bundled_roots())),
            };
            builder.build()
        };
        Ok(Self {
            connections: Connections::new(build, now)?,
            origin,
            verify_within: verify::TIMEOUT.min(total),
        })
    }

    /// Posts once. Whatever happens is a [`Reply`]; none contains the URL or the token.
    pub async fn send(&self, request: Request) -> Reply {
        let started = Instant::now();
        let reply = self.post(&request).await;
        Reply {
            duration: started.elapsed(),
            ..reply
        }
    }

    async fn post(&self, request: &Request) -> Reply {
        let Some(url) = self.destination(request.kind, &request.url) else {
            return unusable_credential(request.kind);
        };
        let method = match request.method() {
            "PATCH" => Method::PATCH,
            _ => Method::POST,
        };
        let mut post = self
            .connections
            .client()
            .request(method, url)
            .header(CONTENT_TYPE, JSON)
            .body(request.body.clone());
        if let Some(token) = &request.authorization {
            let Some(value) = bearer(token) else {
                return unusable_credential(request.kind);
            };
            post = post.header(AUTHORIZATION, value);
        }
        match post.send().await {
            Ok(response) => {
                let now = self.connections.now();
                let (answer, broken) = read(response, request.secret(), now).await;
                let reply = crate::classify(request.kind, &answer);
                match broken {
                    // The status says how far it got, and the rest would have said what came of it.
                    Some(cause) if answer.is_success() && reply.outcome == Outcome::Unknown => {
                        let Reply { code, hint, .. } = cause.reply(request.platform());
                        Reply {
                            code,
                            hint,
                            ..reply
                        }
                    }
                    _ => reply,
                }
            }
            Err(error) => Cause::of(&error).reply(request.platform()),
        }
    }

    /// The URL to call. The hosts are checked here once more, whatever was checked at
    /// registration: nothing that is stored can send a request anywhere else.
    fn destination(&self, kind: DestinationKind, url: &SecretString) -> Option<Url> {
        let url = Url::parse(url.expose_secret()).ok()?;
        let hosts = match kind {
            DestinationKind::SlackBot => &[slack::API_HOST][..],
            DestinationKind::SlackWebhook => slack::WEBHOOK_HOSTS,
            DestinationKind::DiscordWebhook => &[discord::API_HOST],
        };
        let allowed = url.scheme() == "https"
            && url.host_str().is_some_and(|host| hosts.contains(&host))
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !allowed {
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

fn bearer(token: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Reads what comes of an answer, and why no more of it came. What of the secret it repeats
/// is cut out at once.
async fn read(mut response: Response, secret: &str, now: SystemTime) -> (Answer, Option<Cause>) {
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
    if reply::date(&headers).is_none()
        && let Ok(now) = HeaderValue::try_from(httpdate::fmt_http_date(now))
    {
        headers.insert(DATE, now);
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    let answer = Answer {
        status: response.status().as_u16(),
        headers,
        body: match secret.len() < SHORTEST_SECRET {
            true => body,
            false => body.replace(secret, "…"),
        },
    };
    (answer, broken)
}

/// The stored credential is not one that could ever have been registered.
fn unusable_credential(kind: DestinationKind) -> Reply {
    let hint = match kind {
        DestinationKind::SlackBot => {
            "The stored token is not a Slack bot token: rotate the webhook's credential."
        }
        DestinationKind::SlackWebhook | DestinationKind::DiscordWebhook => {
            "The stored URL is not one of the platform's webhooks: rotate the webhook's credential."
        }
    };
    Reply::new(Outcome::CredentialDead)
        .code("unusable_credential")
        .hint(hint)
}

#[cfg(test)]
mod tests;
