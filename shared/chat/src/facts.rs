//! The facts of an event that every platform shows as fields, in their order.

use carillon_domain::text::{clean, clean_line, length};
use carillon_domain::{EstimatedCost, Event, Period, Severity, Status};
use url::Url;

/// The longest that a list of changed attributes gets, before it says how many are left.
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

/// A line of text, and whose words they are. It is never blank.
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
        theirs(Some(&changes(&event.changes))),
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
    let details = event.details.iter();
    details
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
        value: Words::Theirs(visible_line(value)?),
    })
}

/// Where the resource can be looked at.
pub(crate) fn link(event: &Event) -> Option<Url> {
    web_url(event.resource.as_ref()?.url.as_deref()?)
}

/// An http(s) URL in which everything is encoded that could end it inside a message. One with a
/// user name is none: it hides where it leads.
pub(crate) fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    if !plain {
        return None;
    }
    // The parser has done the rest.
    let mut encoded = String::new();
    for c in url.as_str().chars() {
        match c {
            '|' | '<' | '>' | '`' | '^' | '\\' | '"' | ' ' => {
                encoded.push_str(&format!("%{:02X}", u32::from(c)));
            }
            c => encoded.push(c),
        }
    }
    Url::parse(&encoded).ok()
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

/// "description, rotation and 7 more".
fn changes(names: &[String]) -> String {
    let names: Vec<String> = names
        .iter()
        .filter_map(|name| visible_line(name))
        .map(|name| carillon_domain::text::shorten(&name, MAX_CHANGE))
        .collect();
    let (shown, more) = that_fit(names.into_iter(), usize::MAX, MAX_CHANGES, |name| {
        length(name) + 2
    });
    let shown = shown.join(", ");
    match more {
        0 => shown,
        _ => format!("{shown} and {more} more"),
    }
}

/// A text on one line, if there is anything to see.
pub(crate) fn visible_line(text: &str) -> Option<String> {
    Some(clean_line(text)).filter(|text| is_visible(text))
}

/// A text with its line breaks, if there is anything to see.
pub(crate) fn visible(text: &str) -> Option<String> {
    Some(clean(text)).filter(|text| is_visible(text))
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
mod tests {
    use super::*;
    use carillon_domain::{EventType, sample};

    fn shown(facts: &[Fact]) -> Vec<(String, String)> {
        let text = |words: &Words| match words {
            Words::Ours(text) | Words::Theirs(text) => text.clone(),
        };
        facts
            .iter()
            .map(|fact| (text(&fact.label), text(&fact.value)))
            .collect()
    }

    #[test]
    fn the_facts_stand_in_the_order_of_the_contract() {
        let mut event = sample::event(EventType::Deploy);
        event.changes = vec!["size".into()];
        event.account = Some("111122223333".into());
        event.severity = Some(Severity::Info);
        let labels: Vec<_> = shown(&fixed(&event))
            .into_iter()
            .map(|fact| fact.0)
            .collect();
        assert_eq!(labels, LABELS);
        assert!(shown(&fixed(&event)).contains(&(
            "Resource".into(),
            "aws_rds_cluster db-1 (billing-db)".into()
        )));
        assert!(
            shown(&fixed(&event)).contains(&("Estimated cost".into(), "41.20 USD / month".into()))
        );
    }

    #[test]
    fn what_is_blank_once_cleaned_is_no_fact() {
        let mut event = sample::event(EventType::Ping);
        event.project = Some("\u{200b}\u{202e}".into());
        event.environment = Some("\u{200d}\u{fe0f}".into());
        event.changes = vec![" ".into()];
        event.details = [("\u{0}".into(), "x".into()), ("x".into(), "\n".into())].into();
        assert_eq!(fixed(&event), []);
        assert_eq!(details(&event), []);
    }

    #[test]
    fn a_detail_cannot_pass_itself_off_as_one_of_our_own_facts() {
        let mut event = sample::event(EventType::Ping);
        event.details = [("status".into(), "Succeeded".into())].into();
        assert_eq!(
            shown(&details(&event)),
            [("status (detail)".into(), "Succeeded".into())]
        );
    }

    #[test]
    fn a_link_is_a_web_url_that_nothing_can_end_early() {
        let linked = |url: &str| {
            let mut event = sample::event(EventType::Deploy);
            event.resource.get_or_insert_default().url = Some(url.to_owned());
            link(&event).map(String::from)
        };
        assert_eq!(
            linked("https://example.com/a|b>c d?e=<f>&g=`h`").as_deref(),
            Some("https://example.com/a%7Cb%3Ec%20d?e=%3Cf%3E&g=%60h%60")
        );
        for url in [
            "javascript:alert(1)",
            "no url",
            "https://slack.com@evil.example/",
            "https://",
        ] {
            assert_eq!(linked(url), None, "{url}");
        }
    }

    #[test]
    fn a_long_list_of_changes_says_how_many_are_left() {
        let names: Vec<String> = (0..100).map(|n| format!("attribute-{n:02}")).collect();
        let text = changes(&names);
        assert!(text.starts_with("attribute-00, attribute-01, "), "{text}");
        assert!(text.ends_with(" and 86 more"), "{text}");
    }

    #[test]
    fn what_fits_is_kept_in_order_and_the_rest_counted() {
        let sizes = |list: &[usize], most, room| that_fit(list.iter().copied(), most, room, |n| *n);
        assert_eq!(sizes(&[3, 3, 3], 5, 9), (vec![3, 3, 3], 0));
        assert_eq!(sizes(&[3, 3, 3], 5, 8), (vec![3, 3], 1));
        assert_eq!(sizes(&[3, 9, 1], 5, 8), (vec![3], 2));
        assert_eq!(sizes(&[1, 1, 1], 2, 8), (vec![1, 1], 1));
    }
}
