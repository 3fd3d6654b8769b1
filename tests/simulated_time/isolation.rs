//! Whatever waits for one destination, others are served as if alone.

use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_domain::{DeliveryStatus, Digest, OrganizationId, Webhook};
use carillon_embedded::queue::Limits;

use crate::spoiling;
use crate::stage::{Stage, slack};
use crate::{SECOND, TOKEN};

/// How many deliveries wait for the dead destination; `CARILLON_WAITING` says another number.
const WAITING: usize = 200_000;
/// How many of a backlog are let out in the end, in digests; `CARILLON_DRAINED` says another number.
const DRAINED: usize = 2_000;

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |number| number.parse().unwrap())
}

/// The queue's limits in small: all that waits would fill it many times over.
fn small() -> Limits {
    Limits {
        looked_through: 120,
        in_flight: 120,
        ..Limits::default()
    }
}

fn with_digests(number: u128, channel: &str) -> Webhook {
    let mut webhook = slack(number, channel);
    webhook.configuration.digest = Digest::Auto;
    webhook
}

/// How many batches it takes until an event for this webhook is posted.
async fn batches_until_posted(stage: &mut Stage, webhook: &Webhook) -> usize {
    let id = stage.publish(webhook).await;
    for batches in 1..=100 {
        stage.serve_batch().await;
        if stage.delivery(webhook, &id).await.status == DeliveryStatus::Delivered {
            return batches;
        }
    }
    panic!("not posted");
}

/// A webhook of another organization.
fn elsewhere(number: u128) -> Webhook {
    let mut webhook = slack(number, "elsewhere");
    webhook.organization = OrganizationId::parse("org_other").unwrap();
    webhook
}

#[tokio::test]
async fn two_hundred_thousand_deliveries_that_wait_for_a_dead_destination_delay_nobody() {
    let mut empty = Stage::new().await;
    let webhook = empty.register(slack(2, "alerts"), TOKEN).await;
    let alone = batches_until_posted(&mut empty, &webhook).await;

    let mut stage = Stage::with_limits(small()).await;
    let dead = stage.register(with_digests(1, "infra"), TOKEN).await;
    let other = stage.register(slack(2, "alerts"), TOKEN).await;
    let elsewhere = stage.register(elsewhere(3), TOKEN).await;
    stage.is_down.store(true, Ordering::SeqCst);
    let waiting = number("CARILLON_WAITING", WAITING);
    stage.backlog(&dead, waiting).await;
    stage
        .serve_for(Duration::from_secs(3_600), SECOND * 30)
        .await;
    stage.is_down.store(false, Ordering::SeqCst);
    // Its wait goes on; the others do not share it.
    let begun = std::time::Instant::now();
    assert_eq!(batches_until_posted(&mut stage, &other).await, alone);
    assert_eq!(batches_until_posted(&mut stage, &elsewhere).await, alone);
    println!(
        "{waiting} waiting: {alone} batch, {:?} for two",
        begun.elapsed()
    );
    let (in_queue, _) = stage.queue.waiting(stage.now()).unwrap();
    assert!(in_queue <= 1, "{in_queue} messages for one lane");
}

#[tokio::test]
async fn a_backlog_leaves_in_order_as_digests_once_its_destination_is_well_again() {
    let mut stage = Stage::with_limits(small()).await;
    let webhook = stage.register(with_digests(1, "infra"), TOKEN).await;
    stage.is_down.store(true, Ordering::SeqCst);
    let drained = number("CARILLON_DRAINED", DRAINED);
    let ids = stage.backlog(&webhook, drained).await;
    stage
        .serve_for(Duration::from_secs(7_200), SECOND * 60)
        .await;
    // A purge loses nothing: whoever is due is woken.
    stage.queue.purge().unwrap();
    stage.is_down.store(false, Ordering::SeqCst);
    stage
        .serve_for(Duration::from_secs(900 + drained as u64 / 2), SECOND)
        .await;
    let mut posted = Vec::with_capacity(ids.len());
    let mut uncertain = 0;
    for id in &ids {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered);
        uncertain += usize::from(row.possible_duplicate);
        posted.push(row.attempts.last().unwrap().at);
    }
    assert!(posted.is_sorted(), "in order");
    // Nobody knew what became of the first message, and of the one that was tried before it.
    assert!(uncertain <= 11, "{uncertain}");
    let messages = stage.sink.messages().len();
    assert!(messages <= drained / 10 + 2, "{messages} messages");
}

#[tokio::test]
async fn after_an_outage_of_a_month_what_waited_has_failed_and_nothing_is_left_behind() {
    let mut stage = Stage::with_limits(small()).await;
    let webhook = stage.register(with_digests(1, "infra"), TOKEN).await;
    stage.is_down.store(true, Ordering::SeqCst);
    let ids = stage.backlog(&webhook, 200).await;
    let day = Duration::from_secs(86_400);
    stage.serve_for(day + SECOND * 1_200, SECOND * 600).await;
    stage.serve_for(day * 29, day / 2).await;
    for id in &ids {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Failed);
        assert!(row.reason.unwrap().contains("Given up"), "it says why");
    }
    stage.is_down.store(false, Ordering::SeqCst);
    let id = stage.publish(&webhook).await;
    stage.serve_for(Duration::from_secs(900), SECOND * 10).await;
    let row = stage.delivery(&webhook, &id).await;
    assert_eq!(row.status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn rows_that_nobody_can_read_keep_the_daily_walk_from_no_other_lane() {
    let mut stage = Stage::new().await;
    let mut webhooks = Vec::new();
    for number in 1..=16 {
        webhooks.push(stage.register(slack(number, "infra"), TOKEN).await);
    }
    let posted = stage.publish(&webhooks[0]).await;
    stage.serve().await;
    let lane = |webhook: &Webhook| webhook.lane(&webhook.lanes.channels[0]);
    let (one, two, three) = (&webhooks[0], &webhooks[1], &webhooks[2]);
    stage
        .spoil(one.id.as_str(), posted.as_str(), "status")
        .await;
    let mut ids = Vec::new();
    for webhook in &webhooks[1..] {
        ids.push((webhook, stage.publish(webhook).await));
    }
    stage
        .spoil(&format!("LOG#{}", lane(two)), "0", "deliveries")
        .await;
    stage
        .spoil(&format!("REDO#{}", lane(three)), "0", "event_id")
        .await;
    stage.queue.purge().unwrap();
    stage.clock.advance(Duration::from_secs(86_400));
    stage.serve().await;
    for (webhook, id) in &ids[2..] {
        let row = stage.delivery(webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered);
    }
}

#[tokio::test]
async fn a_lane_whose_row_nobody_can_read_is_left_alone_and_holds_up_nobody_of_its_batch() {
    let mut stage = Stage::new().await;
    let spoilt = stage.register(slack(1, "infra"), TOKEN).await;
    let other = stage.register(slack(2, "alerts"), TOKEN).await;
    stage.publish(&spoilt).await;
    let id = stage.publish(&other).await;
    let lane = spoilt.lane(&spoilt.lanes.channels[0]);
    spoiling::lane(&stage.dynamodb, &lane).await;
    stage.serve_for(SECOND * 60, SECOND).await;
    assert_eq!(stage.sink.messages().len(), 1);
    let row = stage.delivery(&other, &id).await;
    assert_eq!(row.status, DeliveryStatus::Delivered);
    // The queue gives up what it has handed out a thousand times: this goes on for ever.
    stage.serve_for(SECOND * 3 * 3_600, SECOND * 30).await;
    stage.clock.advance(SECOND * 60);
    let waiting = stage.queue.receive(10, SECOND, stage.now()).unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].receive_count <= 101, "{waiting:?}");
}
