//! The facts that a webhook's owner has chosen.

use carillon_domain::Event;
use carillon_domain::fault::unknown;
use carillon_domain::text::shorten;

use crate::facts::{Fact, Words, detail, details, fixed, visible_line};

/// The names that can be chosen, and the labels of the facts that always were there.
const NAMES: &[(&str, Option<&str>)] = &[
    ("resource", Some("Resource")),
    ("resource.type", None),
    ("resource.id", None),
    ("resource.name", None),
    ("provider", Some("Provider")),
    ("account", Some("Account")),
    ("region", Some("Region")),
    ("environment", Some("Environment")),
    ("project", Some("Project")),
    ("status", Some("Status")),
    ("severity", Some("Severity")),
    ("estimated_cost", Some("Estimated cost")),
    ("changes", Some("Changed")),
    ("type", None),
    ("actor", None),
    ("correlation_id", None),
    ("details", None),
];

/// What begins the name of one detail.
const DETAIL: &str = "details.";

/// Everything that can be chosen, for a document.
pub(super) fn names() -> Vec<&'static str> {
    NAMES.iter().map(|(name, _)| *name).collect()
}

/// Why something is no name of a fact, if it is none.
pub(super) fn refusal(name: &str) -> Option<String> {
    let is_detail = name
        .strip_prefix(DETAIL)
        .is_some_and(|rest| !rest.trim().is_empty());
    if is_detail || NAMES.iter().any(|(known, _)| *known == name) {
        return None;
    }
    let text = ["message", "title", "text"];
    if text.contains(&name) {
        let name = shorten(name, 100);
        return Some(format!(
            "`{name}` is no fact: it stands in the message's text"
        ));
    }
    let mut names = names();
    names.push("details.<name>");
    Some(unknown("fact", name, &names))
}

/// The chosen facts, as far as an event has them, in their order.
pub(super) fn chosen(event: &Event, names: &[String]) -> Vec<Fact> {
    let fixed = fixed(event);
    let resource = event.resource.as_ref();
    let own = |label: &str, value: Option<&str>| -> Vec<Fact> {
        let value = value.and_then(visible_line);
        let fact = value.map(|value| Fact {
            label: Words::Ours(label.to_owned()),
            value: Words::Theirs(value),
        });
        fact.into_iter().collect()
    };
    let fact = |name: &String| match name.as_str() {
        "resource.type" => own(
            "Resource type",
            resource.and_then(|it| it.resource_type.as_deref()),
        ),
        "resource.id" => own("Resource id", resource.and_then(|it| it.id.as_deref())),
        "resource.name" => own("Resource name", resource.and_then(|it| it.name.as_deref())),
        "type" => own("Type", Some(event.event_type.as_str())),
        "actor" => own("Actor", event.actor.as_deref()),
        "correlation_id" => own("Correlation", event.correlation_id.as_deref()),
        "details" => details(event),
        name => match name.strip_prefix(DETAIL) {
            Some(name) => {
                let value = event.details.get(name);
                let fact = value.and_then(|value| detail(name, value));
                fact.into_iter().collect()
            }
            None => {
                let known = NAMES.iter().find(|(known, _)| *known == name);
                let label = known.and_then(|(_, label)| *label).unwrap_or_default();
                let label = Words::Ours(label.to_owned());
                let found = fixed.iter().find(|fact| fact.label == label);
                found.cloned().into_iter().collect()
            }
        },
    };
    names.iter().flat_map(fact).collect()
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
