//! Reading the file.

use std::fmt;

use carillon_domain::fault::nearest;
use carillon_domain::fields::NOT_BLANK;
use carillon_domain::masking::without_credential;
use carillon_domain::{FaultCode, Faults, Pointer};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Error;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

use super::places::{Lines, Place};
use super::tree::{Located, Node, Read, next_key, repeated};

/// The block that is read; everything beside it is somebody else's.
pub(super) const NOTIFICATIONS: &str = "notifications";

/// How deep a document may be nested; the block itself needs four levels.
const MAX_DEPTH: usize = 64;
/// How many values a document may have, those that aliases repeat included: more than a body
/// of the largest size has, unless it was made to have them.
const MAX_VALUES: usize = 20_000;

/// The languages that the file may be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Yaml,
    Json,
}

impl Format {
    /// The format of a media type; none where it is another. A body that does not say is
    /// read as YAML, of which JSON is a part.
    pub fn of(media_type: Option<&str>) -> Option<Self> {
        let Some(media_type) = media_type else {
            return Some(Self::Yaml);
        };
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => {
                Some(Self::Yaml)
            }
            _ => None,
        }
    }
}

/// The `notifications:` block of a file.
#[derive(Debug)]
pub struct Document {
    /// The entries in their order, none of them twice.
    pub(super) entries: Vec<Entry>,
    lines: Lines,
}

/// A webhook by its name, as the file says it.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    pub at: Pointer,
    pub value: Value,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it is no YAML or JSON, the one fault of that, with its line and column; else
    /// every fault of its structure.
    pub fn read(format: Format, bytes: &[u8]) -> Result<Self, Faults> {
        let top = match format {
            Format::Yaml => yaml(bytes),
            Format::Json => json(bytes),
        };
        let mut faults = Faults::default();
        let document = match top {
            Ok(top) => Self::of(top, &mut faults),
            Err(detail) => {
                faults.add(Pointer::root(), FaultCode::Malformed, detail);
                None
            }
        };
        faults.into_result(document)
    }

    fn of(top: Top, faults: &mut Faults) -> Option<Self> {
        let at = Pointer::root().field(NOTIFICATIONS);
        let mut lines = Lines::default();
        let keys = match top {
            Top::Map(keys) => keys,
            Top::Other => {
                let detail = format!("must be an object with `{NOTIFICATIONS}`");
                faults.add(Pointer::root(), FaultCode::WrongType, detail);
                return None;
            }
        };
        let mut block = None;
        let mut others = Vec::new();
        for (key, value) in keys {
            let here = Pointer::root().field(&key.value);
            if others.contains(&key.value) || (block.is_some() && value.is_some()) {
                repeated(&here, key.place, &lines, faults);
                continue;
            }
            lines.add(&here, key.place);
            match value {
                Some(value) => block = Some(value),
                None => others.push(key.value),
            }
        }
        let Some(block) = block else {
            let hint = nearest(NOTIFICATIONS, others.iter().map(String::as_str))
                .map(|written| format!("; is it `{written}`?"))
                .unwrap_or_default();
            let detail = format!("`{NOTIFICATIONS}` is required{hint}");
            faults.add(at, FaultCode::Required, detail);
            return None;
        };
        let Node::Map(pairs) = block else {
            let detail = match block {
                Node::Null => "is empty; write {} for no webhooks at all",
                _ => "must be an object of webhooks by their names",
            };
            faults.add(at, FaultCode::WrongType, detail);
            *faults = lines.located(std::mem::take(faults));
            return None;
        };
        let mut entries: Vec<Entry> = Vec::new();
        for (key, value) in pairs {
            // Where a name stands alone, the spaces around it are lost.
            let name = key.value.trim().to_owned();
            let at = at.field(&key.value);
            if entries.iter().any(|entry| entry.name == name) {
                repeated(&at, key.place, &lines, faults);
                continue;
            }
            lines.add(&at, key.place);
            let mut value = value.into_value(&at, &mut lines, faults);
            if key.place.is_some() {
                as_meant(&mut value);
                blanks(&value, &at, faults);
            }
            entries.push(Entry { name, at, value });
        }
        *faults = lines.located(std::mem::take(faults));
        Some(Self { entries, lines })
    }

    /// The faults with the line and column of what they are about, where it is YAML.
    pub(super) fn located(&self, faults: Faults) -> Faults {
        self.lines.located(faults)
    }
}

/// YAML guesses what is a number or a boolean; no field of an entry is a number, and those
/// who write `yes` mean true.
fn as_meant(entry: &mut Value) {
    if let Some(Value::String(word)) = entry.get("enabled") {
        let flag = match word.to_ascii_lowercase().as_str() {
            "yes" | "on" => Some(true),
            "no" | "off" => Some(false),
            _ => None,
        };
        if let Some(flag) = flag {
            entry["enabled"] = Value::Bool(flag);
        }
    }
    for (name, value) in entry.as_object_mut().into_iter().flatten() {
        if name != "enabled" {
            numbers_as_text(value);
        }
    }
}

/// In YAML, a key whose value was forgotten: to take it as left out would have a webhook say
/// more than was meant.
fn blanks(value: &Value, at: &Pointer, faults: &mut Faults) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let at = at.field(&without_credential(name));
        match value {
            Value::Null => faults.add(at, FaultCode::Required, NOT_BLANK),
            value => blanks(value, &at, faults),
        }
    }
}

fn numbers_as_text(value: &mut Value) {
    match value {
        // What was written as another number than it is shown as stays a number, and a fault.
        Value::Number(number) if number.is_u64() => *value = Value::String(number.to_string()),
        Value::Array(list) => list.iter_mut().for_each(numbers_as_text),
        Value::Object(map) => map.values_mut().for_each(numbers_as_text),
        _ => {}
    }
}

fn json(bytes: &[u8]) -> Result<Top, String> {
    // Its messages name the line and the column.
    serde_json::from_slice::<TopOf<false>>(bytes)
        .map(|top| top.0)
        .map_err(|error| format!("cannot be read as JSON: {error}"))
}

fn yaml(bytes: &[u8]) -> Result<Top, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "must be UTF-8".to_owned())?;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_documents: 2,
            max_events: 4 * MAX_VALUES,
            max_nodes: 2 * MAX_VALUES,
            max_recorded_anchor_events: MAX_VALUES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_VALUES,
            max_replay_stack_depth: MAX_DEPTH,
        },
        // All of them are found, each with its pointer.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // A channel may be called `on`, and a key `null`.
        strict_booleans: true,
        null_as_string: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        // It would quote the file, which has secrets in it.
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<TopOf<true>>(text, options)
        .map(|top| top.0)
        .map_err(|error| complaint(&error))
}

/// What is wrong with the YAML, and where.
fn complaint(error: &Error) -> String {
    let mut inner = error;
    // Where the complaint is about what an alias stands for.
    while let Error::AliasError { error, .. } = inner {
        inner = error;
    }
    let what = match inner {
        Error::MultipleDocuments { .. } => "only one document is taken".to_owned(),
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::Budget { .. } => format!(
            "the document is nested too deeply, or has more than {MAX_VALUES} values, those that \
             aliases repeat included"
        ),
        other => {
            let text = other.to_string();
            let end = text.rfind(" at line ").unwrap_or(text.len());
            format!("cannot be read as YAML: {}", &text[..end])
        }
    };
    match error.location() {
        Some(place) if place.line() > 0 => {
            let (line, column) = (place.line(), place.column());
            format!("{}{what}", Place { line, column })
        }
        _ => what,
    }
}

/// The outermost level of the file.
enum Top {
    /// The keys; the value only of the one block that is read.
    Map(Vec<(Located<String>, Option<Node>)>),
    Other,
}

struct TopOf<const YAML: bool>(Top);

impl<'de, const YAML: bool> Deserialize<'de> for TopOf<YAML> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TopVisitor::<YAML>).map(Self)
    }
}

struct TopVisitor<const YAML: bool>;

impl<'de, const YAML: bool> Visitor<'de> for TopVisitor<YAML> {
    type Value = Top;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Top, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = next_key::<YAML, A>(&mut access)? {
            let value = match key.value == NOTIFICATIONS {
                true => Some(access.next_value::<Read<YAML>>()?.0),
                false => access.next_value::<IgnoredAny>().map(|_| None)?,
            };
            keys.push((key, value));
        }
        Ok(Top::Map(keys))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Top, A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Top::Other)
    }

    fn visit_unit<E>(self) -> Result<Top, E> {
        Ok(Top::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Top, E> {
        Ok(Top::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Top, E> {
        Ok(Top::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Top, E> {
        Ok(Top::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Top, E> {
        Ok(Top::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Top, E> {
        Ok(Top::Other)
    }
}

#[cfg(test)]
mod tests;
