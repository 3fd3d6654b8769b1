//! Settings from the environment, and from nowhere else.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

/// Everything that is wrong with a function's environment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment is not right: {}", .0.join("; "))]
pub struct SettingsError(Vec<String>);

/// The environment being read. Collects what is missing or bad, so that all of it is
/// named at once. An empty variable counts as unset.
#[derive(Debug, Default)]
pub struct Settings {
    variables: HashMap<String, String>,
    faults: Vec<String>,
}

impl Settings {
    pub fn from_environment() -> Self {
        Self::of(std::env::vars())
    }

    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            variables: variables.into_iter().collect(),
            faults: Vec::new(),
        }
    }

    /// A variable that must be set. Blank where it is not: `finish` then refuses.
    pub fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.faults.push(format!("{name} is not set"));
            String::new()
        })
    }

    pub fn optional(&self, name: &str) -> Option<String> {
        self.variables
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    }

    /// A variable of another type, or its default.
    pub fn parsed<T: FromStr>(&mut self, name: &str, default: T) -> T
    where
        T::Err: Display,
    {
        self.checked(name, |text| {
            text.parse().map_err(|error: T::Err| error.to_string())
        })
        .unwrap_or(default)
    }

    /// Reads a variable with a rule of its own; a bad value is named with the reason.
    pub fn checked<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.optional(name)?;
        read(&text)
            .map_err(|reason| self.faults.push(format!("{name}: {reason}")))
            .ok()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Names every variable that is missing or bad.
    pub fn finish<T>(self, settings: T) -> Result<T, SettingsError> {
        if self.faults.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError(self.faults))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        Settings::of(
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn every_missing_and_bad_variable_is_named_at_once() {
        let mut settings = settings(&[("DAYS", "many"), ("EMPTY", "")]);
        settings.required("EVENTS_TABLE");
        settings.required("EMPTY");
        settings.parsed("DAYS", 90_u32);
        settings.checked("ORIGIN", |_| Ok(()));
        let error = settings.finish(()).unwrap_err().to_string();
        for name in ["EVENTS_TABLE is not set", "EMPTY is not set", "DAYS: "] {
            assert!(error.contains(name), "{error}");
        }
        assert!(!error.contains("ORIGIN"), "{error}");
    }

    #[test]
    fn what_is_set_is_read() {
        let mut settings = settings(&[("EVENTS_TABLE", "events"), ("DAYS", "7")]);
        let read = (
            settings.required("EVENTS_TABLE"),
            settings.parsed("DAYS", 90_u32),
        );
        assert_eq!(settings.finish(read), Ok(("events".to_owned(), 7)));
    }
}
