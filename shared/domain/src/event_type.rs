//! The event types, and the patterns that subscribe to them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fault::{FaultCode, Faults, Pointer, repeated, unknown};
use crate::field::{Named, Rule, reference};
use crate::glob::Glob;
use crate::named::named;
use crate::values::{NOT_BLANK, said};

named! {
    EventGroup "EventGroup" "What an event type is about" {
        Configuration "configuration",
        Infrastructure "infrastructure",
        System "system",
    }
}

macro_rules! event_types {
    ($($variant:ident $name:literal $group:ident $description:literal;)*) => {
        named! {
            /// Everything that Carillon tells about.
            #[derive(Hash, PartialOrd, Ord)]
            EventType "EventType" "The name of an event type" {
                $(#[doc = $description] $variant $name,)*
            }
        }

        impl EventType {
            pub fn group(self) -> EventGroup {
                match self { $(Self::$variant => EventGroup::$group),* }
            }

            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $description),* }
            }
        }
    };
}

event_types! {
    ParameterCreated "parameter_created" Configuration "A parameter was created.";
    ParameterUpdated "parameter_updated" Configuration "A parameter was changed.";
    ParameterDeleted "parameter_deleted" Configuration "A parameter was deleted.";
    ProjectCreated "project_created" Configuration "A project was created.";
    ProjectUpdated "project_updated" Configuration "A project was changed.";
    ProjectDeleted "project_deleted" Configuration "A project was deleted.";
    EnvironmentCreated "environment_created" Configuration "An environment was created.";
    EnvironmentUpdated "environment_updated" Configuration "An environment was changed.";
    EnvironmentDeleted "environment_deleted" Configuration "An environment was deleted.";
    ValueCreated "value_created" Configuration "A value was created.";
    ValueUpdated "value_updated" Configuration "A value was changed.";
    ValueDeleted "value_deleted" Configuration "A value was deleted.";
    Deploy "deploy" Infrastructure "Infrastructure is being, or was, deployed.";
    Destroy "destroy" Infrastructure "Infrastructure is being, or was, destroyed.";
    Scale "scale" Infrastructure "Infrastructure is being, or was, scaled.";
    Error "error" Infrastructure "Something went wrong.";
    WebhookSuspended "webhook_suspended" System "A webhook of the organization was suspended.";
    WebhookFailing "webhook_failing" System "Webhooks of the organization have not got through for an hour, or do so again.";
    Ping "ping" System "A test message; only ever sent by the test call.";
}

impl EventType {
    /// Why a name is not a type, with the nearest one.
    pub fn unknown(name: &str, among: impl Fn(Self) -> bool) -> String {
        let known = Self::ALL.iter().filter(|known| among(**known));
        let known: Vec<&str> = known.map(|known| known.as_str()).collect();
        unknown("event type", name, &known)
    }

    /// Whether clients may publish it; the others are Carillon's own.
    pub fn is_publishable(self) -> bool {
        self.group() != EventGroup::System
    }

    /// The names of those that clients may publish.
    pub fn publishable() -> Vec<&'static str> {
        let all = Self::ALL.iter().filter(|known| known.is_publishable());
        all.map(|known| known.as_str()).collect()
    }
}

/// A subscription: one type's name, or a pattern with `*` that matches at least one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventTypePattern(Glob);

impl EventTypePattern {
    /// # Errors
    /// Says why the pattern can match nothing, and what may have been meant.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pattern = Self(Glob::new(text));
        if EventType::ALL.iter().any(|known| pattern.matches(*known)) {
            return Ok(pattern);
        }
        if text.contains('*') {
            let shown = repeated(text);
            return Err(format!("the pattern `{shown}` matches no event type"));
        }
        Err(EventType::unknown(text, |_| true))
    }

    pub fn matches(&self, event_type: EventType) -> bool {
        self.0.matches(event_type.as_str())
    }

    /// Whether it matches this type and no other.
    pub fn is_only(&self, event_type: EventType) -> bool {
        let mut all = EventType::ALL.iter();
        all.all(|known| self.matches(*known) == (*known == event_type))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The name of an event type, or a pattern with `*`.
pub struct NameOrPattern;

impl NameOrPattern {
    /// What the API's document calls it.
    pub const NAME: &'static str = "EventTypePattern";

    /// As a JSON Schema. Patterns may have stars anywhere; these are the usual ones.
    pub fn schema() -> Value {
        let (mut begins, mut ends): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        let names = EventType::ALL.iter().map(|it| it.as_str());
        for (first, last) in names.filter_map(|name| name.split_once('_')) {
            for (parts, part) in [(&mut begins, first), (&mut ends, last)] {
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        let (begins, ends) = (begins.join("|"), ends.join("|"));
        json!({
            "description": "An event type, or a pattern with `*` that matches at least one, such \
                            as `parameter_*`, `*_deleted` or `*`",
            "anyOf": [reference(EventType::SET), {
                "type": "string",
                "pattern": format!("^(?:\\*|(?:{begins})_\\*|\\*_(?:{ends}))$"),
            }],
        })
    }
}

impl Rule for NameOrPattern {
    type Value = EventTypePattern;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<EventTypePattern> {
        let text = said(value, at, 256, NOT_BLANK, faults)?;
        faults.accept(at, FaultCode::UnknownValue, EventTypePattern::parse(&text))
    }

    fn schema(&self) -> Value {
        reference(Self::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_nineteen_types_with_distinct_names() {
        let names: std::collections::HashSet<_> =
            EventType::ALL.iter().map(|known| known.as_str()).collect();
        assert_eq!(names.len(), 19);
    }

    #[test]
    fn an_unknown_type_is_refused_with_the_nearest_known_one() {
        let error = EventTypePattern::parse("paramter_created").unwrap_err();
        assert!(
            error.contains("did you mean `parameter_created`?"),
            "{error}"
        );
    }

    #[test]
    fn a_credential_in_the_place_of_a_type_is_not_repeated() {
        for text in ["xoxb-fake-secret", "*xoxb-fake-secret"] {
            let error = EventTypePattern::parse(text).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_pattern_subscribes_to_every_type_it_matches() {
        let deleted = EventTypePattern::parse("*_deleted").unwrap();
        let matched = EventType::ALL
            .iter()
            .filter(|known| deleted.matches(**known));
        assert_eq!(matched.count(), 4);
        assert!(EventTypePattern::parse("paramter_*").is_err());
    }
}
