//! What is kept for how long: rows that are over are removed in any order.

use std::time::Duration;

use crate::TOKEN;
use crate::stage::{Stage, slack};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn an_old_message_is_not_posted_again_where_the_ledger_goes_before_the_log() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.publish(&webhook).await;
    stage.serve().await;
    stage.clock.advance(DAY * 90 + DAY / 24);
    stage.expire(webhook.id.as_str()).await;
    stage.expire("LANES#").await;
    stage.serve().await;
    assert_eq!(stage.sink.messages().len(), 1);
    // In the end, all of it goes.
    stage.expire("LOG#").await;
    stage.clock.advance(DAY * 30);
    stage.expire("").await;
    stage.serve().await;
    assert_eq!(stage.sink.messages().len(), 1);
}

#[tokio::test]
async fn a_lane_that_was_only_asked_for_is_forgotten() {
    let stage = Stage::new().await;
    let webhook = slack(1, "infra");
    let lane = webhook.lane(&webhook.lanes.channels[0]);
    let (organization, lanes) = (&webhook.organization, std::slice::from_ref(&lane));
    for has_redo in [false, true] {
        let asked = stage.lanes.ask(organization, &lane, has_redo, stage.now());
        asked.await.unwrap();
        assert_eq!(stage.lanes.read(lanes).await.unwrap().len(), 1);
        stage.clock.advance(DAY * 121);
        stage.expire("LANES#").await;
        assert_eq!(stage.lanes.read(lanes).await.unwrap().len(), 0);
    }
}
