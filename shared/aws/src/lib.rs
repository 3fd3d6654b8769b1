//! Everything of AWS that Carillon stands on: its DynamoDB tables, Secrets Manager and SQS.
//!
//! The only crate that names `aws-sdk-*` (beside what runs locally). Each module is one
//! outside system, and its documentation says what it guarantees.

pub mod credentials;
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

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};

/// A call that hangs must not take a function's whole time.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build()
}

/// The clients of one process. Built once, in the init phase; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub secrets: aws_sdk_secretsmanager::Client,
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Reads region, endpoint and credentials from the environment, as AWS's SDKs do.
    pub async fn from_environment() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts())
            .http_client(tls::http_client())
            .load()
            .await;
        Self::new(&config)
    }

    pub fn new(config: &SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            secrets: aws_sdk_secretsmanager::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
        }
    }
}
