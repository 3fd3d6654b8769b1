//! AWS itself: what EventBridge tells becomes an event.
//!
//! An event that repeats gives the same id, which the events table has already. Another
//! event under an id that is there already, as hand-written ones have it, is no repeat: it
//! gets an id of its own. What is no news by the deployment's settings is counted (metric
//! `Skipped`). An event that Carillon
//! does not know or cannot read is counted (`Refused`) and kept among the failures with
//! the reason: trying again would change nothing, so it is not tried again. Only a fault of
//! AWS is: the event stays in the queue that EventBridge puts it into, for days.
//!
//! Where a service names no operation, a story does ([`story`]): recalled before the event is
//! stored, remembered or forgotten after. A crash between any two of these makes a repeat,
//! which finds the event stored and does the rest.

mod console;
mod detail;
mod envelope;
mod event;
mod kinds;
mod noise;
mod organizations;
mod other;
mod passthrough;
mod places;
mod queue;
mod report;
mod services;
mod story;

use std::sync::Arc;

use carillon_aws::{EventStore, Failures, Ledger};
use carillon_domain::{Event, EventId, Faults, OrganizationId};
use carillon_runtime::metrics::{CAPTURED, REFUSED, SKIPPED};
use carillon_runtime::{Metrics, Settings};
use jiff::Timestamp;
use serde_json::Value;

use envelope::Envelope;
use event::Meaning;
use services::codepipeline;
use story::Story;

pub use noise::{Noise, Wanted};
pub use organizations::Organizations;
pub use places::Places;

/// Why an event was not captured.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("not an EventBridge event: {0}")]
    Envelope(Faults),
    #[error("{detail_type} of {source_name} is not one of the events that Carillon knows")]
    Unknown {
        source_name: String,
        detail_type: String,
    },
    #[error("{detail_type} cannot be read: {faults}")]
    Malformed { detail_type: String, faults: Faults },
    #[error(transparent)]
    Store(#[from] carillon_aws::Error),
}

impl CaptureError {
    /// Whether it is the event's fault: it would fail again the same way.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Envelope(_) | Self::Unknown { .. } | Self::Malformed { .. } => true,
            Self::Store(error) => error.is_final(),
        }
    }

    /// Every fault of the event, where it is a question of its form.
    pub fn faults(&self) -> Option<&Faults> {
        match self {
            Self::Envelope(faults) | Self::Malformed { faults, .. } => Some(faults),
            Self::Unknown { .. } | Self::Store(_) => None,
        }
    }

    /// For metrics.
    fn reason(&self) -> &'static str {
        match self {
            Self::Envelope(_) => "no_event",
            Self::Unknown { .. } => "unknown",
            Self::Malformed { .. } => "malformed",
            Self::Store(_) => "not_storable",
        }
    }
}

/// What became of an EventBridge event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Captured {
    /// It is stored under this id, now or, as a duplicate, from before.
    Stored { id: EventId, duplicate: bool },
    /// It is no news, for this reason.
    Skipped(&'static str),
}

/// What a deployment can choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub organizations: Organizations,
    pub places: Places,
    pub noise: Wanted,
    /// Whether events of AWS are told that Carillon does not know.
    pub tell_other: bool,
}

impl Rules {
    /// Reads `ACCOUNT_ORGANIZATIONS`, `ORGANIZATION_TAG`, `ACCOUNT_ENVIRONMENTS`,
    /// `ENVIRONMENT_TAG`, `PROJECT_TAG`, `CLOUD_NOISE` and `CLOUD_OTHER`; all accounts
    /// that are not named belong to `default`. None where there is no default; all faults
    /// of the settings are found nevertheless.
    pub fn from_settings(settings: &mut Settings, default: Option<OrganizationId>) -> Option<Self> {
        let organizations = Organizations::from_settings(settings, default);
        let places = Places::from_settings(settings);
        let noise = settings.checked("CLOUD_NOISE", Wanted::parse);
        let other = settings.checked("CLOUD_OTHER", tells_other);
        Some(Self {
            organizations: organizations?,
            places,
            noise: noise.unwrap_or_default(),
            tell_other: other.unwrap_or_default(),
        })
    }
}

fn tells_other(text: &str) -> Result<bool, String> {
    match text.trim() {
        "tell" => Ok(true),
        "refuse" => Ok(false),
        other => Err(format!("`{other}` is neither `tell` nor `refuse`")),
    }
}

/// The handler; one for a process.
pub struct CloudEvents {
    events: EventStore,
    rules: Rules,
    failures: Option<Arc<dyn Failures>>,
    stories: Option<Ledger>,
    metrics: Metrics,
}

impl CloudEvents {
    /// Where nothing keeps failures, an event of no use fails the function.
    pub fn new(events: EventStore, rules: Rules, failures: Option<Arc<dyn Failures>>) -> Self {
        Self {
            events,
            rules,
            failures,
            stories: None,
            metrics: Metrics::from_environment(),
        }
    }

    /// Without stories, events of which the service names no operation stand alone.
    #[must_use]
    pub fn with_stories(self, stories: Ledger) -> Self {
        Self {
            stories: Some(stories),
            ..self
        }
    }

    /// Captures an event, or keeps it among the failures if that can never be done.
    ///
    /// # Errors
    /// Where trying again may help, and where nothing keeps what is of no use: the queue then
    /// does.
    pub async fn handle(&self, payload: Value) -> Result<(), CaptureError> {
        match self.take(payload).await {
            Err(error) if error.is_final() && self.failures.is_some() => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    /// As [`handle`](Self::handle), telling what became of the event, and also why it was
    /// of no use.
    ///
    /// # Errors
    /// Where it is malformed or unknown, or cannot be stored.
    pub async fn take(&self, payload: Value) -> Result<Captured, CaptureError> {
        let metrics = &self.metrics;
        let captured = self.capture(payload.clone()).await;
        match &captured {
            Ok(Captured::Stored { duplicate, .. }) => {
                metrics.add(CAPTURED, &[if *duplicate { "duplicate" } else { "new" }]);
            }
            Ok(Captured::Skipped(reason)) => metrics.add(SKIPPED, &[reason]),
            Err(error) if error.is_final() => metrics.add(REFUSED, &[error.reason()]),
            Err(_) => {}
        }
        metrics.emit();
        if let Err(error) = &captured
            && error.is_final()
        {
            self.keep(error, &payload).await?;
        }
        captured
    }

    async fn keep(&self, error: &CaptureError, payload: &Value) -> Result<(), CaptureError> {
        let source_id = payload["id"].as_str();
        tracing::warn!(source_id, %error, "an event can never be told");
        if let Some(failures) = &self.failures {
            let reason = error.to_string();
            failures.keep("cloud-events", &reason, payload).await?;
        }
        Ok(())
    }

    async fn capture(&self, payload: Value) -> Result<Captured, CaptureError> {
        let envelope = Envelope::read(payload).map_err(CaptureError::Envelope)?;
        match event::read(&envelope, &self.rules, Timestamp::now())? {
            Meaning::News(event, story) => self.tell(&envelope, *event, story).await,
            Meaning::Noise(noise) => Ok(skipped(&envelope, noise.name())),
            Meaning::Repeats(reason) => Ok(skipped(&envelope, reason)),
        }
    }

    /// Stores an event in its story.
    async fn tell(
        &self,
        envelope: &Envelope,
        mut event: Event,
        story: Option<Story>,
    ) -> Result<Captured, CaptureError> {
        let Some(story) = story else {
            return self.store(envelope, event, false).await;
        };
        let (organization, now) = (event.organization.clone(), event.received_at);
        let open = match &self.stories {
            Some(stories) => stories.story(&organization, &story.key, now).await?,
            None => None,
        };
        let Some(next) = story.tell(open, &mut event) else {
            return Ok(skipped(envelope, "nothing new in its story"));
        };
        let correlation = event.correlation_id.clone().unwrap_or_default();
        let captured = self.store(envelope, event, true).await?;
        if let Some(stories) = &self.stories {
            for key in &next.remember {
                stories
                    .put_story(&organization, key, &correlation, now)
                    .await?;
            }
            for key in &next.forget {
                stories.end_story(&organization, key).await?;
            }
        }
        Ok(captured)
    }

    async fn store(
        &self,
        envelope: &Envelope,
        mut event: Event,
        in_story: bool,
    ) -> Result<Captured, CaptureError> {
        let mut there = self.events.put(&event).await?;
        if let Some(stored) = &there
            && (envelope.is_another_than(stored, &event, in_story)
                || codepipeline::says_why(stored, &event))
        {
            event.id = envelope.alternative_id();
            there = self.events.put(&event).await?;
        }
        let duplicate = there.is_some();
        let (source_id, event_id) = (envelope.id.as_str(), event.id.as_str());
        let event_type = event.event_type.as_str();
        tracing::info!(source_id, event_id, event_type, duplicate, "captured");
        Ok(Captured::Stored {
            id: event.id,
            duplicate,
        })
    }
}

fn skipped(envelope: &Envelope, reason: &'static str) -> Captured {
    tracing::info!(source_id = envelope.id, reason, "skipped");
    Captured::Skipped(reason)
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod foreign;
