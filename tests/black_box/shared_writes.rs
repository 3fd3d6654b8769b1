//! The ledger's writes that are made together: fewer calls, and no other outcome.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use carillon_aws::{Claimed, Clients, Error, Ledger, Retention};
use carillon_domain::delivery::Ending;
use carillon_domain::{Attempt, Delivery, EventId, EventType, Outcome, Outgoing, sample};
use carillon_embedded::dynamodb::DELIVERIES_TABLE;
use carillon_embedded::services::{Call, Course, Service, Services, Trouble};
use carillon_embedded::{Journal, LocalDynamoDb, LocalQueue, secrets};
use futures::future::join_all;
use jiff::Timestamp;

const TOGETHER: &str = "BatchExecuteStatement";

/// A ledger, and what it calls.
struct Stage {
    ledger: Ledger,
    calls: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Stage {
    /// Calls that write several deliveries take this course.
    async fn new(course: Course) -> Self {
        let services = Services {
            dynamodb: LocalDynamoDb::open(None).unwrap(),
            secrets: secrets::http_client().await.unwrap(),
            queue: LocalQueue::open(Arc::new(Journal::open(None).unwrap())).unwrap(),
        };
        let calls: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let counted = Arc::clone(&calls);
        let gate = move |call: &Call<'_>| {
            assert_eq!(call.service, Service::DynamoDb);
            *counted
                .lock()
                .unwrap()
                .entry(call.operation.to_owned())
                .or_default() += 1;
            match call.operation {
                TOGETHER => course,
                _ => Course::Smooth,
            }
        };
        let clients = Clients::new(&services.sdk_config(Arc::new(gate)));
        let table = DELIVERIES_TABLE.into();
        Self {
            ledger: Ledger::new(clients.dynamodb, table, Retention::default()),
            calls,
        }
    }

    /// Claims these, all at once.
    async fn claim(&self, orders: &[Outgoing]) -> Vec<Claimed> {
        self.claim_at(now(), orders).await
    }

    async fn claim_at(&self, now: Timestamp, orders: &[Outgoing]) -> Vec<Claimed> {
        let claims = orders
            .iter()
            .map(|order| self.ledger.claim(order, true, now, now));
        join_all(claims)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect()
    }

    async fn close(&self, claimed: &[Delivery]) -> Vec<Result<bool, Error>> {
        let closes = claimed.iter().map(async |claimed| {
            let closed = closed(claimed);
            self.ledger.close(claimed, &closed).await
        });
        join_all(closes).await
    }

    async fn row(&self, order: &Outgoing) -> Delivery {
        let found = self.ledger.get(&order.webhook_id, &order.delivery_id).await;
        found.unwrap().unwrap()
    }

    fn take_calls(&self) -> Vec<(String, usize)> {
        std::mem::take(&mut *self.calls.lock().unwrap())
            .into_iter()
            .collect()
    }
}

fn now() -> Timestamp {
    "2026-11-21T10:15:00Z".parse().unwrap()
}

/// Orders for as many destinations.
fn orders(count: u128) -> Vec<Outgoing> {
    let order = |n| {
        let mut event = sample::event(EventType::Deploy);
        event.id = EventId::parse(&format!("event-{n}")).unwrap();
        sample::webhook(n, &["*"]).orders(&event).remove(0)
    };
    (1..=count).map(order).collect()
}

fn ours(claimed: Vec<Claimed>) -> Vec<Delivery> {
    let ours = claimed.into_iter().map(|claimed| match claimed {
        Claimed::Ours(row) => *row,
        other => panic!("{other:?}"),
    });
    ours.collect()
}

/// How a delivery ends well.
fn closed(claimed: &Delivery) -> Delivery {
    let attempt = Attempt {
        at: now(),
        outcome: Outcome::Delivered,
        http_status: Some(200),
        code: None,
        hint: Some("it's a \"quote\", and a ' too".into()),
        duration_ms: 12,
        retry_after_ms: None,
        is_followed: false,
    };
    let ending = Ending {
        now: now(),
        random: 0.5,
        asked: None,
        suspended: false,
        last_call: None,
    };
    claimed.clone().closed(attempt, None, &ending).0
}

#[tokio::test]
async fn what_ten_destinations_write_at_one_time_is_one_call() {
    let stage = Stage::new(Course::Smooth).await;
    let orders = orders(10);
    let claimed = ours(stage.claim(&orders).await);
    assert_eq!(stage.take_calls(), [(TOGETHER.to_owned(), 1)]);
    for (order, claimed) in orders.iter().zip(&claimed) {
        assert_eq!(stage.row(order).await, *claimed);
    }
    stage.take_calls();
    for ours in stage.close(&claimed).await {
        assert!(ours.unwrap());
    }
    assert_eq!(stage.take_calls(), [(TOGETHER.to_owned(), 1)]);
    for (order, claimed) in orders.iter().zip(&claimed) {
        assert_eq!(stage.row(order).await, closed(claimed));
    }
}

#[tokio::test]
async fn more_than_one_call_takes_are_written_by_several() {
    let stage = Stage::new(Course::Smooth).await;
    let claimed = ours(stage.claim(&orders(60)).await);
    assert_eq!(claimed.len(), 60);
    assert_eq!(stage.take_calls(), [(TOGETHER.to_owned(), 3)]);
}

#[tokio::test]
async fn a_delivery_that_somebody_has_is_not_claimed_and_keeps_no_other_from_it() {
    let stage = Stage::new(Course::Smooth).await;
    let orders = orders(3);
    let taken = ours(stage.claim(&orders[1..2]).await);
    let done = ours(stage.claim(&orders[2..]).await);
    assert!(stage.close(&done).await.remove(0).unwrap());
    let later = now() + Duration::from_secs(1);
    let claimed = stage.claim_at(later, &orders).await;
    assert!(matches!(&claimed[0], Claimed::Ours(_)), "{claimed:?}");
    assert!(matches!(&claimed[2], Claimed::Settled), "{claimed:?}");
    let Claimed::NotBefore(until) = &claimed[1] else {
        panic!("{claimed:?}");
    };
    assert_eq!(Some(*until), taken[0].claimed_until);
}

#[tokio::test]
async fn of_two_who_want_the_same_delivery_at_one_time_one_gets_it() {
    let stage = Stage::new(Course::Smooth).await;
    let mut orders = orders(2);
    orders.push(orders[0].clone());
    let later = now() + Duration::from_millis(1);
    let claims = orders.iter().zip([now(), now(), later]);
    let claims = claims.map(|(order, at)| stage.ledger.claim(order, true, at, at));
    let claimed: Vec<Claimed> = join_all(claims)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert!(matches!(&claimed[0], Claimed::Ours(_)), "{claimed:?}");
    assert!(matches!(&claimed[1], Claimed::Ours(_)), "{claimed:?}");
    assert!(matches!(&claimed[2], Claimed::NotBefore(_)), "{claimed:?}");
}

#[tokio::test]
async fn a_claim_that_another_has_taken_over_is_not_closed() {
    let stage = Stage::new(Course::Smooth).await;
    let orders = orders(2);
    let claimed = ours(stage.claim(&orders).await);
    let late = now() + Duration::from_secs(3_600);
    let again = stage.ledger.claim(&orders[0], false, late, late).await;
    let again = ours(vec![again.unwrap()]);
    let closed_ours = stage.close(&claimed).await;
    let closed_ours: Vec<bool> = closed_ours.into_iter().map(Result::unwrap).collect();
    assert_eq!(closed_ours, [false, true]);
    assert_eq!(stage.row(&orders[0]).await, again[0]);
    assert_eq!(stage.row(&orders[1]).await, closed(&claimed[1]));
}

// Without waiting for what never answers.
#[tokio::test(start_paused = true)]
async fn whatever_becomes_of_the_call_each_is_written() {
    for course in [
        Course::Refused(Trouble::Broken),
        Course::Refused(Trouble::Throttled),
        Course::Refused(Trouble::Silence),
        Course::AnswerLost(Trouble::Cut),
        Course::AnswerLost(Trouble::Silence),
    ] {
        let stage = Stage::new(course).await;
        let orders = orders(3);
        let claimed = ours(stage.claim(&orders).await);
        for ours in stage.close(&claimed).await {
            assert!(ours.unwrap(), "{course:?}");
        }
        for (order, claimed) in orders.iter().zip(&claimed) {
            assert_eq!(stage.row(order).await, closed(claimed), "{course:?}");
        }
    }
}
