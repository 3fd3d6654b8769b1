//! One of a fixed set of names.

use std::marker::PhantomData;

use serde_json::Value;

use super::{Rule, reference, rules};
use crate::fault::{FaultCode, Faults, Pointer};
use crate::named::Named;

/// One of the names.
pub struct OneOf<T>(PhantomData<fn() -> T>);

impl<T> OneOf<T> {
    pub const NAMES: Self = Self(PhantomData);
}

impl<T: Named> OneOf<T> {
    fn rule() -> String {
        format!("must be one of {}", T::names().join(", "))
    }
}

impl<T: Named> Rule for OneOf<T> {
    type Value = T;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<T> {
        let rule = Self::rule();
        let text = rules::said(value, at, 256, &rule, faults)?;
        let found = T::all().into_iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let rule = match T::names().contains(&text.trim()) {
                true => format!("there is white space around it: {rule}"),
                false => rule,
            };
            faults.add(at.clone(), FaultCode::UnknownValue, rule);
        }
        found.map(|(_, value)| value)
    }

    fn schema(&self) -> Value {
        reference(T::SET)
    }

    fn required(&self, name: &str) -> String {
        format!("`{name}` is required: {}", T::names().join(", "))
    }
}
