//! Filters: which events of the subscribed types a webhook wants.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::{Event, Status};
use crate::fault::{FaultCode, Faults, Pointer, unknown};
use crate::fields::{kind, texts_of};
use crate::glob::Glob;

/// What an event can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterKey {
    Environment,
    Project,
    Provider,
    Region,
    Status,
    ResourceType,
}

impl FilterKey {
    const ALL: [(&'static str, Self); 6] = [
        ("environment", Self::Environment),
        ("project", Self::Project),
        ("provider", Self::Provider),
        ("region", Self::Region),
        ("status", Self::Status),
        ("resource_type", Self::ResourceType),
    ];

    fn of(self, event: &Event) -> Option<&str> {
        match self {
            Self::Environment => event.environment.as_deref(),
            Self::Project => event.project.as_deref(),
            Self::Provider => event.provider.as_deref(),
            Self::Region => event.region.as_deref(),
            Self::Status => event.status.map(Status::as_str),
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
            let detail = format!("must be an object of lists, not {}", kind(value));
            faults.add(at.clone(), FaultCode::WrongType, detail);
            return Self::default();
        };
        let mut filters = BTreeMap::new();
        for (name, value) in object {
            let shown = crate::text::shorten(&crate::masking::without_credential(name), 100);
            let here = at.field(&shown);
            let Some((_, key)) = FilterKey::ALL.iter().find(|(known, _)| known == name) else {
                let detail = unknown("filter", name, &FilterKey::ALL.map(|(name, _)| name));
                faults.add(here, FaultCode::UnknownField, detail);
                continue;
            };
            // Null counts as absent, as everywhere.
            if value.is_null() {
                continue;
            }
            let Some(values) = texts_of(value, here.clone(), 50, 256, faults) else {
                continue;
            };
            if value.as_array().is_some_and(Vec::is_empty) {
                faults.add(
                    here,
                    FaultCode::OutOfRange,
                    "must have an entry: an empty list would match nothing",
                );
                continue;
            }
            let globs: Vec<Glob> = values
                .into_iter()
                .map(|(at, text)| {
                    let glob = Glob::new(text);
                    let possible = Status::ALL
                        .iter()
                        .any(|status| glob.matches(status.as_str()));
                    if *key == FilterKey::Status && !possible {
                        faults.add(
                            at,
                            FaultCode::UnknownValue,
                            "must be, or match, started, succeeded or failed",
                        );
                    }
                    glob
                })
                .collect();
            filters.insert(*key, globs);
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
        let names = FilterKey::ALL.iter();
        let name = names
            .clone()
            .find(|(_, known)| known == key)
            .map_or("", |it| it.0);
        Some(match key.of(event) {
            Some(value) => format!("its filter `{name}` does not match `{value}`"),
            None => format!("its filter `{name}` needs a value, and the event has none"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_type::EventType;
    use crate::sample;
    use serde_json::json;

    fn filters(value: Value) -> Result<Filters, Faults> {
        let mut faults = Faults::default();
        let filters = Filters::parse(&value, &Pointer::root(), &mut faults);
        faults.into_result(Some(filters))
    }

    #[test]
    fn all_keys_must_match_and_of_a_key_any_value() {
        let event = sample::event(EventType::Deploy);
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
            json!({"environment": "production"}),
            json!([]),
        ] {
            assert!(filters(value.clone()).is_err(), "{value}");
        }
    }
}
