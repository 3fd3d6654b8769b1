//! What waits in the lanes is listed before anybody has tried to send it.

use std::collections::BTreeMap;

use carillon_tests::{App, slack};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// A delivery's id: the later the event, the greater.
fn id(number: u32) -> String {
    format!("dl_01M5W1C0Q8HXN0VDTNEAV{number:05}")
}

/// Appends these to the log of a webhook's lane, in one piece.
async fn append_to(app: &App, webhook: &str, lane: usize, numbers: &[u32]) {
    let position = |number: &u32| format!("{number:040}");
    let entry = |number: &u32| {
        json!({"M": {
            "position": {"S": position(number)}, "delivery_id": {"S": id(*number)},
            "event_id": {"S": format!("event-{number}")}, "event_type": {"S": "deploy"},
            "since": {"S": "2026-11-21T10:15:00Z"},
        }})
    };
    let ends = (numbers.first().unwrap(), numbers.last().unwrap());
    let item = json!({
        "webhook_id": {"S": format!("LOG#{webhook}-{lane}")},
        "id": {"S": format!("{}#{}", position(ends.0), position(ends.1))},
        "deliveries": {"L": numbers.iter().map(entry).collect::<Vec<_>>()},
        "expires_at": {"N": "4000000000"},
    });
    let put = json!({"TableName": "deliveries", "Item": item});
    app.dynamodb("PutItem", &put).await;
}

async fn append(app: &App, webhook: &str, numbers: &[u32]) {
    append_to(app, webhook, 1, numbers).await;
}

/// How often each delivery is in the list.
async fn listed(app: &App, webhook: &str, limit: usize) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut next = String::new();
    loop {
        let path = format!("/webhooks/{webhook}/deliveries/?status=pending&limit={limit}{next}");
        let page = app.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        for row in page.results() {
            *found
                .entry(row["id"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
        match page.body["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn what_waits_in_pieces_that_overlap_is_listed_whole_and_found() {
    let app = App::start().await;
    let webhook = app.register(&slack("prod alerts", &["deploy"])).await;
    // The shards of a stream that has split are dispatched side by side.
    let pieces: [&[u32]; 5] = [&[1, 9, 30], &[2, 3], &[5, 12, 31], &[10, 20], &[25]];
    for piece in pieces {
        append(&app, &webhook, piece).await;
    }
    let once: BTreeMap<String, usize> = pieces.concat().iter().map(|it| (id(*it), 1)).collect();
    for limit in 1..=12 {
        assert_eq!(listed(&app, &webhook, limit).await, once, "by {limit}");
    }
    for id in once.keys() {
        let path = format!("/webhooks/{webhook}/deliveries/{id}/");
        let row: Value = app.get(&path).await.body;
        assert_eq!(row["status"], "pending", "{row}");
    }
    // Pieces that were written again, cut elsewhere.
    append(&app, &webhook, &[25, 26]).await;
    append(&app, &webhook, &[32, 33, 34, 35, 36]).await;
    append(&app, &webhook, &[34, 35, 36]).await;
    let more: Vec<u32> = pieces
        .concat()
        .into_iter()
        .chain([26, 32, 33, 34, 35, 36])
        .collect();
    let once: BTreeMap<String, usize> = more.iter().map(|it| (id(*it), 1)).collect();
    for limit in 1..=12 {
        assert_eq!(listed(&app, &webhook, limit).await, once, "by {limit}");
    }
}

#[tokio::test]
async fn what_waits_in_as_many_channels_as_a_webhook_can_have_is_listed_page_by_page() {
    let app = App::start().await;
    let mut webhook = slack("prod alerts", &["deploy"]);
    let configuration = webhook["configuration"].as_object_mut().unwrap();
    configuration.remove("channel");
    let channels: Vec<String> = (1..=10).map(|number| format!("infra-{number}")).collect();
    configuration.insert("channels".into(), json!(channels));
    let webhook = app.register(&webhook).await;
    let mut once = BTreeMap::new();
    for lane in 1..=10 {
        let numbers: Vec<u32> = (0..4).map(|n| n * 10 + lane).collect();
        append_to(&app, &webhook, lane as usize, &numbers).await;
        once.extend(numbers.into_iter().map(|number| (id(number), 1)));
    }
    for limit in [1, 7, 11] {
        assert_eq!(listed(&app, &webhook, limit).await, once, "by {limit}");
    }
}
