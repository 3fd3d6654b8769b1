//! An event's JSON in the making.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::event::{Capture, Event};
use crate::fault::{Faults, Pointer};
use crate::ids::{EventId, OrganizationId};

/// Fields of an event, each of them one that an event can have.
#[derive(Default)]
pub(super) struct Draft(Map<String, Value>);

impl Draft {
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.0.get(*first)?, |value, name| value.get(name))
    }

    pub fn set(&mut self, path: &[&str], value: Value) {
        match path {
            [name] => {
                self.0.insert((*name).to_owned(), value);
            }
            [outer, name] => {
                let outer = self.0.entry(*outer).or_insert_with(|| json!({}));
                if let Some(outer) = outer.as_object_mut() {
                    outer.insert((*name).to_owned(), value);
                }
            }
            _ => {}
        }
    }

    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// Whether an event can have this value as this field.
pub(super) fn fits(path: &[&str], value: &Value) -> bool {
    let capture = Capture {
        organization: OrganizationId::parse("org").expect("a constant id is valid"),
        now: Timestamp::UNIX_EPOCH,
        fallback_id: EventId::parse("id").expect("a constant id is valid"),
    };
    let mut draft = Draft::default();
    draft.set(&["type"], json!("deploy"));
    draft.set(path, value.clone());
    let mut faults = Faults::default();
    Event::parse(&draft.into_value(), &Pointer::root(), capture, &mut faults).is_some()
}
