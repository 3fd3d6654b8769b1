//! What is kept for how long: rows that are over are removed in any order.

use std::time::Duration;

use crate::TOKEN;
use crate::stage::{Stage, slack};

const DAY: Duration = Duration::from_secs(86_400);

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
