//! The README's way to pass on any other event: `tests/examples/another-event.yaml` does what it
//! says, with the input transformer as EventBridge runs it.

use std::collections::HashMap;

use carillon_tests::{App, slack};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn example() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/another-event.yaml");
    std::fs::read_to_string(path).unwrap()
}

fn image() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/eventbridge_others/image_failed.json"
    );
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The lines that are indented below the line that begins with `name`.
fn block(yaml: &str, name: &str) -> Vec<String> {
    let mut lines = yaml
        .lines()
        .skip_while(|line| !line.trim_start().starts_with(name));
    let first = lines.next().unwrap();
    let depth = |line: &str| line.len() - line.trim_start().len();
    lines
        .take_while(|line| depth(line) > depth(first))
        .map(|line| line.trim().to_owned())
        .collect()
}

/// What EventBridge makes of an event: each `<name>` is the value at its path, as JSON.
fn transformed(yaml: &str, event: &Value) -> Value {
    let paths: HashMap<String, String> = block(yaml, "InputPathsMap:")
        .iter()
        .map(|line| {
            let (name, path) = line.split_once(": ").unwrap();
            (name.to_owned(), path.replace("$.", "/").replace('.', "/"))
        })
        .collect();
    let mut text = block(yaml, "InputTemplate:").concat();
    for (name, path) in paths {
        let value = event.pointer(&path).cloned().unwrap_or_default();
        text = text.replace(&format!("<{name}>"), &value.to_string());
    }
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn the_example_tells_of_an_image_that_failed_and_of_its_repeat_nothing() {
    let app = App::start().await;
    app.register(&slack("slack", &["error", "scale"])).await;
    let passed_on = transformed(&example(), &image());
    let first = app.eventbridge(&passed_on).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.body);
    assert_eq!(
        first.body,
        json!({"id": "aws:c9ee1d7c-1f5e-4f2b-9d57-6f0d0c8a7b11", "duplicate": false})
    );
    let again = app.eventbridge(&passed_on).await;
    assert_eq!(again.body["duplicate"], true);
    app.publish(&json!({"type": "scale"})).await;
    let messages = app.messages_until(|messages| {
        let said = |text| {
            messages
                .iter()
                .any(|m| m.payload.to_string().contains(text))
        };
        said("Scaling") && said("could not be read")
    });
    let text = json!(
        messages
            .await
            .iter()
            .map(|m| &m.payload)
            .collect::<Vec<_>>()
    )
    .to_string();
    for fact in [
        "ami-0abcd1234efgh5678",
        "AWS::EC2::Image",
        "eu-west-1",
        "111122223333",
    ] {
        assert!(text.contains(fact), "{fact} in {text}");
    }
    assert_eq!(text.matches("could not be read").count(), 1, "{text}");
}
