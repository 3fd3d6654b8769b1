//! The fields of an event, described: what reads them and what the API's document says of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    EstimatedCost, MAX_CHANGES, MAX_DETAIL, MAX_DETAILS, MAX_MESSAGE, MAX_NAME, MAX_URL, Period,
    Resource, Severity, Status, is_web_url,
};
use crate::event_type::EventType;
use crate::fault::{FaultCode, Faults, Pointer};
use crate::field::{
    Described, Field, Flag, Formed, Named, Object, OneOf, Remark, Rule, Texts, Time, reference,
    said, schema,
};
use crate::fields::{Fields, ORGANIZATION, kind, text_of};
use crate::ids::EventId;
use crate::pattern;
use crate::trace::TraceParent;

impl Named for Status {
    const SET: &'static str = "EventStatus";
    const ABOUT: &'static str = "How an operation stands";

    fn all() -> Vec<(&'static str, Self)> {
        Self::ALL.map(|status| (status.as_str(), status)).to_vec()
    }
}

impl Named for Severity {
    const SET: &'static str = "Severity";
    const ABOUT: &'static str = "How much an event matters";

    fn all() -> Vec<(&'static str, Self)> {
        let all = Self::ALL.map(|severity| (severity.as_str(), severity));
        all.to_vec()
    }
}

impl Named for Period {
    const SET: &'static str = "Period";
    const ABOUT: &'static str = "What a cost is per";

    fn all() -> Vec<(&'static str, Self)> {
        Self::ALL.map(|period| (period.as_str(), period)).to_vec()
    }
}

pub(super) const TYPE: Field<PublishableType> = Field::required("type", "", PublishableType);
pub(super) const ID: Field<Formed<EventId>> = Field::optional(
    "id",
    "Unique in the organization; an event whose id is there already changes nothing",
    EventId::FORM,
);
pub(super) const STATUS: Field<OneOf<Status>> = Field::optional("status", "", OneOf::NAMES);
pub(super) const OCCURRED_AT: Field<Time> =
    Field::optional("occurred_at", "When it happened; now, if left out", Time);
pub(super) const ENVIRONMENT: Field<Remark> = name("environment", "Where");
pub(super) const PROJECT: Field<Remark> = name("project", "Of which project");
pub(super) const RESOURCE: Field<ResourceRule> =
    Field::optional("resource", "What it is about", ResourceRule);
pub(super) const PROVIDER: Field<Remark> = name("provider", "Such as `aws`");
pub(super) const ACCOUNT: Field<Remark> =
    name("account", "Of the provider, such as `111122223333`");
pub(super) const REGION: Field<Remark> = name("region", "Such as `eu-west-1`");
pub(super) const SEVERITY: Field<OneOf<Severity>> = Field::optional("severity", "", OneOf::NAMES);
pub(super) const ESTIMATED_COST: Field<Cost> = Field::optional("estimated_cost", "", Cost);
pub(super) const ACTOR: Field<Remark> = name("actor", "Who did it");
pub(super) const MESSAGE: Field<Remark> =
    Field::optional("message", "Free text", Remark(MAX_MESSAGE));
pub(super) const CORRELATION_ID: Field<Remark> =
    name("correlation_id", "Groups the events of one operation");
pub(super) const TRACEPARENT: Field<Formed<TraceParent>> = Field::optional(
    "traceparent",
    "The W3C trace that it belongs to; the request's header of this name, if left out",
    TraceParent::FORM,
);
pub(super) const DRY_RUN: Field<Flag> =
    Field::optional("dry_run", "Nothing was changed; the message says so", Flag);
pub(super) const CHANGES: Field<Texts> = Field::optional(
    "changes",
    "Names of changed attributes, never their values",
    Texts {
        most: MAX_CHANGES,
        max: MAX_NAME,
    },
);
pub(super) const DETAILS: Field<Details> =
    Field::optional("details", "Further facts, shown as fields", Details);

const fn name(name: &'static str, about: &'static str) -> Field<Remark> {
    Field::optional(name, about, Remark(MAX_NAME))
}

/// An event that a client publishes.
pub const NEW_EVENT: Object = Object {
    about: "Something that happened; at most 16 KB as JSON",
    fields: &[
        &TYPE,
        &ID,
        &STATUS,
        &OCCURRED_AT,
        &ENVIRONMENT,
        &PROJECT,
        &RESOURCE,
        &PROVIDER,
        &ACCOUNT,
        &REGION,
        &SEVERITY,
        &ESTIMATED_COST,
        &ACTOR,
        &MESSAGE,
        &CORRELATION_ID,
        &TRACEPARENT,
        &DRY_RUN,
        &CHANGES,
        &DETAILS,
        &ORGANIZATION,
    ],
};

/// The type of an event that clients can publish.
pub struct PublishableType;

impl PublishableType {
    /// What the API's document calls them.
    pub const SET: &'static str = "PublishableEventType";

    /// The types as a JSON Schema.
    pub fn types() -> Value {
        let all = EventType::ALL.iter().filter(|known| known.is_publishable());
        let names: Vec<&str> = all.map(|known| known.as_str()).collect();
        let about = "The name of an event type that clients can publish";
        json!({"type": "string", "enum": names, "description": about})
    }
}

impl Rule for PublishableType {
    type Value = EventType;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<EventType> {
        let name = said(value, at, 1_000, crate::fields::NOT_BLANK, faults)?;
        let found = EventType::parse(&name).filter(|found| found.is_publishable());
        if found.is_none() {
            let detail = match EventType::parse(&name) {
                Some(own) => {
                    format!("`{own}` is raised by Carillon itself and cannot be published")
                }
                None => EventType::unknown(&name, EventType::is_publishable),
            };
            faults.add(at.clone(), FaultCode::UnknownValue, detail);
        }
        found
    }

    fn schema(&self) -> Value {
        reference(Self::SET)
    }
}

const RESOURCE_TYPE: Field<Remark> = name("type", "Such as `aws_rds_cluster`");
const RESOURCE_ID: Field<Remark> = Field::optional("id", "The provider's id", Remark(1_024));
const RESOURCE_NAME: Field<Remark> = name("name", "What people call it");
const RESOURCE_URL: Field<WebUrl> =
    Field::optional("url", "Where to look at it; http or https", WebUrl);

/// What an event is about.
pub struct ResourceRule;

impl ResourceRule {
    /// What the API's document calls it.
    pub const NAME: &'static str = "Resource";
    pub const OBJECT: Object = Object {
        about: "What an event is about",
        fields: &[&RESOURCE_TYPE, &RESOURCE_ID, &RESOURCE_NAME, &RESOURCE_URL],
    };
}

impl Rule for ResourceRule {
    type Value = Resource;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Resource> {
        let mut fields = Fields::of(value, at.clone(), faults)?;
        let resource = Resource {
            resource_type: fields.get(&RESOURCE_TYPE),
            id: fields.get(&RESOURCE_ID),
            name: fields.get(&RESOURCE_NAME),
            url: fields.get(&RESOURCE_URL),
        };
        fields.finish_as(&Self::OBJECT);
        (resource != Resource::default()).then_some(resource)
    }

    fn schema(&self) -> Value {
        reference(Self::NAME)
    }
}

/// A URL of the web.
pub(super) struct WebUrl;

impl Rule for WebUrl {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        let url = text_of(value, at.clone(), MAX_URL, faults)?;
        if !is_web_url(&url) {
            let detail = "must be an http or https URL without spaces";
            faults.add(at.clone(), FaultCode::Malformed, detail);
        }
        Some(url)
    }

    fn schema(&self) -> Value {
        schema::form(MAX_URL, pattern::web_url())
    }
}

const AMOUNT: Field<Amount> = Field::required("amount", "A decimal, never a float", Amount);
const CURRENCY: Field<Currency> = Field::required("currency", "ISO 4217", Currency);
const PERIOD: Field<OneOf<Period>> = Field::optional("period", "", OneOf::NAMES);

/// An estimated cost.
pub struct Cost;

impl Cost {
    /// What the API's document calls it.
    pub const NAME: &'static str = "EstimatedCost";
    pub const OBJECT: Object = Object {
        about: "An estimated cost",
        fields: &[&AMOUNT, &CURRENCY, &PERIOD],
    };
}

impl Rule for Cost {
    type Value = EstimatedCost;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<EstimatedCost> {
        let mut fields = Fields::of(value, at.clone(), faults)?;
        let amount = fields.get(&AMOUNT);
        let currency = fields.get(&CURRENCY);
        let period = fields.get(&PERIOD);
        fields.finish_as(&Self::OBJECT);
        Some(EstimatedCost {
            amount: amount?,
            currency: currency?,
            period,
        })
    }

    fn schema(&self) -> Value {
        reference(Self::NAME)
    }
}

struct Amount;

impl Rule for Amount {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        let amount = value.as_str().filter(|text| is_decimal(text));
        if amount.is_none() {
            let detail = "must be a decimal string such as \"41.20\", at most 15 digits before and \
                          6 after the point";
            faults.add(at.clone(), FaultCode::Malformed, detail);
        }
        amount.map(str::to_owned)
    }

    fn schema(&self) -> Value {
        schema::form(23, r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")
    }
}

fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    digits(whole, 15) && digits(fraction, 6)
}

struct Currency;

impl Rule for Currency {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        let currency = said(value, at, 64, crate::fields::NOT_BLANK, faults)?;
        if !(currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase())) {
            let detail = "must be an ISO 4217 code such as USD";
            faults.add(at.clone(), FaultCode::Malformed, detail);
        }
        Some(currency)
    }

    fn schema(&self) -> Value {
        schema::form(3, "^[A-Z]{3}$")
    }
}

/// The longest name of a detail, in characters.
const MAX_DETAIL_NAME: usize = 100;

/// Texts by names.
pub(super) struct Details;

impl Rule for Details {
    type Value = BTreeMap<String, String>;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Self::Value> {
        let mut details = BTreeMap::new();
        let Some(object) = value.as_object() else {
            let detail = format!("must be an object of strings, not {}", kind(value));
            faults.add(at.clone(), FaultCode::WrongType, detail);
            return None;
        };
        if object.len() > MAX_DETAILS {
            let detail = format!("may have {MAX_DETAILS} entries; it has {}", object.len());
            faults.add(at.clone(), FaultCode::OutOfRange, detail);
        }
        for (key, value) in object {
            let here = at.field(&crate::text::shorten(key, MAX_DETAIL_NAME));
            if key.trim().is_empty() || key.chars().count() > MAX_DETAIL_NAME {
                let detail = "a detail's name must have 1 to 100 characters";
                faults.add(here, FaultCode::OutOfRange, detail);
                continue;
            }
            if let Some(text) = text_of(value, here, MAX_DETAIL, faults) {
                details.insert(key.clone(), text);
            }
        }
        Some(details)
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object", "maxProperties": MAX_DETAILS,
            "propertyNames": schema::said(MAX_DETAIL_NAME),
            "additionalProperties": {"type": "string", "maxLength": MAX_DETAIL},
        })
    }
}

/// An event as it is kept, as a JSON Schema: what does not apply is left out.
pub fn kept() -> Value {
    let mut properties = NEW_EVENT.properties();
    for field in [&TYPE as &dyn Described, &OCCURRED_AT, &DRY_RUN] {
        properties.remove(field.name());
    }
    let mut event = schema::unlimited(&schema::object(
        &[
            "id",
            "type",
            "occurred_at",
            "received_at",
            "organization",
            "dry_run",
        ],
        properties,
    ));
    event["description"] = "An event as it is kept".into();
    let own = json!({
        "id": {"type": "string"},
        "type": reference(EventType::SET),
        "occurred_at": {"type": "string", "format": "date-time",
                        "description": "When it happened, as the source says"},
        "received_at": {"type": "string", "format": "date-time",
                        "description": "When Carillon captured it"},
        "organization": {"type": "string"},
        "dry_run": {"type": "boolean", "description": DRY_RUN.about},
    });
    for (name, schema) in own.as_object().into_iter().flatten() {
        event["properties"][name] = schema.clone();
    }
    event
}
