//! Reading a JSON object field by field, collecting every fault on the way.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::fault::{FaultCode, Faults, Pointer, repeated, unknown};
use crate::field::{Field, Flag, Object, Rule, Said, Shared, Time};
use crate::ids::OrganizationId;
use crate::values::{said, texts_of, wrong_type};

/// An organization that can only be the caller's.
pub const OWN_ORGANIZATION: Shared<Said> = Shared {
    name: "OwnOrganization",
    about: "The caller's own, where it is named at all",
    rule: Said(1_000),
};

/// The organization may be named where it is the caller's own.
pub const ORGANIZATION: Field<Shared<Said>> = Field::optional("organization", "", OWN_ORGANIZATION);

/// A JSON object being read. Fields that nobody asked for are faults: they are typos.
pub struct Fields<'v, 'f> {
    object: &'v Map<String, Value>,
    at: Pointer,
    asked: Vec<&'static str>,
    faults: &'f mut Faults,
}

impl<'v, 'f> Fields<'v, 'f> {
    /// Begins to read `value`, which must be an object.
    pub fn of(value: &'v Value, at: Pointer, faults: &'f mut Faults) -> Option<Self> {
        let Some(object) = value.as_object() else {
            return wrong_type(value, &at, "an object", faults);
        };
        Some(Self {
            object,
            at,
            asked: Vec::new(),
            faults,
        })
    }

    /// Reads a whole document that is described so.
    ///
    /// # Errors
    /// All faults of the document.
    pub fn read<T>(
        document: &Value,
        described: &Object,
        read: impl FnOnce(&mut Fields<'_, '_>) -> Option<T>,
    ) -> Result<T, Faults> {
        Faults::of(|faults| {
            let mut fields = Fields::of(document, Pointer::root(), faults)?;
            let found = read(&mut fields);
            fields.finish_as(described);
            found
        })
    }

    pub fn at(&self, name: &str) -> Pointer {
        self.at.field(name)
    }

    pub fn faults(&mut self) -> &mut Faults {
        self.faults
    }

    pub fn fault(&mut self, name: &str, code: FaultCode, detail: impl Into<String>) {
        self.faults.add(self.at.field(name), code, detail);
    }

    /// The field's value; null counts as absent.
    pub fn value(&mut self, name: &'static str) -> Option<&'v Value> {
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// Whether the field is there and not null.
    pub fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| !value.is_null())
    }

    /// Reads a field by its description.
    pub fn get<R: Rule>(&mut self, field: &Field<R>) -> Option<R::Value> {
        let at = self.at(field.name);
        match self.value(field.name) {
            Some(value) => field.rule.read(value, &at, self.faults),
            None if field.is_required => {
                let detail = field.rule.required(field.name);
                self.faults.reject(&at, FaultCode::Required, detail)
            }
            None => None,
        }
    }

    /// A text of at most `max` characters. A blank one is a fault: whoever names a field means
    /// something by it.
    pub fn text(&mut self, name: &'static str, max: usize) -> Option<String> {
        self.get(&Field::optional(name, "", Said(max)))
    }

    /// A text that must be there.
    pub fn required_text(&mut self, name: &'static str, max: usize) -> Option<String> {
        self.get(&Field::required(name, "", Said(max)))
    }

    /// A fault where the field is not there. One that says nothing is not there either.
    pub fn required(&mut self, name: &str) {
        let blank = |value: &Value| match value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            _ => false,
        };
        if self.object.get(name).is_none_or(blank) {
            self.fault(name, FaultCode::Required, format!("`{name}` is required"));
        }
    }

    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        self.get(&Field::optional(name, "", Flag))
    }

    /// A time in the form of RFC 3339, since 1970.
    pub fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        self.get(&Field::optional(name, "", Time))
    }

    /// The organization may be named, but must be the caller's.
    pub fn own_organization(&mut self, own: &OrganizationId) {
        let named = self.get(&ORGANIZATION);
        if named.is_some_and(|named| named != own.as_str()) {
            self.fault(
                "organization",
                FaultCode::WrongOrganization,
                "the key belongs to another organization; leave the field out",
            );
        }
    }

    /// One of a fixed set of names.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let labels: Vec<_> = choices.iter().map(|(label, _)| *label).collect();
        let rule = match labels.as_slice() {
            [only] => format!("must be `{only}`"),
            _ => format!("must be one of {}", labels.join(", ")),
        };
        let (value, at) = (self.value(name)?, self.at.field(name));
        let text = said(value, &at, 256, &rule, self.faults)?;
        match choices.iter().find(|(label, _)| *label == text) {
            Some((_, value)) => Some(*value),
            None => self.faults.reject(&at, FaultCode::UnknownValue, rule),
        }
    }

    /// One of a fixed set of names, which must be there.
    pub fn required_choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        if self.value(name).is_some() {
            return self.choice(name, choices);
        }
        let labels: Vec<_> = choices.iter().map(|(label, _)| *label).collect();
        let detail = format!("`{name}` is required: {}", labels.join(", "));
        self.faults
            .reject(&self.at.field(name), FaultCode::Required, detail)
    }

    /// A list of texts, each of at most `max` characters, with where each one stands.
    pub fn texts(
        &mut self,
        name: &'static str,
        most: usize,
        max: usize,
    ) -> Option<Vec<(Pointer, String)>> {
        let value = self.value(name)?;
        let at = self.at.field(name);
        texts_of(value, at, most, max, self.faults)
    }

    /// Ends the reading of what is described so: whatever was not asked for is a fault.
    pub fn finish_as(self, described: &Object) {
        for name in described.names() {
            debug_assert!(self.asked.contains(&name), "nobody has read `{name}`");
        }
        self.finish();
    }

    /// Ends the reading: whatever was not asked for is a fault.
    pub fn finish(self) {
        for name in self.object.keys() {
            if self.asked.contains(&name.as_str()) {
                continue;
            }
            let shown = repeated(name);
            let detail = unknown("field", name, &self.asked);
            self.faults
                .add(self.at.field(&shown), FaultCode::UnknownField, detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Remark;
    use crate::values::{NOT_BLANK, TIME_RULE};
    use serde_json::json;

    #[test]
    fn every_fault_is_reported_with_its_pointer() {
        let value = json!({"name": 7, "enabled": "yes", "nmae": "x"});
        let mut faults = Faults::default();
        let mut fields = Fields::of(&value, Pointer::root(), &mut faults).unwrap();
        fields.required_text("name", 100);
        fields.boolean("enabled");
        fields.required_text("type", 100);
        fields.finish();
        let found: Vec<_> = faults
            .iter()
            .map(|fault| (fault.pointer.as_str(), fault.code))
            .collect();
        assert_eq!(
            found,
            [
                ("/name", FaultCode::WrongType),
                ("/enabled", FaultCode::WrongType),
                ("/type", FaultCode::Required),
                ("/nmae", FaultCode::UnknownField),
            ]
        );
        assert!(faults.to_string().contains("did you mean `name`?"));
    }

    #[test]
    fn what_is_blank_is_a_fault_unless_it_only_describes() {
        let value = json!({"actor": "  ", "name": " ", "since": "", "role": "", "key": null});
        let mut faults = Faults::default();
        let mut fields = Fields::of(&value, Pointer::root(), &mut faults).unwrap();
        assert_eq!(fields.get(&Field::optional("actor", "", Remark(10))), None);
        assert_eq!(fields.required_text("name", 10), None);
        assert_eq!(fields.time("since"), None);
        assert_eq!(fields.choice("role", &[("admin", 1), ("viewer", 2)]), None);
        assert_eq!(fields.text("key", 10), None);
        let found: Vec<_> = faults
            .iter()
            .map(|fault| (fault.pointer.as_str(), fault.detail.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("/name", NOT_BLANK),
                ("/since", TIME_RULE),
                ("/role", "must be one of admin, viewer"),
            ]
        );
    }
}
