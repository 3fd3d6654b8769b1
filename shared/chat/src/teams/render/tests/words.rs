//! Messages in their owner's words.

use super::*;
use crate::message::testing::any_template;
use carillon_domain::MessageTemplate;

const PEOPLE: &[&str] = &[
    "user:alice@acme.example",
    "user:alice@other.example",
    "user:bob_b@acme.example",
    "here",
    "<at>x</at>",
];

fn posted(template: &MessageTemplate, events: &[&Event]) -> Value {
    let mut webhook = webhook(TEAMS);
    webhook.message = Some(template.clone());
    message(&Post {
        webhook: &webhook,
        channel: "",
        events,
        post_id: "a-post-id",
        place: &Place::Channel,
        without: Without::default(),
        headline: None,
    })
}

fn template(template: Value) -> MessageTemplate {
    serde_json::from_value(template).unwrap()
}

/// Whether a text is nothing but links whose labels mean nothing, and a note.
fn is_links(text: &str) -> bool {
    let mut rest = text;
    while let Some(link) = rest.strip_prefix('[') {
        let mut end = 0;
        let mut escaped = false;
        for (at, c) in link.char_indices() {
            if c == ']' && !escaped {
                end = at;
                break;
            }
            escaped = c == '\\' && !escaped;
        }
        let (label, after) = link.split_at(end);
        let Some((url, after)) = after.strip_prefix("](").and_then(|it| it.split_once(')')) else {
            return false;
        };
        if live(label).is_some() || label.is_empty() || !url.starts_with("http") {
            return false;
        }
        if label.contains("://") || url.contains([' ', '<', '(', '\\', '"']) {
            return false;
        }
        rest = after.strip_prefix(" · ").unwrap_or(after);
    }
    rest.is_empty() || rest.ends_with("left out")
}

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
        let is_own = text.starts_with('[') && is_links(&text);
        prop_assert!(is_own || live(&text).is_none(), "{}", text);
        prop_assert!(!text.contains("<at"), "{}", text);
    }
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
            check(&posted(&template, &events), &template, &events).unwrap();
        }
    }
}

fn words() -> MessageTemplate {
    template(json!({
        "title": "{{ resource.name }} {{ status }} in {{ environment }}",
        "text": "By {{ actor }}: *{{ message }}*",
        "fields": ["environment", "details.commit"],
        "links": [
            {"label": "Run_book_", "url": "https://wiki.example.com/{{ resource.type }}"},
            {"label": "Logs", "url": "https://logs.example.com/?id={{ correlation_id }}"},
        ],
        "mentions": [
            {"when": {"status": ["failed"]}, "who": ["user:alice@acme.example"]},
            {"who": ["user:bob@acme.example"]},
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
    let texts = marked_up(&body);
    assert_eq!(texts.last().unwrap(), "<at>alice</at> <at>bob</at>");
    let links = texts.iter().filter(|text| text.starts_with('['));
    assert_eq!(links.count(), 3);
    assert_eq!(all(&body, "entities")[0].as_array().unwrap().len(), 2);
}
