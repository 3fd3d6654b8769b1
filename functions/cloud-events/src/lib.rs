//! AWS itself: what EventBridge tells becomes an event.
//!
//! An event that repeats gives the same id, which the events table has already. An event
//! that cannot be read is an error, so that it ends at the failure destination; one that
//! is no news (an intermediate state) is skipped.

mod cloudformation;

use carillon_aws::{EventStore, Stored};
use carillon_domain::{Capture, Event, EventId, OrganizationId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// An event as EventBridge delivers it.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope {
    id: String,
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    time: Option<Timestamp>,
    #[serde(default)]
    detail: Value,
}

/// Why an event was not captured.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("not an EventBridge event: {0}")]
    Envelope(serde_json::Error),
    #[error("{detail_type} of {source_name} is not one of the events that Carillon knows")]
    Unknown {
        source_name: String,
        detail_type: String,
    },
    #[error("the detail of {detail_type} cannot be read: {cause}")]
    Detail {
        detail_type: String,
        cause: serde_json::Error,
    },
    #[error(transparent)]
    Store(#[from] carillon_aws::Error),
}

/// What became of an EventBridge event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Captured {
    /// It is stored under this id, now or from before.
    Stored(EventId),
    /// It is a state that is no news.
    Skipped,
}

/// The handler; one for a process.
pub struct CloudEvents {
    events: EventStore,
    organization: OrganizationId,
}

impl CloudEvents {
    pub fn new(events: EventStore, organization: OrganizationId) -> Self {
        Self {
            events,
            organization,
        }
    }

    /// Captures an event.
    ///
    /// # Errors
    /// Where it is malformed or unknown, or cannot be stored.
    pub async fn handle(&self, payload: Value) -> Result<(), CaptureError> {
        self.capture(payload).await.map(drop)
    }

    /// As [`handle`](Self::handle), telling what became of it.
    ///
    /// # Errors
    /// Where it is malformed or unknown, or cannot be stored.
    pub async fn capture(&self, payload: Value) -> Result<Captured, CaptureError> {
        let envelope: Envelope = serde_json::from_value(payload).map_err(CaptureError::Envelope)?;
        let source_id = envelope.id.as_str();
        let Some(event) = map(&envelope, &self.organization, Timestamp::now())? else {
            tracing::info!(source_id, "skipped: an intermediate state");
            return Ok(Captured::Skipped);
        };
        let stored = self.events.put(&event).await?;
        let event_id = event.id.as_str();
        let event_type = event.event_type.as_str();
        let duplicate = stored == Stored::Duplicate;
        tracing::info!(source_id, event_id, event_type, duplicate, "captured");
        Ok(Captured::Stored(event.id))
    }
}

/// The event that an EventBridge event stands for; none where it is no news.
fn map(
    envelope: &Envelope,
    organization: &OrganizationId,
    now: Timestamp,
) -> Result<Option<Event>, CaptureError> {
    let capture = Capture {
        organization: organization.clone(),
        now,
        fallback_id: EventId::from_source("aws", &envelope.id),
    };
    match (envelope.source.as_str(), envelope.detail_type.as_str()) {
        ("aws.cloudformation", "CloudFormation Stack Status Change") => {
            cloudformation::stack_status(envelope, capture)
        }
        (source, detail_type) => Err(CaptureError::Unknown {
            source_name: source.to_owned(),
            detail_type: detail_type.to_owned(),
        }),
    }
}
