//! `POST /_local/eventbridge`: what EventBridge does on AWS.
//!
//! Takes an event as EventBridge delivers it, or what its API takes (`PutEvents`), so that
//! any AWS client can put events here. Unlike AWS it says at once what becomes of an event,
//! and takes events whose source begins with `aws.`. As on AWS, an event of no use is kept
//! among the failures; here one that is no news is listed there too.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use carillon_aws::Failures;
use carillon_cloud_events::{CaptureError, Captured, CloudEvents};
use carillon_embedded::LocalFailures;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::problem::refused;

/// What `PutEvents` takes at once.
const MAX_ENTRIES: usize = 10;
/// Where events come from that are put here.
const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";

/// What takes events.
pub struct Bus {
    pub cloud_events: CloudEvents,
    pub failures: LocalFailures,
}

impl Bus {
    async fn take(&self, event: Value) -> Result<Captured, CaptureError> {
        let captured = self.cloud_events.take(event.clone()).await?;
        if let Captured::Skipped(why) = &captured {
            let reason = format!("no news: {why}");
            self.failures.keep("cloud-events", &reason, &event).await?;
        }
        Ok(captured)
    }
}

/// Takes one event, or the entries of `PutEvents`.
pub async fn put(State(bus): State<Arc<Bus>>, body: String) -> Response {
    let payload: Value = match serde_json::from_str(&body) {
        Ok(payload) => payload,
        Err(error) => {
            // Kept as what it is. That it is no event is known already.
            let _ = bus.take(Value::String(body)).await;
            return refused(StatusCode::BAD_REQUEST, &format!("not JSON: {error}"), None);
        }
    };
    match payload.get("Entries") {
        Some(entries) => put_events(&bus, entries).await,
        None => match bus.take(payload).await {
            Ok(captured) => (StatusCode::ACCEPTED, Json(answer(&captured))).into_response(),
            Err(error) => {
                let status = match &error {
                    CaptureError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
                    _ => StatusCode::BAD_REQUEST,
                };
                refused(status, &error.to_string(), error.faults())
            }
        },
    }
}

fn answer(captured: &Captured) -> Value {
    match captured {
        Captured::Stored { id, duplicate } => json!({"id": id, "duplicate": duplicate}),
        Captured::Skipped(reason) => json!({"skipped": true, "reason": reason}),
    }
}

async fn put_events(bus: &Bus, entries: &Value) -> Response {
    let Some(entries) = entries
        .as_array()
        .filter(|entries| (1..=MAX_ENTRIES).contains(&entries.len()))
    else {
        let message = format!("Entries must be a list of 1 to {MAX_ENTRIES} entries");
        let fault = json!({"__type": "ValidationException", "message": message});
        return (StatusCode::BAD_REQUEST, Json(fault)).into_response();
    };
    let mut results = Vec::with_capacity(entries.len());
    for entry in entries {
        results.push(put_entry(bus, entry).await);
    }
    let failed = results
        .iter()
        .filter(|result| result.get("ErrorCode").is_some());
    let failed = failed.count();
    Json(json!({"FailedEntryCount": failed, "Entries": results})).into_response()
}

async fn put_entry(bus: &Bus, entry: &Value) -> Value {
    let failed = |code: &str, message: String| json!({"ErrorCode": code, "ErrorMessage": message});
    let id = new_id();
    let event = match delivered(entry, &id) {
        Ok(event) => event,
        Err(faults) => return failed("InvalidArgument", faults.join("; ")),
    };
    match bus.take(event).await {
        Ok(_) => json!({"EventId": id}),
        Err(error @ CaptureError::Store(_)) => failed("InternalFailure", error.to_string()),
        Err(error) => failed("InvalidArgument", error.to_string()),
    }
}

/// The event that EventBridge would deliver for an entry, or every fault of it.
fn delivered(entry: &Value, id: &str) -> Result<Value, Vec<String>> {
    let mut faults = Vec::new();
    let mut text = |name: &str| {
        let text = entry[name].as_str().unwrap_or_default();
        if text.trim().is_empty() {
            faults.push(format!("{name} is required and must be a text"));
        }
        text.to_owned()
    };
    let (source, detail_type, detail) = (text("Source"), text("DetailType"), text("Detail"));
    let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
    if !detail.is_object() {
        faults.push("Detail must be a JSON object, written as a text".to_owned());
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(json!({
        "version": "0", "id": id, "source": source, "detail-type": detail_type,
        "account": ACCOUNT, "region": REGION, "time": time(&entry["Time"]).to_string(),
        "resources": entry["Resources"], "detail": detail,
    }))
}

/// AWS's clients write times as seconds; what is no time is now.
fn time(value: &Value) -> Timestamp {
    let seconds = value.as_f64().filter(|seconds| seconds.is_finite());
    let read = seconds
        .and_then(|seconds| Timestamp::from_millisecond((seconds * 1_000.0) as i64).ok())
        .or_else(|| value.as_str()?.parse().ok());
    read.unwrap_or_else(Timestamp::now)
}

/// An id as EventBridge makes them.
fn new_id() -> String {
    let [a, b, c, d, e, f, g, h]: [u16; 8] = rand::random();
    format!("{a:04x}{b:04x}-{c:04x}-{d:04x}-{e:04x}-{f:04x}{g:04x}{h:04x}")
}
