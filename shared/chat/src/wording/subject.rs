//! What an event happened to, and where.

use carillon_domain::text::urls::{Part, parts};
use carillon_domain::text::{Escaped, fit, length};
use carillon_domain::{Event, EventType};

use super::verb;
use crate::facts::{visible, visible_line};

/// The longest that the name of what changed gets in a headline, once escaped.
pub(super) const MAX_SUBJECT: usize = 100;
/// The longest that a project's or an environment's name gets in a headline, once escaped.
pub(super) const MAX_PLACE: usize = 40;

/// What it happened to.
pub(super) enum Subject {
    /// The best name there is.
    Name(String),
    /// Where nothing has a name, the message's first line.
    Line(String),
}

pub(super) fn subject(event: &Event, escape: &impl Fn(&str) -> Escaped) -> Option<String> {
    Some(match subject_of(event)? {
        Subject::Name(name) => fit(&name, MAX_SUBJECT, escape),
        Subject::Line(line) => {
            let whole = escape(&line).into_text();
            match length(&whole) <= MAX_SUBJECT {
                true => whole,
                false => escape(&without_paths(&line)).fit_start(MAX_SUBJECT),
            }
        }
    })
}

/// A line with hosts in the place of its URLs and what hangs on them, so that something is left of
/// it when it is cut.
fn without_paths(line: &str) -> String {
    line.split_inclusive(char::is_whitespace)
        .map(without_path)
        .collect()
}

fn without_path(word: &str) -> String {
    let url = parts(word).find_map(|part| match part {
        Part::Url(url) => Some(url),
        Part::Text(_) => None,
    });
    let Some((before, url, after)) = url.and_then(|url| {
        let (before, after) = word.split_once(url)?;
        Some((before, url, after))
    }) else {
        return word.to_owned();
    };
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_end = |c: char| matches!(c, ')' | ']' | '.' | ',' | ';' | ':' | '!' | '?');
    let end = &after[..after.find(|c| !is_end(c)).unwrap_or(after.len())];
    let blank = &word[word.trim_end().len()..];
    format!("{before}{host}/…{end}{blank}")
}

/// What stands before the lines of a framed text, as Terraform's.
const FRAMES: &str = "│┃║|╷╵";

/// What Python puts before a trace, whose last line says what went wrong.
const TRACE: &str = "Traceback (most recent call last)";

pub(super) fn subject_of(event: &Event) -> Option<Subject> {
    if let Some(name) = subject_name(event) {
        return Some(Subject::Name(name));
    }
    let says_enough = match event.event_type {
        EventType::Ping => true,
        EventType::Deploy | EventType::Destroy | EventType::Scale | EventType::Error => {
            // "Deployed to billing / production".
            let (_, object, _) = verb(event);
            object && place(event, &Escaped::plain).is_some()
        }
        _ => false,
    };
    let message = event.message.as_deref().filter(|_| !says_enough)?;
    // Its columns stay apart.
    let message = visible(message)?;
    let mut lines = message.lines().map(str::trim);
    // What only frames the text says nothing by itself.
    let says = |line: &&str| line.chars().any(char::is_alphanumeric);
    let line = match lines.clone().find(says) {
        Some(line) if line.starts_with(TRACE) => lines.clone().rfind(says),
        line => line,
    };
    let line = line.or_else(|| lines.find(|line| visible_line(line).is_some()))?;
    let bare = line.trim_start_matches(|c: char| FRAMES.contains(c) || c.is_whitespace());
    let bare = match event.event_type {
        EventType::Error => bare.strip_prefix("Error: ").unwrap_or(bare),
        _ => bare,
    };
    let line = if bare.is_empty() { line } else { bare };
    Some(Subject::Line(line.to_owned()))
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
pub(super) fn place(event: &Event, escape: &impl Fn(&str) -> Escaped) -> Option<String> {
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
