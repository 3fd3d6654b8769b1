//! One message that sums many events up: how many of what, with the first of their names.

use std::collections::BTreeMap;

use carillon_domain::event_type::EventGroup;
use carillon_domain::text::shorten;
use carillon_domain::{Event, EventType, Status};

use crate::facts::visible_line;

/// How many kinds of events have a line of their own.
const MAX_LINES: usize = 12;
/// How many things a line names.
const MAX_NAMES: usize = 10;
/// The longest that a thing's name gets, in characters.
const MAX_NAME: usize = 60;

/// What stands for many events.
#[derive(Debug)]
pub struct Summary {
    /// What they have in common, and the time of the last one.
    pub event: Event,
    pub headline: String,
}

/// A kind of events, as one line tells it.
type Kind = (EventType, Option<&'static str>);

impl Summary {
    /// Of these, in their order; none of none.
    pub fn of(events: &[&Event]) -> Option<Self> {
        let last = events.last()?;
        let mut kinds: BTreeMap<Kind, Vec<&Event>> = BTreeMap::new();
        for event in events {
            let kind = (event.event_type, event.status.map(Status::as_str));
            kinds.entry(kind).or_default().push(event);
        }
        let mut kinds: Vec<(Kind, Vec<&Event>)> = kinds.into_iter().collect();
        // The most frequent first, and otherwise by their names.
        kinds.sort_by_key(|(_, of_kind)| std::cmp::Reverse(of_kind.len()));
        let mut lines: Vec<String> = kinds.iter().map(line).collect();
        if lines.len() > MAX_LINES {
            let rest = kinds[MAX_LINES..].iter();
            let rest: usize = rest.map(|(_, of_kind)| of_kind.len()).sum();
            lines.truncate(MAX_LINES);
            lines.push(format!("{} × something else", grouped(rest)));
        }
        let common = |of: fn(&Event) -> Option<&String>| {
            let first = of(last)?;
            let is_same = events.iter().all(|event| of(event) == Some(first));
            is_same.then(|| first.clone())
        };
        let actor = common(|event| event.actor.as_ref());
        let by = actor.as_deref().and_then(visible_line);
        let by = by.map_or_else(String::new, |by| format!(" by {}", shorten(&by, MAX_NAME)));
        let headline = match kinds.as_slice() {
            [((event_type, status), _)] => {
                format!(
                    "{} × {}{by}",
                    grouped(events.len()),
                    words(*event_type, *status)
                )
            }
            _ => format!("{} events{by}", grouped(events.len())),
        };
        let same = |is: fn(&Event) -> Option<Status>| {
            let status = is(last);
            let is_same = events.iter().all(|event| is(event) == status);
            status.filter(|_| is_same)
        };
        let (event_type, _) = kinds.first()?.0;
        Some(Self {
            headline,
            event: Event {
                event_type,
                status: same(|event| event.status),
                environment: common(|event| event.environment.as_ref()),
                project: common(|event| event.project.as_ref()),
                provider: common(|event| event.provider.as_ref()),
                account: common(|event| event.account.as_ref()),
                region: common(|event| event.region.as_ref()),
                severity: events.iter().filter_map(|event| event.severity).max(),
                actor,
                message: Some(lines.join("\n")),
                dry_run: events.iter().all(|event| event.dry_run),
                resource: None,
                estimated_cost: None,
                correlation_id: None,
                changes: Vec::new(),
                details: BTreeMap::new(),
                ..(*last).clone()
            },
        })
    }
}

fn line(((event_type, status), events): &(Kind, Vec<&Event>)) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut more = 0;
    for event in events {
        let resource = event.resource.as_ref();
        let name = resource.and_then(|it| it.name.as_deref().or(it.id.as_deref()));
        let name = name.and_then(visible_line);
        let Some(name) = name.map(|name| shorten(&name, MAX_NAME)) else {
            continue;
        };
        if names.contains(&name) {
            continue;
        }
        match names.len() < MAX_NAMES {
            true => names.push(name),
            false => more += 1,
        }
    }
    let words = words(*event_type, *status);
    let names = match (names.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!(": {}", names.join(", ")),
        (false, more) => format!(": {} and {} more", names.join(", "), grouped(more)),
    };
    format!("{} × {words}{names}", grouped(events.len()))
}

/// `parameter updated`, `deploy failed`.
fn words(event_type: EventType, status: Option<&str>) -> String {
    let words = event_type.as_str().replace('_', " ");
    let has_outcome = event_type.group() == EventGroup::Infrastructure;
    match status.filter(|_| has_outcome) {
        Some(status) => format!("{words} {status}"),
        None => words,
    }
}

/// With a comma between thousands.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::sample;

    fn event(event_type: EventType, number: usize) -> Event {
        let mut event = sample::event(event_type);
        if let Some(resource) = &mut event.resource {
            resource.name = Some(format!("thing-{number}"));
        }
        event
    }

    fn summary(events: &[Event]) -> Summary {
        Summary::of(&events.iter().collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn many_of_one_kind_are_a_headline_with_the_first_names() {
        let events: Vec<Event> = (0..2_940)
            .map(|number| event(EventType::ParameterCreated, number))
            .collect();
        let summary = summary(&events);
        assert_eq!(summary.headline, "2,940 × parameter created by alice");
        assert_eq!(
            summary.event.message.unwrap(),
            "2,940 × parameter created: thing-0, thing-1, thing-2, thing-3, thing-4, thing-5, \
             thing-6, thing-7, thing-8, thing-9 and 2,930 more"
        );
        assert_eq!(summary.event.environment, events[0].environment);
    }

    #[test]
    fn several_kinds_have_a_line_each_the_most_frequent_first() {
        let mut failed = event(EventType::Deploy, 7);
        failed.status = Some(Status::Failed);
        failed.actor = Some("bob".into());
        failed.environment = None;
        let events = [
            failed,
            event(EventType::Deploy, 1),
            event(EventType::Deploy, 1),
            event(EventType::Deploy, 2),
        ];
        let summary = summary(&events);
        assert_eq!(summary.headline, "4 events");
        assert_eq!(
            summary.event.message.unwrap(),
            "3 × deploy succeeded: thing-1, thing-2\n1 × deploy failed: thing-7"
        );
        assert_eq!(
            (summary.event.status, summary.event.environment),
            (None, None)
        );
        assert!(Summary::of(&[]).is_none());
    }
}
