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
        random: 0.0,
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

/// What follows where an attempt fails each time it may be made, for as long as there is a next
/// one: the waits, and the row at the end.
fn until_it_fails(failed: &Attempt, asked: Option<Duration>) -> (Vec<Duration>, Delivery) {
    let (mut row, mut waits, mut time) = (delivery(), Vec::new(), now());
    loop {
        let attempt = Attempt {
            at: time,
            ..failed.clone()
        };
        let ending = Ending {
            now: time,
            asked,
            ..ending()
        };
        let (closed, next) = row.closed(attempt, None, &ending);
        row = closed;
        let Next::RetryIn(wait) = next else {
            return (waits, row);
        };
        time += wait;
        waits.push(wait);
    }
}

#[test]
fn an_outage_is_tried_every_ten_minutes_for_a_day_and_then_the_delivery_has_failed() {
    for asked in [None, Some(Duration::from_secs(1))] {
        let (waits, row) = until_it_fails(&attempt(Outcome::Unavailable), asked);
        assert_eq!(waits[..4], retry::SCHEDULE);
        assert!(waits[4..].iter().all(|wait| wait.as_secs() == 600));
        let waited: Duration = waits.iter().sum();
        assert!(waited >= retry::GIVE_UP_AFTER);
        assert!(waited < retry::GIVE_UP_AFTER + Duration::from_secs(600));
        assert_eq!(row.status, DeliveryStatus::Failed);
        let reason = row.reason.unwrap_or_default();
        let begin = format!("Given up after 24 hours and {} attempts", waits.len() + 1);
        assert!(reason.starts_with(&begin), "{reason}");
    }
}

#[test]
fn a_limit_that_never_ends_is_waited_out_for_ever_longer_and_fails_by_time_alone() {
    let limited = Attempt {
        retry_after_ms: Some(1_000),
        ..attempt(Outcome::RateLimited)
    };
    let (waits, row) = until_it_fails(&limited, Some(Duration::from_secs(1)));
    let seconds: Vec<u64> = waits.iter().take(11).map(Duration::as_secs).collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]);
    assert!(waits.iter().sum::<Duration>() >= retry::GIVE_UP_AFTER);
    assert_eq!(row.status, DeliveryStatus::Failed);
}

#[test]
fn limits_that_do_not_say_how_long_keep_to_the_schedule() {
    let (waits, _) = until_it_fails(&attempt(Outcome::RateLimited), None);
    assert_eq!(waits[..4], retry::SCHEDULE);
}

#[test]
fn a_platform_that_takes_each_post_and_never_answers_gets_few_copies() {
    let (waits, row) = until_it_fails(&attempt(Outcome::Unknown), None);
    assert!(waits.len() < 20, "{} copies", waits.len() + 1);
    assert!(row.possible_duplicate && row.may_have_copies());
    let once = close(delivery(), Outcome::Unknown).0;
    assert!(!once.may_have_copies());
    // Another order has a count of its own.
    assert!(!row.claimed(1, now(), now()).may_have_copies());
}

#[test]
fn a_clock_that_is_set_back_lengthens_no_wait() {
    let (retrying, _) = close(delivery(), Outcome::Unavailable);
    let two_hours_ago = now() - Duration::from_secs(7_200);
    assert_eq!(retrying.claimable(0, two_hours_ago), Claim::Post);
    let claimed = delivery();
    assert_eq!(claimed.claimable(0, two_hours_ago), Claim::Post);
    // Clocks of two processes are never quite the same.
    let a_moment_ago = now() - Duration::from_secs(1);
    assert!(matches!(
        retrying.claimable(0, a_moment_ago),
        Claim::Wait(_)
    ));
    assert!(matches!(claimed.claimable(0, a_moment_ago), Claim::Wait(_)));
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
    let close = |seconds| {
        let ending = Ending {
            last_call: Some(now() + Duration::from_secs(seconds)),
            ..ending()
        };
        delivery()
            .closed(attempt(Outcome::Unavailable), None, &ending)
            .1
    };
    assert!(matches!(close(5), Next::RetryIn(_)));
    assert_eq!(close(4), Next::Failed);
}

#[test]
fn a_delivery_that_is_asked_for_again_is_made_once_more_on_a_new_schedule() {
    let (waits, row) = until_it_fails(&attempt(Outcome::Unavailable), None);
    assert_eq!(row.status, DeliveryStatus::Failed);
    let earlier = row.attempts.len();
    assert_eq!(earlier, waits.len() + 1);
    let now = || now() + 2 * retry::GIVE_UP_AFTER;
    assert_eq!(row.claimable(0, now()), Claim::Settled);
    assert_eq!(row.claimable(1, now()), Claim::Post);
    let again = Attempt {
        at: now(),
        ..attempt(Outcome::Unavailable)
    };
    let ending = Ending {
        now: now(),
        ..ending()
    };
    let (retrying, next) = row.claimed(1, now(), now()).closed(again, None, &ending);
    assert_eq!(next, Next::RetryIn(Duration::from_secs(5)));
    assert_eq!(retrying.attempts.len(), earlier + 1);
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
