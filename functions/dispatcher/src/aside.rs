//! Setting aside, for people, what cannot be dispatched.

use carillon_domain::Event;
use carillon_runtime::stream::Record;
use serde_json::{Value, json};

use crate::Dispatcher;

impl Dispatcher {
    /// Keeps what webhooks miss whose registrations cannot be read, or handled: whether they want
    /// it, nobody knows. False where it could not be kept.
    pub(crate) async fn report(&self, event: &Event, webhooks: &[String], reason: &str) -> bool {
        if webhooks.is_empty() {
            return true;
        }
        let event_id = event.id.as_str();
        tracing::error!(
            event_id,
            ?webhooks,
            reason,
            "not dispatched to these webhooks"
        );
        let missed = json!({
            "organization": event.organization, "event_id": event.id, "webhooks": webhooks,
        });
        self.keep(reason, &missed).await.unwrap_or(true)
    }

    /// Reports a record that nobody here can make anything of, so that those behind it need
    /// not wait until the stream has given it up. Its position says where to find it; what it
    /// holds stays there.
    pub(crate) async fn set_aside(&self, record: &Record, reason: &str) -> bool {
        let sequence_number = record.position.sequence_number.as_str();
        tracing::error!(
            sequence_number,
            reason,
            "a stream record cannot be dispatched"
        );
        let position = record.position.to_json();
        self.keep(reason, &position).await.unwrap_or(false)
    }

    /// Whether it was kept; none where there is no place for it.
    async fn keep(&self, reason: &str, what: &Value) -> Option<bool> {
        let kept = self
            .failures
            .as_ref()?
            .keep("dispatcher", reason, what)
            .await;
        let kept = kept.inspect_err(|error| tracing::error!(%error, %what, "it could not be kept"));
        Some(kept.is_ok())
    }
}
