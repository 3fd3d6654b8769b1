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
use carillon_aws::{DeliveryQueue, EventStore, Ledger, Registry};
use carillon_delivery::Poster;
use carillon_domain::delivery::LEASE;
use carillon_runtime::batch::queue_failures;
use carillon_runtime::clock::{Clock, SystemClock};
use futures::future::join_all;

use crate::batch::{Destination, Item};
use crate::delivery::{Step, Webhooks};

/// A delivery is begun only with at least this much time left: as long as it can take.
const NEEDED: Duration = LEASE;

/// What the notifier reads and writes.
#[derive(Clone)]
pub struct Stores {
    pub registry: Registry,
    pub events: EventStore,
    pub ledger: Ledger,
    pub queue: Arc<dyn DeliveryQueue>,
}

/// The handler; one for a process.
pub struct Notifier {
    stores: Stores,
    poster: Poster,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Notifier {
    pub fn new(stores: Stores, poster: Poster) -> Self {
        Self {
            stores,
            poster,
            clock: Arc::new(SystemClock),
            random: Arc::new(rand::random),
        }
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Takes its randomness, `0.0..1.0`, from here: a seed makes a run repeatable.
    #[must_use]
    pub fn with_randomness(self, random: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        let random = Arc::new(random);
        Self { random, ..self }
    }

    /// Handles a batch, with `deadline` the end of the invocation. The queue keeps the
    /// messages that are named in the answer.
    pub async fn handle(&self, batch: SqsEvent, deadline: SystemTime) -> SqsBatchResponse {
        let destinations = batch::by_destination(batch.records);
        let webhooks = self.webhooks(&destinations).await;
        let served = destinations
            .into_iter()
            .map(|destination| self.serve(destination, webhooks.as_ref(), deadline));
        queue_failures(join_all(served).await.into_iter().flatten())
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

    /// Serves one destination, in order, until one delivery must wait. Gives the ids of the
    /// messages that the queue keeps.
    async fn serve(
        &self,
        destination: Destination,
        webhooks: Option<&Webhooks>,
        deadline: SystemTime,
    ) -> Vec<String> {
        let mut done = Vec::new();
        let mut held_back: Vec<(Item, Duration)> = Vec::new();
        let mut items = destination.items.into_iter();
        for item in items.by_ref() {
            let step = match webhooks {
                _ if self.time_left(deadline) < NEEDED => Step::Wait(Duration::ZERO),
                None => Step::Wait(item.after_own_fault()),
                Some(webhooks) => self.deliver(&item, webhooks).await,
            };
            match step {
                Step::Done => done.push(item.receipt),
                Step::Wait(wait) => {
                    held_back.push((item, wait));
                    break;
                }
            }
        }
        // The queue gives out nothing of a group that has an invisible message.
        held_back.extend(items.map(|item| (item, Duration::ZERO)));
        self.give_back(&done, &held_back).await;
        held_back
            .into_iter()
            .map(|(item, _)| item.message_id)
            .collect()
    }

    /// Tells the queue at once, and not at the end of the batch: whoever is served first
    /// must not wait for the slowest.
    async fn give_back(&self, done: &[String], held_back: &[(Item, Duration)]) {
        let queue = &self.stores.queue;
        if let Err(error) = queue.delete(done).await {
            // They come again, and the ledger knows them.
            tracing::error!(%error, "delivered messages could not be deleted");
        }
        let changes: Vec<_> = held_back
            .iter()
            .map(|(item, wait)| VisibilityChange {
                receipt: item.receipt.clone(),
                invisible_for: *wait,
            })
            .collect();
        if let Err(error) = queue.change_visibility(&changes).await {
            // They come back when the queue's own time-out is over.
            tracing::error!(%error, "messages could not be put off");
        }
    }

    fn time_left(&self, deadline: SystemTime) -> Duration {
        deadline
            .duration_since(self.clock.now().into())
            .unwrap_or_default()
    }
}
