use super::*;
use serde_json::json;

fn found(body: &Value) -> Vec<(String, &'static str)> {
    violations(body)
        .into_iter()
        .map(|violation| (violation.pointer.to_string(), violation.code))
        .collect()
}

fn field(name: usize, value: usize) -> Value {
    json!({"name": "n".repeat(name), "value": "v".repeat(value)})
}

#[test]
fn what_is_just_within_the_limits_breaks_none() {
    let embed = json!({
        "title": "t".repeat(256), "description": "d".repeat(4_096), "color": 16_777_215,
        "url": "https://example.com/x", "timestamp": "2026-11-21T10:15:00Z",
        "fields": vec![field(1, 1); 25], "footer": {"text": format!("{}\n ", "f".repeat(1_598))},
    });
    let body = json!({
        "content": "x".repeat(2_000), "embeds": [embed], "username": "u".repeat(80),
        "allowed_mentions": {"parse": []},
    });
    assert_eq!(found(&body), []);
}

#[test]
fn each_broken_limit_is_found_where_it_is_broken() {
    let embed = |embed: Value| json!({ "embeds": [embed] });
    for (body, pointer, code) in [
        (json!({}), "", "50006"),
        (json!({"content": " "}), "", "50006"),
        (json!({"content": "x".repeat(2_001)}), "/content", "50035"),
        (
            json!({"content": "x", "embeds": vec![json!({}); 11]}),
            "/embeds",
            "50035",
        ),
        (
            embed(json!({"title": "x".repeat(257)})),
            "/embeds/0/title",
            "50035",
        ),
        (
            embed(json!({"description": "x".repeat(4_097)})),
            "/embeds/0/description",
            "50035",
        ),
        (
            embed(json!({"fields": vec![field(1, 1); 26]})),
            "/embeds/0/fields",
            "50035",
        ),
        (
            embed(json!({"fields": [field(257, 1)]})),
            "/embeds/0/fields/0/name",
            "50035",
        ),
        (
            embed(json!({"fields": [field(1, 1_025)]})),
            "/embeds/0/fields/0/value",
            "50035",
        ),
        (
            embed(json!({"fields": [field(1, 0)]})),
            "/embeds/0/fields/0/value",
            "50035",
        ),
        (
            embed(json!({"footer": {"text": "x".repeat(2_049)}})),
            "/embeds/0/footer/text",
            "50035",
        ),
        (
            embed(json!({"description": "x".repeat(4_000), "footer": {"text": "x".repeat(2_001)}})),
            "/embeds",
            "50035",
        ),
        (
            embed(json!({"title": "x", "color": 16_777_216})),
            "/embeds/0/color",
            "50035",
        ),
        (
            embed(json!({"title": "x", "color": -1})),
            "/embeds/0/color",
            "50035",
        ),
        (
            embed(json!({"title": "x", "url": "http://grafana:3000/d"})),
            "/embeds/0/url",
            "50035",
        ),
        (
            embed(json!({"title": "x", "timestamp": "yesterday"})),
            "/embeds/0/timestamp",
            "50035",
        ),
        (
            json!({"content": "x", "username": "My Discord Bot"}),
            "/username",
            "50035",
        ),
        (
            json!({"content": "x", "username": "Clyde"}),
            "/username",
            "50035",
        ),
        (
            json!({"content": "x", "username": "u".repeat(81)}),
            "/username",
            "50035",
        ),
        (
            json!({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}),
            "/allowed_mentions/parse",
            "50035",
        ),
    ] {
        assert_eq!(found(&body), [(pointer.to_owned(), code)], "{body}");
    }
}

#[test]
fn only_urls_that_can_be_on_the_internet_may_stand_in_an_embed() {
    for (url, taken) in [
        ("https://example.com/a?b=c", true),
        ("http://grafana.example.co.uk:3000/", true),
        ("http://grafana:3000/", false),
        ("http://localhost/", false),
        ("http://10.0.0.1/", false),
        ("http://[::1]/", false),
        ("ftp://example.com/", false),
        ("javascript:alert(1)", false),
        ("no url", false),
        ("https://my_jenkins.example.com/", false),
        ("https://-bad-.example.com/", false),
        ("https://a..example.com/", false),
        ("https://*.example.com/", false),
        ("https://example.com./", false),
        ("https://example.com:0/", false),
        ("https://example.com:8443/", true),
        (&format!("https://{}.example.com/", "a".repeat(63)), true),
        (&format!("https://{}.example.com/", "a".repeat(64)), false),
    ] {
        assert_eq!(is_embed_url(url), taken, "{url}");
    }
}
