//! The facts of an event that every platform shows as fields, in their order.

use carillon_domain::event::CHANGES_LEFT_OUT;
use carillon_domain::text::urls::{Part, parts};
use carillon_domain::text::{Escaped, capitalized, clean, clean_line, fit, length};
use carillon_domain::{EstimatedCost, Event, Period};
use url::Url;

use crate::layout::without_tabs;

/// The longest that a list of changed attributes gets, before it says how many there are in all.
const MAX_CHANGES: usize = 200;
/// The longest that one name of such a list gets.
const MAX_CHANGE: usize = 60;

/// A fact with a label of ours: the name of the event's field, the label, and what it says.
pub(crate) type Known = (&'static str, &'static str, fn(&Event) -> Option<Words>);

/// Everything but the details, in its order.
pub(crate) const FIXED: [Known; 10] = [
    ("resource", "Resource", |it| theirs(&resource(it)?)),
    ("provider", "Provider", |it| theirs(it.provider.as_deref()?)),
    ("account", "Account", |it| theirs(it.account.as_deref()?)),
    ("region", "Region", |it| theirs(it.region.as_deref()?)),
    ("environment", "Environment", |it| {
        theirs(it.environment.as_deref()?)
    }),
    ("project", "Project", |it| theirs(it.project.as_deref()?)),
    ("status", "Status", |it| ours(it.status?.as_str())),
    ("severity", "Severity", |it| ours(it.severity?.as_str())),
    ("estimated_cost", "Estimated cost", |it| {
        theirs(&cost(it.estimated_cost.as_ref()?))
    }),
    ("changes", "Changed", |it| theirs(&changes(it))),
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

impl Words {
    /// As they are shown in so much room, with what is not ours made literal.
    pub fn shown(&self, most: usize, escape: impl Fn(&str) -> Escaped) -> String {
        match self {
            Self::Ours(text) => text.clone(),
            Self::Theirs(text) => fit(text, most, escape),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Ours(text) | Self::Theirs(text) => text,
        }
    }
}

impl Fact {
    /// What an event says of it.
    pub(crate) fn of((_, label, value): &Known, event: &Event) -> Option<Self> {
        Some(Self {
            label: Words::Ours((*label).to_owned()),
            value: value(event)?,
        })
    }

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

/// What there is of [`FIXED`].
pub(crate) fn fixed(event: &Event) -> Vec<Fact> {
    let known = FIXED.iter();
    known.filter_map(|known| Fact::of(known, event)).collect()
}

/// A word of ours, as it stands in the event.
fn ours(name: &str) -> Option<Words> {
    Some(Words::Ours(capitalized(name)))
}

pub(crate) fn theirs(text: &str) -> Option<Words> {
    visible_line(text).map(Words::Theirs)
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
    let mut labels = FIXED.iter().map(|(_, label, _)| label);
    let is_ours = labels.any(|label| label.eq_ignore_ascii_case(&name));
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

/// Says how many of something were left out.
pub(crate) fn left_out(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 more {what} was left out"),
        _ => format!("{count} more {what}s were left out"),
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
