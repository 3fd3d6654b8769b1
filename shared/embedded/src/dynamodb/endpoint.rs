//! The DynamoDB endpoint for any AWS client: the embedded DynamoDB's own server, with what it
//! lacks put in front. ARNs are of the client's region, shards' ids are of AWS's length, and
//! the calls are answered by which tools ask what an endpoint can do.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request};
use axum::response::{IntoResponse, Response};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{LocalDynamoDb, arns};

/// What DynamoDB takes at most, in bytes.
const MAX_BODY: usize = 16 * 1_024 * 1_024;
/// More than any answer has.
const MAX_ANSWER: usize = 64 * 1_024 * 1_024;
/// Of a client that signs for none that could be.
const DEFAULT_REGION: &str = crate::secrets::REGION;
const ERRORS: &str = "com.amazonaws.dynamodb.v20120810#";

/// The calls whose answers have ARNs or shards in them.
const TRANSLATED: [&str; 7] = [
    "CreateTable",
    "DeleteTable",
    "DescribeStream",
    "DescribeTable",
    "GetRecords",
    "ListStreams",
    "UpdateTable",
];

/// The endpoint.
pub struct Endpoint {
    database: LocalDynamoDb,
    /// Where the embedded DynamoDB's own server answers.
    inner: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What a client's call is.
struct Call {
    operation: String,
    region: String,
    body: Value,
}

/// What DynamoDB refuses: the error's name and message.
struct Refused(&'static str, String);

impl Endpoint {
    /// Answers clients on `listener` until `stop`.
    pub async fn serve(
        database: LocalDynamoDb,
        inner: SocketAddr,
        listener: TcpListener,
        stop: CancellationToken,
    ) {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let endpoint = Arc::new(Self {
            database,
            inner,
            client,
        });
        let router = Router::new().fallback(answer).with_state(endpoint);
        let serving = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::error!(%error, "the DynamoDB endpoint ended");
        }
    }

    async fn forward(&self, parts: request::Parts, body: Bytes) -> Result<Response, String> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = axum::http::Request::builder()
            .method(parts.method)
            .uri(format!("http://{}{path}", self.inner))
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        *request.headers_mut() = parts.headers;
        for of_the_connection in [
            header::CONNECTION,
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
        ] {
            request.headers_mut().remove(of_the_connection);
        }
        let response = self.client.request(request).await;
        let response = response.map_err(|error| error.to_string())?;
        Ok(response.map(Body::new))
    }

    /// What is answered here, since the embedded DynamoDB does not know it.
    fn own_answer(&self, call: &Call, host: &str) -> Option<Result<Value, Refused>> {
        Some(match call.operation.as_str() {
            "DescribeEndpoints" => Ok(json!({
                "Endpoints": [{"Address": host, "CachePeriodInMinutes": 1_440}]
            })),
            // An account's quotas as AWS sets them ("Quotas" in the developer guide).
            "DescribeLimits" => Ok(json!({
                "AccountMaxReadCapacityUnits": 80_000, "AccountMaxWriteCapacityUnits": 80_000,
                "TableMaxReadCapacityUnits": 40_000, "TableMaxWriteCapacityUnits": 40_000,
            })),
            "DescribeContinuousBackups" => self.continuous_backups(call),
            _ => return None,
        })
    }

    fn continuous_backups(&self, call: &Call) -> Result<Value, Refused> {
        let name = call.body["TableName"].as_str().unwrap_or_default();
        let name = arns::table_of(name).unwrap_or(name);
        match self.database.database.get_table_metadata(name) {
            Ok(Some(_)) => Ok(json!({"ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
            }})),
            _ => {
                let message = format!("Table not found: {name}");
                Err(Refused("TableNotFoundException", message))
            }
        }
    }

    /// The call as the embedded DynamoDB understands it; None where it can stay as it is.
    fn request(&self, call: &Call) -> Result<Option<Value>, Refused> {
        let mut body = call.body.clone();
        match call.operation.as_str() {
            "ListStreams" => {
                if let Some(arn) = body["ExclusiveStartStreamArn"].as_str() {
                    let inner = arns::in_no_region(arn, &call.region);
                    body["ExclusiveStartStreamArn"] = json!(inner);
                }
            }
            "GetShardIterator" => {
                let table = body["StreamArn"].as_str().and_then(arns::table_of);
                let (Some(table), Some(shard)) = (table, body["ShardId"].as_str()) else {
                    return Ok(None);
                };
                if shard != arns::shard_id(table) {
                    let message = format!("Requested resource not found: Shard: {shard}");
                    return Err(Refused("ResourceNotFoundException", message));
                }
                body["ShardId"] = json!(dynoxide::streams::shard_id(table));
            }
            _ => return Ok(None),
        }
        Ok(Some(body))
    }

    /// The embedded DynamoDB's answer as AWS would give it.
    fn translate(&self, call: &Call, answer: &mut Value) {
        if call.operation == "GetRecords" {
            for record in answer["Records"].as_array_mut().into_iter().flatten() {
                record["awsRegion"] = json!(call.region);
            }
            return;
        }
        arns::put_region(answer, &call.region);
        let Some(stream) = answer.get_mut("StreamDescription") else {
            return;
        };
        let name = stream["TableName"].as_str().unwrap_or_default();
        let shard = arns::shard_id(name);
        if let Ok(Some(table)) = self.database.database.get_table_metadata(name) {
            stream["KeySchema"] = arns::key_schema(&table.key_schema);
        }
        // There is one shard, and so none behind it.
        match call.body["ExclusiveStartShardId"].as_str() {
            Some(_) => stream["Shards"] = json!([]),
            None => stream["Shards"][0]["ShardId"] = json!(shard),
        }
    }
}

async fn answer(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    match answer_call(&endpoint, parts, body).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "the embedded DynamoDB did not answer");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn answer_call(
    endpoint: &Endpoint,
    parts: request::Parts,
    body: Bytes,
) -> Result<Response, String> {
    let call = Call {
        operation: operation(&parts.headers),
        region: region(&parts.headers, &parts.uri),
        body: Value::Null,
    };
    let is_own = [
        "DescribeContinuousBackups",
        "DescribeEndpoints",
        "DescribeLimits",
    ];
    let concerns = |operations: &[&str]| operations.contains(&call.operation.as_str());
    if !concerns(&TRANSLATED) && !concerns(&is_own) && !concerns(&["GetShardIterator"]) {
        // An item may have in it whatever a translation would look for.
        return endpoint.forward(parts, body).await;
    }
    let Ok(read) = serde_json::from_slice(&body) else {
        return endpoint.forward(parts, body).await;
    };
    let call = Call { body: read, ..call };
    let host = parts.headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    match endpoint.own_answer(&call, host) {
        Some(Ok(answer)) => return Ok(response(StatusCode::OK, &answer)),
        Some(Err(refused)) => return Ok(refused.into_response()),
        None => {}
    }
    let body = match endpoint.request(&call) {
        Ok(Some(translated)) => translated.to_string().into(),
        Ok(None) => body,
        Err(refused) => return Ok(refused.into_response()),
    };
    let answered = endpoint.forward(parts, body).await?;
    if answered.status() != StatusCode::OK || call.operation == "GetShardIterator" {
        return Ok(answered);
    }
    let body = to_bytes(answered.into_body(), MAX_ANSWER).await;
    let body = body.map_err(|error| error.to_string())?;
    let mut answer = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    endpoint.translate(&call, &mut answer);
    Ok(response(StatusCode::OK, &answer))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(name, message) = self;
        let body = json!({"__type": format!("{ERRORS}{name}"), "message": message});
        response(StatusCode::BAD_REQUEST, &body)
    }
}

fn response(status: StatusCode, answer: &Value) -> Response {
    let body = answer.to_string();
    let checksum = HeaderValue::from(crc32fast::hash(body.as_bytes()));
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-amz-json-1.0"),
        ),
        (header::HeaderName::from_static("x-amz-crc32"), checksum),
    ];
    (status, headers, body).into_response()
}

/// Such as `DescribeTable`; empty where the call has none.
fn operation(headers: &HeaderMap) -> String {
    let target = headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok());
    let operation = target.and_then(|target| target.split_once('.'));
    operation.map_or_else(String::new, |(_, operation)| operation.to_owned())
}

/// The region that the client has signed its call for ("Elements of an AWS API request
/// signature" in the IAM user guide): `Credential=KEY/20261121/eu-west-1/dynamodb/aws4_request`.
fn region(headers: &HeaderMap, uri: &Uri) -> String {
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let scope = [header, uri.query()].into_iter().flatten();
    let mut scope = scope.filter_map(|text| text.split_once("Credential=").map(|(_, rest)| rest));
    let region = scope.next().and_then(|scope| {
        let end = scope.find([',', ' ', '&']).unwrap_or(scope.len());
        let scope = scope[..end].replace("%2F", "/");
        scope.split('/').nth(2).map(str::to_owned)
    });
    let of_a_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    region
        .filter(|region| (1..=32).contains(&region.len()) && region.chars().all(of_a_region))
        .unwrap_or_else(|| DEFAULT_REGION.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_that_of_the_signature() {
        let signed = |scope: &str| {
            let value =
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            region(&headers, &Uri::from_static("/"))
        };
        assert_eq!(
            signed("KEY/20261121/eu-west-1/dynamodb/aws4_request"),
            "eu-west-1"
        );
        assert_eq!(
            signed("KEY/20261121/a:b/dynamodb/aws4_request"),
            DEFAULT_REGION
        );
        assert_eq!(signed("KEY"), DEFAULT_REGION);
        let query = "/?X-Amz-Credential=KEY%2F20261121%2Fap-south-1%2Fdynamodb%2Faws4_request&X=1";
        assert_eq!(
            region(&HeaderMap::new(), &Uri::from_static(query)),
            "ap-south-1"
        );
        assert_eq!(
            region(&HeaderMap::new(), &Uri::from_static("/")),
            DEFAULT_REGION
        );
    }
}
