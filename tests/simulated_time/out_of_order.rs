//! What comes in before what was read or sent already: DynamoDB has split a partition that is hot,
//! and the shards of its stream are dispatched side by side.

use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_domain::{DeliveryId, DeliveryStatus, Digest, Webhook};
use carillon_embedded::chat_sink::Failure;

use crate::stage::{Stage, slack};
use crate::{SECOND, TOKEN};

async fn assert_delivered(stage: &Stage, webhook: &Webhook, ids: &[DeliveryId], attempts: usize) {
    for id in ids {
        let row = stage.delivery(webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
        assert_eq!(row.attempts.len(), attempts, "{row:#?}");
    }
}

/// As the daily walk sees it.
async fn waits(stage: &Stage, webhook: &Webhook) -> bool {
    let lane = webhook.lane(&webhook.lanes.channels[0]);
    let row = stage.lane(webhook).await;
    stage
        .lanes
        .has_more(&lane, &row, &stage.ledger)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_comes_in_behind_a_message_that_was_just_sent_is_sent_after_it() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let mut ids = stage.publish_at(&webhook, &[10]).await;
    stage.serve().await;
    ids.extend(stage.publish_at(&webhook, &[30]).await);
    stage.serve_for(5 * SECOND, SECOND).await;
    assert_eq!(stage.sink.messages().len(), 2);
    ids.extend(stage.publish_at(&webhook, &[20]).await);
    stage.serve_for(5 * SECOND, SECOND).await;
    assert_delivered(&stage, &webhook, &ids, 1).await;
    assert_eq!(stage.sink.messages().len(), 3);
    assert!(!waits(&stage, &webhook).await);
}

#[tokio::test]
async fn what_comes_in_between_many_that_were_sent_is_met_when_the_log_is_read_again() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.digest = Digest::Auto;
    let webhook = stage.register(webhook, TOKEN).await;
    let mut ids = Vec::new();
    for number in 1..=150 {
        ids.extend(stage.publish_at(&webhook, &[number * 10]).await);
    }
    stage.serve_batch().await;
    let sent = u64::try_from(stage.sink.messages().len()).unwrap();
    assert!((2..12).contains(&sent), "in the middle of it: {sent}");
    // A piece that spans more than is read at once, and one behind what is read already.
    let next = sent * 100 + 5;
    ids.extend(stage.publish_at(&webhook, &[next, 1_495]).await);
    stage.serve_batch().await;
    ids.extend(stage.publish_at(&webhook, &[1_395]).await);
    stage.serve_for(Duration::from_secs(60), SECOND).await;
    assert_delivered(&stage, &webhook, &ids, 1).await;
    assert!(!waits(&stage, &webhook).await);
}

#[tokio::test]
async fn a_message_of_unknown_outcome_is_repeated_whole_whatever_pieces_it_comes_from() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.digest = Digest::Auto;
    let webhook = stage.register(webhook, TOKEN).await;
    let mut ids = Vec::new();
    for piece in [&[10][..], &[30], &[50], &[70], &[20, 90]] {
        ids.extend(stage.publish_at(&webhook, piece).await);
    }
    stage
        .sink
        .fail_next(1, Failure::AfterTaking(Box::new(Failure::Reset)));
    stage.serve_for(Duration::from_secs(120), SECOND).await;
    assert_delivered(&stage, &webhook, &ids, 2).await;
    assert_eq!(stage.sink.messages().len(), 2);
}

#[tokio::test]
async fn what_comes_in_behind_a_message_and_has_no_wake_up_is_sent_within_a_day() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    for position in [10, 30] {
        stage.publish_at(&webhook, &[position]).await;
        stage.serve_for(5 * SECOND, SECOND).await;
    }
    let ids = stage.publish_at(&webhook, &[20]).await;
    stage.queue.purge().unwrap();
    assert!(waits(&stage, &webhook).await);
    stage.clock.advance(Duration::from_secs(86_400));
    stage.serve_for(5 * SECOND, SECOND).await;
    assert_delivered(&stage, &webhook, &ids, 1).await;
    assert!(!waits(&stage, &webhook).await);
}

#[tokio::test]
async fn what_is_late_is_sent_in_its_order_whoever_has_seen_that() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    for position in [10, 30] {
        stage.publish_at(&webhook, &[position]).await;
        stage.serve_for(5 * SECOND, SECOND).await;
    }
    let mut ids = stage.publish_at(&webhook, &[20]).await;
    ids.push(stage.publish_late(&webhook, 22).await);
    stage.serve_for(10 * SECOND, SECOND).await;
    assert_delivered(&stage, &webhook, &ids, 1).await;
    let first = stage.delivery(&webhook, &ids[0]).await.attempts[0].at;
    let second = stage.delivery(&webhook, &ids[1]).await.attempts[0].at;
    assert!(first < second, "{first} {second}");
    assert_eq!(stage.sink.messages().len(), 4);
}

#[tokio::test]
async fn what_is_late_for_a_message_that_was_not_sent_in_the_end_is_sent_once() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.secrets_are_away.store(true, Ordering::SeqCst);
    let mut ids = stage.publish_at(&webhook, &[30]).await;
    stage.serve().await;
    // More than one visit sends: the next one must not take them from the log as well.
    for position in 20..28 {
        ids.push(stage.publish_late(&webhook, position).await);
    }
    stage.secrets_are_away.store(false, Ordering::SeqCst);
    stage.serve_for(Duration::from_secs(60), SECOND).await;
    assert_delivered(&stage, &webhook, &ids, 1).await;
    assert_eq!(stage.sink.messages().len(), 9);
}
