//! Filters: which events of the subscribed types a webhook wants.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::event::{Event, Severity, Status};
use crate::fault::{FaultCode, Faults, Pointer, repeated, unknown};
use crate::field::{Named, Rule, listed, reference, schema};
use crate::glob::Glob;
use crate::named::named;
use crate::pattern;
use crate::values::{texts_of, wrong_type};

named! {
    #[derive(PartialOrd, Ord)]
    FilterKey "FilterKey" "What an event can be filtered by" {
        Environment "environment",
        Project "project",
        Provider "provider",
        Account "account",
        Region "region",
        Status "status",
        Severity "severity",
        ResourceType "resource_type",
    }
}

impl FilterKey {
    /// Every value that there is, where these are few.
    fn known(self) -> Option<Vec<&'static str>> {
        match self {
            Self::Status => Some(Status::names()),
            Self::Severity => Some(Severity::names()),
            _ => None,
        }
    }

    fn of(self, event: &Event) -> Option<&str> {
        match self {
            Self::Environment => event.environment.as_deref(),
            Self::Project => event.project.as_deref(),
            Self::Provider => event.provider.as_deref(),
            Self::Account => event.account.as_deref(),
            Self::Region => event.region.as_deref(),
            Self::Status => event.status.map(Status::as_str),
            Self::Severity => event.severity.map(Severity::as_str),
            Self::ResourceType => event.resource_type(),
        }
    }
}

/// All keys must match; of a key, any value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filters(BTreeMap<FilterKey, Vec<Glob>>);

impl Filters {
    pub fn parse(value: &Value, at: &Pointer, faults: &mut Faults) -> Self {
        let Some(object) = value.as_object() else {
            return wrong_type(value, at, "an object of lists", faults).unwrap_or_default();
        };
        let mut filters = BTreeMap::new();
        for (name, value) in object {
            let here = at.field(&repeated(name));
            let Some(key) = FilterKey::parse(name) else {
                let detail = unknown("filter", name, &FilterKey::names());
                faults.add(here, FaultCode::UnknownField, detail);
                continue;
            };
            // Null counts as absent, as everywhere.
            if value.is_null() {
                continue;
            }
            let Some(values) = texts_of(value, here.clone(), MAX_VALUES, MAX_VALUE, faults) else {
                continue;
            };
            if value.as_array().is_some_and(Vec::is_empty) {
                let detail = "must have an entry: an empty list would match nothing";
                faults.add(here, FaultCode::OutOfRange, detail);
                continue;
            }
            let mut globs: Vec<Glob> = Vec::with_capacity(values.len());
            for (at, text) in values {
                let glob = Glob::new(text);
                if let Some(known) = key.known()
                    && !known.iter().any(|value| glob.matches(value))
                {
                    let detail = format!("must be, or match, one of {}", known.join(", "));
                    faults.add(at, FaultCode::UnknownValue, detail);
                }
                if !globs.contains(&glob) {
                    globs.push(glob);
                }
            }
            filters.insert(key, globs);
        }
        Self(filters)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn matches(&self, event: &Event) -> bool {
        self.why_not(event).is_none()
    }

    /// The first filter that an event does not pass, in words.
    pub fn why_not(&self, event: &Event) -> Option<String> {
        let passes = |key: &FilterKey, globs: &[Glob]| {
            let value = key.of(event);
            value.is_some_and(|text| globs.iter().any(|glob| glob.matches(text)))
        };
        let (key, _) = self.0.iter().find(|(key, globs)| !passes(key, globs))?;
        Some(match key.of(event) {
            Some(value) => format!("its filter `{key}` does not match `{value}`"),
            None => format!("its filter `{key}` needs a value, and the event has none"),
        })
    }
}

/// How many values a filter has at most, and how many characters one has.
const MAX_VALUES: usize = 50;
const MAX_VALUE: usize = 256;

/// What the API's document calls the values of one filter.
pub const FILTER_VALUES: &str = "FilterValues";

/// The values of one filter, as a JSON Schema.
pub fn filter_values() -> Value {
    listed(1, MAX_VALUES, &schema::said(MAX_VALUE))
}

/// The filters of a webhook.
pub struct FiltersRule;

impl FiltersRule {
    /// What the API's document calls them.
    pub const NAME: &'static str = "Filters";

    /// As a JSON Schema.
    pub fn object() -> Value {
        let fields = FilterKey::ALL.iter().map(|key| {
            let of = |set: &str, globs: &str| {
                let any = [reference(set), schema::form(MAX_VALUE, globs)];
                listed(1, MAX_VALUES, &json!({ "anyOf": any }))
            };
            let values = match key {
                FilterKey::Status => of(Status::SET, &pattern::statuses()),
                FilterKey::Severity => of(Severity::SET, &pattern::severities()),
                _ => reference(FILTER_VALUES),
            };
            (key.to_string(), values)
        });
        let about =
            "All keys must match; of a key, any value; `*` stands for any run of characters";
        schema::described(schema::object(&[], fields.collect()), about)
    }
}

impl Rule for FiltersRule {
    type Value = Filters;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Filters> {
        Some(Filters::parse(value, at, faults))
    }

    fn schema(&self) -> Value {
        reference(Self::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_type::EventType;
    use crate::sample;

    fn filters(value: Value) -> Result<Filters, Faults> {
        let mut faults = Faults::default();
        let filters = Filters::parse(&value, &Pointer::root(), &mut faults);
        faults.into_result(Some(filters))
    }

    #[test]
    fn all_keys_must_match_and_of_a_key_any_value() {
        let mut event = sample::event(EventType::Deploy);
        event.account = Some("111122223333".into());
        event.severity = Some(Severity::Critical);
        let env = event.environment.clone().unwrap();
        for (value, expected) in [
            (json!({}), true),
            (json!({"project": null}), true),
            (json!({"environment": ["nowhere", env]}), true),
            (
                json!({"environment": ["prod*"], "status": ["succeeded"]}),
                true,
            ),
            (
                json!({"environment": ["prod*"], "status": ["failed"]}),
                false,
            ),
            (json!({"environment": ["staging"]}), false),
            (json!({"account": ["111122223333"]}), true),
            (json!({"account": ["4444*"]}), false),
            (json!({"severity": ["error", "crit*"]}), true),
            (json!({"severity": ["info"]}), false),
        ] {
            assert_eq!(
                filters(value.clone()).unwrap().matches(&event),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn an_event_without_the_attribute_does_not_match() {
        let mut event = sample::event(EventType::Deploy);
        event.environment = None;
        assert!(
            !filters(json!({"environment": ["*"]}))
                .unwrap()
                .matches(&event)
        );
    }

    #[test]
    fn a_filter_that_can_match_nothing_is_refused() {
        for value in [
            json!({"environment": []}),
            json!({"enviroment": ["x"]}),
            json!({"status": ["done"]}),
            json!({"severity": ["fatal"]}),
            json!({"environment": "production"}),
            json!([]),
        ] {
            assert!(filters(value.clone()).is_err(), "{value}");
        }
    }
}
