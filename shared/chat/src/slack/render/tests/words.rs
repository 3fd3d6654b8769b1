//! Messages in their owner's words.

use super::*;
use crate::message::testing::{deployments, posted, posted_at, try_words, words};
use carillon_domain::MessageTemplate;
use serde_json::json;

const PEOPLE: &[&str] = &[
    "U0FAKE",
    "S0FAKE",
    "here",
    "channel",
    "<!everyone>",
    "everyone",
];

/// Whether a text is nothing but links whose labels mean nothing, and a note.
fn is_links(text: &str) -> bool {
    let mut rest = text;
    while let Some(link) = rest.strip_prefix('<') {
        let Some((link, after)) = link.split_once('>') else {
            return false;
        };
        let Some((url, label)) = link.split_once('|') else {
            return false;
        };
        if !url.starts_with("http") || url.contains([' ', '<', '|']) || label.is_empty() {
            return false;
        }
        // An underscore within a word means nothing.
        let is_within = |(at, _)| {
            label[..at].ends_with(char::is_alphanumeric)
                && label[at + 1..].starts_with(char::is_alphanumeric)
        };
        let is_plain = is_inert(label, Reading::Plain)
            && !label.contains(['|', '*', '~', '`'])
            && label.match_indices('_').all(is_within);
        if !is_plain {
            return false;
        }
        rest = after.strip_prefix(" · ").unwrap_or(after);
    }
    rest.is_empty() || rest.ends_with("left out")
}

fn check(body: &Value, template: &MessageTemplate, events: &[&Event]) -> Result<(), TestCaseError> {
    prop_assert_eq!(violations(body), []);
    let (title, below) = body["blocks"].as_array().unwrap().split_first().unwrap();
    prop_assert!(is_of_ours(title) && is_of_ours(&body["attachments"]));
    let mentions = mention::markup(&template.mentioned(events)).map(|markup| {
        let text = json!({"type": "mrkdwn", "verbatim": true, "text": markup});
        json!({"type": "section", "text": text})
    });
    prop_assert_eq!(below, Vec::from_iter(mentions));
    let rest = json!({"blocks": title, "attachments": body["attachments"]});
    for (reading, text) in texts(&rest) {
        let is_known = reading == Reading::Mrkdwn && is_links(&text);
        let is_literal = reading == Reading::Rich || is_inert(&text, reading);
        prop_assert!(is_known || is_literal, "{}", text);
        prop_assert!(
            reading != Reading::Mrkdwn || is_known || is_ours(&text),
            "{}",
            text
        );
    }
    let text = body["text"].as_str().unwrap();
    prop_assert!(
        is_inert(text, Reading::Plain) && !text.contains('\n'),
        "{}",
        text
    );
    Ok(())
}

#[test]
fn no_words_break_a_limit_or_come_alive() {
    try_words(BOT, PEOPLE, 1..=1, check);
}

#[test]
fn no_words_break_a_digest() {
    try_words(BOT, PEOPLE, 2..=10, check);
}

const FAILED: &str = "S0FAKE";
const ALL: &str = "U0FAKE";

#[test]
fn a_message_in_its_owners_words_in_full() {
    let [_, failed] = deployments();
    insta::assert_json_snapshot!("words", posted(BOT, &words(FAILED, ALL), &[&failed]));
}

#[test]
fn a_digest_keeps_links_and_mentions_each_person_once() {
    let [succeeded, failed] = deployments();
    let body = posted(BOT, &words(FAILED, ALL), &[&succeeded, &failed, &failed]);
    assert_eq!(
        body["blocks"][1]["text"]["text"],
        "<!subteam^S0FAKE> <@U0FAKE>"
    );
    let line = body["text"].as_str().unwrap();
    assert!(line.contains("billing-db failed in production"), "{line}");
    for attachment in body["attachments"].as_array().unwrap() {
        let shown = attachment.to_string();
        assert!(shown.contains("<https://wiki.example.com/aws_rds_cluster|Run_book\u{2cd}>"));
        assert!(shown.contains("By alice"), "{shown}");
    }
}

#[test]
fn an_edit_leaves_mentions_to_the_reply() {
    let edited = Place::Edit(MessageRef {
        id: Some("1.2".into()),
        channel_id: Some("C0FAKE".into()),
    });
    let [_, failed] = deployments();
    let body = posted_at(&edited, BOT, &words(FAILED, ALL), &[&failed]);
    assert_eq!(body["blocks"].as_array().unwrap().len(), 1, "{body}");
}
