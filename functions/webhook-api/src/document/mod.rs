//! The OpenAPI document: what the routes say of themselves, what the domain says of what it
//! reads, and what all calls have in common.
//!
//! It has the canonical forms. The code takes a little more.

mod components;
mod examples;
mod problems;
mod webhooks;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use carillon_chat::Kinds;
use carillon_domain::field::reference;
use serde_json::{Map, Value, json};

/// Schemas by their names.
type Schemas = Map<String, Value>;

/// The methods that a path can have.
const METHODS: [&str; 6] = ["get", "put", "post", "delete", "patch", "head"];

/// Completes the document that the routes have made.
pub fn complete(routes: &utoipa::openapi::OpenApi, kinds: &Kinds) -> Value {
    let mut document = serde_json::to_value(routes).unwrap_or_default();
    // Where the document came from.
    document["servers"] = json!([{"url": "/", "description": "Where this document was found"}]);
    document["security"] = json!([{"bearer": []}, {"key_header": []}]);
    let components = &mut document["components"];
    components["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer"},
        "key_header": {
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "`Api-Key <key>`",
        },
    });
    if let Some(schemas) = components["schemas"].as_object_mut() {
        components::complete(kinds, schemas);
    }
    components["responses"] = problems::responses().into();
    components["examples"] = examples::shared().into();
    let header = |about: &str| json!({"description": about, "schema": {"type": "string"}});
    components["headers"] = json!({
        "ETag": header("The webhook's version"),
        "X-Request-Id": header("Names this request in the log"),
    });
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                operation_of(path, method, operation);
            }
        }
    }
    hoist(&mut document, "parameters", |parameter| {
        parameter["name"].as_str()
    });
    unwrap(&mut document);
    hoist(&mut document, "responses", answered);
    hoist_schemas(&mut document);
    document
}

/// Takes out what several calls have in common of a part that is a list, or an object, so that it
/// is said once: of each name, the most frequent.
fn hoist(document: &mut Value, part: &str, name_of: impl Fn(&Value) -> Option<&str>) {
    let items = document["paths"].as_object_mut().into_iter().flatten();
    let operations = items.filter_map(|(_, item)| item.as_object_mut()).flatten();
    let parts = operations.filter_map(|(_, operation)| operation.get_mut(part));
    let mut all: Vec<&mut Value> = Vec::new();
    for part in parts {
        match part {
            Value::Array(list) => all.extend(list),
            Value::Object(fields) => all.extend(fields.values_mut()),
            _ => {}
        }
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in &all {
        *counts.entry(one.to_string()).or_default() += 1;
    }
    all.sort_by_key(|one| Reverse(counts[&one.to_string()]));
    let mut hoisted: Map<String, Value> = Map::new();
    for one in all {
        let Some(name) = name_of(one).map(str::to_owned) else {
            continue;
        };
        let is_free = hoisted.get(&name).is_none_or(|known| *known == *one);
        if counts[&one.to_string()] > 1 && is_free {
            let reference = json!({"$ref": format!("#/components/{part}/{name}")});
            hoisted.insert(name, std::mem::replace(one, reference));
        }
    }
    match document["components"][part].as_object_mut() {
        Some(known) => known.extend(hoisted),
        None => document["components"][part] = hoisted.into(),
    }
}

/// What an answer consists of, by its name.
fn answered(answer: &Value) -> Option<&str> {
    let schema = answer.pointer("/content/application~1json/schema/$ref")?;
    schema.as_str()?.rsplit('/').next()
}

/// Forms that stand in several places, by the names that they get.
const HOISTED: [(&str, &str); 8] = [
    (
        "SlackChannel",
        "/SlackBotConfiguration/properties/channels/items",
    ),
    ("NextPage", "/Page_Webhook/properties/next"),
    ("WebhookName", "/NewSlackWebhook/properties/name"),
    ("EntryEvents", "/TeamsEntry/properties/events"),
    ("EntryEnvironments", "/TeamsEntry/properties/environments"),
    (
        "HeaderName",
        "/SignedConfiguration/properties/headers/propertyNames",
    ),
    ("ChannelLabels", "/TeamsConfiguration/properties/channels"),
    (
        "DiscordTag",
        "/DiscordConfiguration/properties/applied_tags/properties/failed",
    ),
];

fn hoist_schemas(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    for (name, at) in HOISTED {
        let Some(found) = schemas.pointer(at).cloned() else {
            debug_assert!(false, "nothing stands at {at}");
            continue;
        };
        replace(schemas, &found, &reference(name));
        schemas[name] = found;
    }
}

fn replace(within: &mut Value, found: &Value, by: &Value) {
    if within == found {
        *within = by.clone();
        return;
    }
    match within {
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|part| replace(part, found, by)),
        Value::Array(items) => items.iter_mut().for_each(|part| replace(part, found, by)),
        _ => {}
    }
}

/// The calls that take a body, and do without one.
const BODY_OPTIONAL: [&str; 2] = ["/redeliver/", "/recover/"];

fn operation_of(path: &str, method: &str, operation: &mut Value) {
    if operation["tags"] == json!(["meta"]) {
        operation["security"] = json!([]);
    }
    if let Some(body) = operation.get_mut("requestBody") {
        let is_required = !BODY_OPTIONAL.iter().any(|end| path.ends_with(end));
        body["required"] = is_required.into();
    }
    let kinds = problems::of(path, method, operation);
    // Looked up by `get_mut`: an index would put a null there.
    let parameters = operation.get_mut("parameters");
    let parameters = parameters.and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        // It is so where nothing else is said.
        if parameter["required"] == false
            && let Some(parameter) = parameter.as_object_mut()
        {
            parameter.remove("required");
        }
    }
    examples::add(operation);
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for response in responses.values_mut() {
        if !response["headers"]["ETag"].is_null() {
            response["headers"]["ETag"] = json!({"$ref": "#/components/headers/ETag"});
        }
        response["headers"]["X-Request-Id"] = json!({"$ref": "#/components/headers/X-Request-Id"});
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

/// Takes out the line breaks that descriptions have in the code, but for those between
/// paragraphs.
fn unwrap(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" => {
                        let paragraphs = text.trim().split("\n\n");
                        let paragraphs = paragraphs.map(|it| it.replace('\n', " "));
                        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
                    }
                    value => unwrap(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(unwrap),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
