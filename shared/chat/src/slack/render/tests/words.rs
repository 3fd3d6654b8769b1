//! Messages in their owner's words.

use super::*;
use crate::message::testing::any_template;
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

fn posted(template: &MessageTemplate, events: &[&Event]) -> Value {
    let mut webhook = webhook(BOT);
    webhook.message = Some(template.clone());
    let post = Post {
        webhook: &webhook,
        channel: "#infra",
        events,
        post_id: "a-post-id",
        place: &Place::Channel,
        without: crate::Without::default(),
        headline: None,
    };
    serde_json::to_value(for_bot(&post)).unwrap()
}

fn template(template: Value) -> MessageTemplate {
    serde_json::from_value(template).unwrap()
}

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
        let is_plain =
            is_inert(label, Reading::Plain) && !label.contains(['|', '*', '_', '~', '`', '@']);
        if !url.starts_with("http") || url.contains([' ', '<', '|']) || label.is_empty() {
            return false;
        }
        // A name after an at sign means nothing there; nothing else is left.
        if !is_plain && !label.contains('@') {
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_words_break_a_limit_or_come_alive(
        template in any_template(PEOPLE), event in any_event()
    ) {
        check(&posted(&template, &[&event]), &template, &[&event])?;
    }
}

proptest! {
    // Each has up to ten events.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    #[test]
    fn no_words_break_a_digest(
        template in any_template(PEOPLE),
        events in proptest::collection::vec(any_event(), 2..=10)
    ) {
        let events: Vec<&Event> = events.iter().collect();
        check(&posted(&template, &events), &template, &events)?;
    }
}

fn words() -> MessageTemplate {
    template(json!({
        "title": "{{ resource.name }} {{ status }} in {{ environment }}",
        "text": "By {{ actor }}: *{{ message }}*",
        "fields": ["environment", "details.commit"],
        "links": [
            {"label": "Runbook", "url": "https://wiki.example.com/{{ resource.type }}"},
            {"label": "Logs", "url": "https://logs.example.com/?id={{ correlation_id }}"},
        ],
        "mentions": [
            {"when": {"status": ["failed"]}, "who": ["S0FAKE", "U0FAKE"]},
            {"who": ["U0FAKE"]},
        ],
    }))
}

#[test]
fn a_message_in_its_owners_words_in_full() {
    let mut event = sample::event(EventType::Deploy);
    event.status = Some(carillon_domain::Status::Failed);
    insta::assert_json_snapshot!("words", posted(&words(), &[&event]));
}

#[test]
fn a_digest_keeps_links_and_mentions_each_person_once() {
    let succeeded = sample::event(EventType::Deploy);
    let mut failed = succeeded.clone();
    failed.status = Some(carillon_domain::Status::Failed);
    let body = posted(&words(), &[&succeeded, &failed, &failed]);
    assert_eq!(
        body["blocks"][1]["text"]["text"],
        "<!subteam^S0FAKE> <@U0FAKE>"
    );
    let line = body["text"].as_str().unwrap();
    assert!(line.contains("billing-db failed in production"), "{line}");
    for attachment in body["attachments"].as_array().unwrap() {
        let shown = attachment.to_string();
        assert!(shown.contains("<https://wiki.example.com/aws_rds_cluster|Runbook>"));
        assert!(shown.contains("By alice"), "{shown}");
    }
}

#[test]
fn an_edit_takes_mentions_away_that_are_not_meant_any_more() {
    let webhook = webhook(BOT);
    let event = sample::event(EventType::Deploy);
    let edited = MessageRef {
        id: Some("1.2".into()),
        channel_id: Some("C0FAKE".into()),
    };
    let post = Post {
        webhook: &webhook,
        channel: "#infra",
        events: &[&event],
        post_id: "a-post-id",
        place: &Place::Edit(edited),
        without: crate::Without::default(),
        headline: None,
    };
    let body = serde_json::to_value(for_bot(&post)).unwrap();
    assert_eq!(body["blocks"].as_array().unwrap().len(), 1);
}
