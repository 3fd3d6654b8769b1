//! The shapes of bodies and queries as the document describes them. What is read is read by
//! hand, so that every fault is found; a test holds the two together.

use std::borrow::Cow;

use carillon_domain as domain;
use serde::Deserialize;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// A text that is one of a fixed set of names, taken from where the names are defined.
macro_rules! names {
    ($($(#[doc = $doc:literal])* $name:ident = $names:expr;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Deserialize)]
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new()
                        .schema_type(Type::String)
                        .description(Some(concat!($($doc),*).trim()))
                        .enum_values(Some($names))
                        .into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*
    };
}

names! {
    /// Whether a webhook delivers, was switched off by its owner, or by the system.
    WebhookStatus = domain::WebhookStatus::ALL.map(|(name, _)| name);
    /// What a key allows: everything; webhooks and events; publishing events; reading.
    Role = domain::Role::ALL.map(domain::Role::as_str);
    /// The name of an event type.
    EventTypeName = domain::EventType::ALL.iter().map(|known| known.as_str());
    /// How an operation stands.
    EventStatus = domain::Status::ALL.map(domain::Status::as_str);
    /// What an event type is about.
    EventGroup = ["configuration", "infrastructure", "system"];
}

/// Schemas that only the completed document has: see `document::components`.
macro_rules! elsewhere {
    ($($name:ident)*) => {
        $(
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new().into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*
    };
}

elsewhere! {
    Actor AuditAction AuditObject ApiKeyPatch CloudEvent CloudEventBatch DeliveryStatus DestinationType Event Fault Filters Message MessageTemplate NewApiKey NewWebhook
    Nothing Notifications NotificationsInYaml Outcome PreviewOf Publication PublicationAnswer Recovery RecoveryOfAll Rotation
    WebhookPatch WebhookReplacement
}

/// A page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub struct PageParameters {
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    limit: u32,
    /// `next` of the page before. Belongs to one list with one set of filters.
    #[param(required = false, max_length = 1024)]
    cursor: String,
}

/// Which webhooks.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub struct WebhookFilters {
    /// Of this type.
    #[param(required = false)]
    r#type: DestinationType,
    /// That subscribe to this event type, or to one that a pattern with `*` matches.
    #[param(required = false, max_length = 100, example = "parameter_*")]
    event_type: String,
    /// In this state.
    #[param(required = false)]
    status: WebhookStatus,
    /// With exactly this name.
    #[param(required = false, max_length = 100)]
    name: String,
}

/// Which events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub struct EventFilters {
    /// That happened then or later (RFC 3339).
    #[param(required = false, format = DateTime)]
    since: String,
    /// That happened before then (RFC 3339).
    #[param(required = false, format = DateTime)]
    until: String,
    /// Of this type, or of one that a pattern with `*` matches.
    #[param(required = false, max_length = 100, example = "parameter_*")]
    r#type: String,
    /// Of this status.
    #[param(required = false)]
    status: EventStatus,
    /// In this environment.
    #[param(required = false, max_length = 256)]
    environment: String,
    /// Of this project.
    #[param(required = false, max_length = 256)]
    project: String,
    /// Done by this actor.
    #[param(required = false, max_length = 256)]
    actor: String,
    /// Of this operation.
    #[param(required = false, max_length = 256)]
    correlation_id: String,
}

/// Which deliveries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub struct DeliveryFilters {
    /// That stand like this.
    #[param(required = false)]
    status: DeliveryStatus,
}

/// Whether the platform is asked about a new credential.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub struct VerifyParameter {
    /// Whether the platform is asked about a new credential before it is kept.
    #[param(required = false, default = true)]
    verify: bool,
}

/// Whether deliveries are sent or counted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub struct RecoverParameter {
    /// Only counts what would be sent, and sends nothing.
    #[param(required = false, default = false)]
    dry_run: bool,
}

/// Which of the webhook's channels.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub struct ChannelParameter {
    /// One of the webhook's channels; the first, if left out.
    #[param(required = false, max_length = 100)]
    channel: String,
}

/// How full a limit of the platform is: the fullest place, where it applies to several.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct Usage {
    #[schema(example = "characters of a section's text")]
    what: String,
    used: u32,
    limit: u32,
}
