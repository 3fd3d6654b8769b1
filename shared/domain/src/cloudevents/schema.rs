//! A CloudEvent as a JSON Schema: what [`attributes`](super::attributes) and
//! [`data`](super::data) take, in the form that the specification gives it.

use serde_json::{Value, json};

use super::MAX_BATCH;
use crate::event::MAX_DETAIL;
use crate::field::{Described, listed, reference, schema};
use crate::fields::ORGANIZATION;
use crate::pattern;

/// What the API's document calls a CloudEvent.
pub const CLOUD_EVENT: &str = "CloudEvent";

/// A CloudEvent. It may have extension attributes, which no schema can know.
pub fn cloud_event() -> Value {
    let required = schema::form(MAX_DETAIL, &pattern::required_attribute());
    let optional = json!({"type": "string", "pattern": pattern::attribute()});
    json!({
        "type": "object", "required": ["specversion", "id", "source", "type"],
        "description": "A CloudEvent 1.0. What an event has no field for becomes a detail",
        "properties": {
            "specversion": {"type": "string", "const": "1.0"},
            "id": required,
            "source": required,
            "type": {
                "type": "string", "maxLength": MAX_DETAIL, "pattern": pattern::cloud_event_type(),
                "description": "Its last segments name an event type, such as `com.acme.deploy`, \
                                `com.acme.parameter.updated` or `com.acme.deploy.failed.v1`",
            },
            "subject": optional,
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {
                "type": "string",
                "pattern": "^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:;[ -~]*)?$",
            },
            "dataschema": optional,
            "organization": ORGANIZATION.schema(),
            "data": {"description": "May have the fields of an event"},
            "data_base64": {
                "type": "string", "contentEncoding": "base64",
                "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
            },
        },
        "propertyNames": {"pattern": "^(?:[a-z0-9]{1,100}|data_base64)$"},
        "patternProperties": {
            "^(?!data$)[a-z0-9]+$": {
                "type": ["string", "number", "boolean"], "pattern": pattern::attribute(),
            },
        },
        "not": {"required": ["data", "data_base64"]},
    })
}

/// A batch of them. The list stands by itself: a widely used generator makes nothing of a call
/// with several bodies of which one is nothing but a list.
pub fn batch() -> Value {
    json!({
        "description": "With a fault in one, none is stored",
        "allOf": [listed(0, MAX_BATCH, &reference(CLOUD_EVENT))],
    })
}
