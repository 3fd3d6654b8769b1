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
    let ids = stage.backlog(&webhook, 1_015).await;
    stage.serve_for(Duration::from_secs(60), SECOND).await;
    let messages = stage.sink.messages();
    // What is no more than a few, behind it, has messages of its own.
    assert_eq!(messages.len(), 1 + 15);
    let summary = messages[0].payload.to_string();
    assert!(
        summary.contains("1,000 × deploy succeeded by alice"),
        "{summary}"
    );
    let mut posted = HashSet::new();
    for (number, id) in ids.iter().enumerate() {
        let row = stage.delivery(&webhook, id).await;
        assert_eq!(row.status, DeliveryStatus::Delivered, "{number}");
        let is_summed = row.reason.is_some_and(|it| it.contains("with 999 others"));
        assert_eq!(is_summed, number < 1_000, "{number}");
        posted.insert(row.message.unwrap().id);
    }
    assert_eq!(posted.len(), messages.len());
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
    stage.serve().await;
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
