//! Telling people of webhooks that have not got through for an hour.

use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_domain::{Event, EventType, Status};
use carillon_embedded::chat_sink::Failure;

use crate::stage::{Stage, slack};
use crate::{SECOND, TOKEN};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

/// The notices of an organization, the first one first.
async fn notices(stage: &Stage) -> Vec<Event> {
    let organization = slack(1, "infra").organization;
    let events = stage.events_of(&organization).await;
    let mut notices: Vec<_> = events
        .into_iter()
        .filter(|event| event.event_type == EventType::WebhookFailing)
        .collect();
    notices.sort_by_key(|event| event.received_at);
    notices
}

#[tokio::test]
async fn an_outage_is_told_once_an_hour_for_all_webhooks_and_so_is_its_end() {
    let mut stage = Stage::new().await;
    for number in 1..=3 {
        let webhook = stage.register(slack(number, "infra"), TOKEN).await;
        stage.publish(&webhook).await;
    }
    stage.is_down.store(true, Ordering::SeqCst);
    stage.serve_for(HOUR - MINUTE, MINUTE).await;
    assert_eq!(notices(&stage).await, [], "nothing yet");
    stage.serve_for(MINUTE * 20, MINUTE).await;
    let told = notices(&stage).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0].details["webhooks"], "3",
        "all that have failed as long"
    );
    stage.serve_for(HOUR, MINUTE).await;
    let told = notices(&stage).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|it| it.status == Some(Status::Failed)));
    assert_eq!(told[1].details["webhooks"], "3");
    assert_eq!(told[1].details["platform"], "slack");

    stage.is_down.store(false, Ordering::SeqCst);
    stage.serve_for(MINUTE * 20, SECOND * 30).await;
    let told = notices(&stage).await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[2].status, Some(Status::Succeeded));
    assert_eq!(told[2].correlation_id, told[0].correlation_id);
    stage.serve_for(HOUR * 2, MINUTE * 5).await;
    assert_eq!(notices(&stage).await.len(), 3, "it is over");
}

#[tokio::test]
async fn a_failing_webhook_that_is_removed_fails_no_more() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.publish(&webhook).await;
    stage.is_down.store(true, Ordering::SeqCst);
    stage.serve_for(HOUR + MINUTE * 20, MINUTE).await;
    stage.remove(&webhook).await;
    stage.serve_for(HOUR * 4, MINUTE * 5).await;
    let told = notices(&stage).await;
    assert_eq!(told.last().unwrap().status, Some(Status::Succeeded));
    let count = told.len();
    stage.serve_for(HOUR * 2, MINUTE * 5).await;
    assert_eq!(notices(&stage).await.len(), count, "it is over");
}

#[tokio::test]
async fn what_waits_for_longer_than_a_channel_is_remembered_still_fails() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let hours = Failure::RateLimited(4.0 * 3_600.0);
    stage.sink.fail_next(3, hours);
    stage.publish(&webhook).await;
    stage.serve_for(HOUR * 12 - MINUTE, MINUTE * 5).await;
    let told = notices(&stage).await;
    assert!(told.len() > 2, "{told:?}");
    assert!(told.iter().all(|it| it.status == Some(Status::Failed)));
    stage.serve_for(HOUR * 2, MINUTE * 5).await;
    let told = notices(&stage).await;
    assert_eq!(told.last().unwrap().status, Some(Status::Succeeded));
}
