//! The fields of a configuration. One description of each both reads it and tells the API's
//! document what it may be.

mod field;
mod label;
mod reading;
pub mod schema;
mod url;

pub use field::{
    Either, Field, List, Refusal, Rule, Secret, Secrets, Text, Texts, is_label, is_of, malformed,
    not_allowed, shown, unmasked,
};
pub use label::{LABEL, LABEL_OR_LABELS, LABELS, first_label};
pub(crate) use reading::is_given;
pub use reading::{Reading, completed};
pub use url::{UrlParts, WebhookUrl, url_parts, webhook_url};
