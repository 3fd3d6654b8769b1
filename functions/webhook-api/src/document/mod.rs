//! The OpenAPI document: what the routes say of themselves, and what all of them have in
//! common, which is added here.

mod components;
mod events;
mod examples;
mod notifications;
mod parameters;
mod problems;
mod texts;
mod webhooks;

use carillon_chat::Kinds;
use serde_json::{Map, Value, json};

/// The methods that a path can have.
const METHODS: [&str; 6] = ["get", "put", "post", "delete", "patch", "head"];

/// Completes the document that the routes have made.
pub fn complete(routes: &utoipa::openapi::OpenApi, kinds: &Kinds) -> Value {
    let mut document = serde_json::to_value(routes).unwrap_or_default();
    if let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        schemas.extend(components::schemas(kinds));
    }
    document["components"]["responses"] = problems::responses().into();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for method in METHODS {
                if let Some(operation) = item.get_mut(method) {
                    operation_of(path, method, operation);
                }
            }
        }
    }
    document
}

/// The calls that take a body, and do without one.
const BODY_OPTIONAL: [&str; 2] = ["/redeliver/", "/recover/"];

fn operation_of(path: &str, method: &str, operation: &mut Value) {
    let name = format!("{} {path}", method.to_uppercase());
    if BODY_OPTIONAL.iter().any(|end| path.ends_with(end)) {
        operation["requestBody"]["required"] = Value::Bool(false);
    }
    let kinds = problems::of(path, method, operation);
    parameters::complete(path, operation);
    examples::add(&name, operation);
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for response in responses.values_mut() {
        response["headers"]["X-Request-Id"] = json!({
            "description": "Names this request in the log", "schema": {"type": "string"}
        });
    }
    let problems: Map<String, Value> = kinds
        .into_iter()
        .map(|status| {
            let reference = format!("#/components/responses/{}", problems::name(status));
            (status.to_string(), json!({"$ref": reference}))
        })
        .collect();
    responses.extend(problems);
}

#[cfg(test)]
mod tests;
