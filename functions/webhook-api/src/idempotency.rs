//! `Idempotency-Key`: a repeat of a call that makes something gets the first one's answer.
//!
//! A key belongs to its caller, method and path for 24 hours; with another query or body it is
//! refused. What the call makes has its id from the beginning, so that one that died is gone on
//! with, and makes nothing twice. No secret is kept: where the answer had one that was made for
//! it, a repeat gets another one, as long as nobody can have used the first.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use carillon_aws::{Begun as Row, KeptAnswer, KeyedCall};
use carillon_domain::{FaultCode, Pointer};
use hmac::Mac;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::auth::{Scope, hex};
use crate::problem::Problem;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is the first one's.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key, in characters.
const MAX_KEY: usize = 255;
/// For how long after the first answer a repeat gets another secret.
const RENEWED_WITHIN: Duration = Duration::from_secs(10 * 60);

/// What the platform said of a credential.
const VERIFICATION: &str = "verification";

/// A call that may have a key.
pub struct Keyable {
    key: Option<String>,
    method: Method,
    path: String,
    query: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Keyable {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self {
            key: key_of(&parts.headers)?.map(str::to_owned),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

/// The key of a call, if it has one.
///
/// # Errors
/// Where there is no telling which.
pub fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all(HEADER).iter();
    let key = given.next().map(|value| value.to_str().unwrap_or_default());
    let is_key =
        |key: &str| (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if key.is_some_and(|key| !is_key(key)) || given.next().is_some() {
        let at = Pointer::root().field("headers").field("Idempotency-Key");
        let detail = format!("must be given once, as 1 to {MAX_KEY} visible ASCII characters");
        return Err(Problem::fault(at, FaultCode::Malformed, detail));
    }
    Ok(key)
}

/// What there is where a call begins.
pub enum Begun {
    /// Nothing, or a call that died.
    First(Call),
    /// An answer.
    Answered(Answered),
}

/// A call that is under way. Without a key, nothing is kept of it.
#[derive(Default)]
pub struct Call {
    keyed: Option<KeyedCall>,
    /// Whether another one with the same key died, and may have done all or some of it.
    pub is_again: bool,
}

/// A call that was answered before.
pub struct Answered {
    keyed: KeyedCall,
    pub answer: KeptAnswer,
}

/// An answer that can be kept.
pub struct Answer {
    pub status: StatusCode,
    pub headers: BTreeMap<String, String>,
    /// Without secrets.
    pub body: Value,
    /// With the secrets that were made for it, where there are some.
    pub shown: Option<Value>,
    /// The version of the webhook that it is about.
    pub version: Option<u64>,
}

impl Keyable {
    /// Begins the call, which makes something of this id, or changes it.
    ///
    /// # Errors
    /// Where another one with its key is under way, or was another one.
    pub async fn begin(
        self,
        api: &Scope,
        body: &Value,
        object_id: String,
    ) -> Result<Begun, Problem> {
        let Some(key) = self.key else {
            return Ok(Begun::First(Call::default()));
        };
        let mut digest = Sha256::new();
        for part in [&api.caller_id(), self.method.as_str(), &self.path, &key] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        let id = hex(&digest.finalize());
        // The body may have secrets that could be guessed: not by those who see its digest.
        let mut mac = api.admin_key.signer("idempotency").await?;
        mac.update(self.query.as_bytes());
        mac.update(&[0]);
        mac.update(body.to_string().as_bytes());
        let request = hex(&mac.finalize().into_bytes());
        let organization = &api.organization;
        let begun = api
            .registry
            .begin_call(organization, &id, &request, object_id, Timestamp::now())
            .await?;
        let (call, is_again) = match begun {
            Row::First(call) => (call, false),
            Row::Again(call) => (call, true),
            Row::There(call) if call.request != request => return Err(Problem::KeyReused),
            Row::There(keyed) => {
                let answer = keyed.answer.clone().ok_or(Problem::InProgress)?;
                return Ok(Begun::Answered(Answered { keyed, answer }));
            }
        };
        let keyed = Some(call);
        Ok(Begun::First(Call { keyed, is_again }))
    }
}

impl Call {
    /// The id that was settled for what it makes; none where it has no key.
    pub fn object_id(&self) -> Option<&str> {
        Some(&self.keyed.as_ref()?.object_id)
    }

    /// Ends the call. An answer is kept; of a call that did nothing, nothing is.
    pub async fn end(
        self,
        api: &Scope,
        result: Result<Answer, Problem>,
    ) -> Result<Response, Problem> {
        let Some(mut keyed) = self.keyed else {
            return result.map(Answer::into_response);
        };
        let now = Timestamp::now();
        match result {
            Ok(answer) => {
                keep(api, &mut keyed, &answer, now).await;
                Ok(answer.into_response())
            }
            // Nobody knows how much was done: the next one finds out.
            Err(problem @ (Problem::Internal | Problem::Contended)) => {
                keyed.leased_until = now;
                note(api, &keyed, now).await;
                Err(problem)
            }
            Err(problem) => {
                if let Err(error) = api.registry.forget_call(&keyed).await {
                    tracing::error!(%error, "a call with a key could not be forgotten");
                }
                Err(problem)
            }
        }
    }
}

async fn keep(api: &Scope, call: &mut KeyedCall, answer: &Answer, first_at: Timestamp) {
    call.answer = Some(KeptAnswer {
        at: first_at,
        status: answer.status.as_u16(),
        headers: answer.headers.clone(),
        body: answer.body.to_string(),
        had_secret: answer.shown.is_some(),
        version: answer.version,
    });
    note(api, call, Timestamp::now()).await;
}

/// What was done is done, also where this fails: a repeat then finds it done.
async fn note(api: &Scope, call: &KeyedCall, now: Timestamp) {
    if let Err(error) = api.registry.note_call(call, now).await {
        tracing::error!(%error, "a call with a key could not be noted");
    }
}

impl Answered {
    /// The id of what it made or changed.
    pub fn object_id(&self) -> &str {
        &self.keyed.object_id
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.answer.status).unwrap_or(StatusCode::OK)
    }

    /// Since when its secret may have been used.
    pub fn begun_at(&self) -> Timestamp {
        self.keyed.begun_at()
    }

    /// Whether it is too long ago for another secret.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.answer.at + RENEWED_WITHIN < now
    }

    /// The answer, as it was.
    pub fn again(self) -> Response {
        let answer = Answer {
            status: self.status(),
            headers: self.answer.headers,
            body: serde_json::from_str(&self.answer.body).unwrap_or_default(),
            shown: None,
            version: None,
        };
        answer.replayed()
    }

    /// The answer with another secret, which is kept in its place. What the first one has said of
    /// the credential is said again.
    pub async fn renewed(mut self, api: &Scope, mut answer: Answer) -> Response {
        let first: Value = serde_json::from_str(&self.answer.body).unwrap_or_default();
        if let Some(verification) = first.get(VERIFICATION) {
            let bodies = [Some(&mut answer.body), answer.shown.as_mut()];
            for body in bodies.into_iter().flatten() {
                body[VERIFICATION] = verification.clone();
            }
        }
        keep(api, &mut self.keyed, &answer, self.answer.at).await;
        answer.replayed()
    }
}

impl Answer {
    fn replayed(self) -> Response {
        let mut response = self.into_response();
        let headers = response.headers_mut();
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let body = self.shown.unwrap_or(self.body);
        let mut response = (self.status, Json(body)).into_response();
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
