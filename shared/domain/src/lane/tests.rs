use std::time::Duration;

use super::*;
use crate::delivery::Outcome;
use crate::ids::WebhookId;

fn now() -> Timestamp {
    "2026-11-21T10:15:00Z".parse().unwrap()
}

fn failure(outcome: Outcome) -> Failure<'static> {
    Failure {
        outcome,
        reason: "made up",
        asked: None,
        unknown: 0,
        is_unanswered: false,
        begun: now(),
        now: now(),
        random: 0.0,
    }
}

fn wait(lane: &Lane) -> i64 {
    let wait = lane.wait.as_ref().unwrap();
    wait.until.duration_since(now()).as_secs()
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

#[test]
fn a_lanes_id_says_which_channel_of_which_webhook_it_is() {
    let webhook = WebhookId::parse("wh_01JD0000000000000000000000").unwrap();
    let id = LaneId::of(&webhook, 12);
    assert_eq!(id.as_str(), "wh_01JD0000000000000000000000-12");
    assert_eq!(LaneId::parse(id.as_str()), Some(id.clone()));
    assert_eq!((id.webhook(), id.number()), (Some(webhook), Some(12)));
    for wrong in [
        "",
        "wh_01JD0000000000000000000000",
        "x-1",
        "wh_01JD0000000000000000000000-01",
    ] {
        assert_eq!(LaneId::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn positions_of_any_length_sort_as_numbers() {
    let short = Position::of("999999999999999999999");
    let long = Position::of("1000000000000000000000000000000000000000");
    assert!(short < long);
    assert_eq!(short.as_str().len(), 40);
}

#[test]
fn a_failing_lane_waits_by_the_schedule_and_a_success_ends_that() {
    let mut lane = Lane::default();
    let mut waits = Vec::new();
    for _ in 0..6 {
        lane.failed(&failure(Outcome::Unavailable));
        waits.push(wait(&lane));
    }
    assert_eq!(waits, [5, 30, 108, 540, 540, 540]);
    assert_eq!(lane.trouble.as_ref().unwrap().since, now());
    lane.succeeded();
    assert_eq!(lane, Lane::default());
}

#[test]
fn posts_without_an_answer_are_made_ever_more_rarely_and_others_between_them_as_ever() {
    let mut lane = Lane::default();
    let unknown = failure(Outcome::Unknown);
    let unanswered = Failure {
        is_unanswered: true,
        ..unknown
    };
    let mut waits = Vec::new();
    for failure in [
        unknown, unknown, unanswered, unanswered, unanswered, unknown,
    ] {
        lane.failed(&failure);
        waits.push(wait(&lane));
    }
    assert_eq!(waits, [5, 30, 108, 540, 540, 540]);
    lane.failed(&unanswered);
    assert_eq!(wait(&lane), 1_728);
}

#[test]
fn a_short_limit_within_a_longer_wait_still_binds() {
    let mut lane = Lane::default();
    for _ in 0..4 {
        lane.failed(&failure(Outcome::Unavailable));
    }
    lane.kept_waiting(&Failure {
        asked: Some(minutes(5)),
        ..failure(Outcome::RateLimited)
    });
    assert_eq!(wait(&lane), 540);
    lane.asked_at = Some(now());
    assert_eq!(lane.waits_until(now()), Some(now() + minutes(5)));
}

#[test]
fn nobody_waits_for_long_behind_a_message_that_is_tried_ever_more_rarely() {
    let mut lane = Lane::default();
    let later = |minutes| Failure {
        is_unanswered: true,
        begun: now() + self::minutes(minutes),
        now: now() + self::minutes(minutes),
        ..failure(Outcome::Unknown)
    };
    let mut may_be_overtaken = Vec::new();
    for at in [0, 1, 3, 9] {
        let failure = later(at);
        lane.failed(&failure);
        may_be_overtaken.push(lane.may_be_overtaken(failure.now));
    }
    assert_eq!(may_be_overtaken, [false, false, false, true]);
}

#[test]
fn a_person_hurries_a_wait_but_not_what_the_platform_asks_for() {
    let mut lane = Lane::default();
    lane.failed(&failure(Outcome::Unavailable));
    assert!(lane.waits_until(now()).is_some());
    lane.asked_at = Some(now());
    assert_eq!(lane.waits_until(now()), None);
    let limited = Failure {
        asked: Some(minutes(5)),
        ..failure(Outcome::RateLimited)
    };
    lane.failed(&limited);
    assert_eq!(lane.waits_until(now()), Some(now() + minutes(5)));
    assert_eq!(lane.is_bound_until(now()), Some(now() + minutes(5)));
    // Nobody is to wait for hours because a platform says so.
    lane.failed(&Failure {
        asked: Some(minutes(180)),
        ..limited
    });
    lane.asked_at = Some(now() + minutes(1));
    assert_eq!(lane.waits_until(now()), None);
    // What was asked for before the attempt has had it.
    lane.failed(&failure(Outcome::Unavailable));
    assert!(lane.waits_until(now()).is_some());
}

#[test]
fn what_failed_or_was_put_aside_may_have_waited_and_what_is_idle_has_not() {
    let mut lane = Lane::default();
    assert!(!lane.may_have_waited());
    lane.has_redo = true;
    assert!(lane.may_have_waited());
    lane.redo_read(0);
    lane.failed(&failure(Outcome::Unavailable));
    lane.wait = None;
    assert!(lane.may_have_waited());
}

#[test]
fn no_wait_outlives_a_clock_that_is_set_back() {
    let mut lane = Lane::default();
    lane.failed(&failure(Outcome::Unavailable));
    assert_eq!(lane.waits_until(now() - minutes(120)), None);
    let open = Open {
        log: Log::Main,
        deliveries: Vec::new(),
        end: None,
        version: 1,
        opened_at: now(),
        is_in_flight: true,
        is_summary: false,
        unknown: 0,
        overtakes: Vec::new(),
    };
    assert!(open.leased_until(now()).is_some());
    assert_eq!(open.leased_until(now() - minutes(120)), None);
    assert_eq!(open.leased_until(now() + minutes(1)), None);
}

#[test]
fn what_waits_is_given_up_when_it_and_its_channel_have_failed_for_a_day() {
    let mut lane = Lane::default();
    let day = minutes(24 * 60);
    assert!(!lane.gives_up(now() - day * 2, now()));
    lane.failed(&failure(Outcome::Unavailable));
    assert!(!lane.gives_up(now() - day, now() + day - minutes(1)));
    assert!(!lane.gives_up(now() + minutes(1), now() + day));
    assert!(lane.gives_up(now(), now() + day));
}

#[test]
fn the_third_refusal_in_a_row_with_one_unknown_code_is_about_the_channel() {
    let mut lane = Lane::default();
    assert!(!lane.is_held_by("a"));
    assert!(!lane.is_held_by("b"));
    assert!(!lane.is_held_by("b"));
    assert!(lane.is_held_by("b"));
    lane.succeeded();
    assert!(!lane.is_held_by("b"));
}

#[test]
fn a_limit_that_goes_on_grows_and_is_no_failure() {
    let mut lane = Lane::default();
    let limited = Failure {
        asked: Some(Duration::from_secs(1)),
        ..failure(Outcome::RateLimited)
    };
    let mut waits = Vec::new();
    for _ in 0..12 {
        lane.failed(&limited);
        waits.push(wait(&lane));
    }
    assert_eq!(waits[..4], [1, 2, 4, 8]);
    assert_eq!(waits[10..], [600, 600]);
    assert_eq!(lane.trouble.unwrap().failures, 0);
}
