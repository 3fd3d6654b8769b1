//! Which environment and project an event of AWS is of: what a tag says, or else what the
//! deployment says of the account.

use std::collections::HashMap;

use carillon_runtime::Settings;

/// The deployment's rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The environment that an account is.
    accounts: HashMap<String, String>,
    environment_tag: Option<String>,
    project_tag: Option<String>,
}

impl Places {
    /// Reads `ACCOUNT_ENVIRONMENTS` (such as `111122223333=production`), `ENVIRONMENT_TAG`
    /// and `PROJECT_TAG`.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        Self {
            accounts: settings
                .checked("ACCOUNT_ENVIRONMENTS", accounts)
                .unwrap_or_default(),
            environment_tag: settings.optional("ENVIRONMENT_TAG"),
            project_tag: settings.optional("PROJECT_TAG"),
        }
    }

    pub(crate) fn environment(
        &self,
        account: Option<&str>,
        tags: &[(String, String)],
    ) -> Option<String> {
        tagged(self.environment_tag.as_deref(), tags)
            .or_else(|| self.accounts.get(account?).cloned())
    }

    pub(crate) fn project(&self, tags: &[(String, String)]) -> Option<String> {
        tagged(self.project_tag.as_deref(), tags)
    }
}

/// What the tag of this name says, if it says anything.
fn tagged(name: Option<&str>, tags: &[(String, String)]) -> Option<String> {
    let (_, value) = tags.iter().find(|(tag, _)| Some(tag.as_str()) == name)?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn accounts(text: &str) -> Result<HashMap<String, String>, String> {
    let mut accounts = HashMap::new();
    let mut faults = Vec::new();
    let entries = text.split(',').map(str::trim);
    for entry in entries.filter(|entry| !entry.is_empty()) {
        let (account, environment) = entry.split_once('=').unwrap_or((entry, ""));
        let (account, environment) = (account.trim(), environment.trim());
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            faults.push(format!("`{entry}`: an AWS account has 12 digits"));
        }
        if environment.is_empty() {
            faults.push(format!("`{entry}` names no environment"));
        }
        let before = accounts.insert(account.to_owned(), environment.to_owned());
        if before.is_some() {
            faults.push(format!("`{entry}`: the account is there twice"));
        }
    }
    match faults.is_empty() {
        true => Ok(accounts),
        false => Err(faults.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Places, String> {
        let variables = variables.iter();
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::of(variables);
        let read = Places::from_settings(&mut settings);
        settings.finish(read).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_tag_says_where_it_is_and_else_the_account_does() {
        let places = read(&[
            (
                "ACCOUNT_ENVIRONMENTS",
                "111122223333=production, 444455556666 = staging",
            ),
            ("ENVIRONMENT_TAG", "env"),
            ("PROJECT_TAG", "project"),
        ])
        .unwrap();
        let tag = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        for (account, tags, environment) in [
            (Some("111122223333"), vec![], Some("production")),
            (Some("111122223333"), tag("env", "canary"), Some("canary")),
            (Some("111122223333"), tag("env", " "), Some("production")),
            (Some("444455556666"), tag("Env", "canary"), Some("staging")),
            (Some("777788889999"), vec![], None),
            (None, tag("env", "canary"), Some("canary")),
        ] {
            let found = places.environment(account, &tags);
            assert_eq!(found.as_deref(), environment, "{account:?} {tags:?}");
        }
        let found = places.project(&tag("project", "billing"));
        assert_eq!(found.as_deref(), Some("billing"));
        assert_eq!(places.project(&[]), None);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let faults = read(&[(
            "ACCOUNT_ENVIRONMENTS",
            "1111=production,111122223333=,444455556666=a,444455556666=b",
        )])
        .unwrap_err();
        for fault in [
            "`1111=production`: an AWS account has 12 digits",
            "`111122223333=` names no environment",
            "`444455556666=b`: the account is there twice",
        ] {
            assert!(faults.contains(fault), "{fault} in {faults}");
        }
    }
}
