//! The parameters of queries, described: what reads them and what the document says of them.

use carillon_domain::event::MAX_NAME;
use carillon_domain::event_type::NameOrPattern;
use carillon_domain::field::{Described, Field, FlagOr, Formed, Given, Number, OneOf, Said, Time};
use carillon_domain::webhook::{DESTINATION_TYPE, MAX_WEBHOOK_NAME};
use carillon_domain::{DeliveryStatus, Status, WebhookStatus};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

/// The longest cursor that is looked at, in characters.
const MAX_CURSOR: usize = 2_048;

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

/// Names for groups of parameters, by which calls say which they take.
macro_rules! groups {
    ($($name:ident = [$($field:ident),+];)*) => {
        $(
            pub struct $name;

            impl IntoParams for $name {
                fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                    described(&[$(&$field),+])
                }
            }
        )*
    };
}

groups! {
    Paging = [LIMIT, CURSOR];
    WebhookFilters = [WEBHOOK_TYPE, EVENT_TYPE, WEBHOOK_STATUS, WEBHOOK_NAME];
    EventFilters = [SINCE, UNTIL, TYPE, STATUS, ENVIRONMENT, PROJECT, ACTOR, CORRELATION_ID];
    DeliveryFilters = [DELIVERY_STATUS];
    Verifying = [VERIFY];
    Recovering = [RECOVER_DRY_RUN];
    Applying = [APPLY_DRY_RUN, PRUNE, VERIFY];
    OfChannel = [CHANNEL];
}

fn described(fields: &[&dyn Described]) -> Vec<Parameter> {
    let fields = fields.iter().map(|field| {
        let mut schema = field.schema();
        // It stands beside the schema.
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("description");
        }
        ParameterBuilder::new()
            .name(field.name())
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(field.about()))
            .schema(serde_json::from_value::<utoipa::openapi::RefOr<_>>(schema).ok())
            .build()
    });
    fields.collect()
}
