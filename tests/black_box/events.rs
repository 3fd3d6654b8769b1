//! Events: batches, duplicates, sizes, and what became of each.

use carillon_tests::{App, discord, slack, until};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// An event of exactly this many bytes, as JSON without spaces.
fn event_of(bytes: usize) -> Value {
    let mut details = serde_json::Map::new();
    let mut event = json!({"type": "deploy", "details": {}});
    for n in 0..20 {
        let left = bytes - event.to_string().len();
        let entry = format!("\"d{n:02}\":\"\",").len();
        if left <= entry {
            break;
        }
        let length = (left - entry + usize::from(n == 0)).min(1_000);
        details.insert(format!("d{n:02}"), json!("x".repeat(length)));
        event["details"] = json!(details);
    }
    assert_eq!(event.to_string().len(), bytes);
    event
}

#[tokio::test]
async fn an_event_may_have_sixteen_kilobytes_and_not_a_byte_more() {
    let app = App::start().await;
    let most = app.post("/events/", &event_of(16 * 1_024)).await;
    assert_eq!(most.status, StatusCode::ACCEPTED, "{}", most.body);
    let over = app.post("/events/", &event_of(16 * 1_024 + 1)).await;
    assert_eq!(over.status, StatusCode::BAD_REQUEST);
    assert_eq!(over.pointers(), [""]);
    let batch = json!({"events": [event_of(100), event_of(16 * 1_024 + 1)]});
    let over = app.post("/events/", &batch).await;
    assert_eq!(over.pointers(), ["/events/1"]);
    // Spaces between do not count.
    let spaced = serde_json::to_string_pretty(&event_of(16 * 1_024)).unwrap();
    let request = app
        .request(Method::POST, "/events/")
        .header("content-type", "application/json")
        .body(spaced);
    assert_eq!(app.send(request).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_body_may_have_256_kilobytes_and_not_a_byte_more() {
    let app = App::start().await;
    let event = json!({"type": "deploy", "id": "padded"}).to_string();
    for (size, status) in [
        (256 * 1_024, StatusCode::ACCEPTED),
        (256 * 1_024 + 1, StatusCode::PAYLOAD_TOO_LARGE),
        (4 * 1_024 * 1_024, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let mut body = event.clone();
        body.push_str(&" ".repeat(size - event.len()));
        let request = app
            .request(Method::POST, "/events/")
            .header("content-type", "application/json")
            .body(body);
        let answer = app.send(request).await;
        assert_eq!(answer.status, status, "{size}: {}", answer.text);
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            assert_eq!(answer.body["type"], "urn:carillon:problem:too-large");
        }
    }
}

#[tokio::test]
async fn a_batch_has_one_to_a_hundred_events() {
    let app = App::start().await;
    let of = |count: usize| json!({"events": vec![json!({"type": "deploy"}); count]});
    let hundred = app.post("/events/", &of(100)).await;
    assert_eq!(hundred.status, StatusCode::ACCEPTED, "{}", hundred.body);
    assert_eq!(hundred.results().len(), 100);
    for bad in [
        of(0),
        of(101),
        json!({"events": {}}),
        json!({"events": null}),
        json!({"events": "x"}),
    ] {
        let answer = app.post("/events/", &bad).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.pointers(), ["/events"], "{}", answer.body);
    }
    let one = app.post("/events/", &of(1)).await;
    assert_eq!(
        one.results().len(),
        1,
        "a batch of one is answered as a batch"
    );
    let more = app
        .post(
            "/events/",
            &json!({"events": [{"type": "deploy"}], "dry": 1}),
        )
        .await;
    assert_eq!(more.pointers(), ["/dry"]);
}

#[tokio::test]
async fn a_partly_bad_batch_stores_nothing_and_lists_every_fault_of_every_event() {
    let app = App::start().await;
    app.register(&slack("slack", &["*"])).await;
    let batch = json!({"events": [
        {"type": "deploy", "id": "good-1"},
        {"type": "depoly", "status": "done", "estimated_cost": {"amount": 1.5}},
        {"type": "ping"},
        null,
        {"type": "deploy", "id": "good-2", "changes": [1], "occurred_at": "yesterday"},
        {"type": "deploy", "id": "good-3"}
    ]});
    let answer = app.post("/events/", &batch).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.pointers(),
        [
            "/events/1/type",
            "/events/1/status",
            "/events/1/estimated_cost/amount",
            "/events/1/estimated_cost/currency",
            "/events/2/type",
            "/events/3",
            "/events/4/occurred_at",
            "/events/4/changes/0",
        ]
    );
    assert_eq!(app.get("/events/").await.results(), [] as [Value; 0]);
    app.publish(&json!({"type": "scale"})).await;
    app.messages(1).await;
    assert_eq!(app.sink().messages().len(), 1);
}

#[tokio::test]
async fn of_equal_ids_the_first_counts_also_within_a_batch_and_at_once() {
    let app = App::start().await;
    app.register(&slack("slack", &["*"])).await;
    let batch = json!({"events": [
        {"type": "deploy", "id": "a", "actor": "first"},
        {"type": "scale", "id": "a", "actor": "second"},
        {"type": "deploy", "id": "b"}
    ]});
    let answer = app.post("/events/", &batch).await;
    let duplicates: Vec<_> = answer
        .results()
        .iter()
        .map(|r| r["duplicate"].clone())
        .collect();
    assert_eq!(duplicates, [json!(false), json!(true), json!(false)]);
    assert_eq!(app.get("/events/a/").await.body["actor"], "first");

    let event = json!({"type": "deploy", "id": "c"});
    let answers = join_all((0..10).map(|_| app.post("/events/", &event))).await;
    let firsts = answers
        .iter()
        .filter(|answer| answer.body["duplicate"] == false);
    assert_eq!(firsts.count(), 1);
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == StatusCode::ACCEPTED)
    );
    app.publish(&json!({"type": "scale", "id": "last"})).await;
    app.messages_until(|all| all.iter().any(|m| m.payload.to_string().contains("last")))
        .await;
    assert_eq!(app.get("/events/").await.results().len(), 4);
}

#[tokio::test]
async fn what_was_published_is_read_back_as_it_was() {
    let app = App::start().await;
    let event = json!({
        "id": "deploy:7f3a._-", "type": "deploy", "status": "failed",
        "occurred_at": "2026-11-21T10:15:00.123456789Z", "environment": "production",
        "project": "billing",
        "resource": {"type": "aws_rds_cluster", "id": "db-1", "name": "billing-db", "url": "https://example.com/x?y=1#z"},
        "provider": "aws", "region": "eu-west-1",
        "estimated_cost": {"amount": "-0.000001", "currency": "USD", "period": "month"},
        "actor": "alice", "message": "line one\nline two \u{1f514} \u{202e}", "correlation_id": "release-42",
        "dry_run": true, "changes": ["description", "rotation"], "details": {"commit": "9fceb02", "ключ": "значение"}
    });
    app.publish(&event).await;
    let read = app.get("/events/deploy:7f3a._-/").await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.body);
    for (field, value) in event.as_object().unwrap() {
        assert_eq!(&read.body[field], value, "{field}");
    }
    assert_eq!(read.body["deliveries"], json!([]));
    let encoded = app.get("/events/deploy%3A7f3a%2E%5F%2D/").await;
    assert_eq!(encoded.body, read.body);
}

#[tokio::test]
async fn an_event_tells_what_became_of_it_for_each_webhook() {
    let app = App::start().await;
    let mut two = slack("two channels", &["deploy"]);
    two["configuration"] = json!({
        "token": "xoxb-fake-token-for-tests-wxyz", "channels": ["infra", "alerts"]
    });
    let two = app.register(&two).await;
    let discord = app.register(&discord("discord", &["*"])).await;
    app.register(&slack("other", &["scale"])).await;
    app.publish(&json!({"type": "deploy", "id": "deploy-1"}))
        .await;
    let mut read = Value::Null;
    until("three deliveries", async || {
        read = app.get("/events/deploy-1/").await.body;
        let deliveries = read["deliveries"].as_array().unwrap();
        deliveries.len() == 3 && deliveries.iter().all(|d| d["status"] == "delivered")
    })
    .await;
    let deliveries = read["deliveries"].as_array().unwrap();
    let mut found: Vec<_> = deliveries
        .iter()
        .map(|d| {
            (
                d["webhook_id"].as_str().unwrap(),
                d["channel"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    let mut expected = [(&*two, "infra"), (&*two, "alerts"), (&*discord, "")];
    expected.sort_unstable();
    assert_eq!(found, expected);
    for delivery in deliveries {
        assert_eq!(delivery["event_id"], "deploy-1");
        let at = format!(
            "/webhooks/{}/deliveries/{}/",
            delivery["webhook_id"].as_str().unwrap(),
            delivery["id"].as_str().unwrap()
        );
        assert_eq!(&app.get(&at).await.body, delivery);
    }
}

#[tokio::test]
async fn ids_that_an_event_cannot_have_are_faults_and_lead_nowhere() {
    let app = App::start().await;
    let long = "x".repeat(129);
    for id in [
        "", " ", "a b", "a/b", "a%2Fb", "ä", "a\u{0}", "..\\", ".", "..", &long,
    ] {
        let answer = app
            .post("/events/", &json!({"type": "deploy", "id": id}))
            .await;
        assert_eq!(answer.pointers(), ["/id"], "{id:?}");
    }
    for path in [
        "/events/a%20b/",
        "/events/%2e%2e%2f/",
        "/events/%00/",
        "/events/%ff/",
    ] {
        assert_eq!(app.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for good in ["a..b", ".a", "-", "x".repeat(128).as_str()] {
        let answer = app
            .post("/events/", &json!({"type": "deploy", "id": good}))
            .await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{good}");
    }
}

#[tokio::test]
async fn an_event_keeps_its_deliveries_to_channels_that_the_webhook_has_no_longer() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.publish(&json!({"type": "deploy", "id": "deploy-1"}))
        .await;
    let before = app.delivery(&id, "delivered").await;
    assert_eq!(before["channel"], "infra");
    let moved = json!({"configuration": {"channel": "alerts"}});
    app.patch(&format!("/webhooks/{id}/"), &moved).await;
    app.publish(&json!({"type": "deploy", "id": "deploy-2"}))
        .await;
    app.messages(2).await;
    let read = app.get("/events/deploy-1/").await.body;
    assert_eq!(read["deliveries"], json!([before]));
    let channels = async |event: &str| {
        let read = app.get(&format!("/events/{event}/")).await.body;
        let deliveries = read["deliveries"].as_array().unwrap().iter();
        deliveries
            .map(|one| one["channel"].clone())
            .collect::<Vec<_>>()
    };
    until("the second event's delivery", async || {
        channels("deploy-2").await == ["alerts"]
    })
    .await;
}
