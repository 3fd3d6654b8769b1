//! What an event is called: the same words on every platform.

pub(crate) use carillon_domain::Tone;
use carillon_domain::event::{BUILD, CHANGE};
use carillon_domain::text::{fit, length};
use carillon_domain::{Event, EventType, Severity, Status};

use crate::facts::{that_fit, visible_line};

/// The longest that the name of what changed gets in a headline, once escaped.
const MAX_SUBJECT: usize = 100;
/// The longest that a project's or an environment's name gets in a headline, once escaped.
const MAX_PLACE: usize = 40;
/// The longest that an owner's title gets in a headline, once escaped.
const MAX_TITLE: usize = 150;
/// The longest that a headline gets: the names above and our own words around them.
#[cfg(test)]
pub(crate) const MAX_HEADLINE: usize = 256;

/// The longest that the headlines in a digest's one line get together: the first one at least.
const MAX_DIGEST_LINE: usize = 400;

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
pub(crate) fn headline(event: &Event, escape: impl Fn(&str) -> String) -> String {
    let emoji = emoji(Tone::of(event), event.event_type);
    let words = match event.event_type {
        EventType::Ping => "Test message from Carillon".to_owned(),
        EventType::Deploy | EventType::Destroy | EventType::Scale | EventType::Error => {
            operation(event, &escape)
        }
        EventType::WebhookFailing => failing(event, &escape),
        _ => entity(event, &escape),
    };
    match event.dry_run {
        true => format!("{emoji} Dry run: {words}"),
        false => format!("{emoji} {words}"),
    }
}

/// As [`headline`], in words of the webhook's owner's.
pub(crate) fn titled(event: &Event, title: &str, escape: impl Fn(&str) -> String) -> String {
    let emoji = emoji(Tone::of(event), event.event_type);
    let title = fit(title, MAX_TITLE, escape);
    match event.dry_run {
        true => format!("{emoji} Dry run: {title}"),
        false => format!("{emoji} {title}"),
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

/// "Deployed billing-db to billing / production".
fn operation(event: &Event, escape: &impl Fn(&str) -> String) -> String {
    use EventType as Type;
    // A word without a colon takes what it happened to as its object.
    let (what, object, preposition) = match (event.event_type, event.status) {
        (_, None) if Tone::without_status(event).is_some() => (unsettled(event), false, "in"),
        (Type::Deploy, None) => ("Deploy", false, "to"),
        (Type::Deploy, Some(Status::Started)) if is_build(event) => ("Building", true, "in"),
        (Type::Deploy, Some(Status::Succeeded)) if is_build(event) => ("Built", true, "in"),
        (Type::Deploy, Some(Status::Failed)) if is_build(event) => ("Build failed", false, "in"),
        (Type::Deploy, Some(Status::Started)) => ("Deploying", true, "to"),
        (Type::Deploy, Some(Status::Succeeded)) => ("Deployed", true, "to"),
        (Type::Deploy, Some(Status::Failed)) => ("Deploy failed", false, "to"),
        (Type::Destroy, None) => ("Destroy", false, "in"),
        (Type::Destroy, Some(Status::Started)) => ("Destroying", true, "in"),
        (Type::Destroy, Some(Status::Succeeded)) => ("Destroyed", true, "in"),
        (Type::Destroy, Some(Status::Failed)) => ("Destroy failed", false, "in"),
        (Type::Scale, None) => ("Scaling", false, "in"),
        (Type::Scale, Some(Status::Started)) => ("Scaling", true, "in"),
        (Type::Scale, Some(Status::Succeeded)) => ("Scaled", true, "in"),
        (Type::Scale, Some(Status::Failed)) => ("Scaling failed", false, "in"),
        (_, Some(Status::Succeeded)) => match event.severity {
            Some(Severity::Info) => ("Notice closed", false, "in"),
            Some(Severity::Warning) => ("Warning resolved", false, "in"),
            _ => ("Error resolved", false, "in"),
        },
        (_, Some(Status::Started)) => ("In trouble, being mended", false, "in"),
        (_, _) => ("Error", false, "in"),
    };
    let (mut subject, place) = (subject(event, escape), place(event, escape));
    // "Scaled web (launch, warm pool)".
    if let Some(change) = event
        .details
        .get(CHANGE)
        .and_then(|text| visible_line(text))
        && event.event_type == Type::Scale
        && let Some(subject) = &mut subject
    {
        subject.push_str(&format!(" ({})", fit(&change, MAX_PLACE, escape)));
    }
    let separator = if object { "" } else { ":" };
    match (subject, place) {
        (Some(subject), Some(place)) => {
            format!("{what}{separator} {subject} {preposition} {place}")
        }
        (Some(subject), None) => format!("{what}{separator} {subject}"),
        (None, Some(place)) if object => format!("{what} {preposition} {place}"),
        (None, Some(place)) => format!("{what}: {place}"),
        (None, None) => what.to_owned(),
    }
}

/// "Webhook failing: prod alerts".
fn failing(event: &Event, escape: &impl Fn(&str) -> String) -> String {
    let what = match event.status {
        Some(Status::Succeeded) => "Webhook works again",
        _ => "Webhook failing",
    };
    match subject(event, escape) {
        Some(subject) => format!("{what}: {subject}"),
        None => what.to_owned(),
    }
}

/// What is neither trouble nor success.
fn unsettled(event: &Event) -> &'static str {
    let warns = Tone::without_status(event) == Some(Tone::Warning);
    match (event.event_type, warns) {
        (EventType::Deploy, true) => "Deploy warning",
        (EventType::Deploy, false) => "Deploy notice",
        (EventType::Destroy, true) => "Destroy warning",
        (EventType::Destroy, false) => "Destroy notice",
        (EventType::Scale, true) => "Scaling warning",
        (EventType::Scale, false) => "Scaling notice",
        (_, true) => "Warning",
        (_, false) => "Notice",
    }
}

fn is_build(event: &Event) -> bool {
    event.resource_type() == Some(BUILD)
}

/// "Parameter DATABASE_URL updated in billing (2 attributes)".
fn entity(event: &Event, escape: &impl Fn(&str) -> String) -> String {
    let name = event.event_type.as_str();
    let (entity, change) = name.rsplit_once('_').unwrap_or((name, "changed"));
    let mut words = match entity {
        "parameter" => "Parameter",
        "project" => "Project",
        "environment" => "Environment",
        "value" => "Value",
        _ => "Webhook",
    }
    .to_owned();
    if let Some(subject) = subject(event, escape) {
        let link = if entity == "value" { " of " } else { " " };
        words.push_str(link);
        words.push_str(&subject);
    }
    words.push_str(match event.status {
        // A webhook is suspended because something failed; that it is suspended did not fail.
        Some(Status::Failed) if entity != "webhook" => " could not be ",
        Some(Status::Started) => " is being ",
        _ => " ",
    });
    words.push_str(change);
    if let Some(place) = place(event, escape) {
        words.push_str(" in ");
        words.push_str(&place);
    }
    match event.changes.len() {
        0 => {}
        1 => words.push_str(" (1 attribute)"),
        // Nobody counts further than that at a glance, and the headline keeps its length.
        count => words.push_str(&format!(" ({} attributes)", count.min(999))),
    }
    words
}

/// What it happened to: the best name there is.
fn subject(event: &Event, escape: &impl Fn(&str) -> String) -> Option<String> {
    let subject = subject_name(event)?;
    Some(fit(&subject, MAX_SUBJECT, escape))
}

fn subject_name(event: &Event) -> Option<String> {
    let resource = event.resource.as_ref();
    let own = |part: Option<&String>| part.and_then(|text| visible_line(text));
    let from_place = match event.event_type.as_str().split_once('_') {
        Some(("project", _)) => event.project.as_ref(),
        Some(("environment", _)) => event.environment.as_ref(),
        _ => None,
    };
    own(resource.and_then(|resource| resource.name.as_ref()))
        .or_else(|| own(resource.and_then(|resource| resource.id.as_ref())))
        .or_else(|| own(from_place))
        .or_else(|| own(resource.and_then(|resource| resource.resource_type.as_ref())))
}

/// Where it happened: project and environment, as far as they are not what it happened to.
fn place(event: &Event, escape: &impl Fn(&str) -> String) -> Option<String> {
    let subject = subject_name(event);
    let parts: Vec<String> = [&event.project, &event.environment]
        .into_iter()
        .flatten()
        .filter_map(|text| visible_line(text))
        .filter(|part| Some(part) != subject.as_ref())
        .map(|part| fit(&part, MAX_PLACE, escape))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" / "))
}

#[cfg(test)]
mod tests;
