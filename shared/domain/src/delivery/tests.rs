use super::*;
use crate::{retry, sample};

pub(super) fn now() -> Timestamp {
    "2026-11-21T10:15:00Z".parse().unwrap()
}

fn outgoing() -> Outgoing {
    let event = sample::event(EventType::Deploy);
    let webhook_id = WebhookId::parse("wh_01JD0000000000000000000000").unwrap();
    Outgoing {
        delivery_id: DeliveryId::of(
            &event.organization,
            &event.id,
            event.received_at,
            &webhook_id,
            "infra",
        ),
        webhook_id,
        channel: "infra".into(),
        generation: 0,
        channels: Vec::new(),
        event,
    }
}

pub(super) fn delivery() -> Delivery {
    Delivery::new(&outgoing(), now()).claimed(0, now(), now())
}

pub(super) fn ending() -> Ending {
    Ending {
        now: now(),
        random: 0.5,
        asked: None,
        suspended: false,
        last_call: None,
    }
}

pub(super) fn attempt(outcome: Outcome) -> Attempt {
    Attempt {
        at: now(),
        outcome,
        http_status: None,
        code: None,
        hint: None,
        duration_ms: 1,
        retry_after_ms: None,
        is_followed: false,
    }
}

pub(super) fn close(delivery: Delivery, outcome: Outcome) -> (Delivery, Next) {
    delivery.closed(attempt(outcome), None, &ending())
}

#[test]
fn a_delivered_message_is_never_claimed_again() {
    let (closed, next) = close(delivery(), Outcome::Delivered);
    assert_eq!(next, Next::Delivered);
    assert_eq!(
        closed.claimable(0, now() + Duration::from_secs(86_400)),
        Claim::Settled
    );
}

#[test]
fn a_live_claim_is_waited_for_and_one_that_ran_out_may_be_a_duplicate() {
    let open = delivery();
    let until = open.claimed_until.unwrap();
    assert_eq!(open.claimable(0, now()), Claim::Wait(until));
    assert_eq!(open.claimable(0, until), Claim::Post);
    assert!(open.claimed(0, until, until).possible_duplicate);
}

#[test]
fn a_try_that_another_followed_at_once_does_not_use_up_the_schedule() {
    let mut row = delivery();
    row.attempts.push(Attempt {
        is_followed: true,
        ..attempt(Outcome::CredentialDead)
    });
    let (_, next) = close(row, Outcome::Unavailable);
    assert_eq!(next, Next::RetryIn(Duration::from_secs(5)));
}

#[test]
fn what_may_have_been_posted_stays_with_those_it_was_posted_with() {
    let later = now() + Duration::from_secs(60);
    let (refused, _) = close(delivery(), Outcome::Unavailable);
    let again = refused.claimed(0, later, later);
    assert_eq!(
        (again.joined_at, again.uncertain_message()),
        (Some(later), None)
    );
    let (unknown, _) = close(again, Outcome::Unknown);
    let much_later = later + Duration::from_secs(600);
    let again = unknown.claimed(0, much_later, much_later);
    assert_eq!(again.uncertain_message(), Some(later));
    let (refused, _) = close(again, Outcome::Unavailable);
    let last = refused.claimed(0, much_later, much_later);
    assert_eq!(
        last.uncertain_message(),
        Some(later),
        "it may still be there"
    );
    assert_eq!(
        last.claimed(1, much_later, much_later).joined_at,
        Some(much_later)
    );
}

#[test]
fn a_retry_waits_for_its_time_and_is_no_duplicate() {
    let (retrying, next) = close(delivery(), Outcome::Unavailable);
    assert_eq!(next, Next::RetryIn(Duration::from_secs(5)));
    let due = now() + Duration::from_secs(5);
    assert_eq!(retrying.claimable(0, now()), Claim::Wait(due));
    assert_eq!(retrying.claimable(0, due), Claim::Post);
    assert!(!retrying.claimed(0, due, due).possible_duplicate);
}

#[test]
fn an_unknown_outcome_is_tried_again_and_marked() {
    let (retrying, next) = close(delivery(), Outcome::Unknown);
    assert!(matches!(next, Next::RetryIn(_)));
    assert!(retrying.possible_duplicate);
}

#[test]
fn only_a_refused_payload_fails_at_once() {
    let outcomes = [
        Outcome::RateLimited,
        Outcome::Unavailable,
        Outcome::Unknown,
        Outcome::CredentialDead,
        Outcome::DestinationDead,
        Outcome::Blocked,
    ];
    for outcome in outcomes {
        assert!(
            matches!(close(delivery(), outcome).1, Next::RetryIn(_)),
            "{outcome:?}"
        );
    }
    for outcome in [
        Outcome::PayloadRefused,
        Outcome::UnknownRefusal,
        Outcome::OurFault,
    ] {
        assert_eq!(close(delivery(), outcome).1, Next::Failed, "{outcome:?}");
    }
}

#[test]
fn an_outage_that_asks_for_a_second_keeps_the_whole_schedule() {
    let mut row = delivery();
    let mut waited = Duration::ZERO;
    let asked = Some(Duration::from_secs(1));
    loop {
        let unavailable = attempt(Outcome::Unavailable);
        let (closed, next) = row.closed(unavailable, None, &Ending { asked, ..ending() });
        row = closed;
        match next {
            Next::RetryIn(wait) => waited += wait,
            _ => break,
        }
    }
    assert_eq!(
        waited.as_secs(),
        retry::SCHEDULE_SECONDS.iter().sum::<u64>()
    );
}

#[test]
fn rate_limits_that_say_how_long_hardly_use_up_the_schedule_yet_end_some_day() {
    let limited = || Attempt {
        retry_after_ms: Some(1_000),
        ..attempt(Outcome::RateLimited)
    };
    let ending = Ending {
        asked: Some(Duration::from_secs(1)),
        ..ending()
    };
    let mut row = delivery();
    for _ in 0..50 {
        let (closed, next) = row.closed(limited(), None, &ending);
        assert!(matches!(next, Next::RetryIn(wait) if wait.as_secs() == 1));
        row = closed;
    }
    for _ in 0..50 {
        row = row.closed(limited(), None, &ending).0;
    }
    assert_eq!(row.status, DeliveryStatus::Failed);
}

#[test]
fn rate_limits_that_do_not_say_how_long_keep_to_the_schedule() {
    let mut row = delivery();
    for wait in retry::SCHEDULE_SECONDS {
        let (closed, next) = close(row, Outcome::RateLimited);
        assert_eq!(next, Next::RetryIn(Duration::from_secs(wait)));
        row = closed;
    }
    assert_eq!(close(row, Outcome::RateLimited).1, Next::Failed);
}

#[test]
fn after_the_last_wait_of_the_schedule_a_delivery_has_failed() {
    let mut row = delivery();
    for _ in 0..9 {
        let (closed, next) = close(row, Outcome::Unavailable);
        assert!(matches!(next, Next::RetryIn(_)));
        row = closed;
    }
    let (closed, next) = close(row, Outcome::Unavailable);
    assert_eq!(
        (closed.status, next),
        (DeliveryStatus::Failed, Next::Failed)
    );
    let reason = closed.reason.unwrap_or_default();
    assert!(reason.starts_with("Given up after 10 attempts"), "{reason}");
}

#[test]
fn what_is_dead_fails_at_once_where_its_webhook_was_suspended() {
    let ending = Ending {
        suspended: true,
        ..ending()
    };
    for outcome in [Outcome::CredentialDead, Outcome::DestinationDead] {
        let (closed, next) = delivery().closed(attempt(outcome), None, &ending);
        assert_eq!(
            (closed.status, next),
            (DeliveryStatus::Failed, Next::Failed),
            "{outcome:?}"
        );
    }
}

#[test]
fn nothing_is_put_off_to_a_time_when_the_queue_has_forgotten_it() {
    let last_call = Some(now() + Duration::from_secs(5));
    let ending = |random| Ending {
        last_call,
        random,
        ..ending()
    };
    let close = |random| {
        delivery()
            .closed(attempt(Outcome::Unavailable), None, &ending(random))
            .1
    };
    assert!(matches!(close(0.5), Next::RetryIn(_)));
    assert_eq!(close(0.6), Next::Failed);
}

#[test]
fn a_delivery_that_is_asked_for_again_is_made_once_more_on_a_new_schedule() {
    let mut row = delivery();
    for _ in 0..10 {
        row = close(row, Outcome::Unavailable).0;
    }
    assert_eq!(row.status, DeliveryStatus::Failed);
    assert_eq!(row.claimable(0, now()), Claim::Settled);
    assert_eq!(row.claimable(1, now()), Claim::Post);
    let (retrying, next) = close(row.claimed(1, now(), now()), Outcome::Unavailable);
    assert_eq!(next, Next::RetryIn(Duration::from_secs(5)));
    assert_eq!(retrying.attempts.len(), 11);
    // The order that came before is over, whatever repeats of it still come.
    let due = now() + Duration::from_secs(60);
    assert_eq!(retrying.claimable(0, due), Claim::Settled);
    let (delivered, _) = close(retrying.claimed(1, due, due), Outcome::Delivered);
    assert_eq!(delivered.claimable(1, due), Claim::Settled);
}

#[test]
fn what_waits_for_its_next_attempt_can_be_skipped_but_not_what_is_being_posted() {
    let open = delivery();
    let until = open.claimed_until.unwrap();
    assert_eq!(open.skippable(0, now()), Claim::Wait(until));
    let retrying = close(open, Outcome::Unavailable).0;
    assert_eq!(retrying.skippable(0, now()), Claim::Post);
    let skipped = retrying.skipped(0, now(), "suspended");
    assert_eq!(skipped.status, DeliveryStatus::Skipped);
    assert_eq!(skipped.claimable(0, now()), Claim::Settled);
    assert_eq!(skipped.claimable(1, now()), Claim::Post);
}

#[test]
fn each_order_has_an_id_of_its_own_that_never_changes() {
    let first = outgoing();
    let again = Outgoing {
        generation: 1,
        ..outgoing()
    };
    assert_eq!(first.deduplication_id(), first.delivery_id.as_str());
    assert_ne!(first.deduplication_id(), again.deduplication_id());
    assert_ne!(first.post_id(), again.post_id());
    assert_eq!(again.post_id(), again.clone().post_id());
}

#[test]
fn ids_tell_when_their_event_arrived() {
    let id = outgoing().delivery_id;
    let time = id.time().unwrap();
    assert_eq!(time, outgoing().event.received_at);
    assert!(DeliveryId::earliest(time) <= id);
    assert!(DeliveryId::earliest(time + Duration::from_millis(1)) > id);
}
