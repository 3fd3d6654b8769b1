//! One message that sums up what waits.

use std::collections::HashSet;
use std::time::Duration;

use carillon_domain::DeliveryStatus;
use carillon_embedded::chat_sink::Failure;

use crate::stage::{Stage, slack};
use crate::{SECOND, TOKEN};

#[tokio::test]
async fn beyond_so_many_waiting_events_one_message_sums_them_up_and_the_ledger_has_each() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.summary_after = Some(20);
    let webhook = stage.register(webhook, TOKEN).await;
    let ids = stage.backlog(&webhook, 5_015).await;
    stage.serve_for(Duration::from_secs(60), SECOND).await;
    let messages = stage.sink.messages();
    // What is no more than a few, behind it, has messages of its own.
    assert_eq!(messages.len(), 1 + 15);
    let summary = messages[0].payload.to_string();
    assert!(
        summary.contains("5,000 × deploy succeeded by alice"),
        "{summary}"
    );
    let mut posted = HashSet::new();
    for (number, id) in ids.iter().enumerate() {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered, "{number}");
        let is_summed = row
            .reason
            .is_some_and(|it| it.contains("with 4,999 others"));
        assert_eq!(is_summed, number < 5_000, "{number}");
        posted.insert(row.message.unwrap().id);
    }
    assert_eq!(posted.len(), messages.len());
}

#[tokio::test]
async fn what_an_import_makes_over_a_while_ends_in_one_summary() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.summary_after = Some(20);
    let webhook = stage.register(webhook, TOKEN).await;
    let mut ids = Vec::new();
    for _ in 0..10 {
        for _ in 0..25 {
            ids.push(stage.publish(&webhook).await);
        }
        stage.serve_for(2 * SECOND, SECOND).await;
    }
    assert!(stage.sink.messages().is_empty());
    stage.serve_for(5 * SECOND, SECOND).await;
    let messages = stage.sink.messages();
    assert_eq!(messages.len(), 1);
    let text = messages[0].payload["text"].to_string();
    assert!(text.contains("250 × deploy"), "{text}");
    // Where they never stop, none waits for more than a minute.
    for _ in 0..61 {
        for _ in 0..21 {
            ids.push(stage.publish(&webhook).await);
        }
        stage.serve_for(SECOND, SECOND).await;
    }
    assert_eq!(stage.sink.messages().len(), 2);
    stage.serve_for(60 * SECOND, SECOND).await;
    for id in &ids {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered);
    }
}

#[tokio::test]
async fn what_is_recovered_is_summed_up_too() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.summary_after = Some(20);
    let webhook = stage.register(webhook, TOKEN).await;
    let ids = stage.backlog(&webhook, 250).await;
    stage.serve_for(60 * SECOND, SECOND).await;
    stage.recover(&webhook, &ids[..230]).await;
    stage.serve_for(60 * SECOND, SECOND).await;
    // As few as these are told one by one.
    stage.recover(&webhook, &ids[230..]).await;
    stage.serve_for(60 * SECOND, SECOND).await;
    let messages = stage.sink.messages();
    let texts: Vec<String> = messages
        .iter()
        .map(|it| it.payload["text"].to_string())
        .collect();
    assert!(texts[0].contains("250 × deploy"), "{texts:#?}");
    assert!(texts[1].contains("230 × deploy"), "{texts:#?}");
    assert_eq!(texts.len(), 2 + 20, "{texts:#?}");
    for id in &ids {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!((row.status, row.redelivery), (DeliveryStatus::Delivered, 1));
    }
}

#[tokio::test]
async fn a_summary_that_may_have_arrived_is_posted_again_as_it_was() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.summary_after = Some(20);
    let webhook = stage.register(webhook, TOKEN).await;
    let ids = stage.backlog(&webhook, 40).await;
    stage
        .sink
        .fail_next(1, Failure::AfterTaking(Box::new(Failure::Reset)));
    stage.serve_for(5 * SECOND, SECOND).await;
    // What comes meanwhile has its own.
    let next = stage.publish(&webhook).await;
    stage.serve_for(Duration::from_secs(120), SECOND).await;
    let messages = stage.sink.messages();
    let texts: Vec<String> = messages
        .iter()
        .map(|it| it.payload["text"].to_string())
        .collect();
    assert_eq!(texts.len(), 3, "{texts:#?}");
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].contains("40 × deploy"), "{texts:#?}");
    for id in ids.iter().chain([&next]) {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered);
        assert_eq!(row.possible_duplicate, *id != next);
    }
}

#[tokio::test]
async fn nobody_has_to_read_the_thousands_of_a_summary_once_it_is_posted() {
    let mut stage = Stage::new().await;
    let mut webhook = slack(1, "infra");
    webhook.configuration.summary_after = Some(20);
    let webhook = stage.register(webhook, TOKEN).await;
    stage.backlog(&webhook, 250).await;
    stage.serve_for(60 * SECOND, SECOND).await;
    assert_eq!(stage.sink.messages().len(), 1);
    assert_eq!(stage.lane(&webhook).await.open, None);
}
