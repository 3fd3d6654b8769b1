//! The event: something that happened, immutable once captured.

mod described;
mod fit;
mod foreign;
mod loose;
mod parts;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::event_type::EventType;
use crate::ids::{EventId, OrganizationId};
use crate::named::named;
use crate::trace::TraceParent;

pub use described::{NEW_EVENT, PublishableType, kept};
pub use fit::CHANGES_LEFT_OUT;
pub use parts::{Cost, ResourceRule};

/// The longest a name, a place or a person may be, in characters.
pub const MAX_NAME: usize = 256;
/// The longest free text, in characters.
pub const MAX_MESSAGE: usize = 10_000;
/// The longest URL, in characters: what both platforms take.
pub const MAX_URL: usize = 2_000;
/// How many changed attributes an event can name.
pub const MAX_CHANGES: usize = 100;
/// How many details an event can carry.
pub const MAX_DETAILS: usize = 20;
/// The longest name of a detail, in characters.
pub(crate) const MAX_DETAIL_NAME: usize = 100;
/// The longest value of a detail, in characters.
pub const MAX_DETAIL: usize = 1_024;
/// The largest an event may be as JSON, in bytes.
pub const MAX_EVENT_BYTES: usize = 16 * 1_024;

/// The type of resource whose deploys are builds.
pub const BUILD: &str = "AWS::CodeBuild::Project";
/// The detail that says in a word or two what a `scale` did, or what a notice is about.
pub const CHANGE: &str = "change";

named! {
    Status "EventStatus" "How an operation stands" {
        Started "started",
        Succeeded "succeeded",
        Failed "failed",
    }
}

named! {
    #[derive(PartialOrd, Ord)]
    Severity "Severity" "How much an event matters" {
        Info "info",
        Warning "warning",
        Error "error",
        Critical "critical",
    }
}

/// What an event is about.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    #[serde(rename = "type")]
    pub resource_type: Option<String>,
    pub id: Option<String>,
    pub name: Option<String>,
    /// Where to look at it; http or https.
    pub url: Option<String>,
}

named! {
    Period "Period" "What a cost is per" {
        Hour "hour",
        Day "day",
        Month "month",
        Year "year",
    }
}

/// An estimated cost. The amount is a decimal string, never a float.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimatedCost {
    pub amount: String,
    /// ISO 4217: three capital letters.
    pub currency: String,
    pub period: Option<Period>,
}

/// Something that happened. Unique by (organization, id).
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub id: EventId,
    #[serde(rename = "type")]
    pub event_type: EventType,
    pub status: Option<Status>,
    /// When it happened, as the source says.
    pub occurred_at: Timestamp,
    /// When Carillon captured it.
    pub received_at: Timestamp,
    pub organization: OrganizationId,
    pub environment: Option<String>,
    pub project: Option<String>,
    pub resource: Option<Resource>,
    pub provider: Option<String>,
    /// The provider's account, such as the 12 digits of one of AWS.
    pub account: Option<String>,
    pub region: Option<String>,
    pub severity: Option<Severity>,
    pub estimated_cost: Option<EstimatedCost>,
    pub actor: Option<String>,
    pub message: Option<String>,
    /// Groups the events of one operation.
    pub correlation_id: Option<String>,
    /// The trace that it belongs to.
    pub traceparent: Option<TraceParent>,
    #[serde(default)]
    pub dry_run: bool,
    /// Names of changed attributes, never their values.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changes: Vec<String>,
    /// Further facts, shown as fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub details: BTreeMap<String, String>,
}

/// What the capturing side knows and the event need not say.
#[derive(Debug, Clone)]
pub struct Capture {
    pub organization: OrganizationId,
    pub now: Timestamp,
    /// The id of an event that comes without one.
    pub fallback_id: EventId,
}

impl Event {
    /// An event with nothing but its type, for sources that fill in what they know.
    pub fn bare(event_type: EventType, capture: Capture) -> Self {
        Self {
            id: capture.fallback_id,
            event_type,
            status: None,
            occurred_at: capture.now,
            received_at: capture.now,
            organization: capture.organization,
            environment: None,
            project: None,
            resource: None,
            provider: None,
            account: None,
            region: None,
            severity: None,
            estimated_cost: None,
            actor: None,
            message: None,
            correlation_id: None,
            traceparent: None,
            dry_run: false,
            changes: Vec::new(),
            details: BTreeMap::new(),
        }
    }

    /// It as it looks once its operation has ended with another event.
    #[must_use]
    pub fn ended_by(&self, end: &Self) -> Self {
        Self {
            event_type: end.event_type,
            status: end.status,
            severity: end.severity,
            ..self.clone()
        }
    }

    /// Whether both tell of the same being done to the same thing.
    pub fn is_of_same_operation(&self, other: &Self) -> bool {
        let thing = |event: &Self| {
            let resource = event.resource.as_ref()?;
            resource.id.clone().or_else(|| resource.name.clone())
        };
        self.event_type == other.event_type
            && self.dry_run == other.dry_run
            && thing(self) == thing(other)
    }

    /// The resource's type, for filters.
    pub fn resource_type(&self) -> Option<&str> {
        self.resource.as_ref()?.resource_type.as_deref()
    }
}

/// Whether a text is an http(s) URL that can be put into a message as it stands.
pub fn is_web_url(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && url::Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn an_operation_is_the_same_being_done_to_the_same_thing() {
        let begun = sample::event(EventType::Deploy);
        let of = |change: fn(&mut Event)| {
            let mut end = begun.clone();
            end.status = Some(Status::Failed);
            change(&mut end);
            begun.is_of_same_operation(&end)
        };
        assert!(of(|end| end.actor = None));
        assert!(!of(|end| end.event_type = EventType::Scale));
        assert!(!of(|end| end.dry_run = true));
        assert!(!of(|end| end.resource = None));
        assert!(!of(|end| {
            let resource = end.resource.as_mut().unwrap();
            resource.id = Some("another".into());
        }));
    }
}
