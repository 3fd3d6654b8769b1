//! The last step: takes deliveries off the queue, renders and posts them, and writes down
//! how it went.
//!
//! Destinations are served side by side, the deliveries of one destination one after the
//! other. A delivery that must wait holds back its own destination and nobody else: it
//! and those behind it go back to the queue, invisible until it may be tried.

mod batch;
mod claims;
mod consequences;
mod deletion;
mod deliver;
mod faults;
mod grouping;
mod in_flight;
mod outcomes;
mod pace;
mod refusals;
mod serve;
mod webhooks;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use carillon_aws::{DeliveryQueue, EventStore, Ledger, Registry};
use carillon_delivery::Poster;
use carillon_domain::Platform;
use carillon_runtime::batch::queue_failures;
use carillon_runtime::clock::{Clock, SystemClock};
use futures::future::join_all;

use crate::batch::Item;
use crate::deletion::Done;
use crate::faults::Faults;
use crate::in_flight::InFlight;
use crate::outcomes::Outcomes;
use crate::pace::Pace;
use crate::refusals::Refusals;
use crate::webhooks::Webhooks;

/// How long the first call may delay the start. Lambda gives a start ten seconds.
const PREPARATION: Duration = Duration::from_secs(2);

/// What the notifier reads and writes.
#[derive(Clone)]
pub struct Stores {
    pub registry: Registry,
    pub events: EventStore,
    pub ledger: Ledger,
    pub queue: Arc<dyn DeliveryQueue>,
    /// Where messages go that nobody can read. Without it they hold up their destination
    /// until the queue itself gives them up.
    pub dead_letters: Option<Arc<dyn DeliveryQueue>>,
}

/// The handler; one for a process.
pub struct Notifier {
    stores: Stores,
    poster: Poster,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Fn() -> f64 + Send + Sync>,
    pace: Pace,
    outcomes: Outcomes,
    faults: Faults,
    refusals: Refusals,
    in_flight: InFlight,
    /// Whether Slack has ever shown a reply as one of its thread.
    threads_are_shown: AtomicBool,
}

impl Notifier {
    pub fn new(stores: Stores, poster: Poster) -> Self {
        let clock = Arc::new(SystemClock);
        Self {
            pace: Pace::new(stores.ledger.clone(), clock.clone()),
            outcomes: Outcomes::new(stores.ledger.clone(), clock.clone()),
            stores,
            poster,
            clock,
            random: Arc::new(rand::random),
            threads_are_shown: AtomicBool::new(false),
            faults: Faults::default(),
            refusals: Refusals::default(),
            in_flight: InFlight::default(),
        }
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self {
            pace: Pace::new(self.stores.ledger.clone(), Arc::clone(&clock)),
            outcomes: Outcomes::new(self.stores.ledger.clone(), Arc::clone(&clock)),
            clock,
            ..self
        }
    }

    /// Takes its randomness, `0.0..1.0`, from here: a seed makes a run repeatable.
    #[must_use]
    pub fn with_randomness(self, random: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        let random = Arc::new(random);
        Self { random, ..self }
    }

    /// Opens the connection that the first batch would wait for. What is read for that is not
    /// believed later, and what goes wrong will be met again, and dealt with then.
    pub async fn prepare(&self) {
        let read = self.stores.ledger.platform_pause(Platform::Discord);
        match tokio::time::timeout(PREPARATION, read).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "DynamoDB cannot be read yet"),
            Err(_) => tracing::warn!("DynamoDB does not answer yet"),
        }
    }

    /// Handles a batch, with `deadline` the end of the invocation. The queue keeps the
    /// messages that are named in the answer.
    pub async fn handle(&self, batch: SqsEvent, deadline: SystemTime) -> SqsBatchResponse {
        let destinations = batch::by_destination(batch.records);
        let webhooks = self.webhooks(&destinations).await;
        let done = Done::default();
        let served = destinations
            .into_iter()
            .map(|waiting| self.serve(waiting, webhooks.as_ref(), deadline, &done));
        let queue = &*self.stores.queue;
        let kept = done.delete_until(queue, join_all(served)).await;
        queue_failures(kept.into_iter().flatten())
    }

    /// The webhooks of a batch, in one call; none where they could not be read.
    async fn webhooks(&self, destinations: &[VecDeque<Item>]) -> Option<Webhooks> {
        let mut wanted: Vec<_> = destinations
            .iter()
            .flatten()
            .filter_map(|item| item.order.as_ref().ok())
            .map(|order| {
                let organization = order.event.organization.clone();
                (organization, order.webhook_id.clone())
            })
            .collect();
        wanted.sort();
        wanted.dedup();
        self.stores
            .registry
            .webhooks_by_id(&wanted)
            .await
            .inspect_err(|error| tracing::error!(%error, "the webhooks could not be read"))
            .map(Webhooks::new)
            .ok()
    }
}
