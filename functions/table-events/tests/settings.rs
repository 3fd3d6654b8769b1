//! The function as a process: what it wants of its environment.

use std::process::Command;

/// What it says before it refuses to start.
fn refusal(variables: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_carillon-table-events"))
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("the function runs");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_names_what_is_missing_and_needs_no_more_than_its_table() {
    let said = refusal(&[]);
    for name in ["AWS_REGION is not set", "EVENTS_TABLE is not set"] {
        assert!(said.contains(name), "{said}");
    }
    assert!(!said.contains("FAILURE_QUEUE_URL"), "{said}");
}

#[test]
fn every_bad_setting_is_named_at_once() {
    let said = refusal(&[
        ("AWS_REGION", "eu-west-1"),
        ("EVENTS_TABLE", "events"),
        ("ATTRIBUTE_NAMES", "entity=meta..kind"),
        ("ENTITY_NAMES", "param=paramter"),
        ("IGNORED_ATTRIBUTES", "tags.,modified_at;updated_at"),
    ]);
    for name in [
        "ATTRIBUTE_NAMES: ",
        "meta..kind",
        "ENTITY_NAMES: ",
        "IGNORED_ATTRIBUTES: ",
        "modified_at;updated_at",
    ] {
        assert!(said.contains(name), "{name} in {said}");
    }
}
