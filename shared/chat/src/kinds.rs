//! The kinds of destinations that there are.

use std::sync::Arc;

use carillon_domain::{
    Configured, FaultCode, Faults, KindId, OrganizationId, Pointer, Registration, Webhook,
};
use serde_json::Value;

use crate::form::{Reading, Rule};
use crate::kind::Kind;
use crate::{discord, signed, slack, teams};

/// The kinds of destinations. Of one `type`, the first is the one that is meant where a
/// configuration does not tell.
#[derive(Debug, Clone)]
pub struct Kinds(Arc<[Arc<dyn Kind>]>);

impl Default for Kinds {
    fn default() -> Self {
        Self::reaching(signed::Reach::default())
    }
}

impl Kinds {
    /// All kinds, where signed webhooks can reach this.
    pub fn reaching(reach: signed::Reach) -> Self {
        Self(Arc::new([
            Arc::new(slack::Bot) as Arc<dyn Kind>,
            Arc::new(slack::IncomingWebhook),
            Arc::new(discord::Webhook),
            Arc::new(teams::Workflow),
            Arc::new(signed::Webhook::new(reach)),
        ]))
    }

    /// These and one more.
    #[must_use]
    pub fn with(self, kind: impl Kind) -> Self {
        let kind: Arc<dyn Kind> = Arc::new(kind);
        Self(self.0.iter().cloned().chain([kind]).collect())
    }

    /// These, with another one in the place of the kind that has its name.
    #[cfg(test)]
    pub(crate) fn replacing(self, kind: impl Kind) -> Self {
        let kind: Arc<dyn Kind> = Arc::new(kind);
        let others = self.0.iter().filter(|known| known.id() != kind.id());
        Self(others.cloned().chain([Arc::clone(&kind)]).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &dyn Kind> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// A kind by its name; none where this version does not have it.
    pub fn get(&self, id: &KindId) -> Option<&dyn Kind> {
        self.iter().find(|kind| kind.id() == *id)
    }

    /// The `type`s that the API calls them by, in their order.
    pub fn types(&self) -> Vec<String> {
        let mut types: Vec<String> = Vec::new();
        for kind in self.iter() {
            let api_type = kind.id().api_type().to_owned();
            if !types.contains(&api_type) {
                types.push(api_type);
            }
        }
        types
    }

    /// The kinds of one `type`.
    pub fn of_type<'k>(&'k self, api_type: &'k str) -> impl Iterator<Item = &'k dyn Kind> {
        self.iter()
            .filter(move |kind| kind.id().api_type() == api_type)
    }

    /// Reads a client's webhook: a new one, or the one that is to replace `current`.
    ///
    /// # Errors
    /// All faults of the document.
    pub fn registration(
        &self,
        value: &Value,
        organization: &OrganizationId,
        current: Option<&Webhook>,
        random: &dyn Fn() -> [u8; 32],
    ) -> Result<Registration, Faults> {
        let types = self.types();
        let types: Vec<&str> = types.iter().map(String::as_str).collect();
        let configuration = &value["configuration"];
        let kind = value["type"].as_str();
        let kind = kind.and_then(|api_type| self.meant(api_type, configuration));
        let words = crate::message::Reading {
            forms: kind.map(|kind| kind.about().mentions),
            edits: configuration["grouping"] == "update",
        };
        Registration::parse(
            value,
            organization,
            current,
            &types,
            |api_type, value, at, faults| {
                self.configuration(api_type, value, at, current, random, faults)
            },
            |value, at, faults| crate::message::read(words, value, at, faults),
        )
    }

    /// Reads a webhook's `configuration` that stands at `at` and may be to replace that of
    /// `current`. Every fault is added to `faults`; the result is there only where none was
    /// found.
    pub fn configuration(
        &self,
        api_type: &str,
        value: &Value,
        at: &Pointer,
        current: Option<&Webhook>,
        random: &dyn Fn() -> [u8; 32],
        faults: &mut Faults,
    ) -> Option<Configured> {
        let kind = self.meant(api_type, value)?;
        let id = kind.id();
        let before = faults.iter().count();
        let current = current.filter(|current| current.kind == id);
        let current = current.map(|current| &current.configuration);
        let mut reading = Reading::of(value, at.clone(), current, random, faults)?;
        let about = kind.about();
        reading.read(about.fields, about.either);
        reading.joining(about.groupings, about.cannot_group, kind.is_for_people());
        kind.check(&mut reading);
        let read = reading.finish(kind.secret_fields().count() == 1);
        self.refuse_credentials_of_others(kind, value, at, faults);
        (faults.iter().count() == before).then(|| Configured {
            channels: kind.channels(&read.configuration),
            kind: id,
            configuration: read.configuration,
            credential: read.credential,
            made: read.made,
        })
    }

    /// Another kind's credential may be read as one of this kind's, and would be masked by its
    /// rules: of a signed webhook's URL all but the query is shown.
    fn refuse_credentials_of_others(
        &self,
        kind: &dyn Kind,
        value: &Value,
        at: &Pointer,
        faults: &mut Faults,
    ) {
        for (name, given) in value.as_object().into_iter().flatten() {
            let at = at.field(name);
            let is_secret = kind.secret_fields().any(|field| field.name == name);
            if !is_secret || faults.iter().any(|fault| fault.pointer == at) {
                continue;
            }
            let meant = given.as_str().and_then(|text| self.with_credential(text));
            let (own, meant) = (kind.id(), meant.map(Kind::id));
            if let Some(meant) = meant.filter(|meant| meant.api_type() != own.api_type()) {
                let (meant, own) = (meant.api_type(), own.api_type());
                let detail = format!(
                    "this is a credential of the type `{meant}`, not `{own}`, which would show it \
                     to others: choose that type"
                );
                faults.add(at, FaultCode::NotAllowed, detail);
            }
        }
    }

    /// The kind whose credential a text is, of those that go to hosts of their own: any URL is
    /// right for one that goes anywhere.
    fn with_credential(&self, text: &str) -> Option<&dyn Kind> {
        let mut kinds = self.iter().filter(|kind| kind.resolver().is_none());
        kinds.find(|kind| {
            kind.secret_fields().any(|field| match field.rule {
                Rule::Secret(rule) => (rule.read)(text).is_ok(),
                _ => false,
            })
        })
    }

    /// The kind of this type whose credential is given.
    fn meant<'k>(&'k self, api_type: &'k str, value: &Value) -> Option<&'k dyn Kind> {
        let by = |test: fn(&Value, &str) -> bool| {
            self.of_type(api_type).find(|kind| {
                let mut fields = kind.secret_fields();
                fields.any(|field| test(value, field.name))
            })
        };
        let named = |value: &Value, name: &str| value.get(name).is_some_and(|it| !it.is_null());
        by(crate::form::is_given)
            .or_else(|| by(named))
            .or_else(|| self.of_type(api_type).next())
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::masking::looks_like_credential;
    use carillon_domain::{Configuration, Grouping};
    use serde_json::json;

    use super::*;
    use crate::testing::{BOT, KINDS};

    #[test]
    fn each_kind_is_found_by_its_name_and_stands_under_its_type() {
        let kinds = Kinds::default();
        assert_eq!(kinds.types(), ["slack", "discord", "teams", "webhook"]);
        assert_eq!(kinds.of_type("slack").count(), 2);
        for kind in KINDS {
            assert_eq!(kinds.get(&kind.id()).map(Kind::id), Some(kind.id()));
        }
        assert!(kinds.get(&KindId::new("pigeon")).is_none());
    }

    #[test]
    fn each_credential_is_known_by_its_look_where_it_does_not_belong() {
        for kind in KINDS {
            let credential = crate::testing::credential(kind);
            assert!(looks_like_credential(&credential), "{kind:?}");
        }
    }

    #[test]
    fn what_a_field_is_described_by_is_what_it_is_read_by() {
        for kind in KINDS {
            let schema = kind.schema(false);
            let named: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
            let taken = kind.about().fields.iter();
            let taken = taken.filter(|field| !matches!(field.rule, crate::form::Rule::Not(_)));
            let mut expected: Vec<&str> = taken.map(|field| field.name).collect();
            expected.extend(["digest", "grouping"]);
            expected.extend(kind.is_for_people().then_some("summary_after"));
            expected.sort_unstable();
            assert_eq!(named, expected, "{kind:?}");
            assert!(kind.secret_fields().count() == 1, "{kind:?}");
        }
    }

    #[test]
    fn a_kept_credential_is_asked_about_where_it_is_to_do_more() {
        type Change = fn(&mut Configuration);
        let changes: [(Change, [bool; 4]); 8] = [
            (|c| c.set("channel", "other"), [true, false, false, false]),
            (|c| c.set("channels", json!(["infra"])), [false; 4]),
            (|c| c.set("username", "Bell"), [true, false, false, false]),
            (
                |c| c.set("icon_emoji", ":bell:"),
                [true, false, false, false],
            ),
            (|c| c.set("avatar_url", "https://x.example"), [false; 4]),
            (
                |c| c.set("thread_id", "123456789012345678"),
                [false, false, true, false],
            ),
            (
                |c| c.grouping = Grouping::Thread,
                [false, false, true, false],
            ),
            (|c| c.grouping = Grouping::Update, [false; 4]),
        ];
        for (n, (change, expected)) in changes.into_iter().enumerate() {
            for (kind, expected) in KINDS.into_iter().zip(expected) {
                let before = Configuration::default().with("channel", "infra");
                let mut after = before.clone();
                change(&mut after);
                assert_eq!(kind.asks_more(&before, &after), expected, "{n} {kind:?}");
            }
        }
        let before = Configuration::default().with("username", "Bell");
        let after = before.clone().with("username", "Bells");
        assert!(!BOT.asks_more(&before, &after));
    }
}
