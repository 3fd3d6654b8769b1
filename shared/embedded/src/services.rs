//! AWS's services of this process, as the real SDK calls them: no network in between, but
//! whatever a test wants to go wrong on the way.

use std::fmt;
use std::sync::Arc;

use aws_sdk_secretsmanager::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use serde_json::json;

use crate::{LocalDynamoDb, LocalQueue, sqs};

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
    /// Secrets Manager ([`crate::secrets::http_client`]).
    pub secrets: SharedHttpClient,
    pub queue: LocalQueue,
}

impl Services {
    /// The SDK's settings for these services, through a gate.
    pub fn sdk_config(&self, gate: Gate) -> SdkConfig {
        let credentials = Credentials::new("local", "local", None, None, "carillon-local");
        let client = InProcess {
            services: self.clone(),
            gate,
        };
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(crate::secrets::REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(SharedHttpClient::new(client))
            .build()
    }
}

#[derive(Clone)]
struct InProcess {
    services: Services,
    gate: Gate,
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let secrets = self.services.secrets.http_connector(settings, components);
        SharedHttpConnector::new(Connector {
            client: self.clone(),
            secrets,
        })
    }
}

#[derive(Debug, Clone)]
struct Connector {
    client: InProcess,
    secrets: SharedHttpConnector,
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
        match (self.client.gate)(&call) {
            Course::Smooth => self.serve(&call, request).await,
            Course::Refused(trouble) => instead(service, trouble).await,
            Course::AnswerLost(trouble) => {
                self.serve(&call, request).await?;
                instead(service, trouble).await
            }
        }
    }

    async fn serve(
        &self,
        call: &Call<'_>,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let services = &self.client.services;
        let (status, body) = match call.service {
            Service::SecretsManager => return self.secrets.call(request).await,
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
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use aws_smithy_types::retry::RetryConfig;
    use carillon_aws::{Clients, DeliveryQueue, QueueMessage, SqsQueue};
    use jiff::Timestamp;

    use super::*;
    use crate::Journal;

    /// A queue behind a gate that lets each call take the next of these courses.
    async fn queue(courses: &[Course]) -> (SqsQueue, LocalQueue) {
        let journal = Arc::new(Journal::open(None).unwrap());
        let services = Services {
            dynamodb: LocalDynamoDb::open(None).unwrap(),
            secrets: crate::secrets::http_client().await.unwrap(),
            queue: LocalQueue::open(journal).unwrap(),
        };
        let courses = Mutex::new(courses.to_vec());
        let gate: Gate = Arc::new(move |_| courses.lock().unwrap().remove(0));
        let config = services.sdk_config(gate).into_builder();
        let config = config.retry_config(RetryConfig::disabled()).build();
        let url = "https://sqs.example/queue".to_owned();
        let sqs = SqsQueue::new(Clients::new(&config).sqs, url);
        (sqs, services.queue)
    }

    fn message() -> QueueMessage {
        QueueMessage {
            group: "a".into(),
            deduplication_id: "1".into(),
            body: "hello".into(),
        }
    }

    fn received(queue: &LocalQueue) -> usize {
        let visibility = Duration::from_secs(60);
        let received = queue.receive(10, visibility, Timestamp::now());
        received.unwrap().len()
    }

    #[tokio::test]
    async fn what_is_refused_is_not_done_and_what_loses_its_answer_is() {
        for (course, done) in [
            (Course::Smooth, 1),
            (Course::Refused(Trouble::Throttled), 0),
            (Course::Refused(Trouble::Cut), 0),
            (Course::AnswerLost(Trouble::Broken), 1),
            (Course::AnswerLost(Trouble::Cut), 1),
        ] {
            let (sqs, queue) = queue(&[course]).await;
            let sent = sqs.send(&[message()]).await;
            assert_eq!(sent.is_ok(), course == Course::Smooth, "{course:?}");
            assert_eq!(received(&queue), done, "{course:?}");
        }
    }

    #[tokio::test]
    async fn what_was_received_is_put_off_and_deleted_as_with_sqs() {
        let (sqs, queue) = queue(&[Course::Smooth; 3]).await;
        sqs.send(&[message()]).await.unwrap();
        let visibility = Duration::from_secs(60);
        let received = queue.receive(10, visibility, Timestamp::now()).unwrap();
        let receipt = received[0].receipt.clone();
        let change = carillon_aws::queue::VisibilityChange {
            receipt: receipt.clone(),
            invisible_for: Duration::from_secs(600),
        };
        sqs.change_visibility(&[change]).await.unwrap();
        let (count, next) = queue.waiting(Timestamp::now()).unwrap();
        assert_eq!(count, 1);
        assert!(next.unwrap() > Timestamp::now() + Duration::from_secs(500));
        sqs.delete(&[receipt]).await.unwrap();
        assert_eq!(queue.waiting(Timestamp::now()).unwrap(), (0, None));
    }
}
