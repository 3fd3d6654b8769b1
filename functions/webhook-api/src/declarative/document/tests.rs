use super::*;
use carillon_fuzzing::mangled_bytes;
use proptest::prelude::*;
use serde_json::json;

fn yaml(text: &str) -> Result<Document, Faults> {
    Document::read(Format::Yaml, text.as_bytes())
}

fn entries(document: &Document) -> Vec<(&str, &Value)> {
    document
        .entries
        .iter()
        .map(|entry| (entry.name.as_str(), &entry.value))
        .collect()
}

fn faults(read: Result<Document, Faults>) -> Vec<(String, String)> {
    let faults = match read {
        Ok(document) => document.located(document.faults.clone()),
        Err(faults) => faults,
    };
    assert!(!faults.is_empty());
    faults
        .iter()
        .map(|fault| (fault.pointer.to_string(), fault.detail.clone()))
        .collect()
}

#[test]
fn entries_keep_their_order_and_other_keys_are_nobodys_business() {
    let document = yaml(
        "version: 3\nnotifications:\n  work: {provider: slack}\n  gaming: {provider: discord}\n\
         aws: &x [1, {a: .nan}]\nlist: *x\n",
    )
    .unwrap();
    assert_eq!(
        entries(&document),
        [
            ("work", &json!({"provider": "slack"})),
            ("gaming", &json!({"provider": "discord"}))
        ]
    );
    let text = r##"{"notifications": {"b": {"channel": "#x"}, "a": {}}, "more": [1, null]}"##;
    let document = Document::read(Format::Json, text.as_bytes()).unwrap();
    assert_eq!(
        entries(&document),
        [("b", &json!({"channel": "#x"})), ("a", &json!({}))]
    );
}

#[test]
fn what_yaml_guesses_is_what_was_meant() {
    let document = yaml(
        "notifications:\n  2024:\n    enabled: yes\n    channels: [on, 123, no, ~]\n    \
         thread_id: 123456789012345678\n    environments: [0123, 1_000, true]\n  off:\n    enabled: Off\n",
    )
    .unwrap();
    assert_eq!(
        entries(&document),
        [
            (
                "2024",
                &json!({
                    "enabled": true, "channels": ["on", "123", "no", null],
                    "thread_id": "123456789012345678", "environments": ["0123", "1_000", true]
                })
            ),
            ("off", &json!({"enabled": false})),
        ]
    );
    let json = br#"{"notifications": {"a": {"enabled": "yes", "channel": 7}}}"#;
    let document = Document::read(Format::Json, json).unwrap();
    assert_eq!(
        entries(&document),
        [("a", &json!({"enabled": "yes", "channel": 7}))]
    );
}

#[test]
fn anchors_and_merge_keys_work() {
    let document = yaml(
        "defaults: &d\n  provider: slack\n  enabled: false\nnotifications:\n  a:\n    <<: *d\n    \
         enabled: true\n  b: *d\n",
    )
    .unwrap();
    assert_eq!(
        entries(&document),
        [
            ("a", &json!({"provider": "slack", "enabled": true})),
            ("b", &json!({"provider": "slack", "enabled": false})),
        ]
    );
}

#[test]
fn what_is_no_yaml_is_refused_with_line_and_column() {
    for (text, place, what) in [
        (
            "notifications:\n  a: [1\n  b: 2\n",
            "line 3, column 4: ",
            "YAML",
        ),
        (
            "notifications:\n  a: *nobody\n",
            "line 2, column 6: ",
            "anchor",
        ),
        ("notifications:\n  a: 'x\n", "line 2, column 6: ", "quote"),
        (
            "notifications: {}\n---\nnotifications: {}\n",
            "line 3, column 1: ",
            "one document",
        ),
        (
            "notifications:\n  ? [a]\n  : b\n",
            "line 2, column 5: ",
            "string",
        ),
        (
            "notifications:\n  a:\n    token: {{ token }}\n",
            "line 3, column 13: ",
            "of a template is not replaced here",
        ),
        (
            "notifications: {}\n\u{0}",
            "line 2, column 1: ",
            "unexpected",
        ),
    ] {
        let found = faults(yaml(text));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "");
        assert!(found[0].1.starts_with(place), "{text:?}: {}", found[0].1);
        assert!(found[0].1.contains(what), "{text:?}: {}", found[0].1);
    }
    assert_eq!(
        faults(Document::read(Format::Yaml, b"a: \xff"))[0].1,
        "must be UTF-8"
    );
    let yaml = faults(Document::read(Format::Json, b"notifications: {}"));
    assert!(yaml[0].1.contains("application/yaml"), "{}", yaml[0].1);
    let json = faults(Document::read(Format::Json, b"{\n\"notifications\": }"));
    assert!(json[0].1.contains("line 2 column 18"), "{}", json[0].1);
}

#[test]
fn bombs_are_refused() {
    let mut laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..12 {
        let before = vec![format!("*a{}", n - 1); 10].join(",");
        laughs += &format!("a{n}: &a{n} [{before}]\n");
    }
    let bomb = format!("{laughs}notifications: {{}}\n");
    let found = faults(yaml(&bomb));
    assert!(found[0].1.contains("aliases repeat"), "{found:?}");
    let inside = format!("{laughs}notifications:\n  a: *a11\n");
    assert!(faults(yaml(&inside))[0].1.contains("aliases repeat"));
    let deep = format!("notifications: {}", "[".repeat(100_000));
    assert_eq!(faults(yaml(&deep)).len(), 1);
    let deep: String = (0..500).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert!(faults(yaml(&deep))[0].1.contains("nested too deeply"));
    let deep = format!("{{\"notifications\": {}", "[".repeat(100_000));
    assert_eq!(
        faults(Document::read(Format::Json, deep.as_bytes())).len(),
        1
    );
    let cycle = "notifications: &n\n  a: *n\n";
    assert_eq!(faults(yaml(cycle)).len(), 1);
}

#[test]
fn no_key_may_be_there_twice() {
    let found = faults(yaml(
        "notifications:\n  a:\n    channel: x\n    channel: y\n  a: {}\n  \" a\": {}\nx: 1\nx: 2\n",
    ));
    let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/x",
            "/notifications/a/channel",
            "/notifications/a",
            "/notifications/ a"
        ]
    );
    assert!(
        found[1].1.starts_with("line 4, column 5: "),
        "{}",
        found[1].1
    );
    assert!(found[1].1.ends_with("first in line 3"), "{}", found[1].1);
    assert!(
        found[2].1.starts_with("line 5, column 3: "),
        "{}",
        found[2].1
    );
    let json = r#"{"notifications": {"a": {"x": 1, "x": 2}}, "notifications": {}}"#;
    let found = faults(Document::read(Format::Json, json.as_bytes()));
    let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/notifications", "/notifications/a/x"]);
}

#[test]
fn the_block_must_be_there_and_be_one() {
    for (text, pointer, what) in [
        ("", "", "must be an object"),
        ("- a\n", "", "must be an object"),
        ("7", "", "must be an object"),
        (
            "notification: {}\n",
            "/notifications",
            "is it `notification`?",
        ),
        ("a: b\n", "/notifications", "is required"),
        (
            "notifications:\n",
            "/notifications",
            "write {} for no webhooks",
        ),
        (
            "notifications: [a]\n",
            "/notifications",
            "webhooks by their names",
        ),
    ] {
        let found = faults(yaml(text));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, pointer, "{text:?}");
        assert!(found[0].1.contains(what), "{text:?}: {}", found[0].1);
    }
    assert_eq!(entries(&yaml("notifications: {}").unwrap()), []);
}

#[test]
fn a_media_type_tells_the_format() {
    for (media_type, format) in [
        (None, Some(Format::Yaml)),
        (Some("application/json; charset=utf-8"), Some(Format::Json)),
        (Some("Application/YAML"), Some(Format::Yaml)),
        (Some("text/x-yaml"), Some(Format::Yaml)),
        (Some("text/plain"), None),
        (Some("application/xml"), None),
    ] {
        assert_eq!(Format::of(media_type), format, "{media_type:?}");
    }
}

/// Files with something of everything that YAML has.
fn files() -> Vec<String> {
    [
        "notifications:\n  work:\n    enabled: yes\n    channels: [\"#infra\", 'b', 0x1f]\n    \
         events: &all [deploy, \"*_deleted\"]\n    filters: {region: *all}\n  \
         \"gaming\": {provider: discord, digest: off, thread_id: 123456789012345678}\n  \
         text: |-\n    a\n     b\n  folded: >+\n    c\n\n    d\n",
        "%YAML 1.2\n---\n# a comment\nnotifications: !!map\n  ? a\n  : &x {b: !vault c}\n  \
         <<: *x\n  more:\n  - - 1\n    - ~\n  - .inf\n  - 2026-11-21\n---\n",
        r#"{"notifications": {"a": {"provider": "webhook", "url": "https://a.example/"}}}"#,
    ]
    .map(str::to_owned)
    .into()
}

proptest! {
    #[test]
    fn a_foreign_file_is_read_or_refused_with_reasons(file in mangled_bytes(files())) {
        for format in [Format::Yaml, Format::Json] {
            if let Err(faults) = Document::read(format, &file) {
                prop_assert!(faults.iter().count() > 0);
            }
        }
    }
}
