//! Failures on order: what the next posts get instead of being taken.

use serde::{Deserialize, Serialize};

use super::failures::Failure;
use super::platform::DestinationKind;

/// An order: this failure for the next `count` posts that it concerns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub failure: Failure,
    /// None until the plan is cancelled.
    #[serde(default = "once")]
    pub count: Option<usize>,
    /// Only posts to this channel's name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

fn once() -> Option<usize> {
    Some(1)
}

impl Plan {
    fn concerns(&self, kind: &DestinationKind, names: &[&str]) -> bool {
        self.count != Some(0)
            && kind.can_fail(&self.failure)
            && self
                .channel
                .as_deref()
                .is_none_or(|wanted| names.contains(&wanted.trim_start_matches('#')))
    }
}

/// The failure that a post to a channel with these names and ids gets, if any, of the orders not
/// yet used up, in the order they were given.
pub(super) fn take(
    plans: &mut Vec<Plan>,
    kind: &DestinationKind,
    names: &[&str],
) -> Option<Failure> {
    let plan = plans.iter_mut().find(|plan| plan.concerns(kind, names))?;
    if let Some(count) = &mut plan.count {
        *count -= 1;
    }
    let failure = plan.failure.clone();
    plans.retain(|plan| plan.count != Some(0));
    Some(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat_sink::{discord, slack};

    fn plan(failure: Failure, count: impl Into<Option<usize>>, channel: Option<&str>) -> Plan {
        Plan {
            failure,
            count: count.into(),
            channel: channel.map(str::to_owned),
        }
    }

    #[test]
    fn a_plan_is_used_up_and_the_next_one_follows() {
        let mut plans = Vec::new();
        plans.push(plan(Failure::Status(503), 2, None));
        plans.push(plan(Failure::Hang, 1, None));
        let mut next = || take(&mut plans, &slack::BOT, &["infra", "C1"]);
        assert_eq!(next(), Some(Failure::Status(503)));
        assert_eq!(next(), Some(Failure::Status(503)));
        assert_eq!(next(), Some(Failure::Hang));
        assert_eq!(next(), None);
    }

    #[test]
    fn a_plan_waits_for_its_platform_and_its_channel() {
        let mut plans = Vec::new();
        plans.push(plan(
            Failure::refusal("slack", "is_archived"),
            1,
            Some("#infra"),
        ));
        assert_eq!(take(&mut plans, &discord::WEBHOOK, &["infra", "1"]), None);
        assert_eq!(take(&mut plans, &slack::BOT, &["alerts", "C2"]), None);
        assert!(take(&mut plans, &slack::BOT, &["infra", "C1"]).is_some());
    }

    #[test]
    fn a_plan_can_be_written_as_json() {
        let plan: Plan = serde_json::from_str(r#"{"failure": {"status": 503}}"#).unwrap();
        assert_eq!((plan.failure, plan.count), (Failure::Status(503), Some(1)));
        let plan: Plan = serde_json::from_str(r#"{"failure": "hang", "count": 3}"#).unwrap();
        assert_eq!((plan.failure, plan.count), (Failure::Hang, Some(3)));
        let text = r#"{"failure": {"after_taking": "reset"}, "count": null}"#;
        let plan: Plan = serde_json::from_str(text).unwrap();
        assert_eq!(plan.failure, Failure::after_taking(Failure::Reset));
        assert_eq!(plan.count, None);
        assert!(serde_json::to_value(&plan).unwrap()["count"].is_null());
    }

    #[test]
    fn a_plan_without_an_end_is_not_used_up() {
        let mut plans = Vec::new();
        plans.push(plan(Failure::Reset, None, None));
        for _ in 0..3 {
            let taken = take(&mut plans, &slack::BOT, &["infra"]);
            assert_eq!(taken, Some(Failure::Reset));
        }
        assert_eq!(plans.len(), 1);
    }
}
