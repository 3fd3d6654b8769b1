use super::*;
use carillon_domain::cloudevents;
use carillon_domain::{Capture, Event, EventId, Faults, OrganizationId, Pointer};
use jiff::Timestamp;

fn document() -> Value {
    crate::document(&Kinds::default())
}

/// Every operation, by its name.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let operation = item.get(method)?;
                Some((
                    format!("{} {path}", method.to_uppercase()),
                    operation.clone(),
                ))
            })
        })
        .collect()
}

#[test]
fn each_operation_says_what_it_is_takes_and_answers_by_example() {
    for (name, operation) in operations(&document()) {
        assert!(operation["summary"].is_string(), "{name}");
        let parts = operation.as_object().unwrap();
        assert!(parts.values().all(|part| !part.is_null()), "{name}");
        let bodies = operation.pointer("/requestBody/content");
        let answers = operation["responses"].as_object().unwrap();
        let answers = answers
            .iter()
            .filter(|(status, _)| status.starts_with('2'))
            .filter_map(|(_, answer)| answer.get("content"));
        for content in bodies.into_iter().chain(answers) {
            for (media_type, body) in content.as_object().unwrap() {
                let has_example = body.get("example").or(body.get("examples")).is_some();
                // A page's items have examples of their own.
                let is_page = body["schema"].to_string().contains("/Page_");
                assert!(has_example || is_page, "{name}: {media_type}");
            }
        }
    }
}

#[test]
fn each_reference_leads_somewhere() {
    fn check(document: &Value, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.trim_start_matches('#');
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                fields.values().for_each(|value| check(document, value));
            }
            Value::Array(list) => list.iter().for_each(|value| check(document, value)),
            _ => {}
        }
    }
    let document = document();
    check(&document, &document);
}

#[test]
fn each_problem_has_an_example_that_is_one() {
    let responses = problems::responses();
    for (name, response) in &responses {
        let Some(examples) = response.pointer("/content/application~1problem+json/examples") else {
            assert_eq!(name, "E429");
            continue;
        };
        for (kind, example) in examples.as_object().unwrap() {
            let urn = example["value"]["type"].as_str().unwrap();
            assert_eq!(urn, format!("urn:carillon:problem:{kind}"));
            let status = example["value"]["status"].as_u64().unwrap();
            assert_eq!(*name, format!("E{status}"));
        }
    }
}

#[test]
fn the_examples_of_bodies_are_taken_by_what_reads_them() {
    let organization = OrganizationId::parse("org_acme").unwrap();
    let capture = || Capture {
        organization: organization.clone(),
        now: Timestamp::UNIX_EPOCH,
        fallback_id: EventId::parse("x").unwrap(),
    };
    crate::registration::read(
        &Kinds::default(),
        &examples::new_webhook(),
        &organization,
        None,
    )
    .unwrap();
    let mut faults = Faults::default();
    let root = Pointer::root();
    assert!(Event::parse(&examples::new_event(), &root, capture(), &mut faults).is_some());
    cloudevents::read_structured(&examples::cloud_event(), capture()).unwrap();
}

#[test]
fn the_document_stays_small_enough_to_be_read() {
    let size = document().to_string().len();
    assert!(size < 120_000, "{size}");
}

#[test]
fn each_operation_has_a_name_and_a_line_of_its_own() {
    let mut ids = Vec::new();
    for (name, operation) in operations(&document()) {
        let id = operation["operationId"].as_str().unwrap().to_owned();
        assert!(!ids.contains(&id), "{name}: {id}");
        ids.push(id);
        let summary = operation["summary"].as_str().unwrap();
        assert!(
            !summary.contains('\n') && summary.len() < 80,
            "{name}: {summary}"
        );
        let is_public = name.ends_with("/health") || name.ends_with("/openapi.json");
        let is_open = operation["security"] == json!([]);
        assert_eq!(is_open, is_public, "{name}");
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let is_said = answer["description"].is_string() || answer["$ref"].is_string();
            assert!(is_said, "{name}: {status}");
        }
    }
    assert!(ids.len() > 25);
}

/// Calls `check` on all that a value consists of.
fn each(value: &Value, check: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            check(fields);
            fields.values().for_each(|value| each(value, check));
        }
        Value::Array(list) => list.iter().for_each(|value| each(value, check)),
        _ => {}
    }
}

#[test]
fn no_pattern_needs_a_flag_or_a_page() {
    let mut count = 0;
    each(&document()["components"]["schemas"], &mut |fields| {
        if let Some(pattern) = fields.get("pattern").and_then(Value::as_str) {
            count += 1;
            // Beyond the basic plane, ECMA-262 sees two characters without its flag.
            assert!(pattern.chars().all(|c| c <= '\u{ffff}'), "{pattern}");
            assert!(pattern.len() < 600, "{pattern}");
        }
    });
    assert!(count > 20);
}

#[test]
fn what_is_asked_for_has_one_type_and_is_null_only_in_patches() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let is_read = name.starts_with("New") || name.ends_with("Configuration");
        if is_read {
            each(schema, &mut |fields| {
                assert!(!fields.get("type").is_some_and(Value::is_array), "{name}");
            });
        }
    }
}

#[test]
fn what_is_always_answered_is_required() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    for (name, field) in [
        ("WebhookCommon", "status_reason"),
        ("WebhookCommon", "next_attempt_at"),
        ("Delivery", "message"),
        ("Attempt", "http_status"),
        ("ApiKey", "expires_at"),
        ("Page_Webhook", "next"),
        ("EventView", "matched"),
        ("Preview", "builder_url"),
        ("Tested", "hint"),
    ] {
        let schema = &schemas[name].to_string();
        let required = schema.split("\"required\":").skip(1);
        assert!(
            required
                .into_iter()
                .any(|rest| rest.split(']').next().unwrap().contains(field)),
            "{name} {field}"
        );
    }
    assert_eq!(
        schemas["Delivery"]["properties"]["created_at"]["format"],
        "date-time"
    );
    let items = &schemas["Page_Event"]["properties"]["results"]["items"];
    assert_eq!(items["$ref"], "#/components/schemas/Event");
}
