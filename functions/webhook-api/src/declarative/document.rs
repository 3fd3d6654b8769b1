//! Reading the file.

use std::collections::HashSet;

use carillon_domain::fault::nearest;
use carillon_domain::masking::without_credential;
use carillon_domain::text::shorten;
use carillon_domain::values::NOT_BLANK;
use carillon_domain::{FaultCode, Faults, Pointer};
use serde_json::Value;

use super::source::{Lines, Source};
use super::tree::{File, NOTIFICATIONS, Node, Reading};

/// What some editors put before a text; it says nothing (RFC 8259, section 8.1).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

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
    /// What is wrong with them, as far as the file alone tells.
    pub(super) faults: Faults,
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
    /// Where there are no entries to be read, why, with its line and column where that is known.
    pub fn read(format: Format, bytes: &[u8]) -> Result<Self, Faults> {
        let mut reading = Reading::default();
        let top = match (format, Source::of(bytes)) {
            (Format::Yaml, Some(source)) => {
                reading.source = source;
                yaml(source)
            }
            (Format::Yaml, None) => Err("must be UTF-8".to_owned()),
            (Format::Json, _) => json(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)),
        };
        let top = reading
            .faults
            .accept(&Pointer::root(), FaultCode::Malformed, top);
        let entries = top.and_then(|top| entries(top, &mut reading));
        let Reading { lines, faults, .. } = reading;
        match entries {
            Some(entries) => Ok(Self {
                entries,
                faults,
                lines,
            }),
            None => Err(lines.located(faults)),
        }
    }

    /// The faults with the line and column of what they are about, where it is YAML.
    pub(super) fn located(&self, faults: Faults) -> Faults {
        self.lines.located(faults)
    }
}

fn entries(top: Node, reading: &mut Reading<'_>) -> Option<Vec<Entry>> {
    let at = Pointer::root().field(NOTIFICATIONS);
    let Node::Map(keys) = top else {
        let detail = format!("must be an object with `{NOTIFICATIONS}`");
        let root = Pointer::root();
        return reading.faults.reject(&root, FaultCode::WrongType, detail);
    };
    let mut block = None;
    let mut others = Vec::new();
    let mut known = HashSet::new();
    for ((spot, key), (_, value)) in keys {
        let here = Pointer::root().field(&key);
        if !known.insert(key.clone()) {
            reading.repeated(&here, spot.place);
            continue;
        }
        reading.lines.add(&here, spot.place);
        match key == NOTIFICATIONS {
            true => block = Some(value),
            false => others.push(key),
        }
    }
    let Some(block) = block else {
        let hint = nearest(NOTIFICATIONS, others.iter().map(String::as_str))
            .map(|written| format!("; is it `{written}`?"))
            .unwrap_or_default();
        let detail = format!("`{NOTIFICATIONS}` is required{hint}");
        return reading.faults.reject(&at, FaultCode::Required, detail);
    };
    let Node::Map(pairs) = block else {
        let detail = match block {
            Node::Null => "is empty; write {} for no webhooks at all",
            _ => "must be an object of webhooks by their names",
        };
        return reading.faults.reject(&at, FaultCode::WrongType, detail);
    };
    let mut entries = Vec::with_capacity(pairs.len());
    let mut known = HashSet::new();
    for ((here, key), (spot, value)) in pairs {
        // Where a name stands alone, the spaces around it are lost.
        let name = key.trim().to_owned();
        let at = at.field(&key);
        if !known.insert(name.clone()) {
            reading.repeated(&at, here.place);
            continue;
        }
        reading.lines.add(&at, here.place);
        let mut value = value.into_value(spot, &at, reading);
        if here.place.is_some() {
            let is_quoted = |name: &str| reading.quoted.contains(at.field(name).as_str());
            as_meant(&mut value, is_quoted);
            blanks(&value, &at, &mut reading.faults);
        }
        references(&value, &at, &mut reading.faults);
        entries.push(Entry { name, at, value });
    }
    Some(entries)
}

/// YAML guesses what is a number or a boolean; no field of an entry is a number, and those
/// who write `yes` mean true.
fn as_meant(entry: &mut Value, is_quoted: impl Fn(&str) -> bool) {
    if let Some(Value::String(word)) = entry.get("enabled")
        && !is_quoted("enabled")
    {
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

/// A variable that stands where its value is meant: nothing here knows it, and a filter or a
/// name would be taken by the letter. What a `message` says is its owner's own.
fn references(value: &Value, at: &Pointer, faults: &mut Faults) {
    match value {
        Value::String(text) => {
            if let Some(name) = reference(text) {
                let detail = format!(
                    "`${{{}}}` is not replaced here: `carillon apply` does that from its \
                     environment",
                    shorten(name, 50)
                );
                faults.add(at.clone(), FaultCode::NotAllowed, detail);
            }
        }
        Value::Array(list) => {
            for (n, value) in list.iter().enumerate() {
                references(value, &at.index(n), faults);
            }
        }
        Value::Object(map) => {
            for (name, value) in map.iter().filter(|(name, _)| *name != "message") {
                references(value, &at.field(&without_credential(name)), faults);
            }
        }
        _ => {}
    }
}

/// The variable of the first `${NAME}` or `${NAME:-default}` in a text.
fn reference(text: &str) -> Option<&str> {
    text.split("${").skip(1).find_map(|rest| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = rest.find(|c| !is_part(c))?;
        let (name, rest) = rest.split_at(end);
        (!name.is_empty() && (rest.starts_with('}') || rest.starts_with(":-"))).then_some(name)
    })
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

fn json(bytes: &[u8]) -> Result<Node, String> {
    // Its messages name the line and the column.
    serde_json::from_slice::<File<false>>(bytes)
        .map(|file| file.0)
        .map_err(|error| match bytes.trim_ascii_start().first() {
            Some(b'{' | b'[') | None => format!("cannot be read as JSON: {error}"),
            Some(_) => "is no JSON; if it is YAML, send it as `application/yaml`".to_owned(),
        })
}

fn yaml(source: Source<'_>) -> Result<Node, String> {
    match source.read::<File<true>>().map(|file| file.0) {
        Ok(Node::Map(keys)) => Ok(Node::Map(keys)),
        _ if source.has_lost_its_lines(NOTIFICATIONS) => Err(
            "the file came without its line breaks: send it with `--data-binary @FILE`, as \
             curl's `--data` takes them out"
                .into(),
        ),
        other => other,
    }
}

#[cfg(test)]
mod tests;
