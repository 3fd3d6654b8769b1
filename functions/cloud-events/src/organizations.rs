//! Whose events an AWS account's are.
//!
//! An account's events belong to the organizations that the deployment gives it, and to no
//! other: whoever may put events on a bus, or tag a database, cannot speak for a tenant
//! that the account has nothing to do with. A deployment that gives accounts nothing and
//! names a tag has chosen otherwise: there, the tag alone says whose an event of AWS is.

use std::collections::HashMap;

use carillon_domain::OrganizationId;
use carillon_runtime::Settings;

/// The deployment's rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organizations {
    default: OrganizationId,
    /// The organizations of an account. The first one is meant where an event names none.
    accounts: HashMap<String, Vec<OrganizationId>>,
    /// The tag that names one of the account's organizations.
    tag: Option<String>,
}

impl Organizations {
    /// Reads `ACCOUNT_ORGANIZATIONS` (such as `111122223333=org_a,111122223333=org_b`) and
    /// `ORGANIZATION_TAG`. Accounts that are not named belong to `default`.
    pub(crate) fn from_settings(
        settings: &mut Settings,
        default: Option<OrganizationId>,
    ) -> Option<Self> {
        let accounts = settings.checked("ACCOUNT_ORGANIZATIONS", accounts);
        Some(Self {
            default: default?,
            accounts: accounts.unwrap_or_default(),
            tag: settings.optional("ORGANIZATION_TAG"),
        })
    }

    /// The organizations that an account's events may belong to; never empty.
    pub(crate) fn of(&self, account: Option<&str>) -> &[OrganizationId] {
        account
            .and_then(|account| self.accounts.get(account))
            .map_or(std::slice::from_ref(&self.default), Vec::as_slice)
    }

    /// The organization of an event of AWS: what its tag names, if that is one of the
    /// account's or accounts have none of their own, or else the account's first.
    pub(crate) fn pick(&self, account: Option<&str>, tags: &[(String, String)]) -> OrganizationId {
        let allowed = self.of(account);
        let mut tags = tags.iter();
        let tagged = tags.find(|(name, _)| Some(name) == self.tag.as_ref());
        let tagged = tagged.map(|(_, value)| value.as_str());
        if self.accounts.is_empty()
            && let Some(named) = tagged.and_then(|text| OrganizationId::parse(text.trim()))
        {
            return named;
        }
        let found = allowed.iter().find(|known| Some(known.as_str()) == tagged);
        if let (Some(tagged), None) = (tagged, found) {
            tracing::warn!(
                account,
                tagged,
                "the tag names no organization of the account"
            );
        }
        found.unwrap_or(&allowed[0]).clone()
    }
}

fn accounts(text: &str) -> Result<HashMap<String, Vec<OrganizationId>>, String> {
    let mut accounts: HashMap<String, Vec<OrganizationId>> = HashMap::new();
    let mut faults = Vec::new();
    let entries = text.split(',').map(str::trim);
    for entry in entries.filter(|entry| !entry.is_empty()) {
        let (account, organization) = entry.split_once('=').unwrap_or((entry, ""));
        let (account, organization) = (account.trim(), organization.trim());
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            faults.push(format!("`{entry}`: an AWS account has 12 digits"));
        }
        match OrganizationId::parse(organization) {
            Some(organization) => {
                let known = accounts.entry(account.to_owned()).or_default();
                if known.contains(&organization) {
                    faults.push(format!("`{entry}` is there twice"));
                }
                known.push(organization);
            }
            None => faults.push(format!("`{entry}`: `{organization}` is no organization id")),
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

    fn organization(id: &str) -> OrganizationId {
        OrganizationId::parse(id).unwrap()
    }

    fn read(variables: &[(&str, &str)]) -> Result<Organizations, String> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::of(variables);
        let default = Some(organization("default"));
        let read = Organizations::from_settings(&mut settings, default).unwrap();
        settings.finish(read).map_err(|faults| faults.to_string())
    }

    #[test]
    fn an_account_has_its_own_organizations_and_all_others_the_default() {
        let organizations = read(&[(
            "ACCOUNT_ORGANIZATIONS",
            "111122223333=org_a, 111122223333=org_b,444455556666=org_c",
        )])
        .unwrap();
        let of = |account| organizations.of(account).to_vec();
        assert_eq!(
            of(Some("111122223333")),
            [organization("org_a"), organization("org_b")]
        );
        assert_eq!(of(Some("444455556666")), [organization("org_c")]);
        assert_eq!(of(Some("999999999999")), [organization("default")]);
        assert_eq!(of(None), [organization("default")]);
    }

    #[test]
    fn a_tag_can_only_name_an_organization_of_its_account() {
        let organizations = read(&[
            (
                "ACCOUNT_ORGANIZATIONS",
                "111122223333=org_a,111122223333=org_b,444455556666=org_c",
            ),
            ("ORGANIZATION_TAG", "team"),
        ])
        .unwrap();
        for (tag, value, expected) in [
            ("team", "org_b", "org_b"),
            ("team", "org_c", "org_a"),
            ("team", "no such/id", "org_a"),
            ("other", "org_b", "org_a"),
        ] {
            let tags = [(tag.to_owned(), value.to_owned())];
            let picked = organizations.pick(Some("111122223333"), &tags);
            assert_eq!(picked, organization(expected), "{tag}={value}");
        }
    }

    #[test]
    fn without_a_mapping_of_accounts_the_tag_alone_names_the_organization() {
        let organizations = read(&[("ORGANIZATION_TAG", "team")]).unwrap();
        for (tag, value, expected) in [
            ("team", "org_b", "org_b"),
            ("team", " org_b ", "org_b"),
            ("team", "no such/id", "default"),
            ("team", "", "default"),
            ("other", "org_b", "default"),
        ] {
            let tags = [(tag.to_owned(), value.to_owned())];
            for account in [Some("111122223333"), None] {
                let picked = organizations.pick(account, &tags);
                assert_eq!(picked, organization(expected), "{tag}={value}");
            }
        }
        // With one, an account that is not in it has the default alone.
        let mapped = [
            ("ORGANIZATION_TAG", "team"),
            ("ACCOUNT_ORGANIZATIONS", "111122223333=org_a"),
        ];
        let tags = [("team".to_owned(), "org_b".to_owned())];
        let picked = read(&mapped).unwrap().pick(Some("444455556666"), &tags);
        assert_eq!(picked, organization("default"));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let faults = read(&[(
            "ACCOUNT_ORGANIZATIONS",
            "1111=org_a,111122223333=a b,111122223333,444455556666=x,444455556666=x",
        )])
        .unwrap_err();
        for fault in [
            "`1111=org_a`: an AWS account has 12 digits",
            "`a b` is no organization id",
            "`111122223333`: `` is no organization id",
            "`444455556666=x` is there twice",
        ] {
            assert!(faults.contains(fault), "{fault} in {faults}");
        }
    }
}
