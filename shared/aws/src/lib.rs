//! Everything of AWS that Carillon stands on: its DynamoDB tables, Secrets Manager and SQS.
//!
//! The only crate that names `aws-sdk-*` (beside what runs locally). Each module is one
//! outside system, and its documentation says what it guarantees.

pub mod credentials;
mod environment;
pub mod error;
pub mod events;
pub mod failures;
mod https;
pub mod lanes;
pub mod ledger;
pub mod queue;
pub mod registry;
mod retention;
mod rising;
pub mod secrets;
pub mod table;

pub use credentials::Credentials;
pub use error::Error;
pub use events::{EventFilter, EventStore};
pub use failures::Failures;
pub use https::http_client;
pub use lanes::{Before, EventPart, EventRecord, Lanes, Piece, Start, entries_of};
pub use ledger::{Ledger, Operation};
pub use queue::{DeliveryQueue, QueueMessage, SqsQueue, WakeUp, wake};
pub use registry::{
    Begun, Change, KeptAnswer, KeyedCall, MAX_ROTATED_AT_ONCE, Quota, Quotas, Refusal, Registry,
    WebhookPage, WriteError, parts,
};
pub use retention::Retention;
pub use rising::rising_ulid;
pub use secrets::{SecretCache, SecretStore};
pub use table::Order;

use aws_types::SdkConfig;

/// The clients of one process. Built once, in the init phase; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub secrets: aws_sdk_secretsmanager::Client,
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Reads `AWS_REGION`, the credentials, `AWS_ENDPOINT_URL` (also with `_DYNAMODB`,
    /// `_SECRETS_MANAGER` or `_SQS`), `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
    pub fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let http_client = http_client();
        Self::of(|service| environment::config(service, &variable, http_client.clone()))
    }

    pub fn new(config: &SdkConfig) -> Self {
        Self::of(|_| config.clone())
    }

    fn of(config: impl Fn(&str) -> SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config("DYNAMODB")),
            secrets: aws_sdk_secretsmanager::Client::new(&config("SECRETS_MANAGER")),
            sqs: aws_sdk_sqs::Client::new(&config("SQS")),
        }
    }
}
