//! The function as a process: what it wants of its environment.

use std::process::Command;

/// What it says before it refuses to start.
fn refusal(variables: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_carillon-cloud-events"))
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("the function runs");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_names_what_is_missing_and_needs_no_more_than_its_tables() {
    let said = refusal(&[]);
    for name in [
        "AWS_REGION is not set",
        "EVENTS_TABLE is not set",
        "DELIVERIES_TABLE is not set",
    ] {
        assert!(said.contains(name), "{said}");
    }
    for name in ["FAILURE_QUEUE_URL", "ORGANIZATION", "CLOUD_NOISE"] {
        assert!(!said.contains(name), "{said}");
    }
}

#[test]
fn every_bad_setting_is_named_at_once() {
    let said = refusal(&[
        ("AWS_REGION", "eu-west-1"),
        ("EVENTS_TABLE", "events"),
        ("DELIVERIES_TABLE", "deliveries"),
        ("ORGANIZATION", "no such/id"),
        ("ACCOUNT_ORGANIZATIONS", "1=org_a"),
        ("ACCOUNT_ENVIRONMENTS", "1=production"),
        ("CLOUD_NOISE", "nested-stack"),
        ("CLOUD_OTHER", "yes"),
        ("EVENT_RETENTION_DAYS", "many"),
    ]);
    for name in [
        "ORGANIZATION: is no organization id",
        "ACCOUNT_ORGANIZATIONS: ",
        "ACCOUNT_ENVIRONMENTS: ",
        "CLOUD_NOISE: ",
        "CLOUD_OTHER: ",
        "EVENT_RETENTION_DAYS: ",
    ] {
        assert!(said.contains(name), "{name} in {said}");
    }
}
