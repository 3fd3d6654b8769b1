//! The last step: takes deliveries off the queue, renders and posts them, and writes down
//! how it went.
//!
//! Destinations are served side by side, the deliveries of one destination one after the
//! other. A delivery that must wait holds back its own destination and nobody else: it
//! and those behind it go back to the queue, invisible until it may be tried.

mod batch;
mod delivery;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use carillon_aws::queue::VisibilityChange;
use carillon_aws::{DeliveryQueue, Ledger, Registry, SecretStore};
use carillon_chat::Client;
use carillon_runtime::batch::queue_failures;
use futures::future::join_all;

use crate::batch::{Destination, Item};
use crate::delivery::{Step, Webhooks};

/// A delivery is begun only with at least this much time left: as long as a post and the
/// calls around it can take.
const NEEDED: Duration = Duration::from_secs(15);
/// When to come back to what could not be handled for a reason of our own.
const AFTER_OWN_FAULT: Duration = Duration::from_secs(10);

/// What the notifier reads and writes.
#[derive(Clone)]
pub struct Stores {
    pub registry: Registry,
    pub ledger: Ledger,
    pub secrets: SecretStore,
    pub queue: Arc<dyn DeliveryQueue>,
}

/// The handler; one for a process.
pub struct Notifier {
    stores: Stores,
    chat: Client,
}

/// What goes back to the queue, and for how long.
struct HeldBack {
    message_id: String,
    change: VisibilityChange,
}

impl Notifier {
    pub fn new(stores: Stores, chat: Client) -> Self {
        Self { stores, chat }
    }

    /// Handles a batch, with `deadline` the end of the invocation. The queue keeps the
    /// messages that are named in the answer.
    pub async fn handle(&self, batch: SqsEvent, deadline: SystemTime) -> SqsBatchResponse {
        let destinations = batch::by_destination(batch.records);
        let webhooks = self.webhooks(&destinations).await;
        let served = destinations
            .into_iter()
            .map(|destination| self.serve(destination, webhooks.as_ref(), deadline));
        let held_back: Vec<HeldBack> = join_all(served).await.into_iter().flatten().collect();
        let changes: Vec<_> = held_back.iter().map(|held| held.change.clone()).collect();
        if !changes.is_empty()
            && let Err(error) = self.stores.queue.change_visibility(&changes).await
        {
            // They come back when the queue's own time-out is over.
            tracing::error!(%error, "messages could not be put off");
        }
        queue_failures(held_back.into_iter().map(|held| held.message_id))
    }

    /// The webhooks of a batch, in one call; none where they could not be read.
    async fn webhooks(&self, destinations: &[Destination]) -> Option<Webhooks> {
        let mut wanted: Vec<_> = destinations
            .iter()
            .flat_map(|destination| &destination.items)
            .filter_map(|item| item.outgoing.as_ref().ok())
            .map(|outgoing| {
                let organization = outgoing.event.organization.clone();
                (organization, outgoing.webhook_id.clone())
            })
            .collect();
        wanted.sort();
        wanted.dedup();
        self.stores
            .registry
            .webhooks_by_id(&wanted)
            .await
            .inspect_err(|error| tracing::error!(%error, "the webhooks could not be read"))
            .ok()
    }

    /// Serves one destination, in order, until one delivery must wait.
    async fn serve(
        &self,
        destination: Destination,
        webhooks: Option<&Webhooks>,
        deadline: SystemTime,
    ) -> Vec<HeldBack> {
        let mut items = destination.items.into_iter();
        let mut held_back = Vec::new();
        for item in items.by_ref() {
            let wait = match webhooks {
                _ if time_left(deadline) < NEEDED => Some(Duration::ZERO),
                None => Some(AFTER_OWN_FAULT),
                Some(webhooks) => match self.deliver(&item, webhooks).await {
                    Step::Done => None,
                    Step::Wait(wait) => Some(wait),
                },
            };
            if let Some(wait) = wait {
                held_back.push(hold_back(item, wait));
                break;
            }
        }
        // The queue gives out nothing of a group that has an invisible message.
        held_back.extend(items.map(|item| hold_back(item, Duration::ZERO)));
        held_back
    }
}

fn time_left(deadline: SystemTime) -> Duration {
    deadline
        .duration_since(SystemTime::now())
        .unwrap_or_default()
}

fn hold_back(item: Item, wait: Duration) -> HeldBack {
    HeldBack {
        message_id: item.message_id,
        change: VisibilityChange {
            receipt: item.receipt,
            invisible_for: wait,
        },
    }
}
