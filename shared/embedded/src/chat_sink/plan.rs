//! Failures on order: what the next posts get instead of being taken.

use serde::{Deserialize, Serialize};

use super::failures::Failure;
use super::platform::DestinationKind;

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
    fn concerns(&self, kind: &DestinationKind, names: &[&str]) -> bool {
        self.count > 0
            && kind.can_fail(&self.failure)
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
    pub fn take(&mut self, kind: &DestinationKind, names: &[&str]) -> Option<Failure> {
        let plan = self.0.iter_mut().find(|p| p.concerns(kind, names))?;
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
    use crate::chat_sink::{discord, slack};

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
        let mut take = || plans.take(&slack::BOT, &["infra", "C1"]);
        assert_eq!(take(), Some(Failure::Status(503)));
        assert_eq!(take(), Some(Failure::Status(503)));
        assert_eq!(take(), Some(Failure::Hang));
        assert_eq!(take(), None);
    }

    #[test]
    fn a_plan_waits_for_its_platform_and_its_channel() {
        let mut plans = Plans::default();
        plans.add(plan(
            Failure::refusal("slack", "is_archived"),
            1,
            Some("#infra"),
        ));
        assert_eq!(plans.take(&discord::WEBHOOK, &["infra", "1"]), None);
        assert_eq!(plans.take(&slack::BOT, &["alerts", "C2"]), None);
        assert!(plans.take(&slack::BOT, &["infra", "C1"]).is_some());
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
            let taken = plans.take(&slack::BOT, &["infra"]);
            assert_eq!(taken, Some(Failure::Reset));
        }
        assert_eq!(plans.pending().len(), 1);
    }
}
