use super::*;
use crate::sample;

fn now() -> Timestamp {
    "2026-11-21T10:15:00Z".parse().unwrap()
}

fn waiting() -> Waiting {
    let event = sample::event(EventType::Deploy);
    let lane = LaneId::of(&sample::webhook(1, &["*"]).id, 1);
    Waiting {
        delivery_id: DeliveryId::of(&event.organization, &event.id, event.received_at, &lane),
        event_id: event.id,
        event_type: event.event_type,
        traceparent: event.traceparent,
        since: now(),
        redelivery: 0,
    }
}

fn delivery() -> Delivery {
    let webhook = sample::webhook(1, &["*"]);
    let lane = LaneId::of(&webhook.id, 1);
    Delivery::new(&webhook.organization, &lane, "infra", &waiting()).unwrap()
}

fn attempt(outcome: Outcome) -> Attempt {
    Attempt {
        at: now(),
        outcome,
        http_status: None,
        code: Some("made_up".into()),
        hint: None,
        duration_ms: 1,
        retry_after_ms: None,
        is_followed: false,
    }
}

#[test]
fn a_post_of_unknown_outcome_makes_a_possible_duplicate() {
    let tried = delivery().tried(attempt(Outcome::Unavailable), None);
    assert!(!tried.possible_duplicate);
    assert!(
        tried
            .tried(attempt(Outcome::Unknown), None)
            .possible_duplicate
    );
}

#[test]
fn an_order_is_done_once_it_or_a_later_one_is_settled() {
    let failed = delivery().ended(DeliveryStatus::Failed, None, now());
    assert!(failed.is_settled(0) && !failed.is_settled(1));
    let again = failed.clone().for_order(1);
    assert!(again.is_settled(0) && !again.is_settled(1));
    assert_eq!(again.status, DeliveryStatus::Pending);
    // What was done for this order already stays done.
    assert_eq!(failed.clone().for_order(0), failed);
}

#[test]
fn asking_again_before_that_was_done_is_the_same_order() {
    let failed = delivery().ended(DeliveryStatus::Failed, None, now());
    let order = failed.again(now());
    assert_eq!(order.redelivery, 1);
    assert_eq!(order, failed.again(now()));
    assert_eq!(failed.for_order(1).again(now()).redelivery, 1);
    assert_ne!(order.key(), waiting().key());
}

#[test]
fn a_redelivery_keeps_the_attempts_and_the_message_before_it() {
    let message = MessageRef {
        id: Some("1".into()),
        channel_id: None,
    };
    let delivered = delivery()
        .tried(attempt(Outcome::Delivered), Some(message.clone()))
        .ended(DeliveryStatus::Delivered, None, now())
        .for_order(1);
    assert_eq!(delivered.attempts.len(), 1);
    let refused = delivered.tried(attempt(Outcome::PayloadRefused), None);
    assert_eq!(refused.message, Some(message));
}

#[test]
fn a_companion_ends_as_the_message_did() {
    let mut one = delivery().tried(attempt(Outcome::Delivered), None);
    one.post = 7;
    let one = one.ended(DeliveryStatus::Delivered, None, now());
    let other = delivery().as_its_companion(&one);
    assert_eq!(other.attempts, one.attempts);
    assert_eq!((other.status, other.post), (DeliveryStatus::Delivered, 7));
}

#[test]
fn a_delivery_ends_when_it_was_settled_and_not_when_its_event_came() {
    let later = now() + Duration::from_secs(7_200);
    let failed = delivery().ended(DeliveryStatus::Failed, None, later);
    assert_eq!(failed.ended_at(), later);
    // Whatever comes after an order is none of its end.
    assert_eq!(failed.for_order(1).settled_at, None);
}

#[test]
fn what_needs_no_message_any_more_is_not_undelivered() {
    let skipped = delivery().skipped("suspended", now());
    assert!(skipped.is_undelivered());
    assert!(!skipped.superseded().is_undelivered());
    assert!(
        !delivery()
            .ended(DeliveryStatus::Delivered, None, now())
            .is_undelivered()
    );
    // It is on its way.
    assert!(!delivery().retrying(now(), None).is_undelivered());
}

#[test]
fn a_refusal_with_an_unknown_code_has_a_name_of_its_own() {
    let name = serde_json::to_value(Outcome::UnknownRefusal).unwrap();
    assert_eq!(name, "unknown_refusal");
    assert!(!Outcome::UnknownRefusal.is_passing() && !Outcome::UnknownRefusal.is_dead());
}

#[test]
fn of_very_many_attempts_a_row_has_the_first_and_the_last() {
    let mut row = delivery();
    for n in 0..1_000 {
        row = row.tried(
            Attempt {
                duration_ms: n,
                ..attempt(Outcome::Unavailable)
            },
            None,
        );
    }
    let kept: Vec<u64> = row.attempts.iter().map(|it| it.duration_ms).collect();
    assert_eq!(kept.len(), 200);
    assert_eq!(kept[..10], Vec::from_iter(0..10));
    assert_eq!(kept[10..], Vec::from_iter(810..1_000));
}
