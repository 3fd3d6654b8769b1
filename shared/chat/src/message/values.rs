//! An event as the values that a template sees: its fields, under the names that they have in
//! JSON. Those that have parts say something as a whole, too.

use std::fmt;
use std::sync::Arc;

use carillon_domain::Event;
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

/// A field of an event: its name, its parts, and what it says, if it is there.
pub(super) type Field = (&'static str, Parts, fn(&Event) -> Option<Value>);

pub(super) const FIELDS: &[Field] = &[
    ("id", Parts::None, |it| text(it.id.as_str())),
    ("type", Parts::None, |it| text(it.event_type.as_str())),
    ("status", Parts::None, |it| text(it.status?.as_str())),
    ("occurred_at", Parts::None, |it| {
        text(&it.occurred_at.to_string())
    }),
    ("organization", Parts::None, |it| {
        text(it.organization.as_str())
    }),
    ("environment", Parts::None, |it| {
        text(it.environment.as_deref()?)
    }),
    ("project", Parts::None, |it| text(it.project.as_deref()?)),
    (
        "resource",
        Parts::Named(&["type", "id", "name", "url"]),
        resource,
    ),
    ("provider", Parts::None, |it| text(it.provider.as_deref()?)),
    ("account", Parts::None, |it| text(it.account.as_deref()?)),
    ("region", Parts::None, |it| text(it.region.as_deref()?)),
    ("severity", Parts::None, |it| text(it.severity?.as_str())),
    (
        "estimated_cost",
        Parts::Named(&["amount", "currency", "period"]),
        cost,
    ),
    ("actor", Parts::None, |it| text(it.actor.as_deref()?)),
    ("message", Parts::None, |it| text(it.message.as_deref()?)),
    ("correlation_id", Parts::None, |it| {
        text(it.correlation_id.as_deref()?)
    }),
    ("dry_run", Parts::None, |it| Some(Value::from(it.dry_run))),
    ("changes", Parts::List, changes),
    ("details", Parts::Any, details),
];

/// An event's fields. What it does not have is not there.
pub(super) fn of(event: &Event) -> Value {
    let fields = FIELDS.iter();
    map(fields.map(|(name, _, value)| (*name, value(event))), None)
}

fn text(text: &str) -> Option<Value> {
    Some(Value::from(text))
}

fn resource(event: &Event) -> Option<Value> {
    let resource = event.resource.as_ref()?;
    let parts = [
        ("type", &resource.resource_type),
        ("id", &resource.id),
        ("name", &resource.name),
        ("url", &resource.url),
    ];
    let best = [&resource.name, &resource.id, &resource.resource_type];
    let best = best.into_iter().flatten().next().cloned();
    let parts = parts.map(|(name, part)| (name, part.as_deref().map(Value::from)));
    Some(map(parts, best))
}

fn cost(event: &Event) -> Option<Value> {
    let cost = event.estimated_cost.as_ref()?;
    let parts = [
        ("amount", text(&cost.amount)),
        ("currency", text(&cost.currency)),
        ("period", cost.period.map(|period| period.as_str().into())),
    ];
    Some(map(parts, Some(facts::cost(cost))))
}

fn changes(event: &Event) -> Option<Value> {
    let list = List {
        items: event.changes.iter().map(Value::from).collect(),
        whole: event.changes.join(", "),
    };
    (!event.changes.is_empty()).then(|| Value::from_object(list))
}

fn details(event: &Event) -> Option<Value> {
    let parts = event.details.iter();
    let whole: Vec<String> = parts
        .clone()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let parts = parts.map(|(name, value)| (name.clone(), text(value)));
    (!whole.is_empty()).then(|| map(parts, Some(whole.join(", "))))
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
        let mut named: Vec<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
        named.sort_unstable();
        written.sort_unstable();
        assert_eq!(written, named);
        let values = of(&event);
        for (name, parts, _) in FIELDS {
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
