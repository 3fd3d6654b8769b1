//! JSON without its lists. Where a platform echoes a message, they are nearly all of it, and
//! nothing in them says what became of the post.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A value in which every list is read, but left empty.
pub(super) struct Outline(pub Value);

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, Outline(value))) = entries.next_entry::<String, _>()? {
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_but_the_lists_is_as_it_was() {
        let echo = json!({
            "ok": true, "ts": "1", "error": null, "retry_after": 1.5, "code": -7,
            "message": {"attachments": [{"blocks": [1]}], "thread_ts": "2 é"}
        });
        let Outline(read) = serde_json::from_str(&echo.to_string()).unwrap();
        let mut expected = echo;
        expected["message"]["attachments"] = json!([]);
        assert_eq!(read, expected);
    }

    #[test]
    fn an_echo_that_nobody_else_could_read_still_says_what_became_of_the_post() {
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        for inner in [r#"["\ud800"]"#, "[1e999]", &deep] {
            let echo = format!(r#"{{"ok": true, "message": {{"x": {inner}}}}}"#);
            let Outline(read) = serde_json::from_str(&echo).unwrap();
            assert_eq!(read["ok"], true, "{inner:.20}");
        }
    }

    #[test]
    fn what_is_no_json_within_a_list_is_none_as_a_whole() {
        for text in ["{\"a\": [1, x]}", "{\"a\": [1}", "{\"a\": 1} x"] {
            assert!(serde_json::from_str::<Outline>(text).is_err(), "{text}");
        }
    }
}
