//! What a CloudEvent says that an event has no field for: it becomes details, as far as
//! there is room for it.

use serde_json::Value;

use crate::event::{Event, MAX_DETAIL, MAX_DETAIL_NAME, MAX_DETAILS, MAX_EVENT_BYTES};
use crate::event_type::EventGroup;
use crate::text::shorten;

/// How deep data is looked into.
const MAX_DEPTH: usize = 4;
/// The detail that says how much had no room.
const LEFT_OUT: &str = "left out";
/// In the place of what is not for a channel's readers.
const NOT_SHOWN: &str = "(not shown)";

/// Words in the name of a field whose value is nobody's business.
const SECRET: &str = "password passwd passphrase pwd secret secrets token tokens credential \
                      credentials authorization cookie apikey private";

/// The same, where the event is about configuration: its values are often secret, and
/// events only name what changed.
const VALUES: &str = "value values old new before after previous current from to content";

#[derive(Debug, Default)]
pub(super) struct Extras {
    /// What the producer calls details, by name.
    meant: Vec<(String, String)>,
    found: Vec<(String, String)>,
    left_out: usize,
}

impl Extras {
    pub fn add(&mut self, name: &str, value: &str) {
        self.found.push((name.to_owned(), value.to_owned()));
    }

    /// Adds what the producer itself calls a detail: it is for the channel's readers, whatever its
    /// name.
    pub fn add_as_it_is(&mut self, name: &str, value: &str) {
        self.meant.push((name.to_owned(), value.to_owned()));
    }

    /// Adds everything in a value, under names such as `commit.author`.
    pub fn add_leaves(&mut self, name: &str, value: &Value) {
        self.leaves(name, value, 1);
    }

    fn leaves(&mut self, name: &str, value: &Value, depth: usize) {
        match value {
            Value::Null => {}
            Value::Object(object) if depth < MAX_DEPTH => {
                for (inner, value) in object {
                    self.leaves(&format!("{name}.{inner}"), value, depth + 1);
                }
            }
            Value::Array(list) => {
                let texts: Option<Vec<_>> = list.iter().map(scalar).collect();
                match texts {
                    Some(texts) if texts.is_empty() => {}
                    Some(texts) => self.add(name, &texts.join(", ")),
                    None => self.left_out += 1,
                }
            }
            value => match scalar(value) {
                Some(text) => self.add(name, &text),
                None => self.left_out += 1,
            },
        }
    }

    /// Makes details of it, those that are meant to be some first. Those that the event has
    /// already stay.
    pub fn put_into(self, event: &mut Event) {
        let configuration = event.event_type.group() == EventGroup::Configuration;
        let mut left_out = self.left_out;
        let hidden = |(name, value): (String, String)| match is_secret(&name, configuration) {
            true => (name, NOT_SHOWN.to_owned()),
            false => (name, value),
        };
        let mut last = None;
        for (name, value) in self
            .meant
            .into_iter()
            .chain(self.found.into_iter().map(hidden))
        {
            let (name, value) = (shorten(&name, MAX_DETAIL_NAME), shorten(&value, MAX_DETAIL));
            if name.is_empty() || value.is_empty() {
                continue;
            }
            if event.details.len() >= MAX_DETAILS || event.details.contains_key(&name) {
                left_out += 1;
                continue;
            }
            event.details.insert(name.clone(), value);
            if event.size() > MAX_EVENT_BYTES {
                event.details.remove(&name);
                left_out += 1;
            } else {
                last = Some(name);
            }
        }
        if left_out > 0 {
            // The number of those that found no place needs one, too.
            if event.details.len() >= MAX_DETAILS
                && let Some(last) = last
            {
                event.details.remove(&last);
                left_out += 1;
            }
            let text = format!("{left_out} more in the CloudEvent");
            event.details.insert(LEFT_OUT.to_owned(), text);
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

fn is_secret(name: &str, configuration: bool) -> bool {
    let words = words(name);
    let any = |list: &str| {
        list.split(' ')
            .any(|known| words.iter().any(|word| word == known))
    };
    let key = words
        .windows(2)
        .any(|pair| pair[1] == "key" && ["api", "access", "signing"].contains(&pair[0].as_str()));
    key || any(SECRET) || (configuration && any(VALUES))
}

/// The words of a name such as `db.apiKey` or `old_value`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in name.chars() {
        let starts = c.is_uppercase() && after_small;
        if starts || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        after_small = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}
