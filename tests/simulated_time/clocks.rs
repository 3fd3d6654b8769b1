//! A clock that is set back makes nothing wait for as long; and how few copies a platform gets that
//! never answers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_domain::{DeliveryStatus, Outcome};
use carillon_embedded::chat_sink::{Failure, Plan};

use crate::stage::{Stage, discord, slack};
use crate::{SECOND, TOKEN, outcomes};

const HOURS: Duration = Duration::from_secs(2 * 3_600);

#[tokio::test]
async fn a_channel_that_works_goes_on_when_the_clock_is_set_back() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(stage.publish(&webhook).await);
    }
    // In the middle of it: one message a second.
    stage.serve_for(5 * SECOND, SECOND).await;
    let sent = stage.sink.messages().len();
    assert!((1..12).contains(&sent), "{sent}");
    stage.clock.set_back(HOURS);
    ids.push(stage.publish(&webhook).await);
    stage.serve_for(30 * SECOND, SECOND).await;
    for id in &ids {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(outcomes(&row), [Outcome::Delivered], "{row:#?}");
    }
}

#[tokio::test]
async fn a_channel_that_has_failed_is_tried_soon_when_the_clock_is_set_back() {
    let mut stage = Stage::new().await;
    let failing = stage.register(slack(1, "infra"), TOKEN).await;
    let limited = stage.register(slack(2, "alerts"), TOKEN).await;
    stage.is_down.store(true, Ordering::SeqCst);
    let first = stage.publish(&failing).await;
    stage.serve_for(1_800 * SECOND, 10 * SECOND).await;
    stage.is_down.store(false, Ordering::SeqCst);
    stage.sink.fail_next(1, Failure::RateLimited(7_200.0));
    let second = stage.publish(&limited).await;
    stage.serve().await;
    let row = stage.delivery(&limited, &second).await;
    assert_eq!(outcomes(&row), [Outcome::RateLimited]);
    stage.clock.set_back(HOURS);
    stage.serve_for(30 * SECOND, SECOND).await;
    for (webhook, id) in [(&failing, &first), (&limited, &second)] {
        let row = stage.delivery(webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered, "{row:#?}");
    }
}

#[tokio::test]
async fn a_platform_that_posts_and_never_answers_gets_few_copies_of_each_message() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let other = stage.register(discord(2), &crate::discord_url(2)).await;
    let mut ids = Vec::new();
    for webhook in [&webhook, &other] {
        for _ in 0..3 {
            ids.push((webhook, stage.publish(webhook).await));
        }
    }
    stage.sink.plan(Plan {
        failure: Failure::AfterTaking(Box::new(Failure::Reset)),
        count: None,
        channel: None,
    });
    stage.serve_for(12 * 3_600 * SECOND, 30 * SECOND).await;
    for (number, (webhook, id)) in ids.iter().enumerate() {
        let row = stage.delivery(webhook, id).await;
        let posts = row.attempts.iter().filter(|it| it.http_status.is_none());
        // Those behind the first one have been tried before it.
        let most = [12, 5, 5][number % 3];
        assert!(posts.count() <= most, "{number}: {row:#?}");
    }
}
