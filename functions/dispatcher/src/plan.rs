//! Which deliveries an event needs: the rules, without any I/O.

use carillon_aws::QueueMessage;
use carillon_domain::{Event, Webhook, WebhookId};
use carillon_runtime::guarded;

/// What an event needs.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    pub messages: Vec<QueueMessage>,
    /// The webhooks over which Carillon panics: whether they want the event, nobody knows.
    pub failing: Vec<WebhookId>,
}

/// One message for each channel of each webhook that subscribes to the event. Also where
/// the webhook is switched off: the notifier writes down that it was skipped, and why.
pub fn deliveries(event: &Event, webhooks: &[Webhook]) -> Plan {
    each(webhooks, |webhook| of_one(event, webhook))
}

/// A panic over one webhook takes nothing from the others.
fn each(webhooks: &[Webhook], messages: impl Fn(&Webhook) -> Vec<QueueMessage>) -> Plan {
    let mut plan = Plan::default();
    for webhook in webhooks {
        match guarded(|| messages(webhook)) {
            Ok(messages) => plan.messages.extend(messages),
            Err(_) => plan.failing.push(webhook.id.clone()),
        }
    }
    plan
}

fn of_one(event: &Event, webhook: &Webhook) -> Vec<QueueMessage> {
    if !webhook.subscribes(event) {
        return Vec::new();
    }
    let orders = webhook.orders(event).into_iter();
    orders
        .map(|order| {
            let destination = webhook.destination(&order.channel);
            QueueMessage::order(&order, destination)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::sample::{self, webhook};
    use carillon_domain::{EventType, Outgoing, WebhookStatus};

    #[test]
    fn each_channel_of_each_webhook_that_subscribes_gets_a_delivery_switched_off_or_not() {
        let event = sample::event(EventType::Deploy);
        let mut two = webhook(1, &["deploy"]);
        two.configuration.channel = None;
        two.configuration.channels = vec!["infra".into(), "alerts".into()];
        let other = webhook(2, &["scale"]);
        let mut disabled = webhook(3, &["*"]);
        disabled.status = WebhookStatus::Disabled;
        let planned = deliveries(&event, &[two, other, disabled]).messages;
        assert_eq!(planned.len(), 3);
        assert_ne!(planned[0].group, planned[1].group);
        assert_ne!(planned[0].deduplication_id, planned[1].deduplication_id);
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
        assert_eq!(plan.messages, deliveries(&event, &others).messages);
    }

    #[test]
    fn the_same_event_gives_the_same_deliveries_again() {
        let event = sample::event(EventType::Deploy);
        let webhooks = [webhook(1, &["*"])];
        assert_eq!(deliveries(&event, &webhooks), deliveries(&event, &webhooks));
    }

    #[test]
    fn characters_that_the_queue_refuses_travel_as_escapes() {
        let mut event = sample::event(EventType::Deploy);
        event.actor = Some("x\u{ffff}y\u{fffe}".into());
        let planned = deliveries(&event, &[webhook(1, &["*"])]).messages;
        assert!(!planned[0].body.contains(['\u{fffe}', '\u{ffff}']));
        let outgoing: Outgoing = serde_json::from_str(&planned[0].body).unwrap();
        assert_eq!(outgoing.event, event);
    }

    #[test]
    fn two_webhooks_of_one_destination_share_its_queue() {
        let event = sample::event(EventType::Deploy);
        let mut twin = webhook(2, &["*"]);
        let first = webhook(1, &["*"]);
        twin.credential = first.credential.clone();
        let planned = deliveries(&event, &[first, twin]).messages;
        assert_eq!(planned[0].group, planned[1].group);
        assert_ne!(planned[0].deduplication_id, planned[1].deduplication_id);
    }
}
