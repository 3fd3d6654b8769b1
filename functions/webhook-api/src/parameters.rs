//! The parameters of queries, described: what reads them and what the document says of them.

use carillon_domain::event::MAX_NAME;
use carillon_domain::event_type::NameOrPattern;
use carillon_domain::field::{Described, Field, FlagOr, Formed, Given, Number, OneOf, Said, Time};
use carillon_domain::webhook::{DESTINATION_TYPE, MAX_WEBHOOK_NAME};
use carillon_domain::{DeliveryStatus, Status, WebhookStatus};
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

/// The longest cursor that is looked at, in characters.
const MAX_CURSOR: usize = 4_096;

/// The longest channel that is looked up, in characters.
const MAX_CHANNEL: usize = 100;

pub const LIMIT: Field<Number> = Field::optional(
    "limit",
    "How many items at most",
    Number {
        least: 1,
        most: 100,
        default: 50,
    },
);
pub const CURSOR: Field<Formed<String>> = Field::optional(
    "cursor",
    "`next` of the page before. Belongs to one list with one set of filters",
    Formed {
        max: MAX_CURSOR,
        pattern: "^[A-Za-z0-9_-]+$",
        parse: |text| (text.len() <= MAX_CURSOR).then(|| text.to_owned()),
        rule: "is not a cursor",
    },
);

pub const WEBHOOK_TYPE: Field<Given> =
    Field::optional("type", "Of this type", Given(DESTINATION_TYPE));
pub const EVENT_TYPE: Field<NameOrPattern> = Field::optional(
    "event_type",
    "That subscribe to this event type, or to one that a pattern with `*` matches",
    NameOrPattern,
);
pub const WEBHOOK_STATUS: Field<OneOf<WebhookStatus>> =
    Field::optional("status", "In this state", OneOf::NAMES);
pub const WEBHOOK_NAME: Field<Said> =
    Field::optional("name", "With exactly this name", Said(MAX_WEBHOOK_NAME));

pub const SINCE: Field<Time> = Field::optional("since", "That happened then or later", Time);
pub const UNTIL: Field<Time> = Field::optional("until", "That happened before then", Time);
pub const TYPE: Field<NameOrPattern> = Field::optional(
    "type",
    "Of this type, or of one that a pattern with `*` matches",
    NameOrPattern,
);
pub const STATUS: Field<OneOf<Status>> = Field::optional("status", "Of this status", OneOf::NAMES);
pub const ENVIRONMENT: Field<Said> = name("environment", "In this environment");
pub const PROJECT: Field<Said> = name("project", "Of this project");
pub const ACTOR: Field<Said> = name("actor", "Done by this actor");
pub const CORRELATION_ID: Field<Said> = name("correlation_id", "Of this operation");

pub const DELIVERY_STATUS: Field<OneOf<DeliveryStatus>> =
    Field::optional("status", "That stand like this", OneOf::NAMES);

pub const VERIFY: Field<FlagOr> = Field::optional(
    "verify",
    "Whether the platform is asked about a new credential before it is kept",
    FlagOr(true),
);
pub const RECOVER_DRY_RUN: Field<FlagOr> = Field::optional(
    "dry_run",
    "Only counts what would be sent, and sends nothing",
    FlagOr(false),
);
pub const APPLY_DRY_RUN: Field<FlagOr> = Field::optional(
    "dry_run",
    "Answers what would be done, and does nothing",
    FlagOr(false),
);
pub const PRUNE: Field<FlagOr> = Field::optional(
    "prune",
    "Removes the webhooks that the file does not name",
    FlagOr(false),
);
pub const CHANNEL: Field<Said> = Field::optional(
    "channel",
    "One of the webhook's channels; the first, if left out",
    Said(MAX_CHANNEL),
);

const fn name(name: &'static str, about: &'static str) -> Field<Said> {
    Field::optional(name, about, Said(MAX_NAME))
}

/// Ids, as the document's examples have them.
pub const WEBHOOK_ID: &str = "wh_01KAJ2V5J8M3E1Q7S9T0C4X6YZ";
pub const DELIVERY_ID: &str = "dl_01KAJ2V5J8M3E1Q7S9T0C4X6YZ";
pub const KEY_ID: &str = "key_01KAJ2V5J8M3E1Q7S9T0C4X6YZ";
pub const EVENT_ID: &str = "deploy-7f3a";

const VERSIONS: Option<&str> = Some("^(?:\\*|\"[0-9]+\"(?:, \"[0-9]+\")*)$");
const KEY_OF_CALL: Option<&str> = Some("^[!-~]{1,255}$");

/// Names for groups of parameters, by which calls say which they take.
macro_rules! groups {
    ($($name:ident = $parameters:expr;)*) => {
        $(
            pub struct $name;

            impl IntoParams for $name {
                fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                    $parameters.into_iter().map(ParameterBuilder::build).collect()
                }
            }
        )*
    };
}

groups! {
    OfWebhook = [in_path("id", "The webhook's id", WEBHOOK_ID)];
    OfDelivery = [in_path("delivery_id", "The delivery's id", DELIVERY_ID)];
    OfKey = [in_path("id", "The key's id", KEY_ID)];
    OfEvent = [in_path("id", "The event's id", EVENT_ID)];
    AtVersion = [in_header("If-Match", "Only at this version", VERSIONS)];
    AtOtherVersion = [in_header("If-None-Match", "Only at another version", None)];
    Repeatable = [
        in_header("Idempotency-Key", "A repeat within 24 hours gets the first answer", KEY_OF_CALL)
    ];
    Publishing = [
        in_header("Idempotency-Key", "Stands for an `id` that is left out", KEY_OF_CALL),
        in_header("traceparent", "The trace that it belongs to (W3C Trace Context)", None)
    ];
    Paging = in_query(&[&LIMIT, &CURSOR]);
    WebhookFilters = in_query(&[&WEBHOOK_TYPE, &EVENT_TYPE, &WEBHOOK_STATUS, &WEBHOOK_NAME]);
    EventFilters = in_query(&[
        &SINCE, &UNTIL, &TYPE, &STATUS, &ENVIRONMENT, &PROJECT, &ACTOR, &CORRELATION_ID,
    ]);
    DeliveryFilters = in_query(&[&DELIVERY_STATUS]);
    Verifying = in_query(&[&VERIFY]);
    Recovering = in_query(&[&RECOVER_DRY_RUN]);
    Applying = in_query(&[&APPLY_DRY_RUN, &PRUNE, &VERIFY]);
    OfChannel = in_query(&[&CHANNEL]);
}

fn in_path(name: &str, about: &str, example: &str) -> ParameterBuilder {
    parameter(ParameterIn::Path, name, about, json!({"type": "string"}))
        .example(Some(example.into()))
}

fn in_header(name: &str, about: &str, pattern: Option<&str>) -> ParameterBuilder {
    let schema = match pattern {
        Some(pattern) => json!({"type": "string", "pattern": pattern}),
        None => json!({"type": "string"}),
    };
    parameter(ParameterIn::Header, name, about, schema)
}

fn in_query(fields: &[&dyn Described]) -> Vec<ParameterBuilder> {
    let fields = fields.iter().map(|field| {
        let mut schema = field.schema();
        // It stands beside the schema.
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("description");
        }
        parameter(ParameterIn::Query, field.name(), field.about(), schema)
    });
    fields.collect()
}

fn parameter(at: ParameterIn, name: &str, about: &str, schema: Value) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(at)
        // Of a path, it is required all the same.
        .required(Required::False)
        .description(Some(about))
        .schema(serde_json::from_value::<utoipa::openapi::RefOr<_>>(schema).ok())
}
