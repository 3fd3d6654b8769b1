//! Thousands of events at once, most of them said before, in no order.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use carillon_tests::App;
use serde_json::{Value, json};

const EVENTS: usize = 500;
/// How often each is published.
const COPIES: usize = 20;
const CHANNELS: usize = 10;
/// What the API takes at once.
const BATCH: usize = 100;

/// Numbers in an order that looks like none, always the same.
fn shuffled(count: usize) -> Vec<usize> {
    // Each number once: the step and the count have no common factor.
    let step = 7_919;
    (0..count).map(|n| (n * step + 13) % count).collect()
}

fn name(number: usize) -> String {
    format!("mkq{number:04}")
}

fn event(number: usize) -> Value {
    json!({
        "id": format!("event-{number}"), "type": "deploy",
        "project": format!("project-{}", number % CHANNELS),
        "resource": {"type": "server", "id": name(number)},
    })
}

#[tokio::test]
async fn ten_thousand_repeated_and_shuffled_events_arrive_once_each_and_in_order() {
    let app = App::start().await;
    for channel in 0..CHANNELS {
        app.register(&json!({
            "name": format!("webhook {channel}"), "type": "slack", "event_types": ["deploy"],
            "filters": {"project": [format!("project-{channel}")]},
            "configuration": {
                "token": "xoxb-fake-token-for-tests-wxyz", "channel": format!("channel-{channel}")
            },
        }))
        .await;
    }
    let begun = Instant::now();
    let mut accepted = Vec::new();
    let mut seen = HashSet::new();
    let mut duplicates = 0;
    for batch in shuffled(EVENTS * COPIES).chunks(BATCH) {
        let numbers: Vec<usize> = batch.iter().map(|n| n % EVENTS).collect();
        let events: Vec<Value> = numbers.iter().map(|number| event(*number)).collect();
        let answer = app.post("/events/", &json!({"events": events})).await;
        let results = answer.body["results"].as_array().unwrap();
        duplicates += results.iter().filter(|r| r["duplicate"] == true).count();
        accepted.extend(numbers.into_iter().filter(|number| seen.insert(*number)));
    }
    assert_eq!(
        (accepted.len(), duplicates),
        (EVENTS, EVENTS * COPIES - EVENTS)
    );

    let told = |message: &carillon_embedded::chat_sink::Message| {
        let text = message.payload.to_string();
        let mut numbers: Vec<usize> = Vec::new();
        for (at, _) in text.match_indices("mkq") {
            let number = text[at + 3..at + 7].parse().unwrap();
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    };
    let messages = app
        .messages_until(|messages| messages.iter().map(|m| told(m).len()).sum::<usize>() >= EVENTS)
        .await;
    // About one a second to each channel, and a digest of what has come meanwhile.
    let most = usize::try_from(begun.elapsed().as_secs()).unwrap() + 2;
    let mut by_channel: HashMap<String, Vec<usize>> = HashMap::new();
    for message in &messages {
        let numbers = told(message);
        by_channel
            .entry(message.channel.clone())
            .or_default()
            .extend(numbers);
    }
    for channel in 0..CHANNELS {
        let wanted: Vec<usize> = accepted
            .iter()
            .copied()
            .filter(|number| number % CHANNELS == channel)
            .collect();
        let channel = format!("channel-{channel}");
        assert_eq!(by_channel[&channel], wanted);
        let told = messages.iter().filter(|message| message.channel == channel);
        let told = told.count();
        assert!(told <= most, "{told} messages to {channel}: a storm");
    }
    let refused: u64 = app
        .sink()
        .destinations()
        .iter()
        .map(|d| d.tally.rate_limited)
        .sum();
    assert_eq!(refused, 0, "no limit was ever hit");
}
