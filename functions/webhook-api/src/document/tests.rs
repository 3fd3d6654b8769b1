use super::*;
use carillon_domain::cloudevents;
use carillon_domain::{Capture, Event, EventId, Faults, OrganizationId, Pointer};
use jiff::Timestamp;

fn document() -> Value {
    let (_, document) = crate::routes::all().split_for_parts();
    complete(&document, &Kinds::default())
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
            assert_eq!(name, "Problem429");
            continue;
        };
        for (kind, example) in examples.as_object().unwrap() {
            let urn = example["value"]["type"].as_str().unwrap();
            assert_eq!(urn, format!("urn:carillon:problem:{kind}"));
            let status = example["value"]["status"].as_u64().unwrap();
            assert_eq!(*name, format!("Problem{status}"));
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
