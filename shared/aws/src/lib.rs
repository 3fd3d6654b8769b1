//! Everything of AWS that Carillon stands on: its DynamoDB tables, Secrets Manager and SQS.
//!
//! The only crate that names `aws-sdk-*` (beside what runs locally). Each module is one
//! outside system, and its documentation says what it guarantees.

pub mod credentials;
mod environment;
pub mod error;
pub mod events;
pub mod failures;
pub mod ledger;
pub mod queue;
pub mod registry;
pub mod secrets;
pub mod table;
mod tls;

pub use credentials::Credentials;
pub use error::Error;
pub use events::{EventFilter, EventStore, Stored};
pub use failures::{FailureQueue, Failures};
pub use ledger::{Claimed, Ledger};
pub use queue::{DeliveryQueue, QueueMessage, SqsQueue};
pub use registry::{Registry, Suspension, WriteError};
pub use secrets::{SecretCache, SecretStore};
pub use table::Retention;

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
        let config = environment::config(&variable, tls::http_client());
        let endpoint = |service| environment::endpoint(&variable, service);
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&config);
        let mut secrets = aws_sdk_secretsmanager::config::Builder::from(&config);
        let mut sqs = aws_sdk_sqs::config::Builder::from(&config);
        if let Some(url) = endpoint("DYNAMODB") {
            dynamodb.set_endpoint_url(Some(url));
        }
        if let Some(url) = endpoint("SECRETS_MANAGER") {
            secrets.set_endpoint_url(Some(url));
        }
        if let Some(url) = endpoint("SQS") {
            sqs.set_endpoint_url(Some(url));
        }
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            secrets: aws_sdk_secretsmanager::Client::from_conf(secrets.build()),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
        }
    }

    pub fn new(config: &SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            secrets: aws_sdk_secretsmanager::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
        }
    }
}
