//! A document of YAML or JSON as it was written: with its order, its repeated keys and,
//! for YAML, the places of everything.

use std::fmt;

use carillon_domain::masking::without_credential;
use carillon_domain::{FaultCode, Faults, Pointer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

use super::places::{Lines, Place};

/// A part of a document, and where it is.
#[derive(Debug)]
pub(super) struct Located<T> {
    pub value: T,
    /// Unknown in JSON.
    pub place: Option<Place>,
}

impl<T> From<Spanned<T>> for Located<T> {
    fn from(spanned: Spanned<T>) -> Self {
        let (line, column) = (spanned.referenced.line(), spanned.referenced.column());
        Self {
            value: spanned.value,
            place: (line > 0).then_some(Place { line, column }),
        }
    }
}

impl<T> Located<T> {
    fn nowhere(value: T) -> Self {
        Self { value, place: None }
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located {
            value: change(self.value),
            place: self.place,
        }
    }
}

/// A value, as it was written.
#[derive(Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Located<Self>>),
    Map(Vec<(Located<String>, Self)>),
}

impl Node {
    /// The value without order and repetitions. Each repeated key is a fault; the places of
    /// all keys and entries go to `lines`.
    pub fn into_value(self, at: &Pointer, lines: &mut Lines, faults: &mut Faults) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::String(text),
            Self::List(list) => list
                .into_iter()
                .enumerate()
                .map(|(n, entry)| {
                    let at = at.index(n);
                    lines.add(&at, entry.place);
                    entry.value.into_value(&at, lines, faults)
                })
                .collect(),
            Self::Map(pairs) => {
                let mut map = Map::new();
                for (key, value) in pairs {
                    let at = at.field(&without_credential(&key.value));
                    if map.contains_key(&key.value) {
                        repeated(&at, key.place, lines, faults);
                        continue;
                    }
                    lines.add(&at, key.place);
                    let value = value.into_value(&at, lines, faults);
                    map.insert(key.value, value);
                }
                Value::Object(map)
            }
        }
    }
}

/// A key is there twice: the fault says where the second one is.
pub(super) fn repeated(at: &Pointer, place: Option<Place>, lines: &Lines, faults: &mut Faults) {
    let first = lines
        .of(at)
        .map(|place| format!(", first in line {}", place.line))
        .unwrap_or_default();
    let here = place.map(|place| place.to_string()).unwrap_or_default();
    let detail = format!("{here}the key is there twice{first}");
    faults.add(at.clone(), FaultCode::Repeated, detail);
}

/// A document's value, read from YAML, which tells the places, or from JSON, which does not.
#[derive(Debug)]
pub(super) struct Read<const YAML: bool>(pub Node);

impl<'de, const YAML: bool> Deserialize<'de> for Read<YAML> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor::<YAML>).map(Self)
    }
}

/// The next key, and where it is.
pub(super) fn next_key<'de, const YAML: bool, A: MapAccess<'de>>(
    access: &mut A,
) -> Result<Option<Located<String>>, A::Error> {
    Ok(match YAML {
        true => access.next_key::<Spanned<String>>()?.map(Located::from),
        false => access.next_key::<String>()?.map(Located::nowhere),
    })
}

struct NodeVisitor<const YAML: bool>;

impl<'de, const YAML: bool> Visitor<'de> for NodeVisitor<YAML> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        loop {
            let entry = match YAML {
                true => access
                    .next_element::<Spanned<Read<YAML>>>()?
                    .map(Located::from),
                false => access.next_element::<Read<YAML>>()?.map(Located::nowhere),
            };
            match entry {
                Some(entry) => list.push(entry.map(|read| read.0)),
                None => return Ok(Node::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = next_key::<YAML, A>(&mut access)? {
            pairs.push((key, access.next_value::<Read<YAML>>()?.0));
        }
        Ok(Node::Map(pairs))
    }
}
