//! The rules that many fields have.

use std::marker::PhantomData;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Rule, reference, schema};
use crate::fault::{FaultCode, Faults, Pointer};
use crate::masking::{LOOKS_LIKE_CREDENTIAL, looks_like_credential};
use crate::named::Named;
use crate::text::clean_line;
use crate::values::{NOT_BLANK, TIME_RULE, kind, said, text_of, texts_of, time_of, wrong_type};

/// A text that only describes, of at most so many characters. A blank one says nothing.
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
pub struct Line(pub usize);

impl Rule for Line {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        let text = said(value, at, self.0, NOT_BLANK, faults)?;
        let trimmed = text.trim();
        if trimmed != clean_line(&text) {
            let detail =
                "must be one line without control or invisible characters and double spaces";
            return faults.reject(at, FaultCode::Malformed, detail);
        }
        if looks_like_credential(trimmed) {
            return faults.reject(at, FaultCode::NotAllowed, LOOKS_LIKE_CREDENTIAL);
        }
        Some(trimmed.to_owned())
    }

    fn schema(&self) -> Value {
        schema::line(self.0)
    }
}

/// A text of a form of its own, such as an id.
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
            return wrong_type(value, at, "a string", faults);
        };
        (self.parse)(text).or_else(|| faults.reject(at, FaultCode::Malformed, self.rule))
    }

    fn schema(&self) -> Value {
        schema::form(self.max, self.pattern)
    }
}

/// Anything: whoever asks for it judges it, by a schema that the API's document has under this
/// name.
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

/// A rule that the API's document has under a name of its own.
pub struct Shared<R> {
    pub name: &'static str,
    pub about: &'static str,
    pub rule: R,
}

impl<R: Rule> Shared<R> {
    /// What the API's document has under its name.
    pub fn form(&self) -> Value {
        schema::described(self.rule.schema(), self.about)
    }
}

impl<R: Rule> Rule for Shared<R> {
    type Value = R::Value;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<R::Value> {
        self.rule.read(value, at, faults)
    }

    fn schema(&self) -> Value {
        reference(self.name)
    }
}

pub struct Flag;

impl Rule for Flag {
    type Value = bool;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<bool> {
        let flag = value.as_bool();
        flag.or_else(|| wrong_type(value, at, "true or false", faults))
    }

    fn schema(&self) -> Value {
        json!({"type": "boolean"})
    }
}

/// A flag of a query, and what counts where it is left out.
pub struct FlagOr(pub bool);

impl Rule for FlagOr {
    type Value = bool;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<bool> {
        match value.as_str() {
            // One that stands there without a value is true.
            Some("" | "true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            _ => faults.reject(at, FaultCode::UnknownValue, "must be true or false"),
        }
    }

    fn schema(&self) -> Value {
        json!({"type": "boolean", "default": self.0})
    }
}

/// One of a fixed set of names.
pub struct OneOf<T>(PhantomData<fn() -> T>);

impl<T> OneOf<T> {
    pub const NAMES: Self = Self(PhantomData);
}

impl<T: Named> Rule for OneOf<T> {
    type Value = T;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<T> {
        let rule = format!("must be one of {}", T::names().join(", "));
        let text = said(value, at, 256, &rule, faults)?;
        let found = T::all().into_iter().find(|(name, _)| *name == text);
        if let Some((_, value)) = found {
            return Some(value);
        }
        let rule = match T::names().contains(&text.trim()) {
            true => format!("there is white space around it: {rule}"),
            false => rule,
        };
        faults.reject(at, FaultCode::UnknownValue, rule)
    }

    fn schema(&self) -> Value {
        reference(T::SET)
    }

    fn required(&self, name: &str) -> String {
        format!("`{name}` is required: {}", T::names().join(", "))
    }
}

/// A time in the form of RFC 3339, since 1970.
pub struct Time;

impl Rule for Time {
    type Value = Timestamp;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Timestamp> {
        let text = said(value, at, 64, TIME_RULE, faults)?;
        time_of(&text).or_else(|| faults.reject(at, FaultCode::Malformed, TIME_RULE))
    }

    fn schema(&self) -> Value {
        let since_1970 = "^(?:19[7-9][0-9]|[2-9][0-9]{3})-";
        json!({"type": "string", "format": "date-time", "pattern": since_1970})
    }
}

/// A whole number of a query.
pub struct Number {
    pub least: usize,
    pub most: usize,
    /// What counts where it is left out.
    pub default: usize,
}

impl Rule for Number {
    type Value = usize;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<usize> {
        let Self { least, most, .. } = self;
        let text = said(value, at, 20, NOT_BLANK, faults)?;
        let number = text.parse().ok();
        let number = number.filter(|number| (*least..=*most).contains(number));
        let rule = format!("must be a whole number from {least} to {most}");
        number.or_else(|| faults.reject(at, FaultCode::OutOfRange, rule))
    }

    fn schema(&self) -> Value {
        json!({
            "type": "integer", "minimum": self.least, "maximum": self.most,
            "default": self.default,
        })
    }
}

/// A whole number.
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
            return faults.reject(at, FaultCode::WrongType, detail);
        }
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (*least..=*most).contains(number));
        number.or_else(|| faults.reject(at, FaultCode::OutOfRange, rule))
    }

    fn schema(&self) -> Value {
        json!({"type": "integer", "minimum": self.least, "maximum": self.most})
    }
}

/// A list of at most `most` texts, each of at most `max` characters, none blank.
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
