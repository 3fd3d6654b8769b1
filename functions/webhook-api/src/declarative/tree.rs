//! A document of YAML or JSON as it was written: with its order, its repeated keys and,
//! for YAML, the places of everything.

use std::collections::HashSet;
use std::fmt;

use carillon_domain::masking::without_credential;
use carillon_domain::text::shorten;
use carillon_domain::{FaultCode, Faults, Pointer};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

use super::source::{Lines, Place, Source};

/// The block that is read; everything beside it is somebody else's.
pub(super) const NOTIFICATIONS: &str = "notifications";

/// Where a part of a document is; unknown in JSON.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Spot {
    pub place: Option<Place>,
    /// Where in the text it is written out, in bytes: elsewhere, where an alias stands for it.
    written_at: Option<usize>,
}

impl Spot {
    fn of<T>(spanned: &Spanned<T>) -> Self {
        let (line, column) = (spanned.referenced.line(), spanned.referenced.column());
        let offset = spanned.defined.span().byte_offset();
        Self {
            place: (line > 0).then_some(Place { line, column }),
            written_at: offset.and_then(|offset| usize::try_from(offset).ok()),
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
    List(Vec<Part<Self>>),
    Map(Vec<(Part<String>, Part<Self>)>),
}

/// A part of a document, and where it is.
pub(super) type Part<T> = (Spot, T);

/// What is found on the way from a document as it was written to its value.
#[derive(Default)]
pub(super) struct Reading<'t> {
    pub source: Source<'t>,
    pub lines: Lines,
    pub faults: Faults,
    /// The texts in quotes, by their pointers.
    pub quoted: HashSet<String>,
}

impl Node {
    /// The value without order and repetitions. Each repeated key is a fault, and each tag; the
    /// places of all keys and entries are noted.
    pub fn into_value(self, spot: Spot, at: &Pointer, reading: &mut Reading<'_>) -> Value {
        if let Some(offset) = spot.written_at {
            if let Some(tag) = reading.source.tag_before(offset) {
                let detail = format!(
                    "the tag `{}` is not resolved here: put the value itself in its place, or \
                     `${{NAME}}`, which `carillon apply` replaces",
                    shorten(tag, 50)
                );
                reading
                    .faults
                    .add(at.clone(), FaultCode::NotAllowed, detail);
            }
            if reading.source.is_quoted(offset) {
                reading.quoted.insert(at.as_str().to_owned());
            }
        }
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::String(text),
            Self::List(list) => list
                .into_iter()
                .enumerate()
                .map(|(n, (spot, entry))| {
                    let at = at.index(n);
                    reading.lines.add(&at, spot.place);
                    entry.into_value(spot, &at, reading)
                })
                .collect(),
            Self::Map(pairs) => {
                let mut map = Map::new();
                for ((here, key), (spot, value)) in pairs {
                    let at = at.field(&without_credential(&key));
                    if map.contains_key(&key) {
                        reading.repeated(&at, here.place);
                        continue;
                    }
                    reading.lines.add(&at, here.place);
                    let value = value.into_value(spot, &at, reading);
                    map.insert(key, value);
                }
                Value::Object(map)
            }
        }
    }
}

impl Reading<'_> {
    /// A key is there twice: the fault says where the second one is.
    pub fn repeated(&mut self, at: &Pointer, place: Option<Place>) {
        let first = self
            .lines
            .of(at)
            .map(|place| format!(", first in line {}", place.line))
            .unwrap_or_default();
        let here = place.map(|place| place.to_string()).unwrap_or_default();
        let detail = format!("{here}the key is there twice{first}");
        self.faults.add(at.clone(), FaultCode::Repeated, detail);
    }
}

/// A whole file: of the values of its keys, that of the block alone is read.
pub(super) type File<const YAML: bool> = Read<YAML, true>;

/// A document's value, read from YAML, which tells the places, or from JSON, which does not.
#[derive(Debug)]
pub(super) struct Read<const YAML: bool, const IS_FILE: bool = false>(pub Node);

impl<'de, const YAML: bool, const IS_FILE: bool> Deserialize<'de> for Read<YAML, IS_FILE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = NodeVisitor::<YAML, IS_FILE>;
        deserializer.deserialize_any(visitor).map(Self)
    }
}

/// A key or a value, and where it is.
struct Placed<T, const YAML: bool>(Spot, T);

impl<'de, T: Deserialize<'de>, const YAML: bool> Deserialize<'de> for Placed<T, YAML> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !YAML {
            return Ok(Self(Spot::default(), T::deserialize(deserializer)?));
        }
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        Ok(Self(Spot::of(&spanned), spanned.value))
    }
}

struct NodeVisitor<const YAML: bool, const IS_FILE: bool>;

impl<'de, const YAML: bool, const IS_FILE: bool> Visitor<'de> for NodeVisitor<YAML, IS_FILE> {
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
        if IS_FILE {
            while access.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Node::List(list));
        }
        while let Some(entry) = access.next_element::<Placed<Read<YAML>, YAML>>()? {
            list.push((entry.0, entry.1.0));
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(Placed(here, key)) = access.next_key::<Placed<String, YAML>>()? {
            let value = if IS_FILE && key != NOTIFICATIONS {
                access.next_value::<IgnoredAny>()?;
                (Spot::default(), Node::Null)
            } else {
                let Placed(spot, read) = access.next_value::<Placed<Read<YAML>, YAML>>()?;
                (spot, read.0)
            };
            pairs.push(((here, key), value));
        }
        Ok(Node::Map(pairs))
    }
}
