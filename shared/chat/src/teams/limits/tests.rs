use super::*;
use serde_json::json;

fn message(body: Value) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": CARD_TYPE, "contentUrl": null,
            "content": {"type": "AdaptiveCard", "version": "1.4", "body": body},
        }],
    })
}

fn broken(body: &Value) -> Vec<String> {
    let pointer = |it: Violation| it.pointer.as_str().replace("/attachments/0/content", "");
    violations(body).into_iter().map(pointer).collect()
}

fn text(text: &str) -> Value {
    json!({"type": "TextBlock", "text": text, "wrap": true})
}

#[test]
fn the_example_of_the_documentation_is_fine() {
    let body = message(json!([
        {"type": "TextBlock", "text": "disk full", "weight": "Bolder", "wrap": true},
        {"type": "FactSet", "facts": [{"title": "a", "value": "b"}]},
        {"type": "Container", "style": "good", "items": [
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": " "}]},
            {"type": "ColumnSet", "columns": [{"type": "Column", "items": [text("x")]}]},
        ]},
    ]));
    assert_eq!(violations(&body), []);
}

#[test]
fn an_envelope_that_the_trigger_refuses_is_told_from_what_fails_later() {
    for (name, value) in [
        ("contentUrl", json!("https://example.com")),
        ("contentType", json!("text/plain")),
        ("content", json!("card")),
    ] {
        let mut body = message(json!([text("x")]));
        body["attachments"][0][name] = value;
        assert!(
            violations(&body).iter().any(is_refused_by_trigger),
            "{name}"
        );
    }
    let mut body = message(json!([text("x")]));
    body["attachments"][0]
        .as_object_mut()
        .unwrap()
        .remove("contentUrl");
    assert!(violations(&body).iter().any(is_refused_by_trigger));
    for body in [
        json!({"type": "message"}),
        json!({"type": "message", "attachments": []}),
        message(json!([])),
        message(json!([{"type": "Table"}])),
    ] {
        let found = violations(&body);
        assert!(
            !found.is_empty() && !found.iter().any(is_refused_by_trigger),
            "{body}"
        );
    }
}

#[test]
fn whatever_teams_would_not_show_is_found_where_it_stands() {
    for (element, at) in [
        (
            json!({"type": "CodeBlock", "codeSnippet": "x"}),
            "/body/0/type",
        ),
        (json!({"type": "TextBlock", "text": "x"}), "/body/0/wrap"),
        (text(""), "/body/0/text"),
        (text("{{DATE(2026-11-21T10:15:00Z)}}"), "/body/0/text"),
        (text("<at>somebody</at>"), "/body/0/text"),
        (
            json!({"type": "TextBlock", "text": "x", "wrap": true, "color": "#ff0000"}),
            "/body/0/color",
        ),
        (
            json!({"type": "TextBlock", "text": "x", "wrap": true, "colour": "good"}),
            "/body/0/colour",
        ),
        (
            json!({"type": "TextBlock", "text": 1, "wrap": true}),
            "/body/0/text",
        ),
        (json!({"type": "FactSet", "facts": []}), "/body/0/facts"),
        (
            json!({"type": "FactSet", "facts": [{"title": "", "value": "x"}]}),
            "/body/0/facts/0/title",
        ),
        (
            json!({"type": "RichTextBlock", "inlines": ["x"]}),
            "/body/0/inlines/0",
        ),
        (json!({"type": "Container"}), "/body/0/items"),
        (
            json!({"type": "Container", "items": [text("x")],
                   "selectAction": {"type": "Action.OpenUrl", "url": "javascript:alert(1)"}}),
            "/body/0/selectAction/url",
        ),
        (
            json!({"type": "ActionSet", "actions": [{"type": "Action.Submit", "url": "https://x.example", "title": "x"}]}),
            "/body/0/actions/0/type",
        ),
        (
            json!({"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "url": "https://x.example"}]}),
            "/body/0/actions/0/title",
        ),
    ] {
        assert_eq!(broken(&message(json!([element]))), [at], "{element}");
    }
    let mut newer = message(json!([text("x")]));
    newer["attachments"][0]["content"]["version"] = json!("1.5");
    assert_eq!(broken(&newer), ["/version"]);
}

#[test]
fn a_mention_that_the_card_explains_is_one() {
    let mut body = message(json!([text("hi <at>Ann</at>")]));
    body["attachments"][0]["content"]["msteams"] = json!({"entities": [
        {"type": "mention", "text": "<at>Ann</at>", "mentioned": {"id": "a@b.example", "name": "Ann"}},
    ]});
    assert_eq!(violations(&body), []);
}

#[test]
fn size_counts_as_sent_and_as_teams_may_count_it() {
    assert_eq!(reencoded("a\"\\é😀"), 1 + 2 + 2 + 6 + 12);
    for (said, codes) in [
        ("a".repeat(19_000), 0),
        ("a".repeat(20_000), 1),
        ("é".repeat(5_000), 1),
        ("\"".repeat(10_000), 2),
    ] {
        let body = message(json!([text(&said)]));
        let found = violations(&body);
        assert_eq!(found.len(), codes, "{found:?}");
        assert!(found.iter().all(|it| it.code == SIZE));
        assert_eq!(fill(&body.to_string()) <= 1_000, codes == 0);
    }
}
