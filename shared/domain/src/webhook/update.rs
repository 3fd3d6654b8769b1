//! Changing a webhook.

use jiff::Timestamp;

use super::{Configuration, Configured, CredentialRef, Registration, Webhook, WebhookStatus};

/// What an update leaves as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// What the client does not name (JSON merge patch).
    Patch,
    /// Nothing: what the client does not name gets its default.
    Replace,
}

impl Webhook {
    /// The webhook as the client wants it, with the credential that it then uses. The
    /// webhook itself, with its version, where nothing changes.
    #[must_use]
    pub fn updated(
        &self,
        update: Update,
        registration: Registration,
        credential: CredentialRef,
        now: Timestamp,
    ) -> Self {
        let Configured {
            kind,
            configuration,
            channels,
            ..
        } = registration.destination;
        let mut new = Self {
            name: registration.name,
            kind,
            event_types: registration.event_types,
            filters: registration.filters,
            message: registration.message,
            lanes: self.lanes.renamed(&channels),
            configuration,
            ..self.clone()
        };
        if credential != self.credential {
            new.credential = credential;
            // Whoever puts in another credential is done with the one before.
            new.fallback = None;
        }
        new.status = self.status_after(update, registration.enabled, self.aims_elsewhere(&new));
        if new.status != WebhookStatus::Suspended {
            new.status_reason = None;
        }
        self.changed_to(new, now)
    }

    /// The webhook with a new credential, which still has to prove itself: until it has
    /// delivered once, the one before remains the fallback. A suspended webhook resumes.
    #[must_use]
    pub fn rotated(
        &self,
        configuration: Configuration,
        credential: CredentialRef,
        now: Timestamp,
    ) -> Self {
        let fallback = match credential == self.credential {
            true => self.fallback.clone(),
            // Two rotations in a row: the first one's credential has delivered nothing yet.
            false => self
                .fallback
                .clone()
                .or_else(|| Some(self.credential.clone()))
                .filter(|fallback| *fallback != credential),
        };
        let status = match self.status {
            WebhookStatus::Suspended => WebhookStatus::Active,
            status => status,
        };
        let new = Self {
            configuration,
            credential,
            fallback,
            status,
            status_reason: None,
            ..self.clone()
        };
        self.changed_to(new, now)
    }

    /// The other in the place of this one: a change has a version and a time.
    fn changed_to(&self, mut new: Self, now: Timestamp) -> Self {
        if new != *self {
            new.version += 1;
            new.modified_at = now;
        }
        new
    }

    fn status_after(
        &self,
        update: Update,
        enabled: Option<bool>,
        aims_elsewhere: bool,
    ) -> WebhookStatus {
        match (enabled, self.status, update) {
            (Some(false), _, _) => WebhookStatus::Disabled,
            (Some(true), _, _) => WebhookStatus::Active,
            // What made it impossible to work may be gone.
            (None, WebhookStatus::Suspended, _) if aims_elsewhere => WebhookStatus::Active,
            (None, WebhookStatus::Disabled, Update::Replace) => WebhookStatus::Active,
            (None, status, _) => status,
        }
    }

    /// Whether the other posts with another credential, to another place or in another way.
    fn aims_elsewhere(&self, other: &Self) -> bool {
        self.credential != other.credential
            || self.kind != other.kind
            || self.configuration.own != other.configuration.own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CredentialId, Fingerprint};
    use crate::sample;
    use crate::webhook::Credential;
    use secrecy::SecretString;

    fn now() -> Timestamp {
        "2026-11-22T10:15:00Z".parse().unwrap()
    }

    fn webhook(status: WebhookStatus) -> Webhook {
        let reason = (status == WebhookStatus::Suspended).then(|| "revoked".to_owned());
        Webhook {
            status,
            status_reason: reason,
            ..sample::webhook(1, &["*"])
        }
    }

    fn same(webhook: &Webhook, enabled: Option<bool>) -> Registration {
        Registration {
            name: webhook.name.clone(),
            event_types: webhook.event_types.clone(),
            filters: webhook.filters.clone(),
            destination: Configured {
                kind: webhook.kind.clone(),
                configuration: webhook.configuration.clone(),
                channels: vec!["infra".into()],
                credential: Credential::Unchanged,
                made: Vec::new(),
            },
            message: webhook.message.clone(),
            enabled,
        }
    }

    fn another() -> CredentialRef {
        let organization = sample::webhook(1, &["*"]).organization;
        CredentialRef {
            id: CredentialId::generate(ulid::Ulid::from(77_u128)),
            fingerprint: Fingerprint::of(&organization, &SecretString::from("another")),
        }
    }

    #[test]
    fn an_update_that_changes_nothing_keeps_the_version() {
        let webhook = webhook(WebhookStatus::Active);
        let credential = webhook.credential.clone();
        let updated = webhook.updated(Update::Patch, same(&webhook, Some(true)), credential, now());
        assert_eq!(updated, webhook);
    }

    #[test]
    fn a_change_gets_a_version_and_a_time() {
        let webhook = webhook(WebhookStatus::Active);
        let mut registration = same(&webhook, None);
        registration.name = "renamed".into();
        let credential = webhook.credential.clone();
        let updated = webhook.updated(Update::Patch, registration, credential, now());
        assert_eq!((updated.version, updated.modified_at), (2, now()));
        assert_eq!(updated.created_at, webhook.created_at);
    }

    #[test]
    fn enabled_decides_the_status_and_without_it_a_patch_keeps_it() {
        use WebhookStatus::{Active, Disabled, Suspended};
        for (before, enabled, patched, replaced) in [
            (Active, Some(false), Disabled, Disabled),
            (Suspended, Some(true), Active, Active),
            (Suspended, None, Suspended, Suspended),
            (Disabled, None, Disabled, Active),
            (Active, None, Active, Active),
        ] {
            let webhook = webhook(before);
            for (update, expected) in [(Update::Patch, patched), (Update::Replace, replaced)] {
                let credential = webhook.credential.clone();
                let updated = webhook.updated(update, same(&webhook, enabled), credential, now());
                assert_eq!(
                    updated.status, expected,
                    "{before:?} {enabled:?} {update:?}"
                );
                assert_eq!(updated.status_reason.is_some(), expected == Suspended);
            }
        }
    }

    #[test]
    fn a_rotation_keeps_the_credential_that_has_delivered_as_fallback() {
        let webhook = webhook(WebhookStatus::Suspended);
        let rotate = |webhook: &Webhook, credential| {
            webhook.rotated(webhook.configuration.clone(), credential, now())
        };
        let once = rotate(&webhook, another());
        assert_eq!(once.status, WebhookStatus::Active);
        assert_eq!(once.fallback.as_ref(), Some(&webhook.credential));
        let third = CredentialRef {
            id: CredentialId::generate(ulid::Ulid::from(78_u128)),
            ..another()
        };
        let twice = rotate(&once, third);
        assert_eq!(twice.fallback.as_ref(), Some(&webhook.credential));
        let back = rotate(&once, webhook.credential.clone());
        assert_eq!(back.fallback, None);
        assert_eq!(rotate(&back, webhook.credential.clone()), back);
    }

    #[test]
    fn another_credential_or_channel_ends_a_suspension() {
        let webhook = webhook(WebhookStatus::Suspended);
        let updated = webhook.updated(Update::Patch, same(&webhook, None), another(), now());
        assert_eq!(updated.status, WebhookStatus::Active);
        let mut moved = same(&webhook, None);
        moved.destination.configuration.set("channel", "elsewhere");
        let updated = webhook.updated(Update::Patch, moved, webhook.credential.clone(), now());
        assert_eq!(updated.status, WebhookStatus::Active);
    }
}
