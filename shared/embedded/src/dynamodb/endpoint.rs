//! The DynamoDB endpoint for any AWS client: the embedded DynamoDB over HTTP, with what it lacks
//! put in front. ARNs are of the client's region, shards' ids are of AWS's length, and the calls
//! are answered by which tools ask what an endpoint can do.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{LocalDynamoDb, arns};
use crate::guard::Guard;

/// What DynamoDB takes at most, in bytes.
const MAX_BODY: usize = 16 * 1_024 * 1_024;
/// Of a client that signs for none that could be.
const DEFAULT_REGION: &str = crate::REGION;
const ERRORS: &str = "com.amazonaws.dynamodb.v20120810#";
/// What AWS says to whatever is no call.
const NO_CALL: &str = "<UnknownOperationException/>\n";

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
    guard: Guard,
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
    /// Answers clients that may call, on `listener` until `stop`.
    pub async fn serve(
        database: LocalDynamoDb,
        guard: Guard,
        listener: TcpListener,
        stop: CancellationToken,
    ) {
        let endpoint = Arc::new(Self { database, guard });
        let router = Router::new().fallback(answer).with_state(endpoint);
        let serving = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::error!(%error, "the DynamoDB endpoint ended");
        }
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
            stream["KeySchema"] = serde_json::from_str(&table.key_schema).unwrap_or_default();
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
    if let Err(refused) = endpoint
        .guard
        .check(&parts.method, &parts.uri, &parts.headers)
    {
        let answer = Refused("AccessDeniedException", refused.to_string()).into_response();
        return (StatusCode::FORBIDDEN, answer).into_response();
    }
    if parts.method == Method::GET {
        // By which tools see whether it is up.
        return "healthy: dynamodb.us-east-1.amazonaws.com ".into_response();
    }
    if parts.method != Method::POST || !is_json(&parts.headers) {
        return (StatusCode::NOT_FOUND, NO_CALL).into_response();
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let Ok(body) = std::str::from_utf8(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if !is_signed(&parts.headers, &parts.uri) {
        let message = "Request is missing Authentication Token".to_owned();
        return Refused("MissingAuthenticationTokenException", message).into_response();
    }
    answer_call(&endpoint, &parts.headers, &parts.uri, body).unwrap_or_else(Refused::into_response)
}

/// What a page elsewhere could send without asking first is no JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = text(headers, "content-type");
    let media_type = content_type.split(';').next().unwrap_or("").trim();
    ["application/x-amz-json-1.0", "application/json"]
        .iter()
        .any(|json| media_type.eq_ignore_ascii_case(json))
}

/// Whether the client has signed it. With what is not looked at: there is one account.
fn is_signed(headers: &HeaderMap, uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    headers.contains_key(header::AUTHORIZATION) || query.contains("X-Amz-Signature=")
}

fn answer_call(
    endpoint: &Endpoint,
    headers: &HeaderMap,
    uri: &Uri,
    body: &str,
) -> Result<Response, Refused> {
    let operation = operation(headers);
    let Ok(read) = serde_json::from_str(body) else {
        return Ok(response(endpoint.database.execute(&operation, body)));
    };
    let call = Call {
        operation,
        region: region(headers, uri),
        body: read,
    };
    if let Some(own) = endpoint.own_answer(&call, text(headers, "host")) {
        return own.map(|answer| response((200, answer.to_string())));
    }
    let translated = endpoint.request(&call)?.map(|body| body.to_string());
    let body = translated.as_deref().unwrap_or(body);
    let (status, mut answer) = endpoint.database.execute(&call.operation, body);
    // An item may have in it whatever a translation would look for.
    let is_translated = status == 200 && TRANSLATED.contains(&call.operation.as_str());
    if is_translated && let Ok(mut read) = serde_json::from_str(&answer) {
        endpoint.translate(&call, &mut read);
        answer = read.to_string();
    }
    Ok(response((status, answer)))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(name, message) = self;
        let body = json!({"__type": format!("{ERRORS}{name}"), "message": message});
        response((400, body.to_string()))
    }
}

fn response((status, body): (u16, String)) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        ("content-type", "application/x-amz-json-1.0".to_owned()),
        ("x-amz-crc32", crc32fast::hash(body.as_bytes()).to_string()),
    ];
    (status, headers, body).into_response()
}

/// A header; empty where there is none that is text.
fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name);
    value.and_then(|it| it.to_str().ok()).unwrap_or_default()
}

/// Such as `DescribeTable`; empty where the call has none.
fn operation(headers: &HeaderMap) -> String {
    let target = text(headers, "x-amz-target");
    let (_, operation) = target.split_once('.').unwrap_or_default();
    operation.to_owned()
}

/// The region that the client has signed its call for ("Elements of an AWS API request
/// signature" in the IAM user guide): `Credential=KEY/20261121/eu-west-1/dynamodb/aws4_request`.
fn region(headers: &HeaderMap, uri: &Uri) -> String {
    let scope = [
        text(headers, "authorization"),
        uri.query().unwrap_or_default(),
    ];
    let mut scope = scope
        .iter()
        .filter_map(|text| text.split_once("Credential="));
    let region = scope.next().and_then(|(_, scope)| {
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
