//! Failures on order: what the next posts get instead of being taken.

use carillon_domain::Platform;
use serde::{Deserialize, Serialize};

/// How a post fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Failure {
    /// This HTTP status, with a body such as a broken platform sends.
    Status(u16),
    /// Slack's code, such as `token_revoked`; of the Web API with status 200, of an
    /// incoming webhook with the status that goes with the code. Skips Discord's posts.
    SlackError(String),
    /// Discord's code, such as 10015, with the status that goes with it. Skips Slack's posts.
    DiscordError(u32),
    /// Status 429 and how many seconds to wait.
    RateLimited(f64),
    /// No answer until the client gives up.
    Hang,
}

impl Failure {
    fn concerns(&self, platform: Platform) -> bool {
        match self {
            Self::SlackError(_) => platform == Platform::Slack,
            Self::DiscordError(_) => platform == Platform::Discord,
            _ => true,
        }
    }
}

/// An order: this failure for the next `count` posts that it concerns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub failure: Failure,
    #[serde(default = "once")]
    pub count: usize,
    /// Only posts to this channel's name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

fn once() -> usize {
    1
}

impl Plan {
    fn concerns(&self, platform: Platform, channels: [&str; 2]) -> bool {
        self.count > 0
            && self.failure.concerns(platform)
            && self
                .channel
                .as_deref()
                .is_none_or(|wanted| channels.contains(&wanted.trim_start_matches('#')))
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

    /// The failure that a post to this channel (its name and its id) gets, if any.
    pub fn take(&mut self, platform: Platform, channels: [&str; 2]) -> Option<Failure> {
        let plan = self.0.iter_mut().find(|p| p.concerns(platform, channels))?;
        plan.count -= 1;
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
        let mut take = || plans.take(Platform::Slack, ["infra", "C1"]);
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
        assert_eq!(plans.take(Platform::Discord, ["infra", "1"]), None);
        assert_eq!(plans.take(Platform::Slack, ["alerts", "C2"]), None);
        assert!(plans.take(Platform::Slack, ["infra", "C1"]).is_some());
    }

    #[test]
    fn a_plan_can_be_written_as_json() {
        let plan: Plan = serde_json::from_str(r#"{"failure": {"status": 503}}"#).unwrap();
        assert_eq!((plan.failure, plan.count), (Failure::Status(503), 1));
        let plan: Plan = serde_json::from_str(r#"{"failure": "hang", "count": 3}"#).unwrap();
        assert_eq!((plan.failure, plan.count), (Failure::Hang, 3));
    }
}
