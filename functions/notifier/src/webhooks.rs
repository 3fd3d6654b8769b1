//! The webhooks of a batch, as they were when it began, and what it has found out since.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use carillon_domain::webhook::{Digest, Grouping};
use carillon_domain::{Event, Outgoing, Webhook, WebhookId, WebhookStatus};

use crate::batch::Item;

/// The most events that one message has.
pub const MOST_EVENTS: usize = 10;

pub struct Webhooks(Mutex<HashMap<WebhookId, Arc<Webhook>>>);

impl Webhooks {
    pub fn new(found: HashMap<WebhookId, Webhook>) -> Self {
        let found = found
            .into_iter()
            .map(|(id, webhook)| (id, Arc::new(webhook)));
        Self(Mutex::new(found.collect()))
    }

    pub fn get(&self, id: &WebhookId) -> Option<Arc<Webhook>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .map(Arc::clone)
    }

    /// From here on the batch takes the webhook to be like this.
    pub fn set(&self, webhook: Webhook) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(webhook.id.clone(), Arc::new(webhook));
    }

    /// How many of the waiting messages, from the first on, make one message: a backlog of
    /// one webhook's channel, if it takes digests.
    pub fn run(&self, waiting: &VecDeque<Item>) -> usize {
        let orders: Vec<&Outgoing> = waiting
            .iter()
            .take(MOST_EVENTS)
            .map_while(|item| item.order.as_ref().ok())
            .collect();
        let Some(webhook) = orders.first().and_then(|first| self.get(&first.webhook_id)) else {
            return 1;
        };
        run_of(&webhook, &orders)
    }
}

fn run_of(webhook: &Webhook, orders: &[&Outgoing]) -> usize {
    let Some(first) = orders.first() else {
        return 1;
    };
    let takes = |order: &&&Outgoing| {
        order.webhook_id == webhook.id
            && webhook.channel_today(&order.channel) == webhook.channel_today(&first.channel)
            && joins(webhook, &order.event)
    };
    let run = orders.iter().take_while(takes).count();
    // A repeat of an order is none of its own.
    let repeat = (1..run).find(|n| {
        let repeated = &orders[*n].delivery_id;
        orders[..*n]
            .iter()
            .any(|order| order.delivery_id == *repeated)
    });
    repeat.unwrap_or(run).max(1)
}

/// Whether an event may share a message with others.
fn joins(webhook: &Webhook, event: &Event) -> bool {
    let configuration = &webhook.configuration;
    webhook.status == WebhookStatus::Active
        && configuration.digest == Digest::Auto
        // What belongs into a thread, or takes another message's place, stands alone.
        && (configuration.grouping == Grouping::None || event.correlation_id.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{DeliveryId, EventId, EventType, sample};

    fn orders(webhook: &Webhook, count: usize) -> Vec<Outgoing> {
        (0..count)
            .map(|n| {
                let mut event = sample::event(EventType::Deploy);
                event.id = EventId::parse(&format!("event-{n}")).unwrap();
                Outgoing {
                    delivery_id: DeliveryId::of(
                        &event.organization,
                        &event.id,
                        event.received_at,
                        &webhook.id,
                        "infra",
                    ),
                    webhook_id: webhook.id.clone(),
                    channel: "infra".into(),
                    generation: 0,
                    event,
                }
            })
            .collect()
    }

    fn run(webhook: &Webhook, orders: &[Outgoing]) -> usize {
        run_of(webhook, &orders.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_backlog_of_one_webhook_makes_one_message() {
        let webhook = sample::webhook(1, &["*"]);
        let mut orders = orders(&webhook, 5);
        assert_eq!(run(&webhook, &orders), 5);
        orders[3].webhook_id = sample::webhook(2, &["*"]).id;
        assert_eq!(run(&webhook, &orders), 3);
    }

    #[test]
    fn a_repeated_order_is_no_event_of_its_own() {
        let webhook = sample::webhook(1, &["*"]);
        let mut orders = orders(&webhook, 3);
        orders.push(orders[1].clone());
        assert_eq!(run(&webhook, &orders), 3);
    }

    #[test]
    fn who_wants_no_digest_or_groups_by_operation_gets_single_messages() {
        let mut webhook = sample::webhook(1, &["*"]);
        let mut orders = orders(&webhook, 3);
        orders[0].event.correlation_id = None;
        orders[1].event.correlation_id = None;
        orders[2].event.correlation_id = Some("release-42".into());
        webhook.configuration.grouping = Grouping::Thread;
        assert_eq!(run(&webhook, &orders), 2);
        webhook.configuration.digest = Digest::Off;
        assert_eq!(run(&webhook, &orders), 1);
    }
}
