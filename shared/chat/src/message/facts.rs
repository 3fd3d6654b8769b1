//! The facts that a webhook's owner has chosen.

use carillon_domain::Event;
use carillon_domain::fault::unknown;
use carillon_domain::text::shorten;

use crate::facts::{FIXED, Fact, Known, detail, details, theirs};

/// The names that can be chosen.
const NAMES: &str = "resource, resource.type, resource.id, resource.name, provider, account, \
    region, environment, project, status, severity, estimated_cost, changes, type, actor, \
    correlation_id, details";

/// Those of facts that are only shown where they are chosen.
const MORE: [Known; 6] = [
    ("resource.type", "Resource type", |it| {
        theirs(it.resource.as_ref()?.resource_type.as_deref()?)
    }),
    ("resource.id", "Resource id", |it| {
        theirs(it.resource.as_ref()?.id.as_deref()?)
    }),
    ("resource.name", "Resource name", |it| {
        theirs(it.resource.as_ref()?.name.as_deref()?)
    }),
    ("type", "Type", |it| theirs(it.event_type.as_str())),
    ("actor", "Actor", |it| theirs(it.actor.as_deref()?)),
    ("correlation_id", "Correlation", |it| {
        theirs(it.correlation_id.as_deref()?)
    }),
];

/// What begins the name of one detail.
const DETAIL: &str = "details.";

/// Everything that can be chosen, for a document.
pub(super) fn names() -> Vec<&'static str> {
    NAMES.split(", ").collect()
}

/// Why something is no name of a fact, if it is none.
pub(super) fn refusal(name: &str) -> Option<String> {
    let is_detail = name
        .strip_prefix(DETAIL)
        .is_some_and(|rest| !rest.trim().is_empty());
    let mut names = names();
    if is_detail || names.contains(&name) {
        return None;
    }
    let text = ["message", "title", "text"];
    if text.contains(&name) {
        let name = shorten(name, 100);
        return Some(format!(
            "`{name}` is no fact: it stands in the message's text"
        ));
    }
    names.push("details.<name>");
    Some(unknown("fact", name, &names))
}

/// The chosen facts, as far as an event has them, in their order.
pub(super) fn chosen(event: &Event, names: &[String]) -> Vec<Fact> {
    let fact = |name: &str| match name.strip_prefix(DETAIL) {
        Some(name) => detail(name, event.details.get(name)?),
        None => {
            let mut known = FIXED.iter().chain(&MORE);
            Fact::of(known.find(|(known, ..)| *known == name)?, event)
        }
    };
    let facts = names.iter().flat_map(|name| match name.as_str() {
        "details" => details(event),
        name => fact(name).into_iter().collect(),
    });
    facts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{EventType, Severity, sample};

    #[test]
    fn the_chosen_facts_stand_in_their_order_as_far_as_there_are_any() {
        let mut event = sample::event(EventType::Deploy);
        event.details.insert("two words".into(), "x".into());
        let names = |names: &[&str]| -> Vec<String> {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let facts = chosen(&event, &names);
            let line = |fact: &Fact| format!("{}: {}", fact.label.as_str(), fact.value.as_str());
            facts.iter().map(line).collect()
        };
        assert_eq!(
            names(&[
                "status",
                "account",
                "details.two words",
                "resource.id",
                "environment"
            ]),
            [
                "Status: Succeeded",
                "two words: x",
                "Resource id: db-1",
                "Environment: production"
            ]
        );
        assert_eq!(names(&["details"]), ["commit: 9fceb02", "two words: x"]);
        assert_eq!(names(&["details.none"]), Vec::<String>::new());
        assert_eq!(names(&[]), Vec::<String>::new());
    }

    #[test]
    fn every_name_is_that_of_a_fact() {
        let mut event = sample::event(EventType::Deploy);
        event.account = Some("111122223333".into());
        event.severity = Some(Severity::Info);
        event.changes = vec!["size".into()];
        for name in names() {
            assert_eq!(chosen(&event, &[name.to_owned()]).len(), 1, "{name}");
            assert_eq!(refusal(name), None);
        }
        assert_eq!(refusal("details.commit"), None);
        let said = refusal("enviroment").unwrap();
        assert_eq!(
            said,
            "unknown fact `enviroment`; did you mean `environment`?"
        );
        assert!(refusal("message").is_some() && refusal("details.").is_some());
    }
}
