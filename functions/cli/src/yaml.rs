//! YAML as JSON, with the place of every key and entry.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{Error, Location, Spanned};

use crate::places::Place;

/// Reads a document as the API reads it; adds the places of its parts by their pointers.
pub fn read(text: &str, places: &mut BTreeMap<String, Place>) -> Result<Value, Error> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        null_as_string: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        // It would quote the file, which has secrets in it.
        with_snippet: false,
    };
    let node = serde_saphyr::from_str_with_options::<Node>(text, options)?;
    Ok(node.into_value("", text, places))
}

/// The flags as people write them. Others read YAML so, too, unless they are in quotes.
const FLAG: &str = "enabled";
const WORDS: [(&str, bool); 4] = [("yes", true), ("on", true), ("no", false), ("off", false)];

/// The flag that a word means that stands there, if it means one.
fn flag(word: &str, written: Option<&str>) -> Option<bool> {
    let is_quoted = written.is_some_and(|text| text.starts_with(['\'', '"']));
    let mut words = WORDS.into_iter().filter(|_| !is_quoted);
    let found = words.find(|(known, _)| known.eq_ignore_ascii_case(word));
    found.map(|(_, flag)| flag)
}

/// The name of a field in a JSON pointer.
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

enum Node {
    Scalar(Value),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

impl Node {
    fn into_value(self, at: &str, source: &str, places: &mut BTreeMap<String, Place>) -> Value {
        match self {
            Self::Scalar(value) => value,
            Self::List(list) => {
                let entry = |(n, entry): (usize, Spanned<Self>)| {
                    let at = format!("{at}/{n}");
                    places.insert(at.clone(), place(&entry.referenced));
                    entry.value.into_value(&at, source, places)
                };
                list.into_iter().enumerate().map(entry).collect()
            }
            Self::Map(pairs) => {
                let field = |(key, value): (Spanned<String>, Spanned<Self>)| {
                    let at = format!("{at}/{}", escaped(&key.value));
                    places.insert(at.clone(), place(&key.referenced));
                    let offset = value.defined.span().byte_offset();
                    let written = offset.and_then(|at| source.get(usize::try_from(at).ok()?..));
                    let value = match value.value {
                        Self::Scalar(Value::String(word)) if key.value == FLAG => {
                            flag(&word, written).map_or(Value::String(word), Value::Bool)
                        }
                        value => value.into_value(&at, source, places),
                    };
                    (key.value, value)
                };
                Value::Object(pairs.into_iter().map(field).collect::<Map<_, _>>())
            }
        }
    }
}

fn place(location: &Location) -> Place {
    (location.line(), location.column())
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Scalar(flag.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Scalar(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Scalar(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Node::Scalar(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Scalar(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = access.next_element()? {
            list.push(entry);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = access.next_entry()? {
            pairs.push(pair);
        }
        Ok(Node::Map(pairs))
    }
}
