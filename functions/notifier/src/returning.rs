//! Returning: what becomes of the messages that have woken a lane, when its visit is over.

use std::time::Duration;

use carillon_aws::{WakeUp, wake};
use jiff::Timestamp;

use crate::Notifier;
use crate::batch::{Item, Woken};
use crate::deletion::Done;
use crate::pace::between;
use crate::visit::Visit;

/// The longest wait of a wake-up; for a longer one the lane is due, and its wake-ups go.
pub const LONGEST_IN_QUEUE: Duration = Duration::from_secs(60);
/// A wake-up that was received so often is replaced.
const OFTEN: u32 = 100;
/// How long it waits at least where it cannot be: then the queue keeps it through days.
const WORN: Duration = Duration::from_secs(600);
/// After what time a failed call to the queue is made once more, and how long that may take.
const AGAIN: Duration = Duration::from_millis(500);
const AGAIN_TIMEOUT: Duration = Duration::from_secs(2);

impl Notifier {
    /// Keeps the wake-ups of a lane that could not even be loaded.
    pub(crate) async fn keep(&self, woken: Woken, done: &Done) -> Vec<String> {
        let wait = self.faults.another(&woken.wake_up.lane);
        self.leave(woken, Some(wait), done).await
    }

    /// Leaves one message in the queue, for so long, or none; the others are done. One that comes
    /// near to where the queue gives it up is replaced, and so is one that a person has asked for:
    /// nobody is to wait behind that.
    pub(crate) async fn leave(
        &self,
        woken: Woken,
        wait: Option<Duration>,
        done: &Done,
    ) -> Vec<String> {
        let Woken { wake_up, items } = woken;
        let receive_count = items.iter().map(|item| item.receive_count).max();
        let is_replaced = receive_count >= Some(OFTEN) || items.iter().all(|item| item.is_urgent);
        let wait = match wait {
            Some(_) if is_replaced && self.wake_anew(&wake_up).await => None,
            Some(wait) if receive_count >= Some(OFTEN) => Some(wait.max(WORN)),
            wait => wait,
        };
        let (urgent, ordinary): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|item| item.is_urgent);
        let mut items = ordinary.into_iter().chain(urgent);
        let first = wait.and_then(|wait| Some((items.next()?, wait)));
        done.add(items.map(|item| item.receipt));
        let Some((item, wait)) = first else {
            return Vec::new();
        };
        self.put_off(&item, wait).await;
        vec![item.message_id]
    }

    /// A short wait is the wake-up's, which is given; for a longer one the lane is due, so that the
    /// queue holds only what is to be looked at.
    pub(crate) async fn scheduled(&self, visit: &Visit<'_>, at: Timestamp) -> Option<Duration> {
        let now = self.clock.now();
        let wait = between(now, at);
        if wait <= LONGEST_IN_QUEUE {
            return Some(wait);
        }
        let lane = &visit.lane;
        let failing_since = lane.trouble.as_ref().map(|trouble| trouble.since);
        let since = failing_since
            .or(lane.wait.as_ref().map(|wait| wait.from))
            .unwrap_or(now);
        let lanes = &self.stores.lanes;
        let written = lanes.wake_at(visit.organization, visit.id, at, since, now);
        match written.await {
            Ok(()) => None,
            Err(error) => {
                tracing::error!(lane = visit.id.as_str(), %error, "kept in the queue meanwhile");
                Some(LONGEST_IN_QUEUE)
            }
        }
    }

    /// Sends a new, ordinary wake-up in the place of one that is not to be put off.
    async fn wake_anew(&self, wake_up: &WakeUp) -> bool {
        let sent = wake(&*self.stores.queue, std::slice::from_ref(wake_up)).await;
        sent.inspect_err(|error| tracing::error!(%error, "a lane could not be woken anew"))
            .is_ok()
    }

    async fn put_off(&self, item: &Item, wait: Duration) {
        let queue = &self.stores.queue;
        let Err(error) = queue.put_off(&item.receipt, wait).await else {
            return;
        };
        tracing::warn!(%error, "a wake-up could not be put off; trying again");
        self.clock.sleep(AGAIN).await;
        // It comes back when the queue's own time-out is over, at the latest.
        match tokio::time::timeout(AGAIN_TIMEOUT, queue.put_off(&item.receipt, wait)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "a wake-up could not be put off"),
            Err(_) => tracing::error!("a wake-up could not be put off in time"),
        }
    }
}
