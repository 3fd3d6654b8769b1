//! Reading single values of JSON.

use jiff::Timestamp;
use serde_json::Value;

use crate::fault::{FaultCode, Faults, Pointer};

/// What is said of a blank text where a value is meant.
pub const NOT_BLANK: &str = "must not be blank";

/// What a time must look like, in words.
pub const TIME_RULE: &str = "must be an RFC 3339 time since 1970, such as 2026-11-21T10:15:00Z";

/// A time in the form of RFC 3339, since 1970. The parser takes more of ISO 8601, and no more
/// than nine digits of a second's fraction: those behind are left out.
pub fn time_of(text: &str) -> Option<Timestamp> {
    let text = &to_the_nanosecond(text);
    let bytes = text.as_bytes();
    let has_offset = text.ends_with(['Z', 'z'])
        || text
            .get(text.len().saturating_sub(6)..)
            .is_some_and(|offset| {
                offset.starts_with(['+', '-']) && offset.as_bytes().get(3) == Some(&b':')
            });
    let is_rfc3339 =
        matches!(bytes.get(10), Some(b'T' | b't')) && bytes.get(16) == Some(&b':') && has_offset;
    text.parse::<Timestamp>()
        .ok()
        .filter(|time| is_rfc3339 && time.as_second() >= 0)
}

fn to_the_nanosecond(text: &str) -> String {
    let Some((whole, rest)) = text.split_once('.') else {
        return text.to_owned();
    };
    let end = rest.find(|c: char| !c.is_ascii_digit());
    let (digits, offset) = rest.split_at(end.unwrap_or(rest.len()));
    let kept = &digits[..digits.len().min(9)];
    format!("{whole}.{kept}{offset}")
}

/// A text of at most `max` characters; blank gives none.
pub fn text_of(value: &Value, at: Pointer, max: usize, faults: &mut Faults) -> Option<String> {
    let text = any_text(value, &at, max, faults)?;
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// A text of at most `max` characters, where a blank one is answered with `blank`.
pub(crate) fn said(
    value: &Value,
    at: &Pointer,
    max: usize,
    blank: &str,
    faults: &mut Faults,
) -> Option<String> {
    let text = any_text(value, at, max, faults)?;
    match text.trim().is_empty() {
        true => faults.reject(at, FaultCode::Required, blank),
        false => Some(text.to_owned()),
    }
}

fn any_text<'v>(
    value: &'v Value,
    at: &Pointer,
    max: usize,
    faults: &mut Faults,
) -> Option<&'v str> {
    let Some(text) = value.as_str() else {
        return wrong_type(value, at, "a string", faults);
    };
    let length = text.chars().count();
    if length > max {
        let detail = format!("must have at most {max} characters; it has {length}");
        return faults.reject(at, FaultCode::OutOfRange, detail);
    }
    Some(text)
}

/// A list of at most `most` texts, none blank, each of at most `max` characters.
pub fn texts_of(
    value: &Value,
    at: Pointer,
    most: usize,
    max: usize,
    faults: &mut Faults,
) -> Option<Vec<(Pointer, String)>> {
    let Some(list) = value.as_array() else {
        return wrong_type(value, &at, "a list of strings", faults);
    };
    if list.len() > most {
        let detail = format!("must have at most {most} entries; it has {}", list.len());
        return faults.reject(&at, FaultCode::OutOfRange, detail);
    }
    let texts = list.iter().enumerate().filter_map(|(n, entry)| {
        let at = at.index(n);
        let text = said(entry, &at, max, NOT_BLANK, faults)?;
        Some((at, text))
    });
    Some(texts.collect())
}

/// Adds the fault of a value that is of another JSON type than `meant`.
pub fn wrong_type<T>(value: &Value, at: &Pointer, meant: &str, faults: &mut Faults) -> Option<T> {
    let detail = format!("must be {meant}, not {}", kind(value));
    faults.reject(at, FaultCode::WrongType, detail)
}

/// The JSON type's name, for people.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_behind_the_nanosecond_are_left_out() {
        let exact = time_of("2026-11-21T10:15:00.123456789Z");
        assert!(exact.is_some());
        assert_eq!(time_of("2026-11-21T10:15:00.1234567899999Z"), exact);
        assert_eq!(time_of("2026-11-21T11:15:00.12345678900+01:00"), exact);
        assert_eq!(time_of("2026-11-21T10:15:00.Z"), None);
    }
}
