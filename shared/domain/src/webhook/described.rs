//! The fields of a client's webhook, described.

use serde_json::{Value, json};

use super::MAX_WEBHOOK_NAME;
use crate::event_type::{EventType, EventTypePattern, NameOrPattern};
use crate::fault::{FaultCode, Faults, Pointer};
use crate::field::{
    Field, Flag, Given, Line, Object, Rule, Shared, Whole, listed, reference, schema,
};
use crate::fields::ORGANIZATION;
use crate::filters::FiltersRule;
use crate::values::texts_of;

/// The `type`s of destinations, in the API's document.
pub const DESTINATION_TYPE: &str = "DestinationType";

/// The words that a webhook may have of its own, in the API's document.
pub const MESSAGE_TEMPLATE: &str = "MessageTemplate";

pub(super) const NAME: Field<Line> =
    Field::required("name", "Unique in the organization", Line(MAX_WEBHOOK_NAME));
pub(super) const TYPE: Field<Given> = Field::required("type", "", Given(DESTINATION_TYPE));
pub(super) const EVENT_TYPES: Field<EventTypes> = Field::required("event_types", "", EventTypes);
pub const FILTERS: Field<FiltersRule> = Field::optional("filters", "", FiltersRule);
pub(super) const CONFIGURATION: Field<Given> =
    Field::required("configuration", "", Given("Configuration"));
pub const MESSAGE: Field<Given> = Field::optional("message", "", Given(MESSAGE_TEMPLATE));
/// Beyond so many waiting events, one message sums them up.
pub const SUMMARY_AFTER: Field<Shared<Whole>> = Field::optional(
    "summary_after",
    "",
    Shared {
        name: "SummaryAfter",
        about: "Where more events than that wait, one message sums them up: how many of what. \
                Each is still in the ledger",
        rule: Whole {
            least: 10,
            most: 500,
        },
    },
);
pub const ENABLED: Field<Flag> = Field::optional("enabled", "True if left out", Flag);

/// A webhook that a client registers. What its `configuration` holds depends on its `type`.
pub const NEW_WEBHOOK: Object = Object {
    about: "A webhook to register; at most 16 KB as JSON",
    fields: &[
        &NAME,
        &TYPE,
        &EVENT_TYPES,
        &FILTERS,
        &CONFIGURATION,
        &MESSAGE,
        &ENABLED,
        &ORGANIZATION,
    ],
};

/// What an entry of a file says beside its configuration.
pub const ENTRY_EVENTS: Field<EventTypes> = Field::optional(
    "events",
    "`deploy`, `destroy` and `error`, if left out",
    EventTypes,
);

/// Event types, and patterns of them.
pub struct EventTypes;

const RULE: &str =
    "at least one event type, or a pattern such as \"*\" or \"parameter_*\", is required";

/// How many subscriptions a webhook has at most.
const MAX: usize = 50;

impl EventTypes {
    /// What the API's document calls them.
    pub const NAME: &'static str = "EventTypes";

    /// As a JSON Schema.
    pub fn list() -> Value {
        let mut item = NameOrPattern.schema();
        item["not"] = json!({"const": EventType::Ping});
        schema::described(listed(1, MAX, &item), "Event types, or patterns with `*`")
    }
}

impl Rule for EventTypes {
    type Value = Vec<EventTypePattern>;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Self::Value> {
        let texts = texts_of(value, at.clone(), MAX, 256, faults)?;
        if *value == Value::Array(Vec::new()) {
            faults.add(at.clone(), FaultCode::OutOfRange, RULE);
        }
        let mut patterns = Vec::with_capacity(texts.len());
        for (at, text) in texts {
            match EventTypePattern::parse(&text) {
                Ok(pattern) if pattern.is_only(EventType::Ping) => {
                    let detail = "a `ping` is only sent by a test call, to the webhook that is \
                                  tested: leave it out";
                    faults.add(at, FaultCode::NotAllowed, detail);
                }
                Ok(pattern) if patterns.contains(&pattern) => {}
                Ok(pattern) => patterns.push(pattern),
                Err(detail) => faults.add(at, FaultCode::UnknownValue, detail),
            }
        }
        Some(patterns)
    }

    fn schema(&self) -> Value {
        reference(Self::NAME)
    }

    fn required(&self, _name: &str) -> String {
        RULE.to_owned()
    }
}
