//! JSON read in ways of its own: without repeated fields, where the parser would take the last of
//! several and say nothing, while another reader takes the first; or without its lists.

use std::fmt;

use crate::text::shorten;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Any JSON document without repeated fields.
pub type Unique = Read<false>;

/// A document in which every list is read, but left empty. Where a platform echoes a message,
/// they are nearly all of it, and nothing in them says what became of the post.
pub type Outline = Read<true>;

/// See [`Unique`] and [`Outline`].
pub struct Read<const OUTLINE: bool>(pub Value);

impl<'de, const OUTLINE: bool> Deserialize<'de> for Read<OUTLINE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson::<OUTLINE>).map(Self)
    }
}

struct AnyJson<const OUTLINE: bool>;

impl<'de, const OUTLINE: bool> Visitor<'de> for AnyJson<OUTLINE> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        match OUTLINE {
            true => while list.next_element::<IgnoredAny>()?.is_some() {},
            false => {
                while let Some(Read::<OUTLINE>(value)) = list.next_element()? {
                    values.push(value);
                }
            }
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Read::<OUTLINE>(value))) = object.next_entry::<String, _>()? {
            if !OUTLINE && fields.contains_key(&name) {
                let shown = shorten(&name, 100);
                return Err(A::Error::custom(format!(
                    "the field `{shown}` is there twice"
                )));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str::<Unique>(text).map(|read| read.0)
    }

    fn outline(text: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str::<Outline>(text).map(|read| read.0)
    }

    #[test]
    fn every_kind_of_value_is_read_as_the_parser_itself_does() {
        let text =
            r#"{"a": [null, true, -1, 18446744073709551615, 1.5, "\u00e4"], "b": {"a": {}}}"#;
        let plain: Value = serde_json::from_str(text).unwrap();
        assert_eq!(read(text).unwrap(), plain);
    }

    #[test]
    fn a_repeated_field_is_told_with_its_place() {
        let error = read("{\"a\": 1,\n \"b\": {\"x\": 1, \"x\": 2}}").unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("the field `x` is there twice at line 2"),
            "{text}"
        );
    }

    #[test]
    fn nesting_has_an_end() {
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn everything_but_the_lists_is_as_it_was() {
        let echo = json!({
            "ok": true, "ts": "1", "error": null, "retry_after": 1.5, "code": -7,
            "message": {"attachments": [{"blocks": [1]}], "thread_ts": "2 é"}
        });
        let read = outline(&echo.to_string()).unwrap();
        let mut expected = echo;
        expected["message"]["attachments"] = json!([]);
        assert_eq!(read, expected);
    }

    #[test]
    fn an_echo_that_nobody_else_could_read_still_says_what_became_of_the_post() {
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        for inner in [r#"["\ud800"]"#, "[1e999]", &deep] {
            let echo = format!(r#"{{"ok": true, "message": {{"x": {inner}}}}}"#);
            let read = outline(&echo).unwrap();
            assert_eq!(read["ok"], true, "{inner:.20}");
        }
    }

    #[test]
    fn what_is_no_json_within_a_list_is_none_as_a_whole() {
        for text in ["{\"a\": [1, x]}", "{\"a\": [1}", "{\"a\": 1} x"] {
            assert!(outline(text).is_err(), "{text}");
        }
    }
}
