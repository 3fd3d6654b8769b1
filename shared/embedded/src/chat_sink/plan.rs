//! Failures on order: what the next posts get instead of being taken.

use crate::chat_sink::platform::Platform;
use serde::{Deserialize, Serialize};

/// How a post fails. As JSON, such as `{"status": 503}`, `"hang"` or
/// `{"after_taking": "reset"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Failure {
    /// This HTTP status, with a body such as a broken platform sends.
    Status(u16),
    /// Exactly this answer.
    Answer(Answer),
    /// Slack's code, such as `token_revoked`; of the Web API with status 200, of an
    /// incoming webhook with the status that goes with the code. Skips Discord's posts.
    SlackError(String),
    /// Discord's code, such as 10015, with the status that goes with it. Skips Slack's posts.
    DiscordError(u32),
    /// The code of a Teams workflow's trigger, such as `WorkflowNotFound`, with the status that
    /// goes with it. Skips the posts of the others.
    TeamsError(String),
    /// Status 429 and how many seconds to wait.
    RateLimited(f64),
    /// The same with `Retry-After` alone and no body. Skips Discord's posts.
    RateLimitedWithoutBody(f64),
    /// Status 429 because others use the same thing: no limit of the caller's is used up.
    /// Skips Slack's posts.
    RateLimitedByOthers(f64),
    /// Status 429 for everything that the caller sends, whatever the webhook. Skips Slack's posts.
    RateLimitedEverywhere(f64),
    /// The proxy before Discord keeps the caller's address out. Skips Slack's posts.
    Banned(Ban),
    /// Discord's answer to a post that does not wait (204), with the message lost, and what waits
    /// is taken as ever; or a Teams workflow that takes a message and cannot show it. Skips
    /// Slack's posts.
    Lost,
    /// The connection breaks off when the request has been read.
    Reset,
    /// No answer until the client gives up.
    Hang,
    /// The message is taken, and then this comes instead of the answer.
    AfterTaking(Box<Failure>),
}

/// An answer in all its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub status: u16,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub body: String,
}

/// What a ban looks like: none of its answers tells a limit or has a `Via` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ban {
    Json,
    Text,
    Html,
}

impl Failure {
    /// A failure of a post whose message is kept all the same.
    pub fn after_taking(failure: Failure) -> Self {
        Self::AfterTaking(Box::new(failure))
    }

    fn concerns(&self, platform: Platform) -> bool {
        match self {
            Self::SlackError(_) => platform == Platform::Slack,
            Self::RateLimitedWithoutBody(_) => platform != Platform::Discord,
            Self::DiscordError(_)
            | Self::RateLimitedByOthers(_)
            | Self::RateLimitedEverywhere(_)
            | Self::Banned(_) => platform == Platform::Discord,
            Self::TeamsError(_) => platform == Platform::Teams,
            Self::Lost => platform != Platform::Slack,
            Self::AfterTaking(failure) => failure.concerns(platform),
            Self::Status(_) | Self::Answer(_) | Self::RateLimited(_) | Self::Reset | Self::Hang => {
                true
            }
        }
    }

    /// What happens before the message is taken, and what happens after.
    pub(super) fn split(failure: Option<Self>) -> (Option<Self>, Option<Self>) {
        match failure {
            Some(Self::AfterTaking(failure)) => (None, Some(*failure)),
            failure => (failure, None),
        }
    }
}

/// For [`Plan::count`]: until the plan is cancelled. In JSON it is `null`.
pub const ALWAYS: usize = usize::MAX;

/// An order: this failure for the next `count` posts that it concerns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub failure: Failure,
    #[serde(default = "once", with = "count")]
    pub count: usize,
    /// Only posts to this channel's name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

fn once() -> usize {
    1
}

mod count {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::ALWAYS;

    pub fn serialize<S: Serializer>(count: &usize, serializer: S) -> Result<S::Ok, S::Error> {
        (*count != ALWAYS).then_some(*count).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(ALWAYS))
    }
}

impl Plan {
    fn concerns(&self, platform: Platform, names: &[&str]) -> bool {
        self.count > 0
            && self.failure.concerns(platform)
            && self
                .channel
                .as_deref()
                .is_none_or(|wanted| names.contains(&wanted.trim_start_matches('#')))
    }
}

/// The orders not yet used up, in the order they were given.
#[derive(Debug, Default)]
pub(super) struct Plans(Vec<Plan>);

impl Plans {
    pub fn add(&mut self, plan: Plan) {
        self.0.push(plan);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn pending(&self) -> &[Plan] {
        &self.0
    }

    /// The failure that a post to a channel with these names and ids gets, if any.
    pub fn take(&mut self, platform: Platform, names: &[&str]) -> Option<Failure> {
        let plan = self.0.iter_mut().find(|p| p.concerns(platform, names))?;
        if plan.count != ALWAYS {
            plan.count -= 1;
        }
        let failure = plan.failure.clone();
        self.0.retain(|plan| plan.count > 0);
        Some(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(failure: Failure, count: usize, channel: Option<&str>) -> Plan {
        Plan {
            failure,
            count,
            channel: channel.map(str::to_owned),
        }
    }

    #[test]
    fn a_plan_is_used_up_and_the_next_one_follows() {
        let mut plans = Plans::default();
        plans.add(plan(Failure::Status(503), 2, None));
        plans.add(plan(Failure::Hang, 1, None));
        let mut take = || plans.take(Platform::Slack, &["infra", "C1"]);
        assert_eq!(take(), Some(Failure::Status(503)));
        assert_eq!(take(), Some(Failure::Status(503)));
        assert_eq!(take(), Some(Failure::Hang));
        assert_eq!(take(), None);
    }

    #[test]
    fn a_plan_waits_for_its_platform_and_its_channel() {
        let mut plans = Plans::default();
        plans.add(plan(
            Failure::SlackError("is_archived".into()),
            1,
            Some("#infra"),
        ));
        assert_eq!(plans.take(Platform::Discord, &["infra", "1"]), None);
        assert_eq!(plans.take(Platform::Slack, &["alerts", "C2"]), None);
        assert!(plans.take(Platform::Slack, &["infra", "C1"]).is_some());
    }

    #[test]
    fn a_plan_can_be_written_as_json() {
        let plan: Plan = serde_json::from_str(r#"{"failure": {"status": 503}}"#).unwrap();
        assert_eq!((plan.failure, plan.count), (Failure::Status(503), 1));
        let plan: Plan = serde_json::from_str(r#"{"failure": "hang", "count": 3}"#).unwrap();
        assert_eq!((plan.failure, plan.count), (Failure::Hang, 3));
        let text = r#"{"failure": {"after_taking": "reset"}, "count": null}"#;
        let plan: Plan = serde_json::from_str(text).unwrap();
        assert_eq!(plan.failure, Failure::after_taking(Failure::Reset));
        assert_eq!(plan.count, ALWAYS);
        assert!(serde_json::to_value(&plan).unwrap()["count"].is_null());
    }

    #[test]
    fn a_plan_without_an_end_is_not_used_up() {
        let mut plans = Plans::default();
        plans.add(plan(Failure::Reset, ALWAYS, None));
        for _ in 0..3 {
            let taken = plans.take(Platform::Slack, &["infra"]);
            assert_eq!(taken, Some(Failure::Reset));
        }
        assert_eq!(plans.pending().len(), 1);
    }
}
