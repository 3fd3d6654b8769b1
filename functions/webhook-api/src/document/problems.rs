//! The problems that an operation can answer with, each as the API answers it.

use std::collections::BTreeMap;

use carillon_aws::Quota;
use carillon_domain::{FaultCode, Permission, Pointer, Role, WebhookId};
use serde_json::{Map, Value, json};

use crate::body::MAX_BODY_BYTES;
use crate::problem::{Document, Presented, Problem};

/// One of each kind.
fn all() -> Vec<Problem> {
    vec![
        Problem::Malformed("the body cannot be read: EOF while parsing an object".into()),
        Problem::fault(
            Pointer::root().field("event_types").index(0),
            FaultCode::UnknownValue,
            "unknown event type `depoly`; did you mean `deploy`?",
        ),
        Problem::Unauthorized(Presented::Nothing),
        Problem::Unauthorized(Presented::NoKey),
        Problem::Unauthorized(Presented::UselessKey),
        Problem::Forbidden {
            role: Role::Viewer,
            needed: Permission::Write,
        },
        Problem::BadClaims,
        Problem::fault(
            Pointer::root().field("organization"),
            FaultCode::WrongOrganization,
            "the key belongs to another organization; leave the field out",
        ),
        Problem::NotFound,
        Problem::NoSuchPath {
            path: "/api/v1/webhook/".into(),
            nearest: Some("/api/v1/webhooks/".into()),
        },
        Problem::MethodNotAllowed {
            allowed: vec!["GET", "POST"],
        },
        Problem::NameTaken {
            existing_id: WebhookId::generate(ulid::Ulid::from(1_u128)),
        },
        Problem::quota_exceeded(Quota::Webhooks, 1_000, None),
        Problem::quota_exceeded(Quota::ApiKeys, 100, None),
        Problem::NotActive { suspended: true },
        Problem::NotActive { suspended: false },
        Problem::OwnMessage,
        Problem::DeploymentKey,
        Problem::Contended,
        Problem::PreconditionFailed,
        Problem::TooLarge {
            limit_bytes: MAX_BODY_BYTES,
        },
        Problem::KeyReused,
        Problem::InProgress,
        Problem::SecretGone,
        Problem::TooManyEntries(
            "the file has 350 new credentials; one call takes 200: apply it in parts".into(),
        ),
        Problem::UnsupportedMediaType {
            came: "text/plain".into(),
            taken: "application/json",
        },
        Problem::UnsupportedEncoding {
            came: "gzip".into(),
        },
        Problem::Internal,
    ]
}

pub fn name(status: u16) -> String {
    format!("E{status}")
}

/// A response for each status, with an example for each kind of problem.
pub fn responses() -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<Document>> = BTreeMap::new();
    for problem in all() {
        let document = problem.document("req_01KAJ2V5J8".into());
        let of_status = by_status.entry(document.status).or_default();
        of_status.push(document);
    }
    let mut responses: Map<String, Value> = by_status
        .into_iter()
        .map(|(status, documents)| {
            let mut titles: Vec<&str> = documents.iter().map(|it| it.title.as_str()).collect();
            titles.dedup();
            let description = match titles.as_slice() {
                [only] => (*only).to_owned(),
                several => format!("{} problems, told apart by `type`", several.len()),
            };
            let mut examples = Map::new();
            for document in &documents {
                // Some kinds have several forms; one shows what they are like.
                let example = json!({ "value": document });
                examples.entry(document.kind()).or_insert(example);
            }
            let response = json!({
                "description": description,
                "content": {"application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples
                }},
            });
            (name(status), response)
        })
        .collect();
    responses.insert(
        name(429),
        json!({
            "description": "API Gateway has had too many requests; come back in a second",
            "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/TooManyRequests"},
                "example": {"message": "Too Many Requests"}
            }}
        }),
    );
    responses
}

/// The statuses of the problems that an operation can have.
pub fn of(path: &str, method: &str, operation: &Value) -> Vec<u16> {
    let has_key = operation.get("security").is_none();
    let has_body = operation.get("requestBody").is_some();
    let parameters = operation["parameters"].as_array();
    let takes = |name: &str| {
        let mut all = parameters.into_iter().flatten();
        all.any(|parameter| parameter["name"] == name)
    };
    let is_conditional = takes("If-Match");
    // An event's key is its id: a repeat is a duplicate, and no other request.
    let is_keyable = takes("Idempotency-Key") && !path.ends_with("/events/");
    let writes = matches!(method, "post" | "put" | "patch" | "delete");
    // Elsewhere, a name is taken, a quota used up, a webhook switched off, or a message our own.
    let tries = ["/preview/", "/test/", "/match/"];
    let conflicts = writes && !tries.iter().any(|end| path.ends_with(end));
    [
        (400, true),
        (401, has_key),
        (403, has_key),
        (404, path.contains('{')),
        (409, conflicts),
        (412, is_conditional),
        (413, has_body),
        (415, has_body),
        (
            422,
            is_keyable || path.ends_with("/notifications/") && writes,
        ),
        (429, true),
        (500, true),
    ]
    .into_iter()
    .filter_map(|(status, possible)| possible.then_some(status))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A kind of problem that is new gets a number here, and a place in `all`.
    fn number(problem: &Problem) -> usize {
        match problem {
            Problem::Malformed(_) => 0,
            Problem::Invalid(_) => 1,
            Problem::Unauthorized(_) => 2,
            Problem::BadClaims => 3,
            Problem::Forbidden { .. } => 4,
            Problem::NotFound => 5,
            Problem::MethodNotAllowed { .. } => 6,
            Problem::PreconditionFailed => 7,
            Problem::TooLarge { .. } => 8,
            Problem::UnsupportedMediaType { .. } => 9,
            Problem::NameTaken { .. } => 10,
            Problem::NotActive { suspended: false } => 11,
            Problem::NotActive { suspended: true } => 12,
            Problem::Contended => 13,
            Problem::Internal => 14,
            Problem::QuotaExceeded { .. } => 15,
            Problem::NoSuchPath { .. } => 16,
            Problem::OwnMessage => 17,
            Problem::TooManyEntries(_) => 18,
            Problem::KeyReused => 19,
            Problem::InProgress => 20,
            Problem::SecretGone => 21,
            Problem::UnsupportedEncoding { .. } => 22,
            Problem::DeploymentKey => 23,
        }
    }

    #[test]
    fn every_problem_is_in_the_document() {
        let all: BTreeSet<usize> = all().iter().map(number).collect();
        assert_eq!(all, (0..24).collect());
    }
}
