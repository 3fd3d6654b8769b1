//! The rules of the workspace, held by what `cargo metadata` says.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod circles;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

struct Crate {
    name: String,
    folder: String,
    /// Of a release build, direct.
    dependencies: BTreeSet<String>,
}

static WORKSPACE: LazyLock<Vec<Crate>> = LazyLock::new(|| {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| Crate {
            name: package.name.to_string(),
            folder: folder(&metadata, package.manifest_path.as_str()),
            dependencies: package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind == DependencyKind::Normal)
                .map(|dependency| dependency.name.clone())
                .collect(),
        })
        .collect()
});

/// Such as `functions/notifier`.
fn folder(metadata: &Metadata, manifest: &str) -> String {
    manifest
        .trim_start_matches(metadata.workspace_root.as_str())
        .trim_start_matches('/')
        .trim_end_matches("/Cargo.toml")
        .to_owned()
}

fn find(name: &str) -> &'static Crate {
    let found = WORKSPACE.iter().find(|found| found.name == name);
    found.unwrap_or_else(|| panic!("no crate {name}"))
}

fn ours(dependencies: &BTreeSet<String>) -> Vec<&str> {
    dependencies
        .iter()
        .map(String::as_str)
        .filter(|name| name.starts_with("carillon-"))
        .collect()
}

/// Everything that a crate's release build contains of the workspace, itself included.
fn reached(name: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([name.to_owned()]);
    let mut waiting = vec![name.to_owned()];
    while let Some(next) = waiting.pop() {
        for dependency in ours(&find(&next).dependencies) {
            if reached.insert(dependency.to_owned()) {
                waiting.push(dependency.to_owned());
            }
        }
    }
    reached
}

#[test]
fn the_domain_knows_no_other_crate_and_does_no_io() {
    let domain = find("carillon-domain");
    assert_eq!(ours(&domain.dependencies), Vec::<&str>::new());
    for io in [
        "tokio",
        "reqwest",
        "axum",
        "hyper",
        "async-trait",
        "futures",
        "rusqlite",
    ] {
        assert!(!domain.dependencies.contains(io), "{io}");
    }
    for dependency in &domain.dependencies {
        assert!(
            !dependency.starts_with("aws") && !dependency.starts_with("lambda"),
            "{dependency}"
        );
    }
}

#[test]
fn chat_knows_only_the_domain() {
    assert_eq!(
        ours(&find("carillon-chat").dependencies),
        ["carillon-domain"]
    );
}

#[test]
fn posting_knows_aws_and_chat_and_no_function() {
    let allowed = [
        "carillon-aws",
        "carillon-chat",
        "carillon-domain",
        "carillon-runtime",
    ];
    for name in ours(&find("carillon-delivery").dependencies) {
        assert!(allowed.contains(&name), "{name}");
    }
}

#[test]
fn functions_know_no_other_function_but_local_composes_them_all() {
    for found in WORKSPACE
        .iter()
        .filter(|found| found.folder.starts_with("functions/"))
    {
        if found.name == "carillon-local" {
            continue;
        }
        for other in WORKSPACE
            .iter()
            .filter(|other| other.folder.starts_with("functions/"))
        {
            assert!(
                !found.dependencies.contains(&other.name),
                "{} → {}",
                found.name,
                other.name
            );
        }
    }
}

#[test]
fn only_aws_and_what_runs_locally_name_the_sdk() {
    let allowed = ["carillon-aws", "carillon-embedded", "carillon-local"];
    for found in WORKSPACE.iter() {
        let names_sdk = found
            .dependencies
            .iter()
            .any(|name| name.starts_with("aws-sdk-"));
        assert!(
            !names_sdk || allowed.contains(&found.name.as_str()),
            "{}",
            found.name
        );
    }
}

#[test]
fn only_functions_name_the_lambda_runtime() {
    for found in WORKSPACE.iter() {
        let names_lambda = found
            .dependencies
            .iter()
            .any(|name| name.starts_with("lambda_"));
        assert!(
            !names_lambda || found.folder.starts_with("functions/"),
            "{}",
            found.name
        );
    }
}

#[test]
fn nothing_local_reaches_a_lambda() {
    let local = ["carillon-embedded", "carillon-local", "carillon-tests"];
    for found in WORKSPACE.iter() {
        let is_lambda = found.folder.starts_with("functions/") && found.name != "carillon-local";
        if is_lambda {
            let reached = reached(&found.name);
            assert!(
                local.iter().all(|name| !reached.contains(*name)),
                "{}",
                found.name
            );
        }
    }
}

#[test]
fn the_command_line_is_quick_to_build() {
    let cli = find("carillon-cli");
    assert_eq!(ours(&cli.dependencies), Vec::<&str>::new());
    for heavy in ["tokio", "reqwest", "hyper", "axum", "regex"] {
        assert!(!cli.dependencies.contains(heavy), "{heavy}");
    }
}
