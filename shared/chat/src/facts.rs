//! The facts of an event that every platform shows as fields, in their order.

use carillon_domain::event::CHANGES_LEFT_OUT;
use carillon_domain::text::urls::{Part, parts};
use carillon_domain::text::{Escaped, clean, clean_line, fit, length};
use carillon_domain::{EstimatedCost, Event, Period, Severity, Status};
use url::Url;

use crate::layout::without_tabs;

/// The longest that a list of changed attributes gets, before it says how many there are in all.
const MAX_CHANGES: usize = 200;
/// The longest that one name of such a list gets.
const MAX_CHANGE: usize = 60;

/// Our own labels, in their order.
const LABELS: [&str; 10] = [
    "Resource",
    "Provider",
    "Account",
    "Region",
    "Environment",
    "Project",
    "Status",
    "Severity",
    "Estimated cost",
    "Changed",
];

/// A label and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub label: Words,
    pub value: Words,
}

/// A text, and whose words they are. It is never blank; of labels and of what is no detail it is
/// one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Words {
    /// Ours: they may be shown as they are.
    Ours(String),
    /// The event's: they may contain anything.
    Theirs(String),
}

#[cfg(test)]
impl Words {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ours(text) | Self::Theirs(text) => text,
        }
    }
}

impl Fact {
    /// The URL that its value is, where it is nothing else.
    pub(crate) fn url(&self) -> Option<&str> {
        let Words::Theirs(text) = &self.value else {
            return None;
        };
        let is_url = parts(text).next() == Some(Part::Url(text));
        (is_url && is_link(text)).then_some(text)
    }

    /// Details have names that the event gave them.
    pub(crate) fn is_detail(&self) -> bool {
        matches!(self.label, Words::Theirs(_))
    }

    /// Whether its value has several lines.
    pub(crate) fn has_lines(&self) -> bool {
        matches!(&self.value, Words::Theirs(text) if text.contains('\n'))
    }
}

/// Everything but the details: resource, provider, account, region, environment, project, status,
/// severity, estimated cost, changed names.
pub(crate) fn fixed(event: &Event) -> Vec<Fact> {
    let theirs = |text: Option<&str>| text.and_then(visible_line).map(Words::Theirs);
    let status = event.status.map(|status| match status {
        Status::Started => "Started",
        Status::Succeeded => "Succeeded",
        Status::Failed => "Failed",
    });
    let severity = event.severity.map(|severity| match severity {
        Severity::Info => "Info",
        Severity::Warning => "Warning",
        Severity::Error => "Error",
        Severity::Critical => "Critical",
    });
    let cost = event.estimated_cost.as_ref().map(cost);
    let values = [
        theirs(resource(event).as_deref()),
        theirs(event.provider.as_deref()),
        theirs(event.account.as_deref()),
        theirs(event.region.as_deref()),
        theirs(event.environment.as_deref()),
        theirs(event.project.as_deref()),
        status.map(|status| Words::Ours(status.to_owned())),
        severity.map(|severity| Words::Ours(severity.to_owned())),
        theirs(cost.as_deref()),
        theirs(Some(&changes(event))),
    ];
    LABELS
        .into_iter()
        .zip(values)
        .filter_map(|(label, value)| {
            Some(Fact {
                label: Words::Ours(label.to_owned()),
                value: value?,
            })
        })
        .collect()
}

/// The details, by name.
pub(crate) fn details(event: &Event) -> Vec<Fact> {
    let told = changes_left_out(event).map(|_| CHANGES_LEFT_OUT);
    let details = event.details.iter();
    details
        .filter(|(name, _)| Some(name.as_str()) != told)
        .filter_map(|(name, value)| detail(name, value))
        .collect()
}

/// One detail. If it is called like a label of ours, it says so: it cannot pass itself off as
/// the status.
pub(crate) fn detail(name: &str, value: &str) -> Option<Fact> {
    let name = visible_line(name)?;
    let is_ours = LABELS.iter().any(|label| label.eq_ignore_ascii_case(&name));
    let label = match is_ours {
        true => format!("{name} (detail)"),
        false => name,
    };
    Some(Fact {
        label: Words::Theirs(label),
        value: Words::Theirs(visible(value)?),
    })
}

/// Where the resource can be looked at.
pub(crate) fn link(event: &Event) -> Option<Url> {
    web_url(event.resource.as_ref()?.url.as_deref()?)
}

/// An http(s) URL in which everything is encoded that could end it inside a message. One with a
/// user name is none: it hides where it leads.
pub(crate) fn web_url(text: &str) -> Option<Url> {
    let url = plain_url(text.trim())?;
    // The parser has done the rest.
    let mut encoded = String::new();
    for c in url.as_str().chars() {
        match c {
            '|' | '<' | '>' | '`' | '^' | '\\' | '"' | ' ' | '{' | '}' => {
                encoded.push_str(&format!("%{:02X}", u32::from(c)));
            }
            c => encoded.push(c),
        }
    }
    // In a host, the parser decodes again.
    let is_plain = |url: &Url| !url.as_str().contains(['{', '}', '`', '"']);
    Url::parse(&encoded).ok().filter(is_plain)
}

/// Whether a URL within a text can be followed, by the same rule. With braces it is a pattern of
/// URLs, which leads nowhere; a scheme in capitals is none to every platform.
pub(crate) fn is_link(url: &str) -> bool {
    url.starts_with("http") && !url.contains(['{', '}']) && plain_url(url).is_some()
}

fn plain_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    is_plain.then_some(url)
}

/// How many attributes were changed, also of those that the event has no room to name.
pub(crate) fn changed(event: &Event) -> usize {
    event.changes.len() + changes_left_out(event).unwrap_or_default()
}

/// How many changed attributes the event does not name, where it says so.
fn changes_left_out(event: &Event) -> Option<usize> {
    let count = event.details.get(CHANGES_LEFT_OUT)?;
    let count: usize = count.parse().ok().filter(|count| *count < 1_000_000)?;
    (!event.changes.is_empty()).then_some(count)
}

/// The first of `items` that have room together, and how many were left out. There is
/// room for `most`, of which the sizes add up to no more than `room`.
pub(crate) fn that_fit<T>(
    items: impl ExactSizeIterator<Item = T>,
    most: usize,
    room: usize,
    size: impl Fn(&T) -> usize,
) -> (Vec<T>, usize) {
    let all = items.len();
    let mut used = 0;
    let kept: Vec<T> = items
        .take(most)
        .take_while(|item| {
            used += size(item);
            used <= room
        })
        .collect();
    let left_out = all - kept.len();
    (kept, left_out)
}

/// Says how many details were left out.
pub(crate) fn left_out(count: usize) -> String {
    match count {
        1 => "1 more detail was left out".to_owned(),
        _ => format!("{count} more details were left out"),
    }
}

/// "aws_rds_cluster db-1 (billing-db)".
fn resource(event: &Event) -> Option<String> {
    let resource = event.resource.as_ref()?;
    let part = |text: &Option<String>| text.as_deref().and_then(visible_line);
    let (kind, id, name) = (
        part(&resource.resource_type),
        part(&resource.id),
        part(&resource.name),
    );
    let name = name.filter(|name| id.as_ref() != Some(name));
    let name = match (&kind, &id) {
        (None, None) => name,
        _ => name.map(|name| format!("({name})")),
    };
    let parts: Vec<String> = [kind, id, name].into_iter().flatten().collect();
    Some(parts.join(" "))
}

/// "41.20 USD / month".
pub(crate) fn cost(cost: &EstimatedCost) -> String {
    let period = cost.period.map(Period::as_str);
    let period = period.map(|period| format!(" / {period}"));
    format!(
        "{} {}{}",
        cost.amount,
        cost.currency,
        period.unwrap_or_default()
    )
}

/// "description, rotation, … (9 in all)".
fn changes(event: &Event) -> String {
    let names: Vec<String> = event
        .changes
        .iter()
        .filter_map(|name| visible_line(name))
        .map(|name| fit(&name, MAX_CHANGE, Escaped::plain))
        .collect();
    let named = names.len();
    let (shown, _) = that_fit(names.into_iter(), usize::MAX, MAX_CHANGES, |name| {
        length(name) + 2
    });
    match changed(event) {
        all if shown.len() == named && all == event.changes.len() => shown.join(", "),
        all => format!("{}, … ({all} in all)", shown.join(", ")),
    }
}

/// A text on one line, if there is anything to see.
pub(crate) fn visible_line(text: &str) -> Option<String> {
    Some(clean_line(text)).filter(|text| is_visible(text))
}

/// A text with its lines and columns, if there is anything to see.
pub(crate) fn visible(text: &str) -> Option<String> {
    Some(without_tabs(&clean(text))).filter(|text| is_visible(text))
}

/// Characters that join or vary others show nothing on their own; a platform that
/// strips them would find an empty text, which is an error.
fn is_visible(text: &str) -> bool {
    !text.chars().all(|c| {
        c.is_whitespace()
            || matches!(c, '\u{200c}' | '\u{200d}' | '\u{34f}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
    })
}

#[cfg(test)]
mod tests;
