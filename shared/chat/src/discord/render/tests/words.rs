//! Messages in their owner's words.

use super::*;
use crate::message::testing::any_template;
use carillon_domain::MessageTemplate;

const PEOPLE: &[&str] = &[
    "user:123456789012345678",
    "role:223456789012345678",
    "here",
    "everyone",
    "user:x",
    "<@1>",
];

fn posted_in(template: &MessageTemplate, events: &[&Event]) -> Value {
    let mut webhook = webhook(DISCORD);
    webhook.message = Some(template.clone());
    posted(&webhook, events, &Place::Channel)
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
    prop_assert!(links.iter().all(|links| is_links(links)), "{:?}", links);
    let mut shown = content.to_lowercase();
    for embed in body["embeds"].as_array().unwrap() {
        let one = json!({"embeds": [embed]});
        for text in marked_up(&one) {
            prop_assert_eq!(live(&text), None, "{}", text);
            // Within a URL of an embed it names nobody.
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_words_break_a_limit_or_come_alive(
        template in any_template(PEOPLE), event in any_event()
    ) {
        check(&posted_in(&template, &[&event]), &template, &[&event])?;
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
        check(&posted_in(&template, &events), &template, &events)?;
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
            {"when": {"status": ["failed"]}, "who": ["role:223456789012345678"]},
            {"who": ["user:123456789012345678"]},
        ],
    }))
}

#[test]
fn a_message_in_its_owners_words_in_full() {
    let mut event = sample::event(EventType::Deploy);
    event.status = Some(carillon_domain::Status::Failed);
    insta::assert_json_snapshot!("words", posted_in(&words(), &[&event]));
}

#[test]
fn a_digest_keeps_links_and_mentions_each_person_once() {
    let succeeded = sample::event(EventType::Deploy);
    let mut failed = succeeded.clone();
    failed.status = Some(carillon_domain::Status::Failed);
    let body = posted_in(&words(), &[&succeeded, &failed, &failed]);
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
