//! AWS's services of this process, as the real SDK calls them: no network in between, but
//! whatever a test wants to go wrong on the way.

use std::fmt;
use std::sync::Arc;

use aws_sdk_secretsmanager::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use serde_json::json;

use crate::{LocalDynamoDb, LocalQueue, LocalSecrets, sqs};

mod in_part;

/// What calls are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    DynamoDb,
    SecretsManager,
    Sqs,
}

/// A call on its way.
#[derive(Debug)]
pub struct Call<'a> {
    pub service: Service,
    /// Such as `PutItem`.
    pub operation: &'a str,
    /// As JSON.
    pub body: &'a str,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    Smooth,
    /// It does not reach the service.
    Refused(Trouble),
    /// The service does what it is told, but its answer is lost.
    AnswerLost(Trouble),
    /// Of a `BatchWriteItem` or `BatchGetItem`, a part is done and the rest handed back; the
    /// seed says which. Any other call goes smoothly.
    InPart {
        seed: u64,
    },
    /// It goes smoothly, once others have had their turn so often.
    Slow {
        turns: u32,
    },
}

/// What the caller gets instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Too many calls.
    Throttled,
    /// Status 500.
    Broken,
    /// The connection breaks off.
    Cut,
    /// Nothing, for ever: whoever waits for it is dead.
    Silence,
}

/// Says what becomes of each call.
pub type Gate = Arc<dyn Fn(&Call<'_>) -> Course + Send + Sync>;

/// The services.
#[derive(Clone)]
pub struct Services {
    pub dynamodb: LocalDynamoDb,
    pub secrets: LocalSecrets,
    pub queue: LocalQueue,
}

impl Services {
    /// The SDK's settings for these services, with nothing going wrong.
    pub fn smooth(&self) -> SdkConfig {
        self.sdk_config(Arc::new(|_| Course::Smooth))
    }

    /// The SDK's settings for these services, through a gate.
    pub fn sdk_config(&self, gate: Gate) -> SdkConfig {
        let services = self.clone();
        let client = http_client_fn(move |settings, components| {
            SharedHttpConnector::new(Connector {
                services: services.clone(),
                gate: Arc::clone(&gate),
                secrets: services.secrets.client.http_connector(settings, components),
            })
        });
        settings().http_client(client).build()
    }
}

/// The SDK's settings for a DynamoDB that answers there.
pub fn sdk_config(dynamodb_endpoint: &str) -> SdkConfig {
    settings()
        .endpoint_url(dynamodb_endpoint)
        .http_client(carillon_aws::http_client())
        .build()
}

/// The SDK's settings for whatever is in this process.
fn settings() -> aws_types::sdk_config::Builder {
    let credentials = Credentials::new("local", "local", None, None, "carillon-local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(crate::REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
}

#[derive(Clone)]
struct Connector {
    services: Services,
    gate: Gate,
    secrets: SharedHttpConnector,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move { connector.answer(request).await })
    }
}

impl Connector {
    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let (service, operation) = target.rsplit_once('.').unwrap_or_default();
        let (service, operation) = (service_named(service), operation.to_owned());
        let body = request.body().bytes().unwrap_or_default();
        let body = String::from_utf8_lossy(body).into_owned();
        let call = Call {
            service,
            operation: &operation,
            body: &body,
        };
        match (self.gate)(&call) {
            Course::Smooth => self.serve(&call, request).await,
            Course::Slow { turns } => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                self.serve(&call, request).await
            }
            Course::Refused(trouble) => instead(service, trouble).await,
            Course::AnswerLost(trouble) => {
                self.serve(&call, request).await?;
                instead(service, trouble).await
            }
            Course::InPart { seed } if in_part::is_for(&call) => {
                let (status, body) = in_part::execute(&self.services.dynamodb, &call, seed).await;
                Ok(response(status, body))
            }
            Course::InPart { .. } => self.serve(&call, request).await,
        }
    }

    async fn serve(
        &self,
        call: &Call<'_>,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let services = &self.services;
        let (status, body) = match call.service {
            Service::SecretsManager => {
                let answer = self.secrets.call(request).await?;
                let is_read = call.operation == "GetSecretValue";
                // What changed a secret and is not on disk has failed.
                return match is_read || services.secrets.is_written() {
                    true => Ok(answer),
                    false => instead(call.service, Trouble::Broken).await,
                };
            }
            Service::DynamoDb => services.dynamodb.execute(call.operation, call.body),
            Service::Sqs => sqs::execute(&services.queue, call.operation, call.body).await,
        };
        Ok(response(status, body))
    }
}

fn service_named(name: &str) -> Service {
    match name {
        "secretsmanager" => Service::SecretsManager,
        "AmazonSQS" => Service::Sqs,
        _ => Service::DynamoDb,
    }
}

/// An answer of a service in trouble.
async fn instead(service: Service, trouble: Trouble) -> Result<HttpResponse, ConnectorError> {
    let (status, code) = match trouble {
        Trouble::Silence => std::future::pending().await,
        Trouble::Cut => return Err(ConnectorError::io("the connection broke off".into())),
        Trouble::Broken => (500, "InternalServerError"),
        Trouble::Throttled => match service {
            Service::DynamoDb => (400, "ProvisionedThroughputExceededException"),
            Service::SecretsManager => (400, "ThrottlingException"),
            Service::Sqs => (400, "RequestThrottled"),
        },
    };
    let body = json!({"__type": code, "message": "made up by a test"});
    Ok(response(status, body.to_string()))
}

fn response(status: u16, body: String) -> HttpResponse {
    let status = StatusCode::try_from(status).unwrap_or_else(|_| unreachable!("all are statuses"));
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response
        .headers_mut()
        .insert("content-type", "application/x-amz-json-1.0");
    response
}

#[cfg(test)]
mod tests;
