//! Which deliveries an event needs: the rules, without any I/O.

use carillon_domain::{Event, LaneId, Webhook, WebhookId};
use carillon_runtime::guarded;

/// What an event needs.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// The lanes of the channels of webhooks that subscribe to it: a delivery each.
    pub lanes: Vec<LaneId>,
    /// The webhooks over which Carillon panics: whether they want the event, nobody knows.
    pub failing: Vec<WebhookId>,
}

/// The lane of each channel of each webhook that subscribes to the event. Also where the
/// webhook is switched off: the notifier writes down that it was skipped, and why.
pub fn lanes(event: &Event, webhooks: &[Webhook]) -> Plan {
    each(webhooks, |webhook| of_one(event, webhook))
}

/// A panic over one webhook takes nothing from the others.
fn each(webhooks: &[Webhook], lanes: impl Fn(&Webhook) -> Vec<LaneId>) -> Plan {
    let mut plan = Plan::default();
    for webhook in webhooks {
        match guarded(|| lanes(webhook)) {
            Ok(lanes) => plan.lanes.extend(lanes),
            Err(_) => plan.failing.push(webhook.id.clone()),
        }
    }
    plan
}

fn of_one(event: &Event, webhook: &Webhook) -> Vec<LaneId> {
    if !webhook.subscribes(event) {
        return Vec::new();
    }
    let channels = webhook.lanes.channels.iter();
    channels.map(|channel| webhook.lane(channel)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::sample::{self, webhook};
    use carillon_domain::webhook::Lanes;
    use carillon_domain::{EventType, WebhookStatus};

    #[test]
    fn each_channel_of_each_webhook_that_subscribes_gets_a_delivery_switched_off_or_not() {
        let event = sample::event(EventType::Deploy);
        let mut two = webhook(1, &["deploy"]);
        two.lanes = Lanes::of(&["infra", "alerts"]);
        let other = webhook(2, &["scale"]);
        let mut disabled = webhook(3, &["*"]);
        disabled.status = WebhookStatus::Disabled;
        let expected = [
            LaneId::of(&two.id, 1),
            LaneId::of(&two.id, 2),
            LaneId::of(&disabled.id, 1),
        ];
        let plan = lanes(&event, &[two, other, disabled]);
        assert_eq!(plan.lanes, expected);
    }

    #[test]
    fn a_webhook_that_makes_us_panic_is_named_and_the_others_get_their_deliveries() {
        let event = sample::event(EventType::Deploy);
        let webhooks = [1, 2, 3].map(|n| webhook(n, &["*"]));
        let plan = each(&webhooks, |webhook| {
            assert_ne!(webhook.id, webhooks[1].id, "made up by a test");
            of_one(&event, webhook)
        });
        assert_eq!(plan.failing, [webhooks[1].id.clone()]);
        let others = [webhooks[0].clone(), webhooks[2].clone()];
        assert_eq!(plan.lanes, lanes(&event, &others).lanes);
    }
}
