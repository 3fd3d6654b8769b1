//! What people write into a file in YAML, and what they are told of it.

use carillon_tests::{Answer, App};
use reqwest::{Method, StatusCode};
use serde_json::json;

async fn put(app: &App, yaml: &str) -> Answer {
    let request = app.request(Method::PUT, "/notifications/?dry_run");
    let request = request.header("Content-Type", "application/yaml");
    app.send(request.body(yaml.to_owned())).await
}

fn entry(more: &str) -> String {
    format!(
        "notifications:\n  work:\n    provider: slack\n    \
         token: xoxb-fake-token-for-tests-wxyz\n    channel: infra\n{more}"
    )
}

#[tokio::test]
async fn a_mistake_is_told_in_plain_words_and_where_it_stands() {
    let app = App::start().await;
    let token = "    token: xoxb-fake-token-for-tests-wxyz\n";
    for (file, pointer, told) in [
        (
            entry("    events: [*]\n"),
            "",
            "line 6, column 14: cannot be read as YAML: a `*` begins an alias",
        ),
        (
            entry("    events:\n      - *_deleted\n"),
            "",
            "must be in quotes, as in [\"*\"]",
        ),
        (
            entry("    channels: [#infra]\n"),
            "",
            "a `#` begins a comment",
        ),
        (
            entry("").replace('\n', ""),
            "",
            "send it with `--data-binary @FILE`",
        ),
        (
            format!("# settings {}", entry("").replace('\n', "")),
            "",
            "send it with `--data-binary @FILE`",
        ),
        (
            entry("").replace(token, "    token: ${SLACK_TOKEN}\n"),
            "/notifications/work/token",
            "line 4, column 5: `${SLACK_TOKEN}` is not replaced here: `carillon apply` does that",
        ),
        (
            entry("    environments: [\"${STAGE:-production}\"]\n"),
            "/notifications/work/environments/0",
            "`${STAGE}` is not replaced here",
        ),
        (
            entry("    environments: [${STAGE}]\n"),
            "",
            "between brackets, `${…}` must be in quotes",
        ),
        (
            entry("").replace(
                token,
                "    token: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      6261\n",
            ),
            "/notifications/work/token",
            "the tag `!vault` is not resolved here",
        ),
        (
            entry("    enabled: 'no'\n"),
            "/notifications/work/enabled",
            "line 6, column 5: must be true or false",
        ),
    ] {
        let answer = put(&app, &file).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{file}");
        let error = &answer.body["errors"][0];
        assert_eq!(error["pointer"], pointer, "{file}: {error}");
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains(told), "{file}: {detail}");
        assert!(!answer.text.contains("wxyz"), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_is_not_replaced_in_one_entry_hides_no_fault_of_another() {
    let app = App::start().await;
    let file = "\
notifications:
  work:
    provider: slack
    token: ${SLACK_TOKEN}
    chanel: infra
  gaming:
    provider: discord
    webhook_url: !vault x
  ci:
    provider: teams
";
    let answer = put(&app, file).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.pointers(),
        [
            "/notifications/work/token",
            "/notifications/gaming/webhook_url",
            "/notifications/work/chanel",
            "/notifications/work/channel",
            "/notifications/ci/webhook_url",
        ],
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn what_is_meant_is_taken_as_it_is_meant() {
    let app = App::start().await;
    for file in [
        entry("---\n"),
        entry("---\n# the end\n"),
        format!("---\n{}...\n", entry("    enabled: no\n")),
        // What is not in the block is nobody's business.
        format!("token: !vault x\nhome: ${{HOME}}\n{}", entry("")),
        format!("\u{feff}{}", entry("    events: [\"*\", !!str deploy]\n")),
        entry("    username: \"costs $5 {a}\"\n"),
    ] {
        let answer = put(&app, &file).await;
        assert_eq!(answer.status, StatusCode::OK, "{file}: {}", answer.text);
        assert_eq!(answer.body["results"][0]["result"], json!("created"));
    }
}
