//! A running Carillon for tests, and what a caller does with it.

pub mod document;

use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use carillon_aws::{Clients, Quotas, Registry};
use carillon_chat::{ChatOrigin, Kinds};
use carillon_domain::{ApiKey, ApiKeyId, OrganizationId, Role};
use carillon_embedded::chat_sink::{ChatSink, Message};
use carillon_embedded::dynamodb::REGISTRY_TABLE;
use carillon_local::{Local, Options};
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::document::Document;

/// How long anything may take before a test gives up on it.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The key of the tests' admin.
pub const KEY: &str = "fake-admin-key-for-tests";

/// The tests' organization.
pub const ORGANIZATION: &str = "org_acme";

/// Carillon, with the built-in Slack and Discord. Every answer of its API is held to its
/// document.
pub struct App {
    local: Local,
    http: reqwest::Client,
    document: Arc<Document>,
}

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    /// As JSON; null where it is none.
    pub body: Value,
    /// As it came.
    pub text: String,
}

impl Answer {
    /// A header's text; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Where the faults of the input are.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors
            .filter_map(|error| error["pointer"].as_str())
            .collect()
    }

    /// The items of a list.
    pub fn results(&self) -> &[Value] {
        self.body["results"].as_array().map_or(&[], Vec::as_slice)
    }
}

/// Names that the machine has in tests.
const HOSTS: [&str; 2] = ["carillon.example.com", "other.example.com"];

impl App {
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// As [`start`](Self::start), posting to this origin instead of the built-in platforms.
    pub async fn start_with(chat_origin: Option<ChatOrigin>) -> Self {
        Self::start_of(Kinds::default(), chat_origin).await
    }

    /// As [`start_with`](Self::start_with), with other kinds of destinations.
    pub async fn start_of(kinds: Kinds, chat_origin: Option<ChatOrigin>) -> Self {
        Self::start_as(kinds, chat_origin, Quotas::default(), &[]).await
    }

    /// As [`start`](Self::start), where an organization can have so much.
    pub async fn with_quotas(webhooks: u32, api_keys: u32) -> Self {
        let number = |number| NonZeroU32::new(number).expect("more than nothing");
        let quotas = Quotas {
            webhooks: number(webhooks),
            api_keys: number(api_keys),
        };
        Self::start_as(Kinds::default(), None, quotas, &[]).await
    }

    /// As [`start`](Self::start), with these settings of the functions.
    pub async fn start_described(settings: &[(&str, &str)]) -> Self {
        Self::start_as(Kinds::default(), None, Quotas::default(), settings).await
    }

    async fn start_as(
        kinds: Kinds,
        chat_origin: Option<ChatOrigin>,
        quotas: Quotas,
        settings: &[(&str, &str)],
    ) -> Self {
        let document = Document::of(&kinds);
        let settings = settings.iter();
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let local = Local::start(Options {
            listen: Ipv4Addr::LOCALHOST.into(),
            allow_hosts: HOSTS.map(|name| name.parse().expect("a name")).into(),
            port: 0,
            dynamodb_port: 0,
            admin_key: Some(SecretString::from(KEY)),
            organization: OrganizationId::parse(ORGANIZATION).expect("a valid id"),
            data: None,
            live: false,
            kinds,
            chat_origin,
            quotas,
            settings: settings.collect(),
        })
        .await
        .expect("Carillon starts");
        Self {
            local,
            http: reqwest::Client::new(),
            document,
        }
    }

    pub fn sink(&self) -> &ChatSink {
        self.local.sink()
    }

    pub fn url(&self) -> String {
        self.local.url()
    }

    /// A request to the API with the admin's key.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.keyless(method, path).bearer_auth(KEY)
    }

    /// A request to the API with this key.
    pub fn request_as(&self, key: &str, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.keyless(method, path).bearer_auth(key)
    }

    /// A request to the API without a key.
    pub fn keyless(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1{path}", self.local.url());
        self.http.request(method, url)
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let (method, url) = (request.method().clone(), request.url().clone());
        let answer = self.http.execute(request).await;
        let answer = answer.expect("the API answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap_or_default();
        let answer = Answer {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        };
        if url.as_str().starts_with(&self.url()) {
            self.document.check(&method, url.path(), &answer);
        }
        answer
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body))
            .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Registers a webhook that must be taken; gives its id.
    pub async fn register(&self, webhook: &Value) -> String {
        let answer = self.post("/webhooks/", webhook).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body["id"].as_str().expect("an id").to_owned()
    }

    /// Publishes an event that must be taken; gives its id.
    pub async fn publish(&self, event: &Value) -> String {
        let answer = self.post("/events/", event).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        answer.body["id"].as_str().expect("an id").to_owned()
    }

    /// Waits until Slack and Discord have this many messages.
    pub async fn messages(&self, count: usize) -> Vec<Message> {
        self.messages_until(|messages| messages.len() >= count)
            .await
    }

    /// Waits until the messages of Slack and Discord are as wanted.
    pub async fn messages_until(&self, wanted: impl Fn(&[Message]) -> bool) -> Vec<Message> {
        let waited = tokio::time::timeout(DEADLINE, self.sink().wait_until(wanted)).await;
        waited.unwrap_or_else(|_| panic!("not in time: {:#?}", self.sink().messages()))
    }

    /// The only delivery of a webhook, once it is in this state.
    pub async fn delivery(&self, webhook: &str, status: &str) -> Value {
        let path = format!("/webhooks/{webhook}/deliveries/");
        let mut found = Value::Null;
        until(status, async || {
            found = self
                .get(&path)
                .await
                .body
                .pointer("/results/0")
                .cloned()
                .unwrap_or_default();
            found["status"] == status
        })
        .await;
        found
    }

    /// Has the janitor clean up, an hour from now.
    pub async fn clean_up(&self) {
        let later = Timestamp::now() + Duration::from_secs(3_600);
        let round = self.local.janitor().round(later, DEADLINE);
        round.await.expect("a round");
    }

    pub async fn put_item(&self, item: &Value) {
        self.dynamodb("PutItem", &json!({"TableName": "entities", "Item": item}))
            .await;
    }

    /// A call of the DynamoDB endpoint, as any AWS client makes it.
    pub async fn dynamodb(&self, operation: &str, body: &Value) -> Value {
        let target = format!("DynamoDB_20120810.{operation}");
        let answer = self.dynamodb_in("us-east-1", &target, body).await;
        assert!(answer.status.is_success(), "{operation}: {}", answer.body);
        answer.body
    }

    /// A call that is signed for a region, by its full name.
    pub async fn dynamodb_in(&self, region: &str, target: &str, body: &Value) -> Answer {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=fake/20260101/{region}/dynamodb/aws4_request, \
             SignedHeaders=host, Signature=fake"
        );
        let request = self
            .http
            .post(self.local.dynamodb_url())
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", authorization)
            .header("x-amz-date", "20260101T000000Z")
            .body(body.to_string());
        self.send(request).await
    }

    /// What was skipped or refused, newest first.
    pub async fn failures(&self) -> Vec<Value> {
        let url = format!("{}/_local/failures", self.url());
        let answer = self.send(self.http.get(url)).await;
        answer.body.as_array().cloned().unwrap_or_default()
    }

    /// Events as AWS's clients put them on a bus.
    pub async fn put_events(&self, entries: &Value) -> Answer {
        let url = format!("{}/_local/eventbridge/", self.local.url());
        let request = self
            .http
            .post(url)
            .header("x-amz-target", "AWSEvents.PutEvents");
        self.send(request.json(entries)).await
    }

    /// The rows of the registry of one kind, such as `CREDENTIAL#`.
    pub async fn registry_rows(&self, kind: &str) -> Vec<Value> {
        let scan = json!({
            "TableName": REGISTRY_TABLE, "ConsistentRead": true,
            "FilterExpression": "begins_with(sk, :kind)",
            "ExpressionAttributeValues": {":kind": {"S": kind}},
        });
        let answer = self.dynamodb("Scan", &scan).await;
        answer["Items"].as_array().cloned().unwrap_or_default()
    }

    /// The registry, as another process of the same deployment sees it.
    pub fn registry(&self) -> Registry {
        let config = carillon_embedded::services::sdk_config(&self.local.dynamodb_url());
        Registry::new(Clients::new(&config).dynamodb, REGISTRY_TABLE.into())
    }

    /// A new key with this role, made by the admin.
    pub async fn key(&self, role: &str) -> String {
        let answer = self
            .post("/api-keys/", &json!({"name": role, "role": role}))
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body["key"].as_str().expect("a key").to_owned()
    }

    /// A key of any organization, which works until then.
    pub async fn key_of(
        &self,
        organization: &str,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> String {
        let id = ulid::Ulid::generate();
        let key = format!("crl_fake-key-for-tests-{id}");
        let row = ApiKey {
            id: ApiKeyId::generate(id),
            organization: OrganizationId::parse(organization).expect("a valid id"),
            name: "tests".into(),
            role,
            created_at: Timestamp::now(),
            expires_at,
            last_used_at: None,
        };
        let created = self.registry().create_key(&row, &hash(&key)).await;
        created.expect("a key");
        key
    }

    /// Suspends a webhook, as the delivery does with one that cannot work.
    pub async fn suspend(&self, webhook: &str, reason: &str) {
        let update = json!({
            "TableName": REGISTRY_TABLE,
            "Key": {"pk": {"S": format!("ORG#{ORGANIZATION}")},
                    "sk": {"S": format!("WEBHOOK#{webhook}")}},
            "UpdateExpression": "SET #status = :suspended, status_reason = :reason",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":suspended": {"S": "suspended"}, ":reason": {"S": reason}
            },
        });
        self.dynamodb("UpdateItem", &update).await;
    }

    /// An event as EventBridge delivers it.
    pub async fn eventbridge(&self, event: &Value) -> Answer {
        let url = format!("{}/_local/eventbridge", self.local.url());
        self.send(self.http.post(url).json(event)).await
    }
}

/// By what the registry finds a key.
pub fn hash(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Waits for a condition.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(DEADLINE, wait).await.is_err() {
        panic!("not in time: {what}");
    }
}

/// A Slack bot's webhook that wants these events, each as a message of its own. Its token
/// is not a real one.
pub fn slack(name: &str, event_types: &[&str]) -> Value {
    json!({
        "name": name, "type": "slack", "event_types": event_types,
        "configuration": {
            "token": "xoxb-fake-token-for-tests-wxyz", "channel": "infra", "digest": "off"
        }
    })
}

/// A Discord webhook that wants these events, each as a message of its own. Its URL is not
/// a real one.
pub fn discord(name: &str, event_types: &[&str]) -> Value {
    json!({
        "name": name, "type": "discord", "event_types": event_types,
        "configuration": {"webhook_url": discord_url("fake-token-for-tests-"), "digest": "off"}
    })
}

/// A Discord webhook's URL whose token is this text, repeated until it is long enough.
pub fn discord_url(token: &str) -> String {
    let token = token.repeat(68 / token.len() + 1);
    format!("https://discord.com/api/webhooks/123456789012345678/{token}")
}

/// A Teams webhook that wants these events, each as a message of its own.
pub fn teams(name: &str, event_types: &[&str]) -> Value {
    json!({
        "name": name, "type": "teams", "event_types": event_types,
        "configuration": {"webhook_url": teams_url("fake-signature-for-tests"), "digest": "off"}
    })
}

/// The URL of a workflow's trigger with this signature.
pub fn teams_url(signature: &str) -> String {
    format!(
        "https://prod-00.westeurope.logic.azure.com:443/workflows/{}/triggers/manual/paths/invoke\
         ?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={signature}",
        "0fa1".repeat(8)
    )
}

/// A Slack incoming webhook's URL. The parts are put together so that no scanner takes
/// it for a real one.
pub fn slack_url(secret: &str) -> String {
    [
        "https://hooks.slack.com/services",
        "T00000000",
        "B00000000",
        secret,
    ]
    .join("/")
}
