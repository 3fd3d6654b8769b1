//! The rules that many fields have.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Rule, reference, schema};
use crate::fault::{FaultCode, Faults, Pointer};
use crate::masking::{LOOKS_LIKE_CREDENTIAL, looks_like_credential};
use crate::text::clean_line;
use crate::values::{NOT_BLANK, TIME_RULE, kind, text_of, texts_of, time_of};

/// A text, where a blank one is answered with `blank`.
pub(crate) fn said(
    value: &Value,
    at: &Pointer,
    max: usize,
    blank: &str,
    faults: &mut Faults,
) -> Option<String> {
    let before = faults.iter().count();
    let text = text_of(value, at.clone(), max, faults);
    if text.is_none() && faults.iter().count() == before {
        faults.add(at.clone(), FaultCode::Required, blank);
    }
    text
}

/// A text that only describes, of at most so many characters. A blank one says nothing.
#[derive(Debug, Clone, Copy)]
pub struct Remark(pub usize);

impl Rule for Remark {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        text_of(value, at.clone(), self.0, faults)
    }

    fn schema(&self) -> Value {
        json!({"type": "string", "maxLength": self.0})
    }
}

/// A text of at most so many characters. A blank one is a fault: whoever names a field means
/// something by it.
#[derive(Debug, Clone, Copy)]
pub struct Said(pub usize);

impl Rule for Said {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        said(value, at, self.0, NOT_BLANK, faults)
    }

    fn schema(&self) -> Value {
        schema::said(self.0)
    }
}

/// A text of at most so many characters on one line, as people name things.
#[derive(Debug, Clone, Copy)]
pub struct Line(pub usize);

impl Rule for Line {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        let text = said(value, at, self.0, NOT_BLANK, faults)?;
        let trimmed = text.trim();
        if trimmed != clean_line(&text) {
            faults.add(
                at.clone(),
                FaultCode::Malformed,
                "must be one line without control or invisible characters and double spaces",
            );
            return None;
        }
        if looks_like_credential(trimmed) {
            faults.add(at.clone(), FaultCode::NotAllowed, LOOKS_LIKE_CREDENTIAL);
            return None;
        }
        Some(trimmed.to_owned())
    }

    fn schema(&self) -> Value {
        schema::line(self.0)
    }
}

/// A text of a form of its own, such as an id.
#[derive(Debug, Clone, Copy)]
pub struct Formed<T> {
    pub max: usize,
    /// The form, as a regular expression.
    pub pattern: &'static str,
    pub parse: fn(&str) -> Option<T>,
    /// The form in words.
    pub rule: &'static str,
}

impl<T> Rule for Formed<T> {
    type Value = T;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<T> {
        let Some(text) = value.as_str() else {
            let detail = format!("must be a string, not {}", kind(value));
            faults.add(at.clone(), FaultCode::WrongType, detail);
            return None;
        };
        let parsed = (self.parse)(text);
        if parsed.is_none() {
            faults.add(at.clone(), FaultCode::Malformed, self.rule);
        }
        parsed
    }

    fn schema(&self) -> Value {
        schema::form(self.max, self.pattern)
    }
}

/// Anything: whoever asks for it judges it, by a schema that the API's document has under this
/// name.
#[derive(Debug, Clone, Copy)]
pub struct Given(pub &'static str);

impl Rule for Given {
    type Value = Value;

    fn read(&self, value: &Value, _: &Pointer, _: &mut Faults) -> Option<Value> {
        Some(value.clone())
    }

    fn schema(&self) -> Value {
        reference(self.0)
    }
}

/// True or false.
#[derive(Debug, Clone, Copy)]
pub struct Flag;

impl Rule for Flag {
    type Value = bool;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<bool> {
        if value.as_bool().is_none() {
            let detail = format!("must be true or false, not {}", kind(value));
            faults.add(at.clone(), FaultCode::WrongType, detail);
        }
        value.as_bool()
    }

    fn schema(&self) -> Value {
        json!({"type": "boolean"})
    }
}

/// A flag of a query, and what counts where it is left out.
#[derive(Debug, Clone, Copy)]
pub struct FlagOr(pub bool);

impl Rule for FlagOr {
    type Value = bool;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<bool> {
        let flag = match value.as_str() {
            // One that stands there without a value is true.
            Some("" | "true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            _ => None,
        };
        if flag.is_none() {
            faults.add(at.clone(), FaultCode::UnknownValue, "must be true or false");
        }
        flag
    }

    fn schema(&self) -> Value {
        json!({"type": "boolean", "default": self.0})
    }
}

/// A time in the form of RFC 3339, since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Time;

impl Rule for Time {
    type Value = Timestamp;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Timestamp> {
        let text = said(value, at, 64, TIME_RULE, faults)?;
        let time = time_of(&text);
        if time.is_none() {
            faults.add(at.clone(), FaultCode::Malformed, TIME_RULE);
        }
        time
    }

    fn schema(&self) -> Value {
        let since_1970 = "^(?:19[7-9][0-9]|[2-9][0-9]{3})-";
        json!({"type": "string", "format": "date-time", "pattern": since_1970})
    }
}

/// A whole number of a query.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    pub least: usize,
    pub most: usize,
    /// What counts where it is left out.
    pub default: usize,
}

impl Rule for Number {
    type Value = usize;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<usize> {
        let text = said(value, at, 20, NOT_BLANK, faults)?;
        let number = text.parse().ok();
        let number = number.filter(|n| (self.least..=self.most).contains(n));
        if number.is_none() {
            let detail = format!(
                "must be a whole number from {} to {}",
                self.least, self.most
            );
            faults.add(at.clone(), FaultCode::OutOfRange, detail);
        }
        number
    }

    fn schema(&self) -> Value {
        json!({
            "type": "integer", "minimum": self.least, "maximum": self.most,
            "default": self.default,
        })
    }
}

/// A whole number.
#[derive(Debug, Clone, Copy)]
pub struct Whole {
    pub least: u32,
    pub most: u32,
}

impl Rule for Whole {
    type Value = u32;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<u32> {
        let Whole { least, most } = self;
        let rule = format!("must be a whole number from {least} to {most}");
        if !value.is_number() {
            let detail = format!("{rule}, not {}", kind(value));
            faults.add(at.clone(), FaultCode::WrongType, detail);
            return None;
        }
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (*least..=*most).contains(number));
        if number.is_none() {
            faults.add(at.clone(), FaultCode::OutOfRange, rule);
        }
        number
    }

    fn schema(&self) -> Value {
        json!({"type": "integer", "minimum": self.least, "maximum": self.most})
    }
}

/// A list of at most `most` texts, each of at most `max` characters, none blank.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    pub most: usize,
    pub max: usize,
}

impl Rule for Texts {
    type Value = Vec<String>;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Vec<String>> {
        let texts = texts_of(value, at.clone(), self.most, self.max, faults)?;
        Some(texts.into_iter().map(|(_, text)| text).collect())
    }

    fn schema(&self) -> Value {
        listed(0, self.most, &schema::said(self.max))
    }
}

/// A list of so many items.
pub fn listed(least: usize, most: usize, item: &Value) -> Value {
    let mut list = json!({"type": "array", "maxItems": most, "items": item});
    if least > 0 {
        list["minItems"] = least.into();
    }
    list
}
