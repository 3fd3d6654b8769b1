//! That webhooks do not get through is told through those that do.

use std::time::Duration;

use carillon_domain::failing::{FailingLane, Outage};
use carillon_domain::lane::{Lane, Trouble};
use carillon_domain::{LaneId, OrganizationId, WebhookId};
use carillon_tests::slack;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::inside::Inside;

#[tokio::test]
async fn a_webhook_that_fails_itself_is_not_told_what_fails_and_the_ledger_says_why() {
    let inside = Inside::start().await;
    let claims = json!({"organization": "org_acme", "role": "admin"});
    let organization = OrganizationId::parse("org_acme").unwrap();
    let now = Timestamp::now();
    let mut ids = Vec::new();
    for (name, failing_for) in [
        ("works", None),
        ("hiccup", Some(60)),
        ("fails", Some(3_500)),
    ] {
        let body = slack(name, &["webhook_*"]);
        let path = "/webhooks/?verify=false";
        let made = inside.call(&claims, "POST", path, &body).await;
        let id = made.body["id"].as_str().unwrap().to_owned();
        let lane = LaneId::of(&WebhookId::parse(&id).unwrap(), 1);
        ids.push(id);
        let Some(seconds) = failing_for else {
            continue;
        };
        let state = Lane {
            version: 1,
            trouble: Some(Trouble {
                unanswered: 0,
                since: now - Duration::from_secs(seconds),
                failures: 4,
                limits: 0,
                reason: "Slack answers 503.".into(),
            }),
            ..Lane::default()
        };
        let lanes = &inside.lanes;
        let saved = lanes.save(&organization, &lane, 0, &state, now).await;
        assert!(saved.unwrap().is_some());
    }
    let failing = FailingLane {
        lane: LaneId::of(&WebhookId::parse(&ids[2]).unwrap(), 1),
        name: "fails".into(),
        since: now - Duration::from_secs(3_600),
        reason: "Slack answers 503.".into(),
        tried_at: now,
    };
    let outage = Outage::new(organization, "slack", now);
    let (event, _) = outage.tell(&[failing], now).unwrap();
    inside.events.put(&event).await.unwrap();
    inside.dispatch().await;

    let path = format!("/events/{}/", event.id);
    let told = inside.call(&claims, "GET", &path, &Value::Null).await.body;
    assert_eq!(told["matched"], 3, "{told}");
    for (id, status) in ids.iter().zip(["pending", "pending", "skipped"]) {
        let deliveries = told["deliveries"].as_array().unwrap();
        let own = deliveries.iter().find(|it| it["webhook_id"] == **id);
        let own = own.unwrap();
        assert_eq!(own["status"], status, "{own}");
        assert_eq!(own["channel"], "infra");
        let is_told_why = own["reason"].to_string().contains("is one of those");
        assert_eq!(is_told_why, status == "skipped", "{own}");
        let lane = LaneId::of(&WebhookId::parse(id).unwrap(), 1);
        let waits = inside
            .lanes
            .has_more(&lane, &Lane::default(), &inside.ledger)
            .await;
        assert_eq!(waits.unwrap(), status == "pending");
    }
}
