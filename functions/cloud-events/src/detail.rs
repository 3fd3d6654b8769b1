//! Reading an event's detail: leniently in what Carillon can do without, and naming
//! everything at once that it cannot.

use std::cell::RefCell;

use carillon_domain::fault::FaultCode;
use carillon_domain::values::kind;
use carillon_domain::{Faults, Pointer};
use serde_json::Value;

/// A part of the detail being read.
pub(crate) struct Detail<'a> {
    value: Option<&'a Value>,
    at: Pointer,
    faults: &'a RefCell<Faults>,
}

impl<'a> Detail<'a> {
    pub fn of(detail: &'a Value, faults: &'a RefCell<Faults>) -> Self {
        Self {
            value: Some(detail),
            at: Pointer::root().field("detail"),
            faults,
        }
    }

    /// What stands at the end of a path such as `status-details.status` or `findings.0.Id`.
    fn value(&self, path: &str) -> Option<&'a Value> {
        let step = |value: &'a Value, name: &str| match name.parse::<usize>() {
            Ok(index) if value.is_array() => value.get(index),
            _ => value.get(name),
        };
        path.split('.').try_fold(self.value?, step)
    }

    /// What stands under `name`; empty where nothing does.
    pub fn inside(&self, name: &str) -> Self {
        Self {
            value: self.value(name),
            at: self.at.field(name),
            faults: self.faults,
        }
    }

    /// The entries of a list; none where there is no list.
    pub fn entries(&self, name: &str) -> Vec<Self> {
        let list = self.inside(name);
        let entries = list.value.and_then(Value::as_array);
        entries
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(n, entry)| Self {
                value: Some(entry),
                at: list.at.index(n),
                faults: self.faults,
            })
            .collect()
    }

    /// A text that is not blank, or a number or a truth value as text, at the end of a path.
    pub fn text(&self, path: &str) -> Option<String> {
        self.value(path).and_then(as_text)
    }

    /// The first of several paths that has a text.
    pub fn first(&self, paths: &[&str]) -> Option<String> {
        paths.iter().find_map(|path| self.text(path))
    }

    /// A text that must be there.
    pub fn required(&self, name: &str) -> Option<String> {
        let text = self.text(name);
        if text.is_none() {
            let found = self.value(name).map_or("missing", kind);
            let detail = format!("`{name}` is required and must be a text; it is {found}");
            let mut faults = self.faults.borrow_mut();
            faults.add(self.at.field(name), FaultCode::Required, detail);
        }
        text
    }

    /// The texts of a list.
    pub fn texts(&self, name: &str) -> Vec<String> {
        match self.value(name) {
            Some(Value::Array(list)) => list.iter().filter_map(as_text).collect(),
            // A list of one is sometimes written without its brackets.
            Some(one) => as_text(one).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Tags at the end of a path, as an object of pairs or a list of keys and values.
    pub fn tags(&self, path: &str) -> Vec<(String, String)> {
        let pair = |tag: &Self| {
            let key = tag.text("key").or_else(|| tag.text("Key"))?;
            let value = tag.text("value").or_else(|| tag.text("Value"));
            Some((key, value?))
        };
        let mut tags = self.pairs(path);
        tags.extend(self.entries(path).iter().filter_map(pair));
        tags
    }

    /// The texts of an object by their names.
    pub fn pairs(&self, path: &str) -> Vec<(String, String)> {
        let object = self.value(path).and_then(Value::as_object);
        object
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), as_text(value)?)))
            .collect()
    }
}

/// A text that is not blank, or a number or a truth value as text.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim())
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        // Some services write counts as `55.0`.
        Value::Number(number) => {
            let text = number.to_string();
            Some(text.strip_suffix(".0").map_or(text.clone(), str::to_owned))
        }
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_needed_and_missing_is_named_with_its_pointer_and_the_rest_is_not() {
        let value = json!({"a": {"b": " ", "n": 55.0}, "list": ["x", 7, null], "one": "y"});
        let faults = RefCell::default();
        let detail = Detail::of(&value, &faults);
        assert_eq!(detail.inside("a").required("b"), None);
        assert_eq!(detail.inside("a").text("n").as_deref(), Some("55"));
        assert_eq!(detail.inside("no").inside("such").text("thing"), None);
        assert_eq!(detail.texts("list"), ["x", "7"]);
        assert_eq!(detail.texts("one"), ["y"]);
        assert_eq!(detail.required("list"), None);
        assert_eq!(detail.text("list.1").as_deref(), Some("7"));
        assert_eq!(detail.first(&["no.such", "a.n"]).as_deref(), Some("55"));
        let faults = faults.into_inner();
        let pointers: Vec<_> = faults.iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(pointers, ["/detail/a/b", "/detail/list"]);
    }
}
