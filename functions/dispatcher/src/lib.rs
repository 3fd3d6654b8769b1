//! Who wants an event: turns each new event into a delivery for every channel of every webhook
//! that subscribed to it, and appends those to the channels' lanes in the events' order.
//!
//! The webhooks of an organization are read and matched page by page, each for all events of a
//! run: what a batch takes in memory depends neither on how many webhooks there are nor on how
//! many of them get an event. A run has so many consecutive events that it ends in time; with
//! little time left, the stream goes on from the next one.
//!
//! A batch is written in slices, each whole before the next one: first the entries, one row for
//! each lane, so that a lane never shows a later one without those before it; then who gets each
//! event; then the lanes are read, and those that do not wait for something are woken. A batch
//! that is handled again writes the same entries under the same positions: those up
//! to where a lane has come are done, or late. Waking a lane twice is harmless.

mod aside;
mod plan;
mod reading;
mod run;
mod slice;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::registry::PAGE;
use carillon_aws::{
    DeliveryQueue, Error, EventPart, Failures, Lanes, Ledger, Registry, WebhookPage,
};
use carillon_domain::lane::Position;
use carillon_domain::{Delivery, Event, EventType, LaneId, TraceParent};
use carillon_runtime::batch;
use carillon_runtime::clock::{Clock, SystemClock};
use carillon_runtime::guard::Panicked;
use carillon_runtime::stream::{Batch, Record};

use crate::run::Known;
use crate::slice::Slice;

/// A run is begun only with at least this much time left: as long as it takes on a bad day.
const NEEDED: Duration = Duration::from_secs(30);

/// What the dispatcher reads and writes.
#[derive(Clone)]
pub struct Stores {
    pub registry: Registry,
    pub lanes: Lanes,
    pub ledger: Ledger,
    pub queue: Arc<dyn DeliveryQueue>,
}

/// The handler; one for a process.
pub struct Dispatcher {
    stores: Stores,
    failures: Option<Arc<dyn Failures>>,
    clock: Arc<dyn Clock>,
}

/// An event of a batch.
#[derive(Debug)]
struct Dispatching {
    /// The number of its record.
    number: usize,
    position: Position,
    event: Event,
}

/// The lanes of a page that get an event.
struct Lanewise {
    lanes: Vec<LaneId>,
    /// Those of them through which it is not sent.
    skipped: Vec<LaneId>,
}

/// Why a webhook is not told what fails.
const NOT_THROUGH_FAILING: &str = "It tells of webhooks that do not get through, and its own \
                                   channel is one of those.";

/// Why webhooks miss an event whose registrations are spoilt.
const UNREADABLE: &str = "registrations cannot be read";

impl Dispatcher {
    pub fn new(stores: Stores) -> Self {
        Self {
            stores,
            failures: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Reports records that nobody can read here, and goes on. Without it the stream goes
    /// on from such a record until it gives up.
    #[must_use]
    pub fn with_failures(self, failures: Option<Arc<dyn Failures>>) -> Self {
        Self { failures, ..self }
    }

    /// Dispatches a batch, with `deadline` the end of the invocation. Where a record is named in
    /// the answer, those before it are done and the stream goes on from there.
    pub async fn handle(
        &self,
        batch: impl Into<Batch>,
        deadline: SystemTime,
    ) -> DynamoDbEventResponse {
        let records = batch.into().records;
        match self.dispatch(&records, deadline).await {
            None => DynamoDbEventResponse::default(),
            Some(failed) => batch::stream_failure(&records[failed].position),
        }
    }

    /// Gives the number of the first record that is not dispatched, if any. All before it are, and
    /// of those behind it no lane has one without those before it.
    async fn dispatch(&self, records: &[Record], deadline: SystemTime) -> Option<usize> {
        let (events, mut end) = self.read_all(records).await;
        let (mut known, mut slice) = (Known::default(), Slice::default());
        let mut rest = &events[..];
        while let Some(first) = rest.first().filter(|first| first.number < end) {
            let left = deadline.duration_since(self.clock.now().into());
            if rest.len() < events.len() && left.unwrap_or_default() < NEEDED {
                tracing::info!(events = rest.len(), "left for the next call");
                end = first.number;
                break;
            }
            let organization = &first.event.organization;
            if !known.knows(organization) {
                let read = self.stores.registry.webhook_page(organization, None, PAGE);
                // Where that fails, the run is this event, and fails.
                if let Ok(page) = read.await {
                    known.begin(organization, page);
                }
            }
            let (run, behind) = rest.split_at(known.run_length(rest));
            self.dispatch_run(run, &mut known, &mut slice, &mut end)
                .await;
            rest = behind;
        }
        let unwritten = self.write(slice).await;
        let end = unwritten.map_or(end, |unwritten| end.min(unwritten));
        (end < records.len()).then_some(end)
    }

    /// Adds what a run needs to the slice; what cannot be dispatched is the new end.
    async fn dispatch_run(
        &self,
        run: &[Dispatching],
        known: &mut Known,
        slice: &mut Slice,
        end: &mut usize,
    ) {
        let mut events: BTreeMap<_, Vec<&Dispatching>> = BTreeMap::new();
        for dispatching in run {
            let organization = &dispatching.event.organization;
            events.entry(organization).or_default().push(dispatching);
        }
        for (organization, events) in events {
            let (mut part, mut lanes, mut after) = (0, 0, None::<String>);
            loop {
                let registry = &self.stores.registry;
                let read = match known.take_page(organization) {
                    Some(page) => Ok(page),
                    None => {
                        registry
                            .webhook_page(organization, after.as_deref(), PAGE)
                            .await
                    }
                };
                let page = match read {
                    Ok(page) => page,
                    Err(error) => {
                        let organization = organization.as_str();
                        tracing::error!(organization, %error, "the webhooks could not be read");
                        let first = events.first().map(|first| first.number);
                        *end = first.map_or(*end, |first| first.min(*end));
                        break;
                    }
                };
                for event in &events {
                    if event.number >= *end {
                        break;
                    }
                    match self.plan(event, &page).await {
                        Some(plan) => self.add(slice, event, part, plan, end).await,
                        None => *end = event.number,
                    }
                }
                lanes += run::lanes(&page);
                (part, after) = (part + 1, page.next.clone());
                if after.is_none() {
                    known.learn(organization, lanes, (part == 1).then_some(page));
                    break;
                }
            }
        }
    }

    /// The lanes of a page that get an event; none where the event must be dispatched again.
    async fn plan(&self, dispatching: &Dispatching, page: &WebhookPage) -> Option<Lanewise> {
        let event = &dispatching.event;
        let plan = plan::lanes(event, &page.webhooks);
        let failing: Vec<String> = plan.failing.iter().map(ToString::to_string).collect();
        let is_kept = self.report(event, &page.unreadable, UNREADABLE).await
            && self.report(event, &failing, &Panicked.to_string()).await;
        // What a mended version may make something of is not just dropped.
        let is_dropped = !failing.is_empty() && self.failures.is_none();
        if !is_kept || is_dropped {
            return None;
        }
        let skipped = match event.event_type {
            EventType::WebhookFailing => self.skip_failing(event, &plan.lanes, page).await,
            _ => Ok(Vec::new()),
        };
        match skipped {
            Ok(skipped) => Some(Lanewise {
                lanes: plan.lanes,
                skipped,
            }),
            Err(error) => {
                let event_id = event.id.as_str();
                tracing::error!(event_id, %error, "it is not known who can be told what fails");
                None
            }
        }
    }

    /// The lanes that do not work themselves: what fails is told through others. The ledger says
    /// so.
    async fn skip_failing(
        &self,
        event: &Event,
        lanes: &[LaneId],
        page: &WebhookPage,
    ) -> Result<Vec<LaneId>, Error> {
        let now = self.clock.now();
        let rows = self.stores.lanes.read_each(lanes).await?;
        let fails = |lane: &&LaneId| matches!(rows.get(*lane), Some(Ok(row)) if !row.works(now));
        let failing: Vec<LaneId> = lanes.iter().filter(fails).cloned().collect();
        for lane in &failing {
            let webhook = lane.webhook();
            let webhook = page
                .webhooks
                .iter()
                .find(|it| Some(&it.id) == webhook.as_ref());
            let channel = webhook.and_then(|webhook| webhook.channel(lane));
            let waiting = slice::waiting(event, lane, now);
            let organization = &event.organization;
            let row = Delivery::new(organization, lane, channel.unwrap_or_default(), &waiting);
            if let Some(row) = row {
                let row = row.skipped(NOT_THROUGH_FAILING, now);
                self.stores.ledger.write(&row).await?;
            }
        }
        Ok(failing)
    }

    /// Adds an event's deliveries to the slice, and writes that whenever it is full: what cannot
    /// be written then is the new end.
    async fn add(
        &self,
        slice: &mut Slice,
        dispatching: &Dispatching,
        part: u32,
        Lanewise { lanes, skipped }: Lanewise,
        end: &mut usize,
    ) {
        let Dispatching {
            number,
            position,
            event,
        } = dispatching;
        let now = self.clock.now();
        for lane in lanes.iter().filter(|lane| !skipped.contains(lane)) {
            if slice.is_full(lane) {
                let unwritten = self.write(std::mem::take(slice)).await;
                *end = unwritten.map_or(*end, |unwritten| unwritten.min(*end));
                if number >= end {
                    return;
                }
            }
            slice.add((*number, position), event, lane, now);
        }
        if part == 0 || !lanes.is_empty() {
            tracing::info!(
                event_id = event.id.as_str(),
                event_type = event.event_type.as_str(),
                traceparent = event.traceparent.as_ref().map(TraceParent::as_str),
                deliveries = lanes.len() - skipped.len(),
                "dispatched"
            );
            let who = EventPart {
                organization: event.organization.clone(),
                event_id: event.id.clone(),
                part,
                lanes,
            };
            slice.parts.push((*number, who));
        }
    }
}
