//! What the console has on one machine only: the channels of the chat sink, and a link that logs
//! in once.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use carillon_webhook_api::console::{file, style};
use rust_embed::RustEmbed;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::problem;

/// Read from the folder in development, part of the program otherwise.
#[derive(RustEmbed)]
#[folder = "console/"]
struct Files;

const STYLE: &str = "style.css";
const LOG_IN: &str = "/_local/log-in";
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A code that can be exchanged for the admin key, once.
#[derive(Clone)]
pub struct LogIn {
    code: Arc<Mutex<Option<SecretString>>>,
    admin_key: SecretString,
}

impl LogIn {
    /// With a new code, of as many random bits as a key.
    pub fn new(code: SecretString, admin_key: SecretString) -> Self {
        Self {
            code: Arc::new(Mutex::new(Some(code))),
            admin_key,
        }
    }

    /// The key for the code, which is worth nothing afterwards.
    fn exchange(&self, given: &SecretString) -> Option<&SecretString> {
        let mut code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        let known = code.as_ref()?.expose_secret();
        let is_right: bool = known
            .as_bytes()
            .ct_eq(given.expose_secret().as_bytes())
            .into();
        is_right.then(|| {
            *code = None;
            &self.admin_key
        })
    }
}

/// The console's files of one machine, and the call that logs in. The console is told of the place
/// that it runs in: nothing secret.
pub fn router(place: &Value, log_in: LogIn) -> Router {
    let place: Arc<str> = format!("export const place = {place};\n").into();
    let show_place = move || async move { file("place.js", place.to_string(), NO_STORE) };
    Router::new()
        .route("/console/{version}/place.js", get(show_place))
        .route("/console/{version}/style.css", get(show_style))
        .route("/console/{version}/local/{*name}", get(show_file))
        .route(LOG_IN, post(exchange).with_state(log_in))
}

/// The styles of the console, and of what only this program has.
async fn show_style() -> Response {
    let own = Files::get(STYLE).map(|found| found.data.into_owned());
    let style = [style(), own.unwrap_or_default()].concat();
    file(STYLE, style, NO_CACHE)
}

async fn show_file(Path((_, name)): Path<(String, String)>) -> Response {
    match Files::get(&name) {
        Some(found) => file(&name, found.data.into_owned(), NO_CACHE),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: SecretString,
}

/// Other sites can neither send JSON here without being asked first, nor read the answer.
async fn exchange(
    State(log_in): State<LogIn>,
    code: Result<Json<Code>, JsonRejection>,
) -> Response {
    let key = code
        .as_ref()
        .ok()
        .and_then(|Json(given)| log_in.exchange(&given.code));
    match key {
        Some(key) => {
            let body: Value = json!({"key": key.expose_secret()});
            ([(header::CACHE_CONTROL, NO_STORE)], Json(body)).into_response()
        }
        None => problem::refused(
            StatusCode::GONE,
            "the link was used already, or is of an earlier start; log in with the admin key",
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_worth_a_key_once() {
        let secret = |text: &str| SecretString::from(text.to_owned());
        let log_in = LogIn::new(secret("code"), secret("key"));
        assert!(log_in.exchange(&secret("cod")).is_none());
        let key = log_in.exchange(&secret("code"));
        assert_eq!(key.map(ExposeSecret::expose_secret), Some("key"));
        assert!(log_in.exchange(&secret("code")).is_none());
    }

    #[test]
    fn no_text_can_become_markup_and_each_file_is_one_thing() {
        for name in Files::iter() {
            let content = Files::get(&name).unwrap().data;
            let text = std::str::from_utf8(&content).unwrap();
            assert!(text.lines().count() <= 300, "{name}");
            for maker in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "eval(",
                "fetch('/",
            ] {
                assert!(!text.contains(maker), "{name}: {maker}");
            }
        }
    }
}
