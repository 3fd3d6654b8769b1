use super::*;
use serde_json::json;

fn found(body: Value) -> Vec<(String, &'static str)> {
    violations(&body)
        .into_iter()
        .map(|violation| (violation.pointer.to_string(), violation.code))
        .collect()
}

fn plain(length: usize) -> Value {
    json!({"type": "plain_text", "text": "x".repeat(length)})
}

#[test]
fn what_is_just_within_the_limits_breaks_none() {
    let section = json!({"type": "section", "text": plain(3_000)});
    let fields = json!({"type": "section", "fields": vec![plain(100); 10]});
    let body = json!({
        "text": "x".repeat(4_000),
        "blocks": [section, fields, {"type": "header", "text": plain(150)}, {"type": "divider"}],
        "attachments": [{"color": "#0a0B0c", "blocks": [{"type": "context", "elements": vec![plain(1); 10]}]}],
    });
    assert_eq!(found(body), []);
}

#[test]
fn each_broken_limit_is_found_where_it_is_broken() {
    let at = |pointer: &str, code| vec![(pointer.to_owned(), code)];
    let blocks = |block: Value| json!({ "blocks": [block] });
    for (body, expected) in [
        (json!([]), at("", "json_not_object")),
        (json!({"text": ""}), at("", "no_text")),
        (
            json!({"text": "x".repeat(4_001)}),
            at("/text", "msg_too_long"),
        ),
        (
            json!({"text": "x", "attachments": vec![json!({"text": "x"}); 101]}),
            at("/attachments", "too_many_attachments"),
        ),
        (
            json!({"attachments": [{"text": "x", "color": "red"}]}),
            at("/attachments/0/color", "invalid_attachments"),
        ),
        (
            json!({"attachments": [{}]}),
            at("/attachments/0", "no_text"),
        ),
        (
            json!({"blocks": vec![json!({"type": "divider"}); 51]}),
            at("/blocks", "invalid_blocks"),
        ),
        (
            blocks(json!({"type": "table"})),
            at("/blocks/0/type", "invalid_blocks"),
        ),
        (
            blocks(json!({"type": "section"})),
            at("/blocks/0", "invalid_blocks"),
        ),
        (
            blocks(json!({"type": "section", "text": plain(0)})),
            at("/blocks/0/text/text", "invalid_blocks"),
        ),
        (
            blocks(json!({"type": "section", "text": plain(3_001)})),
            at("/blocks/0/text/text", "invalid_blocks"),
        ),
        (
            blocks(json!({"type": "section", "fields": []})),
            at("/blocks/0/fields", "invalid_blocks"),
        ),
        (
            blocks(json!({"type": "section", "fields": vec![plain(1); 11]})),
            at("/blocks/0/fields", "invalid_blocks"),
        ),
        (
            blocks(json!({"type": "section", "fields": [plain(2_001)]})),
            at("/blocks/0/fields/0/text", "invalid_blocks"),
        ),
        (
            blocks(json!({"type": "header", "text": {"type": "mrkdwn", "text": "x"}})),
            at("/blocks/0/text", "invalid_blocks"),
        ),
        (
            blocks(json!({"type": "context", "elements": vec![plain(1); 11]})),
            at("/blocks/0/elements", "invalid_blocks"),
        ),
        (
            blocks(
                json!({"type": "section", "text": {"type": "plain_text", "text": "x", "verbatim": true}}),
            ),
            at("/blocks/0/text/verbatim", "invalid_blocks"),
        ),
        (
            json!({"blocks": vec![json!({"type": "section", "text": plain(2_700)}); 5]}),
            at("", "msg_blocks_too_long"),
        ),
        (
            json!({"blocks": vec![json!({"type": "divider", "block_id": "a"}); 2]}),
            at("/blocks/1/block_id", "invalid_blocks"),
        ),
    ] {
        assert_eq!(found(body.clone()), expected, "{body}");
    }
}

#[test]
fn the_usage_tells_the_fullest_place_of_each_limit() {
    let body = json!({"blocks": [
        {"type": "section", "text": plain(10)},
        {"type": "section", "text": plain(300)},
    ]});
    let usage = check(&body).usage;
    let of = |what| usage.iter().find(|usage| usage.what == what).unwrap();
    assert_eq!(
        (of("section text").used, of("section text").limit),
        (300, 3_000)
    );
    assert_eq!(of("all blocks").used, 310);
    assert_eq!(of("blocks").used, 2);
}
