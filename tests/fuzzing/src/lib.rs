//! Foreign input for tests: documents as they are known, mangled in any way.
//!
//! What is made up at random is refused at the first look. So known documents are taken, and some
//! of their parts replaced by what nobody expects there.
//!
//! Each test that takes these makes 256 inputs, or as many as the variable `PROPTEST_CASES` says:
//!
//! ```text
//! PROPTEST_CASES=10000000 cargo test --workspace foreign
//! ```

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

/// Texts that have caused trouble somewhere.
const TEXTS: [&str; 40] = [
    "",
    " ",
    "\0",
    "\u{7f}",
    "\n",
    "\r\n",
    "\u{feff}",
    "\u{202e}",
    "\u{fffe}",
    "\u{10ffff}",
    "é",
    "🔔",
    "👩‍👩‍👧‍👦",
    "null",
    "true",
    "-0",
    "1e999",
    "NaN",
    "0x10",
    "2026-02-30T25:61:61Z",
    "9999-12-31T23:59:60Z",
    "-009999-01-01T00:00:00Z",
    "PT1S",
    "https://",
    "http://[::1",
    "http://a:b@c:99999/",
    "xn--",
    "https://例え.jp/%ff%00",
    "file:///etc/passwd",
    "{{",
    "}}",
    "{% for x in y %}",
    "{{ a.b.c | d }}",
    "%00",
    "../..",
    "<!channel>",
    "@everyone",
    "arn:aws:",
    "a/b#c",
    "🇩🇪",
];

/// What nobody expects in a place.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => any::<u64>().prop_map(|number| json!(number)),
        1 => select(vec![
            Value::Null, json!(true), json!([]), json!({}), json!([[]]), json!({"": {}}),
            json!([null]), json!(0), json!(-1), json!(0.1),
        ]),
        1 => (0_usize..200).prop_map(deep),
        1 => proptest::collection::vec(any::<u8>().prop_map(|it| json!(it)), 0..300).prop_map(Value::from),
    ]
}

/// A list in a list, so deep.
fn deep(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

/// Any text, short or very long.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(TEXTS.to_vec()).prop_map(str::to_owned),
        2 => ".{0,40}",
        1 => (select(TEXTS.to_vec()), 0_usize..3_000).prop_map(|(text, times)| text.repeat(times)),
        1 => (text_of(select(TEXTS.to_vec())), text_of(select(TEXTS.to_vec())))
            .prop_map(|(one, other)| one + &other),
    ]
}

fn text_of(strategy: impl Strategy<Value = &'static str>) -> impl Strategy<Value = String> {
    strategy.prop_map(str::to_owned)
}

/// What is done to a part of a document.
#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Remove,
    Add(String, Value),
    /// Another part takes its place.
    Swap(Index),
    /// Something is put into a text.
    Insert(Index, String),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => odd().prop_map(Change::Replace),
        2 => Just(Change::Remove),
        1 => (text(), odd()).prop_map(|(name, value)| Change::Add(name, value)),
        1 => any::<Index>().prop_map(Change::Swap),
        2 => (any::<Index>(), text()).prop_map(|(at, text)| Change::Insert(at, text)),
    ]
}

/// One of these documents, with up to five of its parts changed.
pub fn mangled(documents: Vec<Value>) -> impl Strategy<Value = Value> {
    let changes = proptest::collection::vec((any::<Index>(), change()), 0..5);
    (select(documents), changes).prop_map(|(mut document, changes)| {
        for (at, change) in changes {
            apply(&mut document, at, change);
        }
        document
    })
}

/// The same as bytes, some of which are others.
pub fn mangled_bytes(documents: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    let changes = proptest::collection::vec((any::<Index>(), any::<u8>(), text()), 0..6);
    (select(documents), changes).prop_map(|(document, changes)| {
        let mut bytes = document.into_bytes();
        for (at, byte, text) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match byte % 4 {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at),
                2 => {
                    bytes.remove(at);
                }
                _ => drop(bytes.splice(at..at, text.into_bytes())),
            }
        }
        bytes
    })
}

fn apply(document: &mut Value, at: Index, change: Change) {
    let paths = paths(document);
    let path = &paths[at.index(paths.len())];
    let other = match &change {
        Change::Swap(other) => document.pointer(&paths[other.index(paths.len())]).cloned(),
        _ => None,
    };
    if matches!(change, Change::Remove) {
        let Some((parent, name)) = path.rsplit_once('/') else {
            return;
        };
        match document.pointer_mut(parent) {
            Some(Value::Object(fields)) => drop(fields.remove(&unescaped(name))),
            Some(Value::Array(items)) => drop(items.pop()),
            _ => {}
        }
        return;
    }
    let Some(part) = document.pointer_mut(path) else {
        return;
    };
    match change {
        Change::Replace(value) => *part = value,
        Change::Swap(_) => *part = other.unwrap_or_default(),
        Change::Add(name, value) => match part {
            Value::Object(fields) => drop(fields.insert(name, value)),
            Value::Array(items) => items.push(value),
            other => *other = Value::Object(Map::from_iter([(name, value)])),
        },
        Change::Insert(at, text) => {
            if let Value::String(there) = part {
                let ends: Vec<usize> = there.char_indices().map(|(at, _)| at).collect();
                let at = if ends.is_empty() {
                    0
                } else {
                    ends[at.index(ends.len())]
                };
                there.insert_str(at, &text);
            }
        }
        Change::Remove => {}
    }
}

fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

/// Pointers to all parts of a document.
fn paths(document: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    collect(document, String::new(), &mut paths);
    paths
}

fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(value, format!("{path}/{name}"), paths);
            }
        }
        // Of a long list or a deep one, some parts are enough.
        Value::Array(items) if path.len() < 200 => {
            for (number, value) in items.iter().take(20).enumerate() {
                collect(value, format!("{path}/{number}"), paths);
            }
        }
        _ => {}
    }
    paths.push(path);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    #[test]
    fn documents_come_as_they_are_and_changed() {
        let known = json!({"a": {"b": ["c", 1]}, "d/e": "f"});
        let mut runner = TestRunner::deterministic();
        let strategy = mangled(vec![known.clone()]);
        let made = (0..200).map(|_| strategy.new_tree(&mut runner).map(|tree| tree.current()));
        let made: Vec<Value> = made.collect::<Result<_, _>>().expect("inputs");
        let same = made.iter().filter(|made| **made == known).count();
        assert!((5..150).contains(&same), "{same}");
    }
}
