//! What a visit has read of its lane's log: pure, and the one place where the offset moves.
//!
//! DynamoDB splits a hot partition, and then the shards of its stream are dispatched side by side.
//! Two things follow:
//!
//! - Pieces overlap. They are read in the order in which they begin, and what stands behind the
//!   beginning of the last one is sent only when the next ones have been read.
//! - An entry may come in before others that were sent. So the offset follows only up to what the
//!   row called settled when the reading began. What comes in before that later, the dispatcher
//!   sees to be late.

use std::collections::{HashSet, VecDeque};

use carillon_aws::{Piece, Start};
use carillon_domain::DeliveryId;
use carillon_domain::lane::{Entry, Lane, Position};

#[derive(Debug, Default)]
pub struct Window {
    /// What comes next.
    pub entries: VecDeque<Entry>,
    /// What has been read, and others may come before.
    ahead: Vec<Entry>,
    /// Where the last of `entries` stands, or stood.
    taken: Option<Position>,
    /// Where more is to be read.
    next: Option<Start>,
    /// Where pieces begin and end that go on behind the offset.
    pieces: Vec<(Position, Position)>,
    /// What is settled, or was put into the redo log.
    done: HashSet<DeliveryId>,
    /// How many of them the offset could not follow.
    left: usize,
    /// Up to where the offset may follow.
    seen: Option<Position>,
}

impl Window {
    /// Goes on where the reading was cut, or begins anew at the offset of a lane that is in the table
    /// as `row`.
    pub fn begin(&mut self, lane: &Lane, row: &Lane) -> Start {
        if let Some(next) = self.next.take() {
            return next;
        }
        let settled = lane.settled.as_ref().max(lane.offset.as_ref());
        self.seen = settled.min(row.settled_up_to()).cloned();
        self.taken = lane.offset.clone();
        self.left = 0;
        self.entries.clear();
        self.ahead.clear();
        self.pieces.clear();
        Start::of(lane)
    }

    /// Adds the next pieces. Gives what of them comes next and was tried already, so that the ledger
    /// may know it.
    pub fn add(&mut self, lane: &Lane, pieces: &[Piece], is_more: bool) -> Vec<DeliveryId> {
        let ends = pieces.iter().filter_map(Piece::ends);
        self.pieces.extend(ends);
        let entries = pieces.iter().flat_map(|piece| &piece.entries);
        let new = entries.filter(|entry| Some(&entry.position) > self.taken.as_ref());
        self.ahead.extend(new.cloned());
        self.ahead
            .sort_by(|one, two| one.position.cmp(&two.position));
        self.ahead.dedup_by(|one, two| one.position == two.position);
        // The next piece may begin where the last one does.
        let sure = match (is_more, self.pieces.last()) {
            (true, Some((first, _))) => self.ahead.partition_point(|it| it.position < *first),
            _ => self.ahead.len(),
        };
        let before = self.entries.len();
        self.entries.extend(self.ahead.drain(..sure));
        let last = self.entries.back().map(|entry| &entry.position);
        self.taken = last.max(self.taken.as_ref()).cloned();
        let tried = |entry: &&Entry| Some(&entry.position) <= lane.tried.as_ref();
        let met = self.entries.range(before..).filter(tried);
        let met = met.map(|entry| &entry.waiting.delivery_id);
        met.filter(|id| !self.done.contains(*id)).cloned().collect()
    }

    /// The reading is cut there, or has come to the end.
    pub fn cut(&mut self, next: Option<Start>) {
        self.next = next;
    }

    pub fn is_cut(&self) -> bool {
        self.next.is_some()
    }

    /// Leaves behind what is done. Gives how much of that the offset could not follow.
    pub fn leave(&mut self, lane: &mut Lane, done: impl IntoIterator<Item = DeliveryId>) -> usize {
        self.done.extend(done);
        let before = self.entries.len();
        let mut followed = 0;
        let is_done = |done: &HashSet<_>, it: &Entry| done.contains(&it.waiting.delivery_id);
        while let Some(first) = self.entries.pop_front_if(|it| is_done(&self.done, it)) {
            if Some(&first.position) <= self.seen.as_ref() {
                self.done.remove(&first.waiting.delivery_id);
                followed += 1;
                lane.offset = Some(first.position);
            } else {
                lane.settled = Some(first.position).max(lane.settled.take());
            }
        }
        self.entries.retain(|entry| !is_done(&self.done, entry));
        self.left += before - self.entries.len() - followed;
        if !self.pieces.is_empty() {
            let offset = lane.offset.as_ref();
            self.pieces.retain(|(_, last)| Some(last) > offset);
            let begun = self.pieces.iter().map(|(first, _)| first).min();
            lane.begun = begun.filter(|first| Some(*first) <= offset).cloned();
        }
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::lane::Waiting;
    use carillon_domain::{EventType, LaneId, sample};

    fn position(number: u64) -> Position {
        Position::of(&number.to_string())
    }

    fn id(number: u64) -> DeliveryId {
        let event = sample::event(EventType::Deploy);
        let lane = LaneId::of(&sample::webhook(1, &["*"]).id, 1);
        let at = event.received_at + std::time::Duration::from_secs(number);
        DeliveryId::of(&event.organization, &event.id, at, &lane)
    }

    fn piece(numbers: &[u64]) -> Piece {
        let event = sample::event(EventType::Deploy);
        let entries = numbers.iter().map(|number| Entry {
            position: position(*number),
            waiting: Waiting {
                delivery_id: id(*number),
                event_id: event.id.clone(),
                event_type: event.event_type,
                traceparent: None,
                since: event.received_at,
                redelivery: 0,
            },
        });
        Piece::of(entries.collect()).unwrap()
    }

    fn numbers(window: &Window) -> Vec<u64> {
        let positions = window.entries.iter().map(|entry| entry.position.as_str());
        positions.map(|it| it.parse().unwrap()).collect()
    }

    #[test]
    fn what_others_may_come_before_is_sent_only_when_those_are_read() {
        let (mut window, lane) = (Window::default(), Lane::default());
        let start = window.begin(&lane, &lane);
        window.add(&lane, &[piece(&[10, 50]), piece(&[20])], true);
        assert_eq!(numbers(&window), [10], "another one may begin at 20");
        window.cut(Some(start));
        assert!(window.is_cut());
        window.begin(&lane, &lane);
        window.add(&lane, &[piece(&[20, 60]), piece(&[30, 55])], false);
        assert_eq!(numbers(&window), [10, 20, 30, 50, 55, 60]);
    }

    #[test]
    fn the_offset_follows_when_the_log_is_read_after_the_row_has_said_what_is_settled() {
        let (mut window, mut lane) = (Window::default(), Lane::default());
        window.begin(&lane, &lane);
        window.add(&lane, &[piece(&[10]), piece(&[30])], false);
        assert_eq!(window.leave(&mut lane, [id(10), id(30)]), 2);
        assert_eq!((&lane.offset, &lane.settled), (&None, &Some(position(30))));
        // The row does not say so yet.
        window.begin(&lane, &Lane::default());
        window.add(&lane, &[piece(&[10]), piece(&[30])], false);
        window.leave(&mut lane, []);
        assert_eq!(lane.offset, None);
        let row = lane.clone();
        window.begin(&lane, &row);
        window.add(&lane, &[piece(&[10]), piece(&[20]), piece(&[30])], false);
        assert_eq!(window.leave(&mut lane, []), 1, "20 has come in behind 30");
        assert_eq!(numbers(&window), [20]);
        assert_eq!(lane.offset, Some(position(10)));
        assert_eq!(window.leave(&mut lane, [id(20), id(7)]), 1, "30");
        assert!(numbers(&window).is_empty());
        assert_eq!(lane.offset, Some(position(20)));
        window.begin(&lane, &row);
        window.add(&lane, &[piece(&[30])], false);
        assert_eq!(window.leave(&mut lane, []), 0);
        assert_eq!(lane.offset, Some(position(30)));
    }

    #[test]
    fn a_piece_that_goes_on_behind_the_offset_is_read_again() {
        let (mut window, mut lane) = (Window::default(), Lane::default());
        lane.settled = Some(position(20));
        let row = lane.clone();
        window.begin(&lane, &row);
        window.add(
            &lane,
            &[piece(&[10, 40]), piece(&[20]), piece(&[30])],
            false,
        );
        window.leave(&mut lane, [id(10), id(20)]);
        assert_eq!(lane.offset, Some(position(20)));
        assert_eq!(lane.begun, Some(position(10)));
        let row = lane.clone();
        window.begin(&lane, &row);
        lane.tried = Some(position(30));
        let met = window.add(&lane, &[piece(&[10, 40]), piece(&[30])], false);
        assert_eq!(met, [id(30)], "the others were left behind, or not tried");
        assert_eq!(numbers(&window), [30, 40]);
    }
}
