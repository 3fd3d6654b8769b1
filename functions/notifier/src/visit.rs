//! A lane while it is being served.

use std::collections::{HashMap, HashSet, VecDeque};

use carillon_aws::Error;
use carillon_domain::lane::{Entry, Lane, Log, Open, Position, Redo, Waiting};
use carillon_domain::{Delivery, DeliveryId, Event, EventId, LaneId, OrganizationId};

use crate::Notifier;
use crate::pace::Place;

/// The most events that one message has.
pub const MAX_EVENTS: usize = 10;
/// The most events that one message sums up.
pub const MAX_SUMMED: usize = 5_000;
/// How many pieces of the log are read at once. A piece has up to a hundred deliveries, or one;
/// two tell whether there are more.
const FIRST_PIECES: usize = 2;
const PIECES: usize = 10;
/// Where a summary may be made of what waits.
const PIECES_TO_SUM: usize = 5_000;
/// How much of the redo log is.
const REDOS: usize = 100;

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
    /// What comes next in the log, as far as it is read.
    pub entries: VecDeque<Entry>,
    /// Whether the lane has waited since it was loaded, or shortly before: then something may
    /// have come in without waking it.
    has_waited: bool,
    /// Whether all that woke nobody is read. What comes later wakes the lane again: the dispatcher
    /// appends it before it looks whether the lane waits.
    knows_all: bool,
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
            entries: VecDeque::new(),
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
            || self.row.wait.is_some() && self.lane.wait.is_none()
            || self.row.trouble.is_some() && self.lane.trouble.is_none()
    }

    /// What was posted last is not repeated. It may be there all the same.
    pub fn drop_open(&mut self) {
        let open = self.lane.open.take();
        if open.is_some() {
            // They begin behind it.
            self.entries.clear();
            self.knows_all = false;
        }
        for open in open.into_iter().chain(self.lane.aside.take()) {
            if open.unknown > 0 {
                self.doubtful.extend(open.deliveries);
            }
        }
    }

    /// Whether a message with it may be there already.
    pub fn may_be_there(&self, candidate: &Candidate) -> bool {
        let overtaken = candidate.redo.as_ref().and_then(|it| it.overtaken.as_ref());
        overtaken.is_some_and(|overtaken| overtaken.unknown > 0)
            || self.doubtful.contains(&candidate.waiting.delivery_id)
    }

    /// After a probe that was not delivered: what it was to overtake is the first one again.
    pub fn step_back(&mut self) {
        self.lane.withdraw();
        self.lane.open = self.lane.aside.take();
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
        if !saved.await? {
            return Err(Fault::Lost);
        }
        visit.row = visit.lane.clone();
        visit.has_news = false;
        Ok(())
    }

    /// Writes down that the ledger may know these, before it does: what it does not know is sent
    /// without being looked up there. The lane is as it was otherwise.
    pub(crate) async fn may_know(
        &self,
        visit: &mut Visit<'_>,
        candidates: &[Candidate],
    ) -> Result<(), Fault> {
        let last = candidates
            .iter()
            .filter_map(|it| it.position.as_ref())
            .max();
        if last <= visit.lane.tried.as_ref() {
            return Ok(());
        }
        visit.lane.tried = last.cloned();
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

    /// The first of what stands in the log: as much as a message can have.
    pub(crate) async fn read_ahead(&self, visit: &mut Visit<'_>) -> Result<(), Fault> {
        if !visit.entries.is_empty() || visit.knows_all {
            return Ok(());
        }
        let (enough, more_pieces) = match visit.summary_after {
            None => (MAX_EVENTS, PIECES),
            Some(_) => (MAX_SUMMED, PIECES_TO_SUM),
        };
        let lanes = &self.stores.lanes;
        let settled = visit.lane.settled_up_to();
        let (mut read, mut is_more) = lanes.entries(visit.id, settled, FIRST_PIECES).await?;
        if is_more && read.len() < enough {
            // From the beginning: a piece that was cut elsewhere may belong between the first.
            (read, is_more) = lanes.entries(visit.id, settled, more_pieces).await?;
        }
        while is_more && read.len() < enough {
            let last = read.last().map(|last| &last.position);
            let (more, is_still_more) = lanes.entries(visit.id, last, more_pieces).await?;
            read.extend(more);
            is_more = is_still_more;
        }
        visit.entries = read.into();
        visit.knows_all = !is_more && !visit.has_waited;
        Ok(())
    }

    /// What is to be sent besides the log: up to the first that is due, or where it may be summed
    /// up, as much of it as a summary has.
    pub(crate) async fn redo(
        &self,
        visit: &mut Visit<'_>,
        is_due: impl Fn(&Redo) -> bool,
        summed: Option<usize>,
    ) -> Result<Vec<Redo>, Fault> {
        if !visit.lane.may_have_redo() {
            return Ok(Vec::new());
        }
        let lanes = &self.stores.lanes;
        let mut redo: Vec<Redo> = Vec::new();
        loop {
            let after = redo.last().map(|last| &last.waiting.delivery_id);
            let read = lanes.redo(visit.id, after, REDOS).await?;
            let is_last = read.len() < REDOS;
            redo.extend(read);
            let is_enough = match summed {
                None => redo.iter().any(&is_due),
                Some(_) => redo.len() >= MAX_SUMMED,
            };
            if is_last || is_enough {
                break;
            }
        }
        visit.lane.redo_read(redo.len());
        visit.has_news |= !visit.lane.may_have_redo();
        Ok(redo)
    }

    /// What the ledger knows of deliveries of the lane.
    pub(crate) async fn known(
        &self,
        id: &LaneId,
        deliveries: &[DeliveryId],
    ) -> Result<Known, Fault> {
        let Some(webhook) = id.webhook() else {
            return Ok(Known::new());
        };
        let wanted: Vec<_> = deliveries
            .iter()
            .map(|delivery| (webhook.clone(), delivery.clone()))
            .collect();
        let rows = self.stores.ledger.several(&wanted).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }

    /// What an open post carries, as far as it is still there.
    pub(crate) async fn carried(
        &self,
        visit: &Visit<'_>,
        open: &Open,
    ) -> Result<Vec<Candidate>, Fault> {
        let mut found: HashMap<DeliveryId, Candidate> = HashMap::new();
        let mut add = |it: Candidate| found.insert(it.waiting.delivery_id.clone(), it);
        let lanes = &self.stores.lanes;
        match open.log {
            Log::Redo => {
                for redo in lanes.redo_of(visit.id, &open.deliveries).await? {
                    add(redo.into());
                }
            }
            Log::Main => {
                let mut after = visit.lane.offset.clone();
                let mut pieces = FIRST_PIECES;
                // Pieces may overlap, and what is overtaken stands before: it may be far off.
                while after.as_ref() < open.end.as_ref() {
                    let (read, _) = lanes.entries(visit.id, after.as_ref(), pieces).await?;
                    let Some(last) = read.last() else {
                        break;
                    };
                    after = Some(last.position.clone());
                    pieces = match open.is_summary {
                        true => PIECES_TO_SUM,
                        false => PIECES,
                    };
                    for entry in read {
                        add(entry.into());
                    }
                }
            }
        }
        let carried = open.deliveries.iter();
        Ok(carried.filter_map(|id| found.remove(id)).collect())
    }
}
