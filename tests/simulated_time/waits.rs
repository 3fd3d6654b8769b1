//! How long a lane waits, and what ends its wait.

use std::time::Duration;

use carillon_domain::DeliveryStatus;
use carillon_embedded::chat_sink::{Answer, Failure};

use crate::stage::{Stage, discord, discord_url, slack};
use crate::{SECOND, TOKEN};

#[tokio::test]
async fn what_one_channel_is_to_wait_does_not_bind_the_next_one() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.sink.fail_next(1, Failure::RateLimited(1_800.0));
    for _ in 0..2 {
        stage.publish(&webhook).await;
    }
    stage.serve().await;
    let mut moved = webhook.clone();
    moved.configuration.set("channel", "alerts");
    moved.lanes = webhook.lanes.renamed(&["alerts"]);
    moved.version += 1;
    stage.change(&webhook, &moved).await;
    stage.serve_for(5 * SECOND, SECOND).await;
    assert_eq!(stage.sink.messages().len(), 2);
    assert!(stage.lane(&moved).await.wait.is_none());
}

#[tokio::test]
async fn a_person_may_hurry_what_an_unwell_platform_asks_for_in_the_process_that_was_asked() {
    let mut stage = Stage::new().await;
    stage.serve_with_one();
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let unwell = Answer {
        status: 503,
        headers: vec![("Retry-After".into(), "7200".into())],
        body: String::new(),
    };
    stage.sink.fail_next(1, Failure::Answer(unwell));
    let id = stage.publish(&webhook).await;
    stage.serve_for(600 * SECOND, 10 * SECOND).await;
    let row = stage.delivery(&webhook, &id).await;
    assert_eq!(row.attempts.len(), 1);
    let mut changed = webhook.clone();
    changed.version += 1;
    stage.change(&webhook, &changed).await;
    stage.serve_for(5 * SECOND, SECOND).await;
    let row = stage.delivery(&webhook, &id).await;
    assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
}

#[tokio::test]
async fn a_channel_whose_last_message_was_refused_for_its_content_neither_fails_nor_waits() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let down = Failure::refusal("slack", "service_unavailable");
    stage.sink.fail_next(1, down);
    let refused = Failure::refusal("slack", "invalid_blocks");
    stage.sink.fail_next(1, refused);
    let id = stage.publish(&webhook).await;
    stage.serve_for(Duration::from_secs(20), SECOND).await;
    let row = stage.delivery(&webhook, &id).await;
    assert_eq!(row.status, DeliveryStatus::Failed, "{row:#?}");
    let lane = stage.lane(&webhook).await;
    assert_eq!((lane.trouble, lane.wait), (None, None));
}

#[tokio::test]
async fn a_platform_that_is_down_is_tried_every_ten_minutes_whatever_its_kind() {
    for (webhook, secret) in [
        (slack(1, "infra"), TOKEN.to_owned()),
        (discord(2), discord_url(2)),
    ] {
        let mut stage = Stage::new().await;
        let webhook = stage.register(webhook, &secret).await;
        // What posts nothing is answered as ever.
        stage.sink.fail_next(15, Failure::Status(503));
        let id = stage.publish(&webhook).await;
        stage.serve_for(3 * 3_600 * SECOND, 20 * SECOND).await;
        let row = stage.delivery(&webhook, &id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
    }
}

#[tokio::test]
async fn what_waits_behind_a_message_that_is_never_answered_goes_on_after_ten_minutes() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let poison = stage.publish(&webhook).await;
    let next = stage.publish(&webhook).await;
    stage.sink.fail_next(4, Failure::Reset);
    stage.serve_for(620 * SECOND, 5 * SECOND).await;
    let next = stage.delivery(&webhook, &next).await;
    assert_eq!(next.status, DeliveryStatus::Delivered, "{next:#?}");
    assert!(stage.delivery(&webhook, &poison).await.overtaken);
}

#[tokio::test]
async fn a_person_hurries_a_short_wait_too() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let down = Failure::refusal("slack", "service_unavailable");
    stage.sink.fail_next(2, down);
    let id = stage.publish(&webhook).await;
    stage.serve().await;
    let mut changed = webhook.clone();
    // Again where that fails, too.
    for attempts in 2..=3 {
        let before = changed.clone();
        changed.version += 1;
        stage.change(&before, &changed).await;
        stage.serve_for(SECOND, SECOND).await;
        let row = stage.delivery(&webhook, &id).await;
        assert_eq!(row.attempts.len(), attempts, "{row:#?}");
    }
    let row = stage.delivery(&webhook, &id).await;
    assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
}

#[tokio::test]
async fn a_channel_that_rests_for_long_has_no_wake_up_meanwhile() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(discord(1), &discord_url(1)).await;
    let used_up = Answer {
        status: 200,
        headers: vec![
            ("X-RateLimit-Remaining".into(), "0".into()),
            ("X-RateLimit-Reset-After".into(), "300".into()),
        ],
        body: r#"{"id": "100000000000000001", "channel_id": "100000000000000002"}"#.into(),
    };
    stage.sink.fail_next(1, Failure::Answer(used_up));
    let first = stage.publish(&webhook).await;
    stage.serve().await;
    let row = stage.delivery(&webhook, &first).await;
    assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
    assert_eq!(stage.queue.waiting(stage.now()).unwrap(), (0, None));
    stage.publish(&webhook).await;
    stage.serve_for(290 * SECOND, 5 * SECOND).await;
    assert!(stage.sink.messages().is_empty());
    stage.serve_for(30 * SECOND, 5 * SECOND).await;
    assert_eq!(stage.sink.messages().len(), 1);
}
