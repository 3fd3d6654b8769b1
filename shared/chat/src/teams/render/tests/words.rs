//! Messages in their owner's words.

use super::*;
use crate::message::testing::{deployments, is_links, posted, template, try_words, words};
use carillon_domain::MessageTemplate;

const PEOPLE: &[&str] = &[
    "user:alice@acme.example",
    "user:alice@other.example",
    "user:bob_b@acme.example",
    "here",
    "<at>x</at>",
];

fn check(body: &Value, template: &MessageTemplate, events: &[&Event]) -> Result<(), TestCaseError> {
    prop_assert_eq!(violations(body), []);
    let (mentions, entities) = crate::teams::mention::markup(&template.mentioned(events));
    let found = &body["attachments"][0]["content"]["msteams"]["entities"];
    match &mentions {
        None => prop_assert!(found.is_null()),
        Some(_) => prop_assert_eq!(found, &serde_json::to_value(entities).unwrap()),
    }
    let mut texts = marked_up(body);
    let before = texts.len();
    texts.retain(|text| Some(text) != mentions.as_ref());
    prop_assert_eq!(before - texts.len(), usize::from(mentions.is_some()));
    for text in texts {
        let is_own = text.starts_with('[') && is_links(&text, |it| live(it).is_some());
        prop_assert!(is_own || live(&text).is_none(), "{}", text);
        prop_assert!(!text.contains("<at"), "{}", text);
    }
    Ok(())
}

#[test]
fn no_words_break_a_limit_or_come_alive() {
    try_words(TEAMS, PEOPLE, 1..=1, check);
}

#[test]
fn no_words_break_a_digest() {
    try_words(TEAMS, PEOPLE, 2..=10, check);
}

#[test]
fn the_longest_words_and_the_most_mentions_fit_ten_times() {
    for text in ["x", "\"", "*", "é", "😀", "<at>"] {
        let who: Vec<String> = (0..20)
            .map(|n| format!("user:{}{n:02}@{}.example", "u".repeat(62), "d".repeat(40)))
            .collect();
        let link = json!({"label": text.repeat(60), "url": "https://x.example/{{ 'x' * 900 }}"});
        let template = template(json!({
            "title": text.repeat(500), "text": text.repeat(4_000), "links": vec![link; 5],
            "fields": ["details", "resource", "environment"], "mentions": [{"who": who}],
        }));
        let event = huge(text);
        for count in [1, 10] {
            let events = vec![&event; count];
            check(&posted(TEAMS, &template, &events), &template, &events).unwrap();
        }
    }
}

const FAILED: &str = "user:alice@acme.example";
const ALL: &str = "user:bob@acme.example";

#[test]
fn a_message_in_its_owners_words_in_full() {
    let [_, failed] = deployments();
    insta::assert_json_snapshot!("words", posted(TEAMS, &words(FAILED, ALL), &[&failed]));
}

#[test]
fn a_digest_keeps_links_and_mentions_each_person_once() {
    let [succeeded, failed] = deployments();
    let body = posted(TEAMS, &words(FAILED, ALL), &[&succeeded, &failed, &failed]);
    let texts = marked_up(&body);
    assert_eq!(texts.last().unwrap(), "<at>alice</at> <at>bob</at>");
    let links = texts.iter().filter(|text| text.starts_with('['));
    assert_eq!(links.count(), 3);
    assert_eq!(all(&body, "entities")[0].as_array().unwrap().len(), 2);
}
