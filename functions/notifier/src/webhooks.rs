//! The webhooks of a batch, as they were when it began, and what it has found out since.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use carillon_chat::Reply;
use carillon_domain::webhook::{Digest, Grouping};
use carillon_domain::{CredentialId, Event, Outgoing, Webhook, WebhookId, WebhookStatus};

use crate::batch::Item;

/// The most events that one message has.
pub const MOST_EVENTS: usize = 10;

pub struct Webhooks {
    /// Those that are there; none where it is, but cannot be read.
    found: Mutex<HashMap<WebhookId, Option<Arc<Webhook>>>>,
    /// What the platform said of credentials that it does not take any more.
    dead: Mutex<HashMap<CredentialId, Reply>>,
}

impl Webhooks {
    pub fn new(found: HashMap<WebhookId, Option<Arc<Webhook>>>) -> Self {
        Self {
            found: Mutex::new(found),
            dead: Mutex::default(),
        }
    }

    pub fn get(&self, id: &WebhookId) -> Option<Arc<Webhook>> {
        self.lock().get(id).cloned().flatten()
    }

    pub fn is_unreadable(&self, id: &WebhookId) -> bool {
        matches!(self.lock().get(id), Some(None))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WebhookId, Option<Arc<Webhook>>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on the batch takes the webhook to be like this.
    pub fn set(&self, webhook: Webhook) {
        self.lock()
            .insert(webhook.id.clone(), Some(Arc::new(webhook)));
    }

    /// Notes that nothing more may be posted with the webhook's credential.
    pub fn credential_died(&self, webhook: &Webhook, reply: &Reply) {
        let id = webhook.credential.id.clone();
        self.dead().insert(id, reply.clone());
    }

    /// What the platform has said of the webhook's credential, where another webhook of the
    /// batch has found it dead. One that is being rotated has another to try.
    pub fn dead_credential(&self, webhook: &Webhook) -> Option<Reply> {
        let said = self.dead().get(&webhook.credential.id).cloned();
        let said = said.filter(|_| webhook.fallback.is_none())?;
        // Nobody is asked again.
        Some(Reply {
            http_status: None,
            duration: Duration::ZERO,
            ..said
        })
    }

    fn dead(&self) -> MutexGuard<'_, HashMap<CredentialId, Reply>> {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner)
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
    let today = |order: &Outgoing| {
        let channel = webhook.channel_today(&order.channel, &order.channels);
        channel.map(ToOwned::to_owned)
    };
    let takes = |order: &&&Outgoing| {
        order.webhook_id == webhook.id
            && today(order) == today(first)
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
    use carillon_domain::{EventId, EventType, sample};

    fn orders(webhook: &Webhook, count: usize) -> Vec<Outgoing> {
        (0..count)
            .map(|n| {
                let mut event = sample::event(EventType::Deploy);
                event.id = EventId::parse(&format!("event-{n}")).unwrap();
                webhook.orders(&event).remove(0)
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
