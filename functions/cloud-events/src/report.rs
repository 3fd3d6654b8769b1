//! What a service's event says, before it is an event of Carillon.

use carillon_domain::{EventType, Resource, Status};

use crate::noise::Noise;

/// Whether an AWS event is told.
#[derive(Debug)]
pub(crate) enum Verdict {
    Tell(Report),
    /// Only told where the deployment asks for this noise.
    Quiet(Noise, Report),
    /// Never told: it says nothing that another event does not.
    Repeats(&'static str),
}

impl Verdict {
    /// Quiet as `noise` if it is any, told otherwise.
    pub fn of(noise: Option<Noise>, report: Report) -> Self {
        match noise {
            Some(noise) => Self::Quiet(noise, report),
            None => Self::Tell(report),
        }
    }
}

/// What happened, in Carillon's words. Texts may still be of any length.
#[derive(Debug)]
pub(crate) struct Report {
    pub event_type: EventType,
    pub status: Option<Status>,
    pub resource: Resource,
    pub message: Option<String>,
    pub actor: Option<String>,
    /// The same for all states of one operation.
    pub correlation: Option<String>,
    /// Where it happened, if not where the event was sent from.
    pub region: Option<String>,
    /// Whom it happened to, if not the account that the event was sent from.
    pub account: Option<String>,
    pub details: Vec<(&'static str, String)>,
    /// Tags of the resource, where the event has them.
    pub tags: Vec<(String, String)>,
}

impl Report {
    pub fn new(event_type: EventType, status: impl Into<Option<Status>>) -> Self {
        Self {
            event_type,
            status: status.into(),
            resource: Resource::default(),
            message: None,
            actor: None,
            correlation: None,
            region: None,
            account: None,
            details: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// Adds a detail if there is anything to say.
    pub fn detail(&mut self, name: &'static str, value: Option<String>) {
        self.details.extend(value.map(|value| (name, value)));
    }
}
