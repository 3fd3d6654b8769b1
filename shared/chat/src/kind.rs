//! What a kind of destination says of itself. Everything else in Carillon is the same for all.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use carillon_domain::webhook::Grouping;
use carillon_domain::{Configuration, KindId, Outcome, Pointer};
use jiff::Timestamp;
use reqwest::dns::Resolve;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::answer::Answer;
use crate::draft::{Draft, Sealed};
use crate::form::{Either, Field, Reading, first_label, schema};
use crate::limits::{Gauge, Usage};
use crate::message::MentionForm;
use crate::post::Post;
use crate::reply::Reply;
use crate::verification::{Verification, Verified, is_placeholder, refused};

/// What a kind always says of itself, and of what comes from or goes to its destinations.
#[derive(Debug)]
pub struct About {
    /// Its name in what is stored; begins with the `type` that the API calls it by.
    pub id: &'static str,
    /// Whoever answers there, for people: "Slack".
    pub name: &'static str,
    /// What the API's document says of it.
    pub title: &'static str,
    /// What the API's document calls it: `SlackIncomingWebhook`.
    pub schema_name: &'static str,
    /// The fields of its configuration, but for `grouping` and `digest`.
    pub fields: &'static [Field],
    /// Fields that stand for each other.
    pub either: &'static [Either],
    /// How messages can be joined there.
    pub groupings: &'static [Grouping],
    /// Why others are impossible, if there are any.
    pub cannot_group: &'static str,
    /// How mentions are written in the webhook's `message`, or why the messages of this kind
    /// cannot have words of their own.
    pub mentions: Result<&'static [MentionForm], &'static str>,
    /// The time between two messages to one place.
    pub between: Duration,
    /// Whether each channel is a place of its own. Otherwise all that is posted with one
    /// credential goes to one place.
    pub by_channel: bool,
    /// Whether the platform may limit or block our address, so that all that goes there has to
    /// rest.
    pub has_pauses: bool,
    /// What an answer to a post means. What its `Retry-After` says is added to that.
    pub classify: fn(&Answer) -> Reply,
    /// How full each limit of the platform is by a message's body, and what is beyond them.
    pub limits: fn(&Value) -> Gauge,
}

/// A kind of destination. All of it is pure: what a kind makes of a configuration, a post, a
/// credential, an answer.
///
/// A credential has one part for each field that is a [`Secret`](crate::form::Rule::Secret) or
/// [`Secrets`](crate::form::Rule::Secrets). It is stored as the text itself where there is only
/// one, or else as a JSON object by the fields' names.
pub trait Kind: Send + Sync + 'static {
    /// What it always says of itself.
    fn about(&self) -> &'static About;

    /// Its name in what is stored.
    fn id(&self) -> KindId {
        KindId::new(self.about().id)
    }

    // Its configuration.

    /// The rules between its fields; what else follows from what was read.
    fn check(&self, _reading: &mut Reading<'_, '_>) {}

    /// What [`check`](Self::check) refuses, as JSON Schemas none of which may hold.
    fn refused(&self) -> Vec<Value> {
        Vec::new()
    }

    /// The channels that get a delivery each. Where the destination has a channel of its own,
    /// that is one, under its label.
    fn channels(&self, configuration: &Configuration) -> Vec<String> {
        vec![first_label(configuration)]
    }

    /// The credential after a change of some or all of its parts: the new one, or one that keeps
    /// what of the old one still counts for a while. Not asked of one of a single part.
    fn rotated(&self, _old: &SecretString, new: SecretString, _now: Timestamp) -> SecretString {
        new
    }

    // Posting.

    /// Whether several events may share a message there, where the webhook's `digest` lets them.
    fn joins(&self, _configuration: &Configuration) -> bool {
        true
    }

    /// The request that posts a message. The same post always gives the same draft.
    fn draft(&self, post: &Post<'_>) -> Draft;

    /// Puts the credential in, as the kind stores it, when it is sent. None where that cannot be
    /// one of this kind.
    fn seal(&self, draft: &Draft, secret: &SecretString, now: Timestamp) -> Option<Sealed>;

    /// Whether a request may go there, whatever was checked when the webhook was registered:
    /// nothing that is stored can send a request anywhere else.
    fn may_call(&self, url: &Url) -> bool;

    /// What looks up the addresses of hosts that are not known beforehand, and judges them. None
    /// where [`may_call`](Self::may_call) knows the hosts.
    fn resolver(&self) -> Option<Arc<dyn Resolve>> {
        None
    }

    /// The parts of a credential that nobody may see, also where an answer repeats them.
    fn hidden(&self, secret: &SecretString) -> Vec<String> {
        let text = secret.expose_secret();
        let parts = serde_json::from_str(text).ok().filter(Value::is_object);
        let mut hidden = Vec::new();
        collect(&parts.unwrap_or_else(|| text.into()), &mut hidden);
        hidden
    }

    // What a preview shows.

    /// Where people can see and change a message before it is sent.
    fn builder_url(&self, _draft: &Draft) -> Option<String> {
        None
    }

    // Verifying.

    /// The first question about a credential; it changes nothing there.
    ///
    /// # Errors
    /// Where nothing can be asked: what is known all the same.
    fn question(&self, _configuration: &Configuration) -> Result<Draft, Verified> {
        Err(Verified::default())
    }

    /// What its answer means, by pointers into the configuration.
    fn verified(&self, _configuration: &Configuration, _answer: &Answer) -> Verification {
        Verification::Verified(Verified::default())
    }

    /// What else to ask once the first answer is there, each about the part of the configuration
    /// that stands at the pointer.
    fn questions(&self, _configuration: &Configuration, _first: &Answer) -> Vec<(Pointer, Draft)> {
        Vec::new()
    }

    /// What is wrong there by the answer to such a question, if anything.
    fn fault(&self, _first: &Answer, _answer: &Answer) -> Option<String> {
        None
    }

    /// Whether a configuration asks something of its credential that the one before did not,
    /// and that the platform has something to say about.
    fn asks_more(&self, _before: &Configuration, _after: &Configuration) -> bool {
        false
    }
}

impl dyn Kind {
    /// What an answer means to a delivery. The time it took is not known here.
    pub fn reply(&self, answer: &Answer) -> Reply {
        let reply = Reply {
            http_status: Some(answer.status),
            ..(self.about().classify)(answer)
        };
        match reply.outcome {
            Outcome::Delivered => Reply {
                retry_after: None,
                ..reply
            },
            // What the header says counts with whatever failed, not only with a rate limit.
            _ => reply.waiting(answer.seconds("retry-after")),
        }
    }

    /// What the answer to the first question about a credential means.
    pub fn verification(
        &self,
        configuration: &Configuration,
        secret: &SecretString,
        answer: &Answer,
    ) -> Verification {
        match self.verified(configuration, answer) {
            Verification::Refused(_) if is_placeholder(secret.expose_secret()) => refused(
                self.credential_field(),
                "this is the placeholder of an example: put your own in its place",
            ),
            verification => verification,
        }
    }

    /// How full each limit of the platform is.
    pub fn usage(&self, draft: &Draft) -> Vec<Usage> {
        (self.about().limits)(&draft.json()).usage
    }

    /// The fields that hold its credential.
    pub fn secret_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.about().fields.iter().filter(|field| field.is_secret())
    }

    /// The first field that holds its credential.
    pub fn credential_field(&self) -> &'static str {
        let first = self.secret_fields().next();
        first.map_or("", |field| field.name)
    }

    /// Whether people read its messages.
    pub fn is_for_people(&self) -> bool {
        self.about().mentions.is_ok()
    }

    /// Its configuration as a JSON Schema. `masks` says whether a masked credential is taken:
    /// where there is one that it can mean.
    pub fn schema(&self, masks: bool) -> Value {
        let About {
            title,
            fields,
            either,
            groupings,
            ..
        } = *self.about();
        let for_people = self.is_for_people();
        let refused = self.refused();
        schema::configuration(title, fields, either, groupings, refused, for_people, masks)
    }
}

impl fmt::Debug for dyn Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

fn collect(part: &Value, hidden: &mut Vec<String>) {
    match part {
        Value::String(text) => hidden.push(last_part(text).to_owned()),
        Value::Object(parts) => parts.values().for_each(|part| collect(part, hidden)),
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, hidden)),
        _ => {}
    }
}

/// Of a URL, the last part of its path; of anything else, all.
fn last_part(text: &str) -> &str {
    if !text.contains("://") {
        return text;
    }
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or_default()
}
