//! What a batch reads: no more than it needs, and nothing of others.

use carillon_domain::{EventId, EventType, OrganizationId, sample};

use crate::TOKEN;
use crate::stage::{Stage, slack};

#[tokio::test]
async fn events_of_a_batch_are_read_with_its_lanes_and_each_log_once() {
    let mut stage = Stage::new().await;
    let mut webhooks = Vec::new();
    for number in 1..=3 {
        let webhook = slack(number, &format!("channel-{number}"));
        webhooks.push(stage.register(webhook, TOKEN).await);
    }
    for webhook in &webhooks {
        stage.publish(webhook).await;
    }
    stage.calls.lock().unwrap().clear();
    assert!(stage.serve_batch().await);
    assert_eq!(stage.sink.messages().len(), 3);
    let calls = stage.calls.lock().unwrap().clone();
    assert_eq!(calls["Query"], 3, "one a lane: {calls:?}");
    // The webhooks, the lanes and the events.
    assert_eq!(calls["BatchGetItem"], 3, "{calls:?}");
}

#[tokio::test]
async fn events_with_the_same_id_stay_with_their_organizations() {
    let mut stage = Stage::new().await;
    let ours = stage.register(slack(1, "ours"), TOKEN).await;
    let mut theirs = slack(2, "theirs");
    theirs.organization = OrganizationId::parse("org_other").unwrap();
    let theirs = stage.register(theirs, TOKEN).await;
    for (webhook, actor) in [(&ours, "our-pipeline"), (&theirs, "their-pipeline")] {
        let mut event = sample::event(EventType::Deploy);
        event.id = EventId::parse("the-same").unwrap();
        event.actor = Some(actor.to_owned());
        stage.publish_as(webhook, event).await;
    }
    assert!(stage.serve_batch().await);
    for (channel, actor) in [("ours", "our-pipeline"), ("theirs", "their-pipeline")] {
        let messages = stage.sink.messages();
        let message = messages.iter().find(|it| it.channel == channel).unwrap();
        assert!(message.payload.to_string().contains(actor), "{channel}");
    }
}
