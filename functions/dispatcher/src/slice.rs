//! A part of a batch: what is written at once, and bounds the memory that a batch takes.

use std::collections::BTreeMap;

use carillon_aws::EventPart;
use carillon_domain::lane::{Entry, Position, Waiting};
use carillon_domain::{DeliveryId, Event, LaneId, OrganizationId};
use jiff::Timestamp;

/// How many deliveries a slice has at most.
const DELIVERIES: usize = 2_000;
/// How many of them one lane has: they are one row of DynamoDB, which is read whole.
const PER_LANE: usize = 100;

/// What a slice has for a lane.
#[derive(Debug)]
pub struct Portion {
    pub organization: OrganizationId,
    /// The first record that it comes from.
    pub record: usize,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Default)]
pub struct Slice {
    pub lanes: BTreeMap<LaneId, Portion>,
    /// Who gets events, as far as this slice has come to know, and the record of each event.
    pub parts: Vec<(usize, EventPart)>,
    count: usize,
}

/// An event's delivery for a lane, as it waits there.
pub fn waiting(event: &Event, lane: &LaneId, now: Timestamp) -> Waiting {
    Waiting {
        delivery_id: DeliveryId::of(&event.organization, &event.id, event.received_at, lane),
        event_id: event.id.clone(),
        event_type: event.event_type,
        traceparent: event.traceparent.clone(),
        since: now,
        redelivery: 0,
    }
}

impl Slice {
    /// Adds a delivery of an event that stands in the stream at a position.
    pub fn add(
        &mut self,
        (record, position): (usize, &Position),
        event: &Event,
        lane: &LaneId,
        now: Timestamp,
    ) {
        let entry = Entry {
            position: position.clone(),
            waiting: waiting(event, lane, now),
        };
        let portion = self.lanes.entry(lane.clone()).or_insert_with(|| Portion {
            organization: event.organization.clone(),
            record,
            entries: Vec::new(),
        });
        portion.entries.push(entry);
        self.count += 1;
    }

    /// Whether a delivery for this lane belongs to the next slice.
    pub fn is_full(&self, lane: &LaneId) -> bool {
        let of_lane = self.lanes.get(lane).map_or(0, |it| it.entries.len());
        self.count >= DELIVERIES || of_lane >= PER_LANE
    }

    /// The first record that it comes from.
    pub fn first_record(&self) -> Option<usize> {
        let of_lanes = self.lanes.values().map(|portion| portion.record);
        of_lanes.chain(self.parts.iter().map(|(n, _)| *n)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{EventType, sample};

    #[test]
    fn a_slice_is_full_when_it_or_one_of_its_lanes_is() {
        let event = sample::event(EventType::Deploy);
        let position = Position::of("1");
        let lane = |n| LaneId::of(&sample::webhook(1, &["*"]).id, n);
        let mut slice = Slice::default();
        for n in 0..PER_LANE {
            assert!(!slice.is_full(&lane(1)));
            slice.add((n, &position), &event, &lane(1), event.received_at);
        }
        assert!(slice.is_full(&lane(1)) && !slice.is_full(&lane(2)));
        for n in 2..=u32::try_from(DELIVERIES - PER_LANE + 1).unwrap() {
            assert!(!slice.is_full(&lane(0)));
            slice.add((n as usize, &position), &event, &lane(n), event.received_at);
        }
        assert!(slice.is_full(&lane(0)));
        assert_eq!(slice.first_record(), Some(0));
    }
}
