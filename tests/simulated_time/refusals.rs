//! What is refused, and what follows from it for those beside it.

use std::time::Duration;

use carillon_domain::webhook::{Digest, Grouping};
use carillon_domain::{DeliveryStatus, EventType, Outcome, Status, sample};
use carillon_embedded::chat_sink::{Answer, Failure, Plan};
use carillon_runtime::clock::Clock;

use crate::stage::{Stage, discord, discord_url, slack};
use crate::{SECOND, TOKEN, outcomes, seconds};

#[tokio::test]
async fn after_a_refused_digest_its_events_are_posted_singly_however_many_batches_that_takes() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.digest = Digest::Auto;
    let webhook = stage.register(webhook, TOKEN).await;
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(stage.publish(&webhook).await);
    }
    let refused = Failure::refusal("slack", "invalid_blocks");
    stage.sink.fail_next(1, refused);
    stage.serve_for(Duration::from_secs(60), SECOND).await;
    assert_eq!(stage.sink.messages().len(), 10);
    for id in ids {
        let delivery = stage.delivery(&webhook, &id).await;
        let expected = [Outcome::PayloadRefused, Outcome::Delivered];
        assert_eq!(outcomes(&delivery), expected, "{delivery:?}");
        // It was not its own failure: its schedule is all there.
        assert!(delivery.attempts[0].is_followed);
    }
}

#[tokio::test]
async fn a_credential_that_was_found_dead_is_not_tried_again_for_those_that_share_it() {
    let mut stage = Stage::new().await;
    let mut waiting = Vec::new();
    for number in 1..=3 {
        let webhook = stage.register(discord(number), &discord_url(1)).await;
        let id = stage.publish(&webhook).await;
        waiting.push((webhook, id));
    }
    stage.sink.fail_next(1, Failure::refusal("discord", 10015));
    stage.serve().await;
    assert!(stage.sink.messages().is_empty());
    assert!(stage.sink.pending_plans().is_empty());
    for (webhook, id) in waiting {
        let delivery = stage.delivery(&webhook, &id).await;
        assert_eq!(outcomes(&delivery), [Outcome::CredentialDead]);
    }
}

#[tokio::test]
async fn what_is_refused_to_a_token_in_one_channel_says_nothing_of_another() {
    let mut stage = Stage::new().await;
    let refused = stage.register(slack(1, "infra"), TOKEN).await;
    let other = stage.register(slack(2, "alerts"), TOKEN).await;
    let first = stage.publish(&refused).await;
    let second = stage.publish(&other).await;
    stage.sink.plan(Plan {
        failure: Failure::refusal("slack", "access_denied"),
        count: Some(1),
        channel: Some("infra".into()),
    });
    stage.serve().await;
    let first = stage.delivery(&refused, &first).await;
    assert_eq!(outcomes(&first), [Outcome::CredentialDead]);
    let second = stage.delivery(&other, &second).await;
    assert_eq!(outcomes(&second), [Outcome::Delivered]);
}

#[tokio::test]
async fn what_takes_the_place_of_a_lost_message_waits_for_the_limit_that_the_search_used_up() {
    let mut stage = Stage::new().await;
    let mut webhook = discord(1);
    webhook.configuration.grouping = Grouping::Update;
    let webhook = stage.register(webhook, &discord_url(1)).await;
    let mut event = sample::event(EventType::Deploy);
    event.correlation_id = Some("release-42".into());
    event.status = Some(Status::Started);
    stage.publish_event(&webhook, event.clone()).await;
    stage.serve().await;

    let gone = Answer {
        status: 404,
        headers: [
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset-After", "1.5"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        body: r#"{"code": 10008, "message": "Unknown Message"}"#.into(),
    };
    stage.sink.fail_next(1, Failure::Answer(gone));
    event.status = Some(Status::Succeeded);
    event.occurred_at += SECOND;
    let begun = stage.clock.now();
    let id = stage.publish_event(&webhook, event).await;
    stage.serve().await;
    let delivery = stage.delivery(&webhook, &id).await;
    assert_eq!(outcomes(&delivery).last(), Some(&Outcome::Delivered));
    assert_eq!(delivery.attempts.len(), 2, "{delivery:?}");
    let waited = seconds(begun, stage.arrivals()[1]);
    assert!((1.5..2.5).contains(&waited), "{waited}");
}

#[tokio::test]
async fn a_message_that_keeps_failing_is_overtaken_and_not_lost_also_where_the_next_one_is_refused()
{
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(stage.publish(&webhook).await);
    }
    let down = || Failure::refusal("slack", "service_unavailable");
    stage.sink.fail_next(5, down());
    let refused = Failure::refusal("slack", "invalid_blocks");
    stage.sink.fail_next(1, refused);
    stage.sink.fail_next(1, down());
    stage
        .serve_for(Duration::from_secs(3_000), SECOND * 5)
        .await;
    let mut rows = Vec::new();
    for id in &ids {
        rows.push(stage.delivery(&webhook, id).await);
    }
    let told: Vec<_> = rows.iter().map(|row| (row.status, row.overtaken)).collect();
    let expected = [
        (DeliveryStatus::Delivered, true),
        (DeliveryStatus::Failed, false),
        (DeliveryStatus::Delivered, false),
    ];
    assert_eq!(told, expected, "{rows:#?}");
}

#[tokio::test]
async fn the_third_refusal_with_an_unknown_code_holds_the_channel_also_if_they_come_far_apart() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let refused = Failure::refusal("slack", "code_of_tomorrow");
    stage.sink.fail_next(3, refused);
    let mut told = Vec::new();
    for _ in 0..3 {
        let id = stage.publish(&webhook).await;
        stage.serve().await;
        told.push(stage.delivery(&webhook, &id).await.status);
        stage.clock.advance(SECOND * 60);
    }
    let (failed, waits) = (DeliveryStatus::Failed, DeliveryStatus::Retrying);
    assert_eq!(told, [failed, failed, waits]);
}
