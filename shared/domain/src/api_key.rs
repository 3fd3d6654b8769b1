//! API keys: who may do what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::fault::{FaultCode, Faults};
use crate::field::{Field, Line, Named, Object, OneOf, Time};
use crate::fields::{Fields, ORGANIZATION};
use crate::ids::{ApiKeyId, OrganizationId};
use crate::named::named;

/// The longest a key's name may be, in characters.
pub const MAX_KEY_NAME: usize = 100;

/// What a call needs to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Read webhooks, events and deliveries.
    Read,
    /// Change webhooks, send their deliveries again.
    Write,
    Publish,
    /// Read the catalogue of event types.
    Catalogue,
    Keys,
}

named! {
    Role "Role" "What a key allows: everything (`admin`), webhooks and events \
        (`editor`), publishing events (`publisher`), reading (`viewer`)" {
        Admin "admin",
        Editor "editor",
        Publisher "publisher",
        Viewer "viewer",
    }
}

impl Role {
    pub fn may(self, permission: Permission) -> bool {
        match self {
            Self::Admin => true,
            Self::Editor => permission != Permission::Keys,
            Self::Publisher => matches!(permission, Permission::Publish | Permission::Catalogue),
            Self::Viewer => matches!(permission, Permission::Read | Permission::Catalogue),
        }
    }
}

const NAME: Field<Line> = Field::required("name", "", Line(MAX_KEY_NAME));
const ROLE: Field<OneOf<Role>> = Field::required("role", "", OneOf::NAMES);
const EXPIRES_AT: Field<Time> = Field::optional(
    "expires_at",
    "When it stops working, in the future; never, where there is none",
    Time,
);

/// A key that is asked for.
pub const NEW_KEY: Object = Object {
    about: "A key to make",
    fields: &[&NAME, &ROLE, &EXPIRES_AT, &ORGANIZATION],
};

/// What can be changed of a key.
pub const KEY_CHANGE: Object = Object {
    about: "What to change; null as `expires_at` means never",
    fields: &[&NAME, &EXPIRES_AT, &ORGANIZATION],
};

/// A key as it is kept: without the key itself.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub organization: OrganizationId,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// The key as a client wants it: with another name, or another end; null means none.
    ///
    /// # Errors
    /// All faults of the document.
    pub fn changed(&self, value: &Value, now: Timestamp) -> Result<Self, Faults> {
        Fields::read(value, &KEY_CHANGE, |fields| {
            let mut changed = self.clone();
            if value.get("name").is_none() {
                // Asked for, so that a typo is told.
                fields.value("name");
            } else {
                changed.name = fields.get(&NAME).unwrap_or_default();
            }
            let end = fields.get(&EXPIRES_AT);
            if value.get("expires_at").is_some() {
                changed.expires_at = end;
                if changed.expires_at.is_some_and(|time| time <= now) {
                    let detail = "must be in the future; to end the key now, delete it";
                    fields.fault("expires_at", FaultCode::OutOfRange, detail);
                }
            }
            // It may be sent back as it was read.
            if fields
                .choice("role", &Role::all())
                .is_some_and(|role| role != self.role)
            {
                let detail = "cannot be changed: make another key, and delete this one";
                fields.fault("role", FaultCode::NotAllowed, detail);
            }
            fields.own_organization(&self.organization);
            Some(changed)
        })
    }

    pub fn changed_fields(&self, after: &Self) -> Vec<String> {
        let fields = [
            ("name", self.name != after.name),
            ("expires_at", self.expires_at != after.expires_at),
        ];
        let fields = fields.into_iter().filter(|(_, differs)| *differs);
        fields.map(|(name, _)| name.to_owned()).collect()
    }
}

/// A key that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    pub name: String,
    pub role: Role,
    pub expires_at: Option<Timestamp>,
}

impl KeyRequest {
    /// Reads what a client asks for.
    ///
    /// # Errors
    /// All faults of the document.
    pub fn parse(
        value: &Value,
        organization: &OrganizationId,
        now: Timestamp,
    ) -> Result<Self, Faults> {
        Fields::read(value, &NEW_KEY, |fields| {
            let name = fields.get(&NAME);
            let role = fields.get(&ROLE);
            let expires_at = fields.get(&EXPIRES_AT);
            if expires_at.is_some_and(|time| time <= now) {
                fields.fault("expires_at", FaultCode::OutOfRange, "must be in the future");
            }
            fields.own_organization(organization);
            Some(Self {
                name: name?,
                role: role?,
                expires_at,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-21T10:15:00Z".parse().unwrap()
    }

    fn parse(value: &Value) -> Result<KeyRequest, Faults> {
        let organization = OrganizationId::parse("org_acme").unwrap();
        KeyRequest::parse(value, &organization, now())
    }

    #[test]
    fn each_role_may_do_what_the_contract_says() {
        use Permission::{Catalogue, Keys, Publish, Read, Write};
        for (role, allowed) in [
            (Role::Admin, vec![Read, Write, Publish, Catalogue, Keys]),
            (Role::Editor, vec![Read, Write, Publish, Catalogue]),
            (Role::Publisher, vec![Publish, Catalogue]),
            (Role::Viewer, vec![Read, Catalogue]),
        ] {
            let may: Vec<_> = [Read, Write, Publish, Catalogue, Keys]
                .into_iter()
                .filter(|permission| role.may(*permission))
                .collect();
            assert_eq!(may, allowed, "{role}");
        }
    }

    #[test]
    fn every_fault_of_a_request_is_found_at_once() {
        let faults = parse(&json!({
            "role": "owner", "expires_at": "2026-11-21T10:15:00Z", "organization": "other", "x": 1
        }))
        .unwrap_err();
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(
            found,
            ["/name", "/role", "/expires_at", "/organization", "/x"]
        );
    }

    #[test]
    fn a_key_works_until_it_expires() {
        let request = parse(&json!({
            "name": "ci", "role": "publisher", "expires_at": "2026-11-21T10:15:01Z"
        }))
        .unwrap();
        let key = ApiKey {
            id: ApiKeyId::generate(ulid::Ulid::from(1_u128)),
            organization: OrganizationId::parse("org_acme").unwrap(),
            name: request.name,
            role: request.role,
            created_at: now(),
            expires_at: request.expires_at,
            last_used_at: None,
        };
        assert!(!key.is_expired(now()));
        let changed = |value: Value| key.changed(&value, now());
        let never = changed(json!({"name": "ci 2", "expires_at": null})).unwrap();
        assert_eq!((never.name.as_str(), never.expires_at), ("ci 2", None));
        assert_eq!(key.changed_fields(&never), ["name", "expires_at"]);
        assert_eq!(changed(json!({"role": "publisher"})).unwrap(), key);
        let faults = changed(json!({
            "name": null, "expires_at": "2026-11-21T10:15:00Z", "role": "admin", "key": "x"
        }));
        let faults = faults.unwrap_err();
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/name", "/expires_at", "/role", "/key"]);
        assert!(key.is_expired("2026-11-21T10:15:01Z".parse().unwrap()));
    }
}
