//! The last step: serves the lanes that are woken, renders and posts what waits in them, and
//! writes down how it went.
//!
//! # How a delivery travels
//!
//! A wake-up says that it is time to look at a lane. The lane is loaded: its row, and what became
//! of the post that was begun last. As long as it may post, the next message is composed of what
//! stands behind the offset. Then, in this order:
//!
//! 1. **Open**: the lane's row says which deliveries the message carries, and since when. It
//!    depends on the row's version, so that of two who serve a lane only one goes on.
//! 2. **Post.** Where the message is a reply that ends a thread's operation, the thread's first
//!    message is edited before, and that it shows the end is written down.
//! 3. **Settle**: the ledger says of each delivery how it went, and after which post.
//! 4. Where the lane waits, its row says until when, and why. A wait of up to a minute is its
//!    wake-up's; for a longer one there is a row that says when the lane is due, and the wake-up
//!    goes, so that the queue holds only lanes that are to be looked at.
//!
//! Some deliveries end without a post: they are skipped, given up, or told already. First the
//! lane's row says up to where the ledger may know deliveries, then the ledger says how they ended,
//! then the row moves behind them. After a crash between them they are looked up before they are
//! sent. A visit that ends without a post writes down what it has found out.
//!
//! A crash before 1 has changed nothing. Between 1 and 3, whoever comes next finds an open post
//! that the ledger does not know: as long as the lease lasts somebody may be at it, afterwards
//! nobody knows whether it was made, and it is made again just as it was, under the same id, and
//! marked. If the ledger knows one of its deliveries, the others went the same way. Between 3 and
//! 4, what follows is made out again from the ledger. The wake-up itself is deleted at last, and
//! one that comes again finds nothing to do.
//!
//! Lanes are served side by side. One that waits holds back nobody else.

mod batch;
mod choice;
mod compose;
mod conclude;
mod consequences;
mod deletion;
mod ending;
mod faults;
mod grouping;
mod pace;
mod post;
mod reading;
mod resolve;
mod returning;
mod send;
mod serve;
mod settle;
mod verdict;
mod visit;
mod webhooks;
mod window;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use carillon_aws::{DeliveryQueue, EventStore, Lanes, Ledger, Registry};
use carillon_delivery::Poster;
use carillon_domain::lane::Lane;
use carillon_domain::{Event, EventId, LaneId, OrganizationId};
use carillon_runtime::Metrics;
use carillon_runtime::batch::queue_failures;
use carillon_runtime::clock::Clock;
use carillon_runtime::metrics::WAKE_UPS;
use futures::future::join_all;

use crate::batch::{Poison, Taken, Woken};
use crate::deletion::Done;
use crate::faults::Faults;
use crate::pace::Pace;
use crate::settle::Unwritten;
use crate::webhooks::Webhooks;

/// How long the first call may delay the start. Lambda gives a start ten seconds.
const PREPARATION: Duration = Duration::from_secs(2);

/// How long a batch waits for events that are read ahead.
const READ_AHEAD: Duration = Duration::from_secs(1);

/// What the notifier reads and writes.
#[derive(Clone)]
pub struct Stores {
    pub registry: Registry,
    pub events: EventStore,
    pub lanes: Lanes,
    pub ledger: Ledger,
    pub queue: Arc<dyn DeliveryQueue>,
    /// Where messages go that nobody can read. Without it they come again until the queue itself
    /// gives them up.
    pub dead_letters: Option<Arc<dyn DeliveryQueue>>,
}

/// The handler; one for a process.
pub struct Notifier {
    stores: Stores,
    poster: Poster,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Fn() -> f64 + Send + Sync>,
    pace: Pace,
    unwritten: Unwritten,
    faults: Faults,
    metrics: Metrics,
    /// Whether Slack has ever shown a reply as one of its thread.
    threads_are_shown: AtomicBool,
}

impl Notifier {
    pub fn new(stores: Stores, poster: Poster, clock: Arc<dyn Clock>) -> Self {
        let (kinds, ledger) = (poster.kinds().clone(), stores.ledger.clone());
        Self {
            pace: Pace::new(kinds, ledger, Arc::clone(&clock)),
            stores,
            poster,
            clock,
            random: Arc::new(rand::random),
            threads_are_shown: AtomicBool::new(false),
            unwritten: Unwritten::default(),
            faults: Faults::default(),
            metrics: Metrics::from_environment(),
        }
    }

    /// Counts and measures here.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
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
        let read = self.stores.ledger.platform_pause("preparation");
        match tokio::time::timeout(PREPARATION, read).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "DynamoDB cannot be read yet"),
            Err(_) => tracing::warn!("DynamoDB does not answer yet"),
        }
    }

    /// Handles a batch, with `deadline` the end of the invocation. The queue keeps the
    /// messages that are named in the answer.
    pub async fn handle(&self, batch: SqsEvent, deadline: SystemTime) -> SqsBatchResponse {
        self.metrics.count(WAKE_UPS, &[], batch.records.len());
        let Taken { lanes, poison } = batch::taken(batch.records);
        let done = Done::default();
        let set_aside = join_all(poison.iter().map(|poison| self.set_aside(poison)));
        let served = self.serve_all(lanes, deadline, &done);
        let both = futures::future::join(set_aside, served);
        let queue = &*self.stores.queue;
        let (unread, kept) = done.delete_until(queue, both).await;
        self.metrics.emit();
        let unread = unread.into_iter().flatten();
        queue_failures(unread.chain(kept))
    }

    async fn serve_all(&self, woken: Vec<Woken>, deadline: SystemTime, done: &Done) -> Vec<String> {
        let (webhooks, mut lanes, events) = match self.load(&woken).await {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(%error, "a batch could not be loaded");
                return join_all(woken.into_iter().map(|woken| self.keep(woken, done)))
                    .await
                    .concat();
            }
        };
        let webhooks = &webhooks;
        let served = woken.into_iter().map(|woken| {
            let lane = lanes.remove(&woken.wake_up.lane).transpose();
            let wake_up = &woken.wake_up;
            let key = |event: &EventId| (wake_up.organization.clone(), event.clone());
            let event = wake_up.event.as_ref().map(key);
            let event = event.and_then(|event| events.get(&event).cloned());
            async move {
                match lane {
                    Ok(lane) => {
                        self.serve(woken, lane, event, webhooks, deadline, done)
                            .await
                    }
                    Err(error) => {
                        let lane = woken.wake_up.lane.as_str();
                        tracing::error!(lane, %error, "a lane could not be loaded");
                        self.keep(woken, done).await
                    }
                }
            }
        });
        join_all(served).await.concat()
    }

    /// What a batch needs, in a call for each table.
    async fn load(
        &self,
        woken: &[Woken],
    ) -> Result<(Webhooks, Loaded, Events), carillon_aws::Error> {
        let ids: Vec<LaneId> = woken.iter().map(|it| it.wake_up.lane.clone()).collect();
        let mut wanted: Vec<_> = woken
            .iter()
            .filter_map(|it| Some((it.wake_up.organization.clone(), it.wake_up.lane.webhook()?)))
            .collect();
        wanted.sort();
        wanted.dedup();
        let stores = &self.stores;
        let (webhooks, lanes, events) = futures::future::join3(
            stores
                .registry
                .webhooks_by_id(wanted.iter().map(|(of, id)| (of, id))),
            stores.lanes.read_each(&ids),
            self.events_of(woken),
        )
        .await;
        Ok((Webhooks::new(webhooks?), lanes?, events))
    }

    /// What wake-ups name, which is likely to be sent. Whatever is missing is read with its lane:
    /// what is wrong with one event is no matter of the others.
    async fn events_of(&self, woken: &[Woken]) -> Events {
        let mut named: BTreeMap<_, Vec<EventId>> = BTreeMap::new();
        for Woken { wake_up, .. } in woken {
            if let Some(event) = &wake_up.event {
                let of_organization = named.entry(&wake_up.organization).or_default();
                of_organization.push(event.clone());
            }
        }
        let read = named.into_iter().map(async |(organization, ids)| {
            let read = self.stores.events.get_many(organization, &ids);
            match tokio::time::timeout(READ_AHEAD, read).await {
                Ok(Ok(events)) => return events,
                Ok(Err(error)) => tracing::warn!(%error, "events could not be read ahead"),
                Err(_) => tracing::warn!("reading events ahead takes too long"),
            }
            HashMap::new()
        });
        let read = join_all(read)
            .await
            .into_iter()
            .flat_map(HashMap::into_values);
        read.map(|event| ((event.organization.clone(), event.id.clone()), event))
            .collect()
    }

    /// Sets a message aside that nobody can read; the queue keeps it where that fails.
    async fn set_aside(&self, poison: &Poison) -> Option<String> {
        let Poison { error, letter } = poison;
        let message_id = letter.deduplication_id.as_str();
        tracing::error!(message_id, %error, "a message of the queue is no wake-up");
        let kept = Some(letter.deduplication_id.clone());
        let Some(dead_letters) = &self.stores.dead_letters else {
            return kept;
        };
        match dead_letters.send(std::slice::from_ref(letter)).await {
            Ok(()) => None,
            Err(error) => {
                tracing::error!(message_id, %error, "it could not be set aside");
                kept
            }
        }
    }
}

/// How lanes stand.
type Loaded = HashMap<LaneId, Result<Lane, carillon_aws::Error>>;
type Events = HashMap<(OrganizationId, EventId), Event>;
