//! A lane while it is being served.

use std::collections::{HashMap, HashSet};

use carillon_aws::Error;
use carillon_domain::lane::{Entry, Lane, Log, Open, Overtaken, Position, Redo, Waiting};
use carillon_domain::{Delivery, DeliveryId, Event, EventId, LaneId, OrganizationId};

use crate::Notifier;
use crate::pace::Place;
use crate::window::Window;

/// The most events that one message has.
pub const MAX_EVENTS: usize = 10;
/// The most events that one message sums up.
pub const MAX_SUMMED: usize = 5_000;

/// How many settled deliveries may stand behind the offset.
const MOST_LEFT: usize = 100;

/// Why a lane cannot be served now.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Somebody else serves it.
    #[error("somebody else has the lane")]
    Lost,
    #[error(transparent)]
    Aws(#[from] Error),
    #[error(transparent)]
    NotPosted(#[from] carillon_delivery::NotPosted),
}

/// A lane, and what has been read of it.
pub struct Visit<'a> {
    pub organization: &'a OrganizationId,
    pub id: &'a LaneId,
    pub lane: Lane,
    /// As it is in the table.
    pub row: Lane,
    /// What is read of the log.
    pub log: Window,
    /// Whether the lane has waited since it was loaded, or shortly before: then something may
    /// have come in without waking it.
    pub has_waited: bool,
    /// Whether all that woke nobody is read. What comes later wakes the lane again: the dispatcher
    /// appends it before it looks whether the lane waits.
    pub knows_all: bool,
    pub events: HashMap<EventId, Event>,
    /// Deliveries that may be there already, also where the post of them is not open any more.
    pub doubtful: HashSet<DeliveryId>,
    /// Whether something was found out that only the next save writes down: what is settled
    /// already, or that nothing is left to be repeated or sent again.
    pub has_news: bool,
    /// Where the lane's messages go.
    place: Option<Place>,
    /// The first delivery of the message that comes next, in case that we panic over it.
    pub at_hand: Option<DeliveryId>,
    /// How many messages were posted.
    pub posts: usize,
    /// What its webhook is called for metrics.
    pub kind: String,
    /// Beyond so many waiting events, one message sums them up.
    pub summary_after: Option<usize>,
}

/// What is to be sent: an entry of the log, or one of the redo log.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub waiting: Waiting,
    pub position: Option<Position>,
    pub redo: Option<Redo>,
}

impl From<Entry> for Candidate {
    fn from(entry: Entry) -> Self {
        Self {
            waiting: entry.waiting,
            position: Some(entry.position),
            redo: None,
        }
    }
}

impl From<Redo> for Candidate {
    fn from(redo: Redo) -> Self {
        Self {
            waiting: redo.waiting.clone(),
            position: None,
            redo: Some(redo),
        }
    }
}

impl Candidate {
    /// Which order it is.
    pub fn order(&self) -> (DeliveryId, u32) {
        (self.waiting.delivery_id.clone(), self.waiting.redelivery)
    }

    /// That it was put aside, and has its own time.
    pub fn overtaken(&self) -> Option<&Overtaken> {
        self.redo.as_ref()?.overtaken.as_ref()
    }

    pub fn log(&self) -> Log {
        match self.redo {
            Some(_) => Log::Redo,
            None => Log::Main,
        }
    }
}

/// The deliveries of candidates.
pub fn ids(candidates: &[Candidate]) -> Vec<DeliveryId> {
    let ids = candidates.iter().map(|it| it.waiting.delivery_id.clone());
    ids.collect()
}

/// Where candidates end in the log.
pub fn last_position(candidates: &[Candidate]) -> Option<&Position> {
    candidates
        .iter()
        .filter_map(|it| it.position.as_ref())
        .max()
}

/// What the ledger knows.
pub type Known = HashMap<DeliveryId, Delivery>;

/// Whether the ledger has the end of what a candidate orders.
pub fn is_settled(known: &Known, candidate: &Candidate) -> bool {
    let waiting = &candidate.waiting;
    let row = known.get(&waiting.delivery_id);
    row.is_some_and(|row| row.is_settled(waiting.redelivery))
}

impl<'a> Visit<'a> {
    pub fn new(organization: &'a OrganizationId, id: &'a LaneId, lane: Option<Lane>) -> Self {
        let lane = lane.unwrap_or_default();
        Self {
            organization,
            id,
            row: lane.clone(),
            has_waited: lane.wait.is_some(),
            lane,
            log: Window::default(),
            knows_all: false,
            events: HashMap::new(),
            doubtful: HashSet::new(),
            has_news: false,
            place: None,
            at_hand: None,
            posts: 0,
            kind: "unknown".to_owned(),
            summary_after: None,
        }
    }

    /// The lane's messages go there now. What another place has asked for does not bind it.
    pub fn stands_at(&mut self, place: Place) {
        let asked = self.lane.wait.as_ref().and_then(|wait| wait.place.as_ref());
        if asked.is_some_and(|asked| *asked != place) {
            self.lane.wait = None;
        }
        self.place = Some(place);
    }

    /// Whether the row says less than is known, or what is over.
    pub fn must_be_saved(&self) -> bool {
        self.has_news
            || self.row.refused != self.lane.refused
            || self.row.singly != self.lane.singly
            // The daily walk would wake it again.
            || self.row.settled_up_to() < self.lane.settled_up_to()
            || self.row.wait.is_some() && self.lane.wait.is_none()
            || self.row.trouble.is_some() && self.lane.trouble.is_none()
    }

    /// What was posted last is not repeated. It may be there all the same.
    pub fn drop_open(&mut self) {
        let open = self.lane.open.clone();
        if open.is_some() {
            self.lane.withdraw();
        }
        for open in open.into_iter().chain(self.lane.aside.take()) {
            if open.unknown > 0 {
                self.doubtful.extend(open.deliveries);
            }
        }
    }

    /// What the open post carries, so many, goes on one by one: one of them may be to blame.
    pub fn split(&mut self, count: usize) {
        self.drop_open();
        let alone = count.min(MAX_EVENTS);
        self.lane.singly = u32::try_from(alone).unwrap_or(u32::MAX);
    }

    /// Whether a message with it may be there already.
    pub fn may_be_there(&self, candidate: &Candidate) -> bool {
        candidate.overtaken().is_some_and(|it| it.unknown > 0)
            || self.doubtful.contains(&candidate.waiting.delivery_id)
    }

    /// After a probe that was not delivered: what it was to overtake is the first one again.
    pub fn step_back(&mut self) {
        self.lane.withdraw();
        self.lane.open = self.lane.aside.take();
    }

    /// The open post is settled: the lane goes on behind it.
    pub fn leave_behind(&mut self, open: &Open) {
        self.lane.advance();
        self.has_news |= open.deliveries.len() > MOST_LEFT;
        self.leave(open.deliveries.iter().cloned());
    }

    /// Leaves deliveries behind that are settled, or in the redo log.
    pub fn leave(&mut self, done: impl IntoIterator<Item = DeliveryId>) {
        if self.log.leave(&mut self.lane, done) > MOST_LEFT {
            // The next visit must not look up thousands: once all that was read is sent, the log is
            // read from the offset again, which then follows.
            self.has_news = true;
            self.knows_all = false;
            self.log.cut(None);
        }
    }

    /// The open post has failed. After so many posts it may be there all the same: then it is
    /// repeated just as it was.
    pub fn post_failed(&mut self, unknown: u32) {
        match &mut self.lane.open {
            Some(open) if unknown > 0 => {
                open.is_in_flight = false;
                open.unknown = unknown;
            }
            _ => self.lane.withdraw(),
        }
    }

    /// A delivery as the ledger has it, or as it begins.
    pub fn row(&self, known: &Known, waiting: &Waiting, channel: &str) -> Result<Delivery, Fault> {
        match known.get(&waiting.delivery_id) {
            Some(row) => Ok(row.clone().for_order(waiting.redelivery)),
            None => {
                let row = Delivery::new(self.organization, self.id, channel, waiting);
                row.ok_or(Fault::Lost)
            }
        }
    }
}

impl Notifier {
    /// Writes down how the lane stands, unless somebody else has.
    pub(crate) async fn save(&self, visit: &mut Visit<'_>) -> Result<(), Fault> {
        visit.lane.version = visit.row.version + 1;
        if let Some(wait) = &mut visit.lane.wait {
            wait.place = wait.place.take().or_else(|| visit.place.clone());
            visit.has_waited = true;
        }
        visit.knows_all &= !visit.has_waited;
        let saved = self.stores.lanes.save(
            visit.organization,
            visit.id,
            visit.row.version,
            &visit.lane,
            self.clock.now(),
        );
        visit.lane.redo_asked = saved.await?.ok_or(Fault::Lost)?;
        visit.row = visit.lane.clone();
        visit.has_news = false;
        Ok(())
    }

    /// Raises up to where the ledger may know deliveries, before it does: what lies behind is sent
    /// without being looked up. The lane is as it was otherwise.
    pub(crate) async fn raise_tried(
        &self,
        visit: &mut Visit<'_>,
        candidates: &[Candidate],
    ) -> Result<(), Fault> {
        let last = last_position(candidates);
        if last <= visit.row.tried.as_ref() {
            return Ok(());
        }
        visit.lane.tried = last.cloned().max(visit.lane.tried.take());
        let as_it_was = Lane {
            tried: last.cloned(),
            ..visit.row.clone()
        };
        let lane = std::mem::replace(&mut visit.lane, as_it_was);
        let has_news = visit.has_news;
        self.save(visit).await?;
        visit.has_news = has_news;
        visit.lane = Lane {
            version: visit.row.version,
            ..lane
        };
        Ok(())
    }
}
