//! What an event is called: the same words on every platform.

mod subject;

pub(crate) use carillon_domain::Tone;
use carillon_domain::event::{BUILD, CHANGE};
use carillon_domain::text::{Escaped, capitalized, fit, length};
use carillon_domain::{Event, EventType, Severity, Status};

use self::subject::{MAX_PLACE, MAX_SUBJECT, Subject, place, subject, subject_of};
use crate::facts::{changed, that_fit, visible, visible_line};

/// The longest that a message gets, before it is escaped, which the headline says in full.
const MAX_TOLD: usize = MAX_SUBJECT / 2;
/// The longest size that something was scaled from or to.
const MAX_SIZE: usize = 14;
/// The longest that an owner's title gets in a headline, once escaped.
const MAX_TITLE: usize = 150;
/// The longest that a headline gets: the names above and our own words around them.
#[cfg(test)]
pub(crate) const MAX_HEADLINE: usize = 256;

/// The longest that the headlines in a digest's one line get together: the first one at least.
const MAX_DIGEST_LINE: usize = 400;

/// The type of resource of a suspension that several webhooks share.
const CREDENTIAL: &str = "credential";

/// Says plainly what a dry run did.
pub(crate) const DRY_RUN: &str = "Dry run: nothing was changed";

fn emoji(tone: Tone, event_type: EventType) -> &'static str {
    use EventType as Type;
    match (tone, event_type) {
        (Tone::DryRun, _) => "🧪",
        (Tone::Notice, _) => "ℹ️",
        (Tone::Warning, _) => "⚠️",
        (Tone::Mending, _) => "🩹",
        (Tone::Failed, Type::Error) => "🚨",
        (Tone::Failed, Type::WebhookSuspended) => "🔕",
        (Tone::Failed, Type::WebhookFailing) => "⚠️",
        (Tone::Failed, _) => "❌",
        (Tone::Succeeded, _) => "✅",
        (Tone::Started, Type::Deploy) => "🚀",
        (Tone::Started, _) => "⏳",
        (Tone::Destroyed, _) => "🗑️",
        (Tone::Changed, Type::Ping) => "🔔",
        (
            Tone::Changed,
            Type::ParameterCreated
            | Type::ProjectCreated
            | Type::EnvironmentCreated
            | Type::ValueCreated,
        ) => "➕",
        (Tone::Changed, _) => "✏️",
    }
}

/// One line that says what happened, to what and where: good for a lock screen.
///
/// `escape` goes over every part that comes from the event, so that nothing but our own
/// words has a meaning to the platform.
pub(crate) fn headline(event: &Event, escape: impl Fn(&str) -> Escaped) -> String {
    let escape = &escape;
    let words = match event.event_type {
        EventType::Ping => "Test message from Carillon".to_owned(),
        EventType::Deploy | EventType::Destroy | EventType::Scale | EventType::Error => {
            operation(event, escape)
        }
        EventType::WebhookFailing => failing(event, escape),
        EventType::WebhookSuspended => suspended(event, escape),
        _ => entity(event, escape),
    };
    signed(event, &words)
}

/// As [`headline`], in words of the webhook's owner's.
pub(crate) fn titled(event: &Event, title: &str, escape: impl Fn(&str) -> Escaped) -> String {
    signed(event, &fit(title, MAX_TITLE, escape))
}

/// Words with the sign of the outcome before them.
fn signed(event: &Event, words: &str) -> String {
    let emoji = emoji(Tone::of(event), event.event_type);
    match event.dry_run {
        true => format!("{emoji} Dry run: {words}"),
        false => format!("{emoji} {words}"),
    }
}

/// One line that says what a digest has: how many events, and the first of their headlines.
pub(crate) fn digest_line(headlines: impl ExactSizeIterator<Item = String>) -> String {
    let count = headlines.len();
    let (shown, more) = that_fit(headlines, usize::MAX, MAX_DIGEST_LINE, |line| {
        length(line) + 3
    });
    let more = match more {
        0 => String::new(),
        more => format!(" · and {more} more"),
    };
    format!("{count} events: {}{more}", shown.join(" · "))
}

/// What an event says in its own words, below its headline, unless that has said it in full.
pub(crate) fn message(event: &Event) -> Option<String> {
    let message = event.message.as_deref().and_then(visible)?;
    let is_told = matches!(subject_of(event), Some(Subject::Line(line)) if line == message);
    (!is_told || length(&message) > MAX_TOLD).then_some(message)
}

/// What happened, whether that takes what it happened to as its object or stands before a colon,
/// and what stands before the place.
fn verb(event: &Event) -> (String, bool, &'static str) {
    use EventType as Type;
    let is_build = event.resource_type() == Some(BUILD);
    // What it is called, what would be done, what is being done, and what was.
    let (name, would, doing, done) = match event.event_type {
        Type::Deploy if is_build && (is_plan(event) || event.status.is_some()) => {
            ("Build", "build", "Building", "Built")
        }
        Type::Deploy => ("Deploy", "deploy", "Deploying", "Deployed"),
        Type::Destroy => ("Destroy", "destroy", "Destroying", "Destroyed"),
        Type::Scale => ("Scaling", "scale", "Scaling", "Scaled"),
        _ => return (trouble(event).to_owned(), false, "in"),
    };
    let preposition = if name == "Deploy" { "to" } else { "in" };
    let (what, object) = match (event.status, Tone::without_status(event)) {
        _ if is_plan(event) => (format!("would {would}"), true),
        // What is neither trouble nor success.
        (None, Some(Tone::Warning)) => return (format!("{name} warning"), false, "in"),
        (None, Some(_)) => return (format!("{name} notice"), false, "in"),
        (None, None) => (name.to_owned(), false),
        (Some(Status::Started), _) => (doing.to_owned(), true),
        (Some(Status::Succeeded), _) => (done.to_owned(), true),
        (Some(Status::Failed), _) => (format!("{name} failed"), false),
    };
    (what, object, preposition)
}

/// What is said of an error.
fn trouble(event: &Event) -> &'static str {
    match (event.status, event.severity) {
        (None, _) => match Tone::without_status(event) {
            Some(Tone::Warning) => "Warning",
            Some(_) => "Notice",
            None => "Error",
        },
        (Some(Status::Succeeded), Some(Severity::Info)) => "Notice closed",
        (Some(Status::Succeeded), Some(Severity::Warning)) => "Warning resolved",
        (Some(Status::Succeeded), _) => "Error resolved",
        (Some(Status::Started), _) => "In trouble, being mended",
        (Some(Status::Failed), _) => "Error",
    }
}

/// "Deployed billing-db to billing / production".
fn operation(event: &Event, escape: &impl Fn(&str) -> Escaped) -> String {
    let (what, object, preposition) = verb(event);
    let (subject, place) = (subject(event, escape), place(event, escape));
    let is_line = matches!(subject_of(event), Some(Subject::Line(_)));
    // A line of a message is no object of our verb.
    let (object, preposition) = match is_line {
        true => (false, "in"),
        false => (object, preposition),
    };
    let subject = subject.map(|subject| match change(event, object, escape) {
        Some(how) => format!("{subject} {how}"),
        None => subject,
    });
    let separator = if object { "" } else { ":" };
    match (subject, place) {
        (Some(subject), Some(place)) => {
            format!("{what}{separator} {subject} {preposition} {place}")
        }
        (Some(subject), None) => format!("{what}{separator} {subject}"),
        (None, Some(place)) if object => format!("{what} {preposition} {place}"),
        (None, Some(place)) => format!("{what}: {place}"),
        (None, None) => what,
    }
}

/// Whether an event tells of what would happen.
fn is_plan(event: &Event) -> bool {
    event.dry_run && event.status != Some(Status::Failed)
}

/// "(launch, warm pool)", "from 2 tasks to 6 tasks", "(waits for an approval)": what a `scale` did
/// or a notice is about, as far as it says so.
fn change(event: &Event, object: bool, escape: &impl Fn(&str) -> Escaped) -> Option<String> {
    let is_scale = event.event_type == EventType::Scale;
    if !is_scale && Tone::without_status(event).is_none() {
        return None;
    }
    let part = |name: &str, most: usize| {
        let text = visible_line(event.details.get(name)?)?;
        Some(fit(&text, most, escape))
    };
    if let Some(change) = part(CHANGE, MAX_PLACE) {
        return Some(format!("({change})"));
    }
    if !is_scale {
        return None;
    }
    let how = match (part("from", MAX_SIZE), part("to", MAX_SIZE)) {
        (Some(from), Some(to)) => format!("from {from} to {to}"),
        (None, Some(to)) => format!("to {to}"),
        _ => format!("to {}", part("desired count", MAX_SIZE)?),
    };
    Some(match object {
        true => how,
        false => format!("({how})"),
    })
}

/// "Webhook "prod alerts" suspended".
fn suspended(event: &Event, escape: &impl Fn(&str) -> Escaped) -> String {
    match subject(event, escape) {
        // Several have names and words of ours.
        Some(subject) if event.resource_type() == Some(CREDENTIAL) => {
            format!("Webhooks {subject} suspended")
        }
        Some(subject) => format!("Webhook \"{subject}\" suspended"),
        None => "Webhook suspended".to_owned(),
    }
}

/// "Webhook failing: prod alerts".
fn failing(event: &Event, escape: &impl Fn(&str) -> Escaped) -> String {
    let what = match event.status {
        Some(Status::Succeeded) => "Webhook works again",
        _ => "Webhook failing",
    };
    match subject(event, escape) {
        Some(subject) => format!("{what}: {subject}"),
        None => what.to_owned(),
    }
}

/// "Parameter DATABASE_URL updated in billing (2 attributes)".
fn entity(event: &Event, escape: &impl Fn(&str) -> Escaped) -> String {
    let name = event.event_type.as_str();
    let (entity, change) = name.rsplit_once('_').unwrap_or((name, "changed"));
    let mut words = capitalized(entity);
    let subject = subject(event, escape);
    let is_line = matches!(subject_of(event), Some(Subject::Line(_)));
    if let Some(subject) = subject.as_ref().filter(|_| !is_line) {
        let link = if entity == "value" { "of " } else { "" };
        words.push_str(&format!(" {link}{subject}"));
    }
    if is_plan(event) {
        // "would update parameter DATABASE_URL".
        let verb = change.trim_end_matches('d');
        words.replace_range(..1, &words[..1].to_lowercase());
        words = format!("would {verb} {words}");
    } else {
        let how = match event.status {
            Some(Status::Failed) => "could not be ",
            Some(Status::Started) => "is being ",
            _ => "",
        };
        words.push_str(&format!(" {how}{change}"));
    }
    if let Some(place) = place(event, escape) {
        words.push_str(&format!(" in {place}"));
    }
    match changed(event) {
        0 => {}
        1 => words.push_str(" (1 attribute)"),
        count => words.push_str(&format!(" ({count} attributes)")),
    }
    if let Some(line) = subject.filter(|_| is_line) {
        words.push_str(&format!(": {line}"));
    }
    words
}

#[cfg(test)]
mod tests;
