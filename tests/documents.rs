//! The documents: they are short where they must be, their links lead somewhere, and their commands
//! work as pasted.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use carillon_tests::{App, KEY};
use tokio::process::Command as AsyncCommand;

/// What a person reads in two minutes.
const MAX_WORDS: usize = 1_000;

/// Those whose commands need no more than curl and a running Carillon. The command line's are run
/// where it is tested.
const PASTED: [&str; 5] = [
    "README.md",
    "functions/webhook-api/README.md",
    "functions/table-events/README.md",
    "functions/local/README.md",
    "shared/chat/README.md",
];

/// Programs that a test's machine need not have, or whose commands take too long.
const ELSEWHERE: [&str; 5] = ["aws", "cargo", "pip", "sam", "tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(document: &str) -> String {
    std::fs::read_to_string(root().join(document)).unwrap()
}

/// All documents of the repository.
fn documents() -> Vec<String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.md",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.lines().map(str::to_owned).collect()
}

/// The text outside of blocks of code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text);
    let headings = headings.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// The blocks of shell.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match (&mut block, line) {
            (None, "```sh") => block = Some(String::new()),
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

#[test]
fn the_readme_is_read_in_two_minutes() {
    let words = read("README.md").split_whitespace().count();
    assert!(words <= MAX_WORDS, "{words} words");
}

#[test]
fn every_link_leads_somewhere() {
    let documents = documents();
    assert!(documents.len() > 10, "{documents:?}");
    let mut lost = Vec::new();
    for document in documents {
        let text = prose(&read(&document));
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("http")) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = match file {
                "" => root().join(&document),
                file => root().join(&document).parent().unwrap().join(file),
            };
            let has_anchor = |anchor: &str| {
                let text = std::fs::read_to_string(&file).unwrap();
                anchors(&text).contains(anchor)
            };
            if !file.exists() || !anchor.is_empty() && !has_anchor(anchor) {
                lost.push(format!("{document}: {target}"));
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_works_as_pasted() {
    let mut count = 0;
    for document in PASTED {
        let app = App::start().await;
        let folder = tempfile::tempdir().unwrap();
        for block in blocks(&read(document)) {
            let first = block.split_whitespace().next().unwrap_or_default();
            let first = first.split('/').next().unwrap_or_default();
            if ELSEWHERE.contains(&first) {
                continue;
            }
            let block = block.replace("http://127.0.0.1:8787", &app.url());
            // Refusals count as failures here; nobody who pastes would overlook them.
            let script = format!("curl() {{ command curl -sS --fail-with-body \"$@\"; }}\n{block}");
            let done = AsyncCommand::new("bash")
                .args(["-e", "-c", &script])
                .current_dir(folder.path())
                .env("CARILLON_URL", app.url())
                .env("CARILLON_KEY", KEY)
                .output()
                .await
                .unwrap();
            let (out, error) = (
                String::from_utf8_lossy(&done.stdout),
                String::from_utf8_lossy(&done.stderr),
            );
            assert!(
                done.status.success(),
                "{document}:\n{block}\n{out}\n{error}"
            );
            count += 1;
        }
    }
    assert!(count > 10, "{count} blocks");
}
