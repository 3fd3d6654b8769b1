//! Rich text: paragraphs of texts and links (docs.slack.dev, rich text block).

use carillon_domain::Pointer;
use carillon_domain::text::length;
use serde_json::Value;
use url::Url;

use super::{BLOCKS, MAX_LINK, MAX_RICH_TEXT, string};
use crate::limits::{Gauge, Limit, entries};

const TEXT: Limit = Limit::new("rich text", MAX_RICH_TEXT, BLOCKS);
const LINK: Limit = Limit::new("rich text link", MAX_LINK, BLOCKS);

/// What a block of rich text may consist of.
const PARAGRAPHS: [&str; 4] = [
    "rich_text_section",
    "rich_text_preformatted",
    "rich_text_quote",
    "rich_text_list",
];

const STYLES: [&str; 5] = ["bold", "italic", "strike", "code", "underline"];

/// Checks a block and says how long its texts are together.
pub(super) fn rich_text(gauge: &mut Gauge, at: &Pointer, block: &Value) -> usize {
    each(gauge, at, block, paragraph)
}

fn paragraph(gauge: &mut Gauge, at: &Pointer, paragraph: &Value) -> usize {
    let kind = paragraph["type"].as_str().unwrap_or_default();
    if !PARAGRAPHS.contains(&kind) {
        let rule = format!("must be one of {}", PARAGRAPHS.join(", "));
        gauge.broken(&at.field("type"), BLOCKS, rule);
    }
    match kind {
        "rich_text_list" => each(gauge, at, paragraph, self::paragraph),
        _ => each(gauge, at, paragraph, run),
    }
}

/// Looks at each element of a block or a paragraph: there has to be one.
pub(super) fn each(
    gauge: &mut Gauge,
    at: &Pointer,
    value: &Value,
    look: impl Fn(&mut Gauge, &Pointer, &Value) -> usize,
) -> usize {
    let at = at.field("elements");
    let list = entries(&value["elements"]);
    if list.is_empty() {
        gauge.broken(&at, BLOCKS, "elements are a list with at least one entry");
    }
    list.iter()
        .enumerate()
        .map(|(n, value)| look(gauge, &at.index(n), value))
        .sum()
}

fn run(gauge: &mut Gauge, at: &Pointer, run: &Value) -> usize {
    styles(gauge, &at.field("style"), &run["style"]);
    match run["type"].as_str() {
        Some("text") => string(gauge, &at.field("text"), &run["text"], &TEXT),
        Some("link") => {
            let url = run["url"].as_str().unwrap_or_default();
            let is_web = Url::parse(url)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"));
            if !is_web {
                gauge.broken(&at.field("url"), BLOCKS, "must be an absolute URL");
            }
            gauge.measure(&at.field("url"), &LINK, length(url));
            match &run["text"] {
                Value::Null => length(url),
                label => string(gauge, &at.field("text"), label, &TEXT),
            }
        }
        Some(
            "broadcast" | "channel" | "color" | "date" | "emoji" | "team" | "user" | "usergroup",
        ) => 0,
        _ => {
            gauge.broken(&at.field("type"), BLOCKS, "rich text has no such element");
            0
        }
    }
}

fn styles(gauge: &mut Gauge, at: &Pointer, styles: &Value) {
    let Some(styles) = styles.as_object() else {
        if !styles.is_null() {
            gauge.broken(at, BLOCKS, "a style is an object");
        }
        return;
    };
    for (name, value) in styles {
        if !STYLES.contains(&name.as_str()) || !value.is_boolean() {
            let rule = format!("{} are true or false", STYLES.join(", "));
            gauge.broken(&at.field(name), BLOCKS, rule);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::slack::limits::violations;

    use super::*;

    fn found(paragraph: &Value) -> Vec<String> {
        let body = json!({"blocks": [{"type": "rich_text", "elements": [paragraph]}]});
        let violations = violations(&body);
        let pointers = violations.iter().map(|it| it.pointer.to_string());
        let below = "/blocks/0/elements/0";
        pointers.map(|it| it.replace(below, "")).collect()
    }

    #[test]
    fn rich_text_is_paragraphs_of_texts_and_links() {
        let text = |length: usize| json!({"type": "text", "text": "x".repeat(length)});
        let link = json!({"type": "link", "url": "https://example.com/", "style": {"bold": true}});
        let section = json!({"type": "rich_text_section", "elements": [text(MAX_RICH_TEXT), link]});
        assert_eq!(found(&section), [""; 0]);
        let list = json!({"type": "rich_text_list", "style": "bullet", "elements": [section]});
        assert_eq!(found(&list), [""; 0]);
        for (run, expected) in [
            (text(0), "/elements/0/text"),
            (text(MAX_RICH_TEXT + 1), "/elements/0/text"),
            (json!({"type": "mrkdwn", "text": "x"}), "/elements/0/type"),
            (json!({"type": "link", "url": "x"}), "/elements/0/url"),
            (
                json!({"type": "text", "text": "x", "style": {"loud": true}}),
                "/elements/0/style/loud",
            ),
        ] {
            let broken = json!({"type": "rich_text_preformatted", "elements": [run]});
            assert_eq!(found(&broken), [expected], "{broken}");
        }
        let empty = json!({"type": "rich_text_section", "elements": []});
        assert_eq!(found(&empty), ["/elements"]);
        assert_eq!(
            found(&json!({"type": "section", "elements": [text(1)]})),
            ["/type"]
        );
    }
}
