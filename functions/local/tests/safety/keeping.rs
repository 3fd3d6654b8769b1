//! What the folder of `--data` promises.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::Program;

const FILES: [&str; 3] = ["dynamodb.sqlite", "journal.sqlite", "secrets.json"];

fn data(folder: &TempDir) -> [&str; 2] {
    ["--data", folder.path().to_str().unwrap()]
}

/// What a start that fails says.
fn failure(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = Program::fail(arguments, variables);
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn webhook(name: &str) -> Value {
    json!({
        "name": name, "type": "slack", "event_types": ["*"],
        "configuration": {"token": format!("xoxb-not-a-real-token-{name}"), "channel": "infra"},
    })
}

async fn register(program: &Program, name: &str) -> StatusCode {
    let request = program.request(Method::POST, "/api/v1/webhooks/");
    let request = request.bearer_auth(&program.key).json(&webhook(name));
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let folder = TempDir::new().unwrap();
    let first = Program::start(&data(&folder));
    let said = failure(&data(&folder), &[]);
    assert!(said.contains(folder.path().to_str().unwrap()), "{said}");
    assert_eq!(register(&first, "one").await, StatusCode::CREATED);
    for signal in ["KILL", "TERM"] {
        Program::start(&data(&TempDir::new().unwrap())).end(signal);
    }
    first.end("KILL");
    let next = Program::start(&data(&folder));
    assert_eq!(
        next.get("/api/v1/webhooks/").await["results"][0]["name"],
        "one"
    );
}

#[tokio::test]
async fn the_folder_keeps_the_admin_key_and_another_one_replaces_it() {
    let folder = TempDir::new().unwrap();
    let made = Program::start(&data(&folder));
    let key = made.key.clone();
    assert!(key.starts_with("crl_"));
    made.end("TERM");
    let again = Program::start(&data(&folder));
    assert_eq!(again.key, key);
    again.end("KILL");
    let [option, path] = data(&folder);
    let given = Program::start(&[option, path, "--admin-key", "fake-key-of-a-test"]);
    given.get("/api/v1/webhooks/").await["results"]
        .as_array()
        .unwrap();
    given.end("TERM");
    assert_eq!(Program::start(&data(&folder)).key, "fake-key-of-a-test");
}

#[test]
fn an_admin_key_that_is_none_is_refused() {
    for (arguments, variables) in [
        (&["--admin-key", ""][..], &[][..]),
        (&["--admin-key", " "], &[]),
        (&["--admin-key", "two words"], &[]),
        (&[], &[("CARILLON_ADMIN_KEY", "")]),
    ] {
        let said = failure(arguments, variables);
        assert!(said.contains("--admin-key"), "{said}");
    }
}

#[test]
fn a_name_to_be_allowed_must_be_one() {
    let said = failure(&["--allow-host", "http://a"], &[]);
    assert!(
        said.contains("--allow-host") && said.contains("without a scheme"),
        "{said}"
    );
}

#[test]
fn its_files_are_for_their_owner_alone_also_in_a_folder_that_was_there_before() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    Program::start(&data(&folder)).end("KILL");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for file in fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    }
    let program = Program::start(&data(&folder));
    for file in fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(program);
}

#[test]
fn a_file_that_is_damaged_emptied_or_gone_is_named_and_nothing_begins_anew() {
    for name in FILES {
        for spoil in [
            (|path: &Path| fs::write(path, b"").unwrap()) as fn(&Path),
            |path| fs::remove_file(path).unwrap(),
            |path| {
                let mut bytes = fs::read(path).unwrap();
                let middle = bytes.len() / 2;
                bytes[..middle].fill(7);
                fs::write(path, bytes).unwrap();
            },
        ] {
            let folder = TempDir::new().unwrap();
            Program::start(&data(&folder)).end("TERM");
            spoil(&folder.path().join(name));
            let said = failure(&data(&folder), &[]);
            assert!(said.contains(name), "{said}");
        }
    }
    // A file that can be read, and holds nothing.
    let folder = TempDir::new().unwrap();
    Program::start(&data(&folder)).end("TERM");
    let secrets = folder.path().join("secrets.json");
    let mut kept: Value = serde_json::from_slice(&fs::read(&secrets).unwrap()).unwrap();
    for part in kept.as_object_mut().unwrap().values_mut() {
        *part = json!({});
    }
    fs::write(&secrets, kept.to_string()).unwrap();
    let said = failure(&data(&folder), &[]);
    assert!(said.contains("secrets.json"), "{said}");
}

#[tokio::test]
async fn a_credential_that_cannot_be_written_to_disk_is_not_taken() {
    let folder = TempDir::new().unwrap();
    let program = Program::start(&data(&folder));
    assert_eq!(register(&program, "one").await, StatusCode::CREATED);
    // Where the next version of the file would be made.
    let obstacle = folder.path().join("secrets.new");
    fs::create_dir(&obstacle).unwrap();
    let status = register(&program, "two").await;
    assert!(status.is_server_error(), "{status}");
    let listed = program.get("/api/v1/webhooks/").await;
    assert_eq!(listed["results"].as_array().unwrap().len(), 1, "{listed}");
    fs::remove_dir(&obstacle).unwrap();
    assert_eq!(register(&program, "two").await, StatusCode::CREATED);
    let kept = fs::read_to_string(folder.path().join("secrets.json")).unwrap();
    assert!(kept.contains("xoxb-not-a-real-token-two"));
}
