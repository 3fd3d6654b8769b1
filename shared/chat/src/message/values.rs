//! An event as the values that a template sees: its fields, under the names that they have in
//! JSON. Those that have parts say something as a whole, too.

use std::fmt;
use std::sync::Arc;

use carillon_domain::{Event, Period};
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::facts;

/// What an event's field that has parts can be asked for.
pub(super) enum Parts {
    /// Nothing: it is a text.
    None,
    /// These.
    Named(&'static [&'static str]),
    /// Any name: the events' sources choose them.
    Any,
    /// What a list has.
    List,
}

/// The fields of an event, and their parts.
pub(super) const FIELDS: &[(&str, Parts)] = &[
    ("id", Parts::None),
    ("type", Parts::None),
    ("status", Parts::None),
    ("occurred_at", Parts::None),
    ("organization", Parts::None),
    ("environment", Parts::None),
    ("project", Parts::None),
    ("resource", Parts::Named(&["type", "id", "name", "url"])),
    ("provider", Parts::None),
    ("account", Parts::None),
    ("region", Parts::None),
    ("severity", Parts::None),
    (
        "estimated_cost",
        Parts::Named(&["amount", "currency", "period"]),
    ),
    ("actor", Parts::None),
    ("message", Parts::None),
    ("correlation_id", Parts::None),
    ("dry_run", Parts::None),
    ("changes", Parts::List),
    ("details", Parts::Any),
];

/// An event's fields. What it does not have is not there.
pub(super) fn of(event: &Event) -> Value {
    let text = |text: Option<&str>| text.map(Value::from);
    let resource = event.resource.as_ref().map(|resource| {
        let parts = [
            ("type", resource.resource_type.as_deref()),
            ("id", resource.id.as_deref()),
            ("name", resource.name.as_deref()),
            ("url", resource.url.as_deref()),
        ];
        let best = [&resource.name, &resource.id, &resource.resource_type];
        let best = best.into_iter().flatten().next().cloned();
        map(parts.map(|(name, part)| (name, text(part))), best)
    });
    let cost = event.estimated_cost.as_ref().map(|cost| {
        let parts = [
            ("amount", Some(cost.amount.as_str())),
            ("currency", Some(cost.currency.as_str())),
            ("period", cost.period.map(Period::as_str)),
        ];
        let whole = facts::cost(cost);
        map(parts.map(|(name, part)| (name, text(part))), Some(whole))
    });
    let details = (!event.details.is_empty()).then(|| {
        let whole = event
            .details
            .iter()
            .map(|(name, value)| format!("{name}: {value}"));
        let whole = whole.collect::<Vec<_>>().join(", ");
        let parts = event.details.iter();
        map(
            parts.map(|(name, value)| (name.clone(), Some(Value::from(value)))),
            Some(whole),
        )
    });
    let changes = (!event.changes.is_empty()).then(|| {
        Value::from_object(List {
            items: event.changes.iter().map(Value::from).collect(),
            whole: event.changes.join(", "),
        })
    });
    let fields = [
        ("id", text(Some(event.id.as_str()))),
        ("type", text(Some(event.event_type.as_str()))),
        ("status", text(event.status.map(|status| status.as_str()))),
        (
            "occurred_at",
            Some(Value::from(event.occurred_at.to_string())),
        ),
        ("organization", text(Some(event.organization.as_str()))),
        ("environment", text(event.environment.as_deref())),
        ("project", text(event.project.as_deref())),
        ("resource", resource),
        ("provider", text(event.provider.as_deref())),
        ("account", text(event.account.as_deref())),
        ("region", text(event.region.as_deref())),
        ("severity", text(event.severity.map(|it| it.as_str()))),
        ("estimated_cost", cost),
        ("actor", text(event.actor.as_deref())),
        ("message", text(event.message.as_deref())),
        ("correlation_id", text(event.correlation_id.as_deref())),
        ("dry_run", Some(Value::from(event.dry_run))),
        ("changes", changes),
        ("details", details),
    ];
    map(fields, None)
}

fn map<N: Into<String>>(
    parts: impl IntoIterator<Item = (N, Option<Value>)>,
    whole: Option<String>,
) -> Value {
    let parts = parts.into_iter();
    Value::from_object(Map {
        parts: parts
            .filter_map(|(name, part)| Some((name.into(), part?)))
            .collect(),
        whole: whole.unwrap_or_default(),
    })
}

/// Values by their names.
#[derive(Debug)]
struct Map {
    parts: Vec<(String, Value)>,
    /// What it says where it stands alone.
    whole: String,
}

impl Object for Map {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let found = self.parts.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.parts.iter().map(|(name, _)| Value::from(name));
        Enumerator::Values(names.collect())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

/// A list of texts.
#[derive(Debug)]
struct List {
    items: Vec<Value>,
    /// What it says where it stands alone.
    whole: String,
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.items.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.items.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{EventType, Severity, sample};

    /// Every field as it is sent by a client.
    #[test]
    fn a_template_sees_the_fields_that_an_event_has_in_json_and_no_others() {
        let mut event = sample::event(EventType::Deploy);
        event.account = Some("111122223333".into());
        event.severity = Some(Severity::Info);
        event.changes = vec!["size".into()];
        event.resource.get_or_insert_default().url = Some("https://example.com".into());
        let json = serde_json::to_value(&event).unwrap();
        let mut written: Vec<&String> = json.as_object().unwrap().keys().collect();
        // When Carillon took it is nobody's business.
        written.retain(|name| *name != "received_at");
        let mut named: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
        named.sort_unstable();
        written.sort_unstable();
        assert_eq!(written, named);
        let values = of(&event);
        for (name, parts) in FIELDS {
            let value = values.get_attr(name).unwrap();
            assert!(!value.is_undefined(), "{name}");
            if let Parts::Named(parts) = parts {
                for part in *parts {
                    let there = !value.get_attr(part).unwrap().is_undefined();
                    assert!(there, "{name}.{part}");
                }
            }
        }
    }
}
