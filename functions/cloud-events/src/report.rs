//! What a service's event says, before it is an event of Carillon.

use carillon_domain::{EstimatedCost, EventType, Resource, Severity, Status};

use crate::noise::Noise;
use crate::story::Story;

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

/// What happened, in Carillon's words. Texts may still be of any length, or blank.
#[derive(Debug)]
pub(crate) struct Report {
    pub event_type: EventType,
    /// None where nothing has begun or ended, and where nobody can know how it stands.
    pub status: Option<Status>,
    pub severity: Severity,
    pub resource: Resource,
    pub message: Option<String>,
    pub actor: Option<String>,
    /// The same for all states of one operation.
    pub correlation: Option<String>,
    /// What its service knows it by, where other events of EventBridge say the same.
    pub key: Option<String>,
    pub story: Option<Story>,
    /// Where it happened, if not where the event was sent from.
    pub region: Option<String>,
    /// Whom it happened to, if not the account that the event was sent from.
    pub account: Option<String>,
    pub estimated_cost: Option<EstimatedCost>,
    pub details: Vec<(&'static str, String)>,
    /// Tags of the resource, where the event has them.
    pub tags: Vec<(String, String)>,
}

impl Report {
    pub fn new(event_type: EventType, status: impl Into<Option<Status>>) -> Self {
        let status = status.into();
        Self {
            event_type,
            status,
            severity: severity(event_type, status),
            resource: Resource::default(),
            message: None,
            actor: None,
            correlation: None,
            key: None,
            story: None,
            region: None,
            account: None,
            estimated_cost: None,
            details: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// Adds a detail if there is anything to say.
    pub fn detail(&mut self, name: &'static str, value: Option<String>) {
        self.details.extend(value.map(|value| (name, value)));
    }
}

/// The texts that there are, one after the other; none where there is nothing.
pub(crate) fn joined<const N: usize>(
    texts: [Option<String>; N],
    separator: &str,
) -> Option<String> {
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    (!texts.is_empty()).then(|| texts.join(separator))
}

/// How much it matters where nothing says so. The end of trouble matters as much as the
/// trouble, so that a filter that lets one in lets in the other.
fn severity(event_type: EventType, status: Option<Status>) -> Severity {
    match (event_type, status) {
        (EventType::Error, None) => Severity::Warning,
        (EventType::Error, Some(_)) | (_, Some(Status::Failed)) => Severity::Error,
        _ => Severity::Info,
    }
}
