//! From what a service said to an event of Carillon.

use carillon_domain::{Capture, Event, EventId};
use jiff::Timestamp;

use crate::envelope::{Envelope, PASSED_ON};
use crate::noise::Noise;
use crate::report::{Report, Verdict};
use crate::story::{Story, Turn};
use crate::{CaptureError, Rules};
use crate::{other, passthrough, services};

/// What an EventBridge event comes to.
#[derive(Debug)]
pub(crate) enum Meaning {
    /// An event, and its part in a story.
    News(Box<Event>, Option<Story>),
    /// A kind of noise that nobody wants told.
    Noise(Noise),
    /// It says nothing that another event does not.
    Repeats(&'static str),
}

pub(crate) fn read(
    envelope: &Envelope,
    rules: &Rules,
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
    if envelope.source == PASSED_ON {
        let mut event =
            passthrough::read(envelope, &rules.organizations, now).map_err(malformed)?;
        event.account = event.account.or_else(|| envelope.account.clone());
        let environment = || rules.places.environment(event.account.as_deref(), &[]);
        event.environment = event.environment.take().or_else(environment);
        return Ok(Meaning::News(Box::new(event), None));
    }
    let verdict = match services::read(envelope) {
        Some(read) => read.map_err(malformed)?,
        None if rules.tell_other && envelope.source.starts_with("aws.") => {
            Verdict::Tell(other::read(envelope))
        }
        None => {
            return Err(CaptureError::Unknown {
                source_name: envelope.source.clone(),
                detail_type: envelope.detail_type.clone(),
            });
        }
    };
    Ok(match verdict {
        Verdict::Tell(report) => told(envelope, rules, report, now),
        Verdict::Quiet(noise, mut report) if rules.noise.has(noise) => {
            // Whoever wants noise told wants it told where it is no news, too.
            if let Some(story) = &mut report.story
                && story.turn == Turn::EndsOnly
            {
                story.turn = Turn::Ends;
            }
            told(envelope, rules, report, now)
        }
        Verdict::Quiet(noise, _) => Meaning::Noise(noise),
        Verdict::Repeats(reason) => Meaning::Repeats(reason),
    })
}

fn told(envelope: &Envelope, rules: &Rules, report: Report, now: Timestamp) -> Meaning {
    let account = report.account.or_else(|| envelope.account.clone());
    let organization = rules.organizations.pick(account.as_deref(), &report.tags);
    let own_id = |key: String| EventId::from_source("aws", &key);
    let capture = Capture {
        organization,
        now,
        fallback_id: report.key.map_or_else(|| envelope.event_id(), own_id),
    };
    // A story's own correlation id, until it is known whether it joins another.
    let of_story = |story: &Story| format!("{} {}", story.key, envelope.written_time());
    let correlation = report.correlation;
    let correlation = correlation.or_else(|| report.story.as_ref().map(of_story));
    let details = report.details.into_iter();
    let details = details.map(|(name, value)| (name.to_owned(), value));
    let event = Event {
        status: report.status,
        severity: Some(report.severity),
        occurred_at: envelope.time.unwrap_or(now),
        environment: rules.places.environment(account.as_deref(), &report.tags),
        project: rules.places.project(&report.tags),
        resource: Some(report.resource),
        provider: Some("aws".into()),
        account,
        region: report.region.or_else(|| envelope.region.clone()),
        actor: report.actor,
        message: report.message,
        estimated_cost: report.estimated_cost,
        correlation_id: correlation,
        details: details.collect(),
        ..Event::bare(report.event_type, capture)
    };
    Meaning::News(Box::new(event.fitted()), report.story)
}
