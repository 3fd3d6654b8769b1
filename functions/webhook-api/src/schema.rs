//! Names of schemas that the document takes from elsewhere: see `document::components`.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! names {
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

names! {
    Actor AuditAction AuditObject DeliveryStatus DestinationType Event EventGroup EventType Fault
    Filters Message MessageTemplate Notifications Outcome PublicationAnswer Role WebhookStatus
}
