//! What the sink knows of a platform that it stands in for: a folder of its own, and a line in
//! [`PLATFORMS`](super::PLATFORMS).

use axum::response::Response;
use serde::{Serialize, Serializer};

use super::ChatSink;
use super::call::Call;
use super::failures::Failure;
use super::standing::Standing;

pub(super) struct Platform {
    /// Whether a request is for it. The first that takes one answers it.
    pub takes: fn(&Call) -> bool,
    pub answer: fn(&ChatSink, &Call) -> Response,
    /// Failures that only it has, as people call them.
    pub failures: fn() -> Vec<(&'static str, Failure)>,
}

/// What takes posts on a platform.
#[derive(Debug)]
pub struct DestinationKind {
    /// Such as `slack_bot`.
    pub id: &'static str,
    /// The `type` of its webhooks.
    pub platform: &'static str,
    /// What people call it: "bot token".
    pub name: &'static str,
    /// What a call gets that is not taken, as the destination stands. Scopes matter to channels
    /// that the bot is not in.
    pub(super) fails: fn(Standing, &[String]) -> Option<Failure>,
    /// The standings that are about the credential rather than the channel, beside a wrong one.
    pub(super) of_credential: &'static [Standing],
    /// The standings that refuse nothing by themselves.
    pub(super) forums: &'static [Standing],
    /// Whether a post can fail so, of the failures that not every platform has.
    pub(super) can: fn(&Failure) -> bool,
}

impl DestinationKind {
    pub(super) fn is_of_credential(&self, standing: Standing) -> bool {
        standing == Standing::WrongSecret || self.of_credential.contains(&standing)
    }

    /// The standings that make a difference here, the most common ones first.
    pub fn standings(&self) -> Vec<Standing> {
        let mut known = Vec::new();
        let all = Standing::ALL.map(|(standing, _)| standing).into_iter();
        all.filter(|standing| {
            let failure = (self.fails)(*standing, &[]);
            let is_new = !known.contains(&failure);
            known.push(failure);
            is_new || self.forums.contains(standing)
        })
        .collect()
    }

    /// Whether a post to one of these can fail so.
    pub(super) fn can_fail(&self, failure: &Failure) -> bool {
        match failure {
            Failure::Refusal(refusal) => refusal.platform == self.platform,
            Failure::AfterTaking(failure) => self.can_fail(failure),
            Failure::Status(_)
            | Failure::Answer(_)
            | Failure::RateLimited(_)
            | Failure::Reset
            | Failure::Hang => true,
            failure => (self.can)(failure),
        }
    }
}

impl Serialize for DestinationKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}
