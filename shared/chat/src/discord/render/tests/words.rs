//! Messages in their owner's words.

use super::*;
use crate::message::testing::{deployments, is_links, posted, posted_at, try_words, words};
use carillon_domain::MessageTemplate;

const PEOPLE: &[&str] = &[
    "user:123456789012345678",
    "role:223456789012345678",
    "here",
    "everyone",
    "user:x",
    "<@1>",
];

/// Takes the owner's links out.
fn without_links(mut body: Value) -> (Value, Vec<String>) {
    let mut links = Vec::new();
    for embed in body["embeds"].as_array_mut().unwrap() {
        if let Some(fields) = embed.get_mut("fields").and_then(Value::as_array_mut) {
            fields.retain(|field| {
                let is_own = field["name"] == "Links";
                links.extend(is_own.then(|| field["value"].as_str().unwrap().to_owned()));
                !is_own
            });
        }
    }
    (body, links)
}

fn check(body: &Value, template: &MessageTemplate, events: &[&Event]) -> Result<(), TestCaseError> {
    prop_assert_eq!(violations(body), []);
    let (mentions, allowed) = crate::discord::mention::markup(&template.mentioned(events));
    let allowed = serde_json::to_value(allowed).unwrap();
    prop_assert_eq!(&body["allowed_mentions"], &allowed);
    let content = body["content"].as_str().unwrap_or_default();
    let mentions = mentions.unwrap_or_default();
    prop_assert!(content.ends_with(&mentions), "{}", content);
    let content = &content[..content.len() - mentions.len()];
    prop_assert_eq!(live(content.trim_end()), None, "{}", content);
    let (body, links) = without_links(body.clone());
    prop_assert!(
        links
            .iter()
            .all(|links| is_links(links, |label| live(label).is_some())),
        "{:?}",
        links
    );
    let mut shown = content.to_lowercase();
    for embed in body["embeds"].as_array().unwrap() {
        let one = json!({"embeds": [embed]});
        for text in marked_up(&one) {
            prop_assert_eq!(live(&text), None, "{}", text);
            // Within a URL of an embed it names nobody. Each text stands by itself.
            shown.push('\n');
            shown.push_str(&without_urls(&text).to_lowercase());
        }
    }
    prop_assert!(
        !shown.contains("@everyone") && !shown.contains("@here"),
        "{}",
        shown
    );
    Ok(())
}

#[test]
fn no_words_break_a_limit_or_come_alive() {
    try_words(DISCORD, PEOPLE, 1..=1, check);
}

#[test]
fn no_words_break_a_digest() {
    try_words(DISCORD, PEOPLE, 2..=10, check);
}

const FAILED: &str = "role:223456789012345678";
const ALL: &str = "user:123456789012345678";

#[test]
fn a_message_in_its_owners_words_in_full() {
    let [_, failed] = deployments();
    insta::assert_json_snapshot!("words", posted(DISCORD, &words(FAILED, ALL), &[&failed]));
}

#[test]
fn a_digest_keeps_links_and_mentions_each_person_once() {
    let [succeeded, failed] = deployments();
    let body = posted(
        DISCORD,
        &words(FAILED, ALL),
        &[&succeeded, &failed, &failed],
    );
    let content = body["content"].as_str().unwrap();
    assert!(content.starts_with("3 events: "), "{content}");
    assert!(
        content.ends_with(" <@&223456789012345678> <@123456789012345678>"),
        "{content}"
    );
    assert_eq!(content.matches("<@").count(), 2);
    let (_, links) = without_links(body);
    assert_eq!(links.len(), 3);
    assert!(links[0].starts_with(r"[Run\_book\_](https://wiki.example.com/aws_rds_cluster) · "));
}

#[test]
fn an_edit_leaves_mentions_to_the_reply() {
    let edited = Place::Edit(MessageRef {
        id: Some("2".into()),
        channel_id: None,
    });
    let [_, failed] = deployments();
    let body = posted_at(&edited, DISCORD, &words(FAILED, ALL), &[&failed]);
    let content = body["content"].as_str().unwrap();
    assert!(
        content.ends_with("billing-db failed in production"),
        "{content}"
    );
    assert_eq!(body["allowed_mentions"], json!({"parse": []}));
}
