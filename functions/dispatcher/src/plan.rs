//! Which deliveries an event needs: the rules, without any I/O.

use carillon_aws::QueueMessage;
use carillon_domain::{Event, Webhook};

/// One message for each channel of each webhook that subscribes to the event. Also where
/// the webhook is switched off: the notifier writes down that it was skipped, and why.
pub fn deliveries(event: &Event, webhooks: &[Webhook]) -> Vec<QueueMessage> {
    webhooks
        .iter()
        .filter(|webhook| webhook.subscribes(event))
        .flat_map(|webhook| {
            let orders = webhook.orders(event).into_iter();
            orders.map(|order| {
                let destination = webhook.destination(&order.channel);
                QueueMessage::order(&order, destination)
            })
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
        let planned = deliveries(&event, &[two, other, disabled]);
        assert_eq!(planned.len(), 3);
        assert_ne!(planned[0].group, planned[1].group);
        assert_ne!(planned[0].deduplication_id, planned[1].deduplication_id);
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
        let planned = deliveries(&event, &[webhook(1, &["*"])]);
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
        let planned = deliveries(&event, &[first, twin]);
        assert_eq!(planned[0].group, planned[1].group);
        assert_ne!(planned[0].deduplication_id, planned[1].deduplication_id);
    }
}
