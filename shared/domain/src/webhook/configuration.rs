//! A webhook's configuration, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use crate::named::named;

named! {
    #[derive(Default)]
    Grouping "Grouping" "Whether the events of one `correlation_id` share a thread, or later \
        ones edit the first message; `none`, if left out" {
        #[default]
        None "none",
        Thread "thread",
        Update "update",
    }
}

named! {
    #[derive(Default)]
    Digest "Digest" "Whether a backlog is sent as one message of up to 10 events; \
        `auto`, if left out" {
        #[default]
        Auto "auto",
        Off "off",
    }
}

/// A webhook's configuration as it is stored and shown: what every kind of destination has, and
/// the fields of its own kind under their own names. Of its credential only what is masked.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    #[serde(default)]
    pub grouping: Grouping,
    #[serde(default)]
    pub digest: Digest,
    /// Beyond so many waiting events, one message sums them up.
    pub summary_after: Option<u32>,
    #[serde(flatten)]
    pub own: Map<String, Value>,
}

impl Configuration {
    /// A text among the kind's own fields.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.own.get(name)?.as_str()
    }

    /// A list of texts among the kind's own fields; empty where there is none.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.own.get(name).and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.collect()
    }

    /// Puts one of the kind's own fields in.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.own.insert(name.to_owned(), value.into());
    }

    /// With one of the kind's own fields.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// The configuration as callers see it.
    pub fn shown(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_fields_of_its_kind_stand_beside_those_of_every_kind() {
        let configuration = Configuration::default()
            .with("token", "xoxb-…wxyz")
            .with("channels", json!(["infra", "ops"]));
        let shown = configuration.shown();
        assert_eq!(
            shown,
            json!({
                "token": "xoxb-…wxyz", "channels": ["infra", "ops"],
                "grouping": "none", "digest": "auto"
            })
        );
        let read: Configuration = serde_json::from_value(shown).unwrap();
        assert_eq!(read, configuration);
        assert_eq!(read.text("token"), Some("xoxb-…wxyz"));
        assert_eq!(read.texts("channels"), ["infra", "ops"]);
    }
}
