//! Messages that cannot be handled, and what becomes of the others.

use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_aws::{DeliveryQueue, QueueMessage, WakeUp, wake};
use carillon_domain::lane::{Lane, Log};
use carillon_domain::{DeliveryStatus, Digest, Outcome, WebhookStatus};
use carillon_embedded::chat_sink::{Ban, Failure};
use carillon_runtime::clock::Clock;

use crate::stage::{Stage, discord, discord_url, slack};
use crate::{SECOND, TOKEN, outcomes};

#[tokio::test]
async fn a_panic_over_one_destination_costs_the_others_nothing() {
    let mut stage = Stage::new().await;
    let one = stage.register(slack(1, "infra"), TOKEN).await;
    let two = stage.register(slack(2, "alerts"), TOKEN).await;
    stage.is_down.store(true, Ordering::SeqCst);
    stage.panics.store(1, Ordering::SeqCst);
    let ids = [
        (&one, stage.publish(&one).await),
        (&two, stage.publish(&two).await),
    ];
    stage.serve().await;
    let mut tried = 0;
    for (webhook, id) in &ids {
        let row = stage.delivery(webhook, id).await;
        tried += usize::from(row.status == DeliveryStatus::Retrying);
    }
    assert_eq!(tried, 1, "of one batch");
    // The other one was posted when it panicked, and nobody can know.
    stage.is_down.store(false, Ordering::SeqCst);
    stage.serve_for(Duration::from_secs(60), SECOND).await;
    for (webhook, id) in &ids {
        let row = stage.delivery(webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered);
    }
}

#[tokio::test]
async fn what_died_between_two_rows_of_a_digest_and_has_no_wake_up_is_settled_within_a_day() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.digest = Digest::Auto;
    let webhook = stage.register(webhook, TOKEN).await;
    let first = stage.publish(&webhook).await;
    let second = stage.publish(&webhook).await;
    stage.serve().await;
    assert_eq!(stage.sink.messages().len(), 1);
    stage.unwrite(&webhook, &second).await;
    stage.queue.purge().unwrap();
    stage.clock.advance(Duration::from_secs(86_400));
    stage.serve().await;
    for id in [&first, &second] {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered);
    }
    assert_eq!(stage.sink.messages().len(), 1);
}

#[tokio::test]
async fn a_message_that_is_always_panicked_over_is_skipped_and_holds_up_nobody_for_ever() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.is_down.store(true, Ordering::SeqCst);
    stage.panics.store(usize::MAX, Ordering::SeqCst);
    let poison = stage.publish(&webhook).await;
    let next = stage.publish(&webhook).await;
    let mut row = None;
    for _ in 0..600 {
        stage.clock.advance(SECOND);
        stage.serve().await;
        let read = stage.delivery(&webhook, &poison).await;
        if read.status == DeliveryStatus::Skipped {
            row = Some(read);
            break;
        }
    }
    let reason = row.unwrap().reason.unwrap();
    assert!(reason.contains("report"), "{reason}");
    stage.panics.store(0, Ordering::SeqCst);
    stage.is_down.store(false, Ordering::SeqCst);
    stage.serve_for(Duration::from_secs(120), SECOND).await;
    let next = stage.delivery(&webhook, &next).await;
    assert_eq!(next.status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn a_message_that_nobody_can_read_is_set_aside_and_the_others_go_on() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let before = stage.publish(&webhook).await;
    let poison = QueueMessage {
        group: webhook.lane(&webhook.lanes.channels[0]).to_string(),
        deduplication_id: "poison".into(),
        body: "{\"not\": \"an order\"}".into(),
    };
    stage
        .queue
        .send(std::slice::from_ref(&poison))
        .await
        .unwrap();
    let after = stage.publish(&webhook).await;
    stage.serve_for(Duration::from_secs(5), SECOND).await;
    for id in [before, after] {
        let row = stage.delivery(&webhook, &id).await;
        assert_eq!(outcomes(&row), [Outcome::Delivered]);
    }
    let now = stage.clock.now();
    let kept = stage.dead_letters.receive(10, SECOND, now).unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].body, poison.body);
    let (waiting, next) = stage.queue.waiting(now).unwrap();
    assert_eq!((waiting, next), (0, None));
}

#[tokio::test]
async fn a_pause_of_discord_is_not_cut_short_by_a_process_that_did_not_know_it() {
    let mut stage = Stage::new().await;
    let mut webhooks = Vec::new();
    for number in 1..=4 {
        let url = discord_url(u64::try_from(number).unwrap());
        webhooks.push(stage.register(discord(number), &url).await);
    }
    // The first process has looked, and found no pause.
    stage.publish(&webhooks[0]).await;
    stage.serve().await;
    // The second one is told of a long one ...
    stage
        .sink
        .fail_next(1, Failure::RateLimitedEverywhere(600.0));
    stage.publish(&webhooks[1]).await;
    stage.serve().await;
    // ... and the first, which does not know yet, of a short one.
    stage.clock.advance(SECOND / 2);
    stage.sink.fail_next(1, Failure::RateLimitedEverywhere(1.0));
    stage.publish(&webhooks[2]).await;
    stage.serve().await;
    assert!(stage.sink.pending_plans().is_empty());
    stage.publish(&webhooks[3]).await;
    stage.serve_for(Duration::from_secs(500), SECOND).await;
    assert_eq!(stage.arrivals().len(), 1, "all the others wait");
    stage.serve_for(Duration::from_secs(300), SECOND).await;
    assert_eq!(stage.arrivals().len(), 4);
}

#[tokio::test]
async fn a_ban_is_known_after_a_second_to_a_process_that_has_just_found_none() {
    let mut stage = Stage::new().await;
    let mut webhooks = Vec::new();
    for number in 1..=3 {
        let url = discord_url(u64::try_from(number).unwrap());
        webhooks.push(stage.register(discord(number), &url).await);
    }
    stage.publish(&webhooks[0]).await;
    stage.serve().await;
    stage.sink.fail_next(2, Failure::Banned(Ban::Json));
    stage.publish(&webhooks[1]).await;
    stage.serve().await;
    stage.clock.advance(SECOND);
    stage.publish(&webhooks[2]).await;
    stage.serve().await;
    assert_eq!(
        stage.sink.pending_plans()[0].count,
        Some(1),
        "nobody called"
    );
}

#[tokio::test]
async fn a_queue_that_fails_once_to_put_a_message_off_costs_it_nothing() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.sink.fail_next(1, Failure::RateLimited(5.0));
    stage.refusals.store(1, Ordering::SeqCst);
    stage.publish(&webhook).await;
    stage.serve_for(Duration::from_secs(10), SECOND).await;
    assert_eq!(stage.refusals.load(Ordering::SeqCst), 0);
    assert_eq!(stage.arrivals().len(), 1);
}

#[tokio::test]
async fn a_row_that_a_dead_process_wrote_late_says_what_was_posted_after_it() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let id = stage.publish(&webhook).await;
    stage.serve().await;
    assert_eq!(stage.sink.messages().len(), 1);
    // Before this was written down, somebody else took the post for lost, posted again, and died.
    stage.post_and_die(&webhook, &id).await;
    stage.serve_for(60 * SECOND, SECOND).await;
    assert_eq!(stage.sink.messages().len(), 1, "not once more");
    let row = stage.delivery(&webhook, &id).await;
    assert_eq!(row.status, DeliveryStatus::Delivered);
    assert!(row.possible_duplicate);
}

#[tokio::test]
async fn a_lane_has_nothing_left_to_send_again_once_that_was_sent() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let id = stage.publish(&webhook).await;
    stage.serve().await;
    stage.recover(&webhook, &[id]).await;
    stage.serve().await;
    assert_eq!(stage.sink.messages().len(), 2);
    let lane = stage.lane(&webhook).await;
    assert!(!lane.may_have_redo(), "the daily walk would wake it");
}

#[tokio::test]
async fn a_post_that_is_not_to_be_repeated_is_not_open_any_more() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.publish(&webhook).await;
    stage.serve().await;
    let lane = webhook.lane(&webhook.lanes.channels[0]);
    let mut row = stage.lane(&webhook).await;
    let (version, organization) = (row.version, &webhook.organization);
    row.version += 1;
    row.offset = row.settled_up_to().cloned();
    let open = row.open.as_mut().unwrap();
    // As after a post of unknown outcome, of which the log has nothing any more.
    open.is_in_flight = false;
    open.log = Log::Redo;
    let saved = stage
        .lanes
        .save(organization, &lane, version, &row, stage.now());
    assert!(saved.await.unwrap().is_some());
    let wake_up = WakeUp::new(organization.clone(), lane.clone());
    wake(&stage.queue, &[wake_up]).await.unwrap();
    stage.serve().await;
    assert_eq!(stage.sink.messages().len(), 1);
    let row = stage.lane(&webhook).await;
    assert!(row.open.is_none(), "the daily walk would wake it");
}

#[tokio::test]
async fn a_lane_whose_last_state_was_not_written_is_found_to_be_settled_once() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.publish(&webhook).await;
    stage.serve().await;
    // Whoever has settled it died before the lane's row said so.
    let lane = webhook.lane(&webhook.lanes.channels[0]);
    let row = stage.lane(&webhook).await;
    let version = row.version;
    let before = Lane {
        version: version + 1,
        tried: row.settled_up_to().cloned(),
        ..Lane::default()
    };
    let (organization, now) = (&webhook.organization, stage.now());
    let saved = stage.lanes.save(organization, &lane, version, &before, now);
    assert!(saved.await.unwrap().is_some());
    let wake_up = WakeUp::new(organization.clone(), lane.clone());
    wake(&stage.queue, &[wake_up]).await.unwrap();
    stage.serve().await;
    assert_eq!(stage.sink.messages().len(), 1, "not posted again");
    let row = stage.lane(&webhook).await;
    let waits = stage
        .lanes
        .has_more(&lane, &row, &stage.ledger)
        .await
        .unwrap();
    assert!(!waits, "the daily walk would wake it for ever");
}

#[tokio::test]
async fn what_died_between_two_rows_of_a_digest_is_settled_also_where_the_first_is_asked_for_again()
{
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.digest = Digest::Auto;
    let webhook = stage.register(webhook, TOKEN).await;
    let first = stage.publish(&webhook).await;
    let second = stage.publish(&webhook).await;
    stage.serve().await;
    stage.unwrite(&webhook, &second).await;
    stage.recover(&webhook, std::slice::from_ref(&first)).await;
    stage.serve().await;
    for id in [&first, &second] {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
    }
    assert_eq!(stage.sink.messages().len(), 2);
}

#[tokio::test]
async fn what_may_be_there_already_says_so_also_where_it_is_not_sent_any_more() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let id = stage.publish(&webhook).await;
    stage.post_and_die(&webhook, &id).await;
    let mut off = webhook.clone();
    off.status = WebhookStatus::Disabled;
    off.version += 1;
    stage.change(&webhook, &off).await;
    stage.serve_for(60 * SECOND, SECOND).await;
    let row = stage.delivery(&webhook, &id).await;
    assert_eq!(row.status, DeliveryStatus::Skipped);
    assert!(row.possible_duplicate);
    assert_eq!(row.channel, "infra");
}

#[tokio::test]
async fn a_lane_has_nothing_left_to_send_again_once_that_was_skipped() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let id = stage.publish(&webhook).await;
    stage.serve().await;
    let mut off = webhook.clone();
    off.status = WebhookStatus::Disabled;
    off.version += 1;
    stage.change(&webhook, &off).await;
    stage.recover(&webhook, &[id]).await;
    stage.serve().await;
    let lane = stage.lane(&webhook).await;
    assert!(!lane.may_have_redo(), "the daily walk would wake it");
}

#[tokio::test]
async fn what_was_skipped_by_somebody_who_died_and_then_recovered_is_sent_once() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let mut off = webhook.clone();
    off.status = WebhookStatus::Disabled;
    off.version += 1;
    stage.change(&webhook, &off).await;
    let id = stage.publish(&webhook).await;
    stage.dies_after_an_outcome.store(true, Ordering::SeqCst);
    stage.serve_batch().await;
    stage.dies_after_an_outcome.store(false, Ordering::SeqCst);
    let row = stage.delivery(&webhook, &id).await;
    assert_eq!(row.status, DeliveryStatus::Skipped);
    let mut on = webhook.clone();
    on.version += 2;
    stage.change(&off, &on).await;
    stage.recover(&webhook, std::slice::from_ref(&id)).await;
    stage.serve_for(10 * SECOND, SECOND).await;
    assert_eq!(stage.sink.messages().len(), 1);
    let row = stage.delivery(&webhook, &id).await;
    assert_eq!((row.status, row.redelivery), (DeliveryStatus::Delivered, 1));
}
