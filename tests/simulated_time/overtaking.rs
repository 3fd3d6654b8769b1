//! A message that keeps failing alone, and what is tried before it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_domain::webhook::Grouping;
use carillon_domain::{DeliveryStatus, Digest, EventType, Outcome, Status, sample};
use carillon_embedded::chat_sink::Failure;

use crate::stage::{POISON, Stage, slack};
use crate::{SECOND, TOKEN, outcomes, seconds};

fn down() -> Failure {
    Failure::refusal("slack", "service_unavailable")
}

#[tokio::test]
async fn what_needs_no_post_does_not_take_the_place_of_the_message_before_it() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.grouping = Grouping::Update;
    let webhook = stage.register(webhook, TOKEN).await;
    let mut ended = sample::event(EventType::Deploy);
    ended.correlation_id = Some("release-1".into());
    ended.status = Some(Status::Succeeded);
    let mut late = ended.clone();
    late.status = Some(Status::Started);
    stage.publish_event(&webhook, ended).await;
    stage.serve().await;
    let mut alone = sample::event(EventType::Deploy);
    alone.correlation_id = None;
    let first = stage.publish_event(&webhook, alone).await;
    let mut past = Vec::new();
    for _ in 0..3 {
        past.push(stage.publish_event(&webhook, late.clone()).await);
    }
    let next = stage.publish(&webhook).await;
    stage.sink.fail_next(5, down());
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    for late in &past {
        let late = stage.delivery(&webhook, late).await;
        assert_eq!(late.status, DeliveryStatus::Skipped, "{late:#?}");
    }
    let next = stage.delivery(&webhook, &next).await;
    assert_eq!(next.status, DeliveryStatus::Delivered, "{next:#?}");
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    let first = stage.delivery(&webhook, &first).await;
    assert_eq!(first.status, DeliveryStatus::Delivered, "{first:#?}");
}

#[tokio::test]
async fn what_is_recovered_overtakes_what_keeps_failing_of_it() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(stage.publish(&webhook).await);
    }
    stage.serve_for(10 * SECOND, SECOND).await;
    stage.recover(&webhook, &ids).await;
    stage.sink.fail_next(5, down());
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    let [first, second, third] = [0, 1, 2].map(|n| &ids[n]);
    assert!(stage.delivery(&webhook, first).await.overtaken);
    for id in [second, third] {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
    }
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    let first = stage.delivery(&webhook, first).await;
    assert_eq!(first.status, DeliveryStatus::Delivered, "{first:#?}");
}

#[tokio::test]
async fn what_was_recovered_and_overtaken_has_a_day_from_its_recovery_on() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let first = stage.publish(&webhook).await;
    let refused = Failure::refusal("slack", "invalid_blocks");
    stage.sink.fail_next(1, refused);
    stage.serve().await;
    stage.clock.advance(Duration::from_secs(30 * 3_600));
    stage.recover(&webhook, std::slice::from_ref(&first)).await;
    let second = stage.publish(&webhook).await;
    stage.sink.fail_next(5, down());
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    let second = stage.delivery(&webhook, &second).await;
    assert_eq!(second.status, DeliveryStatus::Delivered, "{second:#?}");
    stage.is_down.store(true, Ordering::SeqCst);
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    stage.is_down.store(false, Ordering::SeqCst);
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    let first = stage.delivery(&webhook, &first).await;
    assert_eq!(first.status, DeliveryStatus::Delivered, "{first:#?}");
}

#[tokio::test]
async fn what_the_platform_asks_a_probe_to_wait_every_process_waits() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let first = stage.publish(&webhook).await;
    let second = stage.publish(&webhook).await;
    stage.sink.fail_next(5, down());
    stage.sink.fail_next(1, Failure::RateLimited(3_600.0));
    stage.serve_for(10_000 * SECOND, 5 * SECOND).await;
    let second = stage.delivery(&webhook, &second).await;
    let limited = second.attempts.iter();
    let limited = limited.filter(|it| it.outcome == Outcome::RateLimited);
    let limited: Vec<_> = limited.collect();
    assert_eq!(limited.len(), 1, "{second:#?}");
    let first = stage.delivery(&webhook, &first).await;
    assert_eq!(outcomes(&first).len(), 6, "{first:#?}");
    let again = first.attempts.last().unwrap().at;
    assert!(seconds(limited[0].at, again) >= 3_600.0, "{first:#?}");
}

#[tokio::test]
async fn a_threads_first_message_shows_its_end_also_after_an_outage() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.grouping = Grouping::Thread;
    let webhook = stage.register(webhook, TOKEN).await;
    let mut story = sample::event(EventType::Deploy);
    story.correlation_id = Some("release-1".into());
    story.status = Some(Status::Started);
    stage.publish_event(&webhook, story.clone()).await;
    stage.serve().await;
    stage.is_down.store(true, Ordering::SeqCst);
    story.status = Some(Status::Succeeded);
    let end = stage.publish_event(&webhook, story).await;
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    stage.is_down.store(false, Ordering::SeqCst);
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    let end = stage.delivery(&webhook, &end).await;
    assert_eq!(end.status, DeliveryStatus::Delivered, "{end:#?}");
    assert!(end.attempts.len() > 4, "{end:#?}");
    assert!(stage.sink.messages()[0].edited);
}

#[tokio::test]
async fn what_is_recovered_overtakes_a_later_message_that_gets_no_answer() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let old = stage.publish(&webhook).await;
    stage.serve().await;
    let stuck = stage.publish(&webhook).await;
    stage.sink.fail_next(4, Failure::Reset);
    stage.serve_for(60 * SECOND, SECOND).await;
    stage.recover(&webhook, std::slice::from_ref(&old)).await;
    stage.serve_for(1_000 * SECOND, 5 * SECOND).await;
    let row = stage.delivery(&webhook, &stuck).await;
    assert!(row.overtaken, "{row:#?}");
    let old = stage.delivery(&webhook, &old).await;
    assert_eq!(
        (old.status, old.redelivery),
        (DeliveryStatus::Delivered, 1),
        "{old:#?}"
    );
    stage.serve_for(8_000 * SECOND, 60 * SECOND).await;
    let row = stage.delivery(&webhook, &stuck).await;
    assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
    // Nothing is left before what comes next.
    let next = stage.publish(&webhook).await;
    stage.serve().await;
    let next = stage.delivery(&webhook, &next).await;
    assert_eq!(next.status, DeliveryStatus::Delivered, "{next:#?}");
    assert_eq!(stage.sink.messages().len(), 4);
}

#[tokio::test]
async fn a_poisoned_event_takes_no_neighbour_of_its_digest_along() {
    for has_others in [false, true] {
        let mut stage = Stage::new().await;
        let mut webhook = slack(1, "infra");
        webhook.configuration.digest = Digest::Auto;
        let webhook = stage.register(webhook, TOKEN).await;
        let mut poisoned = sample::event(EventType::Deploy);
        poisoned.message = Some(POISON.to_owned());
        let mut good = vec![stage.publish(&webhook).await];
        let poison = stage.publish_event(&webhook, poisoned).await;
        for _ in 0..3 {
            good.push(stage.publish(&webhook).await);
        }
        stage.serve().await;
        if has_others {
            good.push(stage.publish(&webhook).await);
        }
        // Ten minutes until it is taken apart, and as long until the first of it is overtaken.
        stage.serve_for(1_500 * SECOND, 10 * SECOND).await;
        for id in &good {
            let row = stage.delivery(&webhook, id).await;
            assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
            // Nobody knows what was posted of the whole.
            assert!(
                row.possible_duplicate || row.id == good[good.len() - 1],
                "{row:#?}"
            );
        }
        let row = stage.delivery(&webhook, &poison).await;
        assert_eq!(row.status, DeliveryStatus::Retrying, "{row:#?}");
        assert!(row.overtaken, "{row:#?}");
    }
}

#[tokio::test]
async fn a_channel_works_on_when_what_was_overtaken_is_given_up() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let mut poisoned = sample::event(EventType::Deploy);
    poisoned.message = Some(POISON.to_owned());
    let mut given_up = Vec::new();
    for _ in 0..2 {
        given_up.push(stage.publish_event(&webhook, poisoned.clone()).await);
        stage.publish(&webhook).await;
        stage.serve_for(1_800 * SECOND, 10 * SECOND).await;
    }
    stage.serve_for(82_000 * SECOND, 60 * SECOND).await;
    let mut first = stage.delivery(&webhook, &given_up[0]).await;
    assert!(first.overtaken, "{first:#?}");
    while first.status == DeliveryStatus::Retrying {
        stage.serve_for(60 * SECOND, 60 * SECOND).await;
        first = stage.delivery(&webhook, &given_up[0]).await;
    }
    assert_eq!(first.status, DeliveryStatus::Failed, "{first:#?}");
    // The other one is tried meanwhile.
    stage.serve_for(700 * SECOND, 60 * SECOND).await;
    let second = stage.delivery(&webhook, &given_up[1]).await;
    assert_eq!(second.status, DeliveryStatus::Retrying, "{second:#?}");
    assert_eq!(stage.lane(&webhook).await.trouble, None);
}
