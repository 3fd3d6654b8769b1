//! From what a service said to an event of Carillon.

use carillon_domain::{Capture, Event};
use jiff::Timestamp;

use crate::CaptureError;
use crate::envelope::Envelope;
use crate::noise::{Noise, Wanted};
use crate::organizations::Organizations;
use crate::report::{Report, Verdict};
use crate::{passthrough, services};

/// What an EventBridge event comes to.
#[derive(Debug)]
pub(crate) enum Meaning {
    News(Box<Event>),
    /// A kind of noise that nobody wants told.
    Noise(Noise),
    /// It says nothing that another event does not.
    Repeats(&'static str),
}

pub(crate) fn read(
    envelope: &Envelope,
    organizations: &Organizations,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Meaning, CaptureError> {
    let malformed = |faults| CaptureError::Malformed {
        detail_type: match envelope.detail_type.as_str() {
            // What is passed on need not have one.
            "" => envelope.source.clone(),
            detail_type => detail_type.to_owned(),
        },
        faults,
    };
    if envelope.source == passthrough::SOURCE {
        let event = passthrough::read(envelope, organizations, now).map_err(malformed)?;
        return Ok(Meaning::News(Box::new(event)));
    }
    let Some(read) = services::read(envelope) else {
        return Err(CaptureError::Unknown {
            source_name: envelope.source.clone(),
            detail_type: envelope.detail_type.clone(),
        });
    };
    Ok(match read.map_err(malformed)? {
        Verdict::Tell(report) => {
            Meaning::News(Box::new(told(envelope, organizations, report, now)))
        }
        Verdict::Quiet(noise, report) if wanted.has(noise) => {
            Meaning::News(Box::new(told(envelope, organizations, report, now)))
        }
        Verdict::Quiet(noise, _) => Meaning::Noise(noise),
        Verdict::Repeats(reason) => Meaning::Repeats(reason),
    })
}

fn told(
    envelope: &Envelope,
    organizations: &Organizations,
    report: Report,
    now: Timestamp,
) -> Event {
    let account = report.account.or_else(|| envelope.account.clone());
    let capture = Capture {
        organization: organizations.pick(account.as_deref(), &report.tags),
        now,
        fallback_id: envelope.event_id(),
    };
    let details = report.details.into_iter();
    let details = details.map(|(name, value)| (name.to_owned(), value));
    let account = account.map(|account| ("account".to_owned(), account));
    let event = Event {
        status: report.status,
        occurred_at: envelope.time.unwrap_or(now),
        resource: Some(report.resource),
        provider: Some("aws".into()),
        region: report.region.or_else(|| envelope.region.clone()),
        actor: report.actor,
        message: report.message,
        correlation_id: report.correlation,
        details: details.chain(account).collect(),
        ..Event::bare(report.event_type, capture)
    };
    event.fitted()
}
