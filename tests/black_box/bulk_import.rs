//! An import of thousands of items: everything arrives, in few messages.
//!
//! `CARILLON_BULK_ITEMS=10000` imports as many; how long it took is printed
//! (`-- --nocapture`).

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use carillon_embedded::chat_sink::Message;
use carillon_tests::App;
use serde_json::{Value, json};

const ITEMS: usize = 1_000;
/// Each takes about ten items a second: one message, which has ten of them at most.
const CHANNELS: usize = 10;
/// Every how many items one is changed after the import.
const CHANGED: usize = 10;
/// What DynamoDB takes at once.
const BATCH: usize = 25;

fn items() -> usize {
    let given = std::env::var("CARILLON_BULK_ITEMS").ok();
    given.map_or(ITEMS, |text| text.parse().unwrap())
}

fn put(number: usize, value: &str) -> Value {
    json!({"PutRequest": {"Item": {
        "entity": {"S": "value"}, "organization": {"S": "org_acme"},
        "id": {"S": format!("v-{number}")}, "name": {"S": format!("mkq{number:06}")},
        "project": {"S": format!("project-{}", number % CHANNELS)}, "value": {"S": value}
    }}})
}

async fn write(app: &App, items: &[Value]) {
    for chunk in items.chunks(BATCH) {
        let request = json!({"RequestItems": {"entities": chunk}});
        let answer = app.dynamodb("BatchWriteItem", &request).await;
        assert_eq!(answer["UnprocessedItems"], json!({}));
    }
}

/// An item, and whether it was changed rather than created.
type Told = (usize, bool);

/// What arrived, gathered as it does: the platforms forget old messages.
#[derive(Default)]
struct Arrived {
    last_message: Option<u64>,
    messages: usize,
    by_channel: HashMap<String, Vec<Told>>,
}

impl Arrived {
    fn gather(&mut self, messages: &[Message]) {
        for message in messages {
            if self.last_message.is_some_and(|last| message.number <= last) {
                continue;
            }
            self.last_message = Some(message.number);
            self.messages += 1;
            let told = told(&message.payload.to_string());
            let channel = self.by_channel.entry(message.channel.clone());
            channel.or_default().extend(told);
        }
    }

    fn count(&self) -> usize {
        self.by_channel.values().map(Vec::len).sum()
    }
}

/// What a message tells, each once: its text for the lock screen repeats some of it.
fn told(text: &str) -> Vec<Told> {
    let mut told = Vec::new();
    for (at, mark) in text.match_indices("mkq") {
        let rest = &text[at + mark.len()..];
        let number = rest[..6].parse().unwrap();
        // Not all places where it is named say what happened to it.
        let is_changed = match &rest[6..] {
            rest if rest.starts_with(" created") => false,
            rest if rest.starts_with(" updated") => true,
            _ => continue,
        };
        if !told.contains(&(number, is_changed)) {
            told.push((number, is_changed));
        }
    }
    told
}

#[tokio::test]
async fn a_bulk_import_arrives_completely_in_digests_each_change_once_and_in_order() {
    let items = items();
    let app = App::start().await;
    for channel in 0..CHANNELS {
        app.register(&json!({
            "name": format!("webhook {channel}"), "type": "slack", "event_types": ["value_*"],
            "filters": {"project": [format!("project-{channel}")]},
            "configuration": {
                "token": "xoxb-fake-token-for-tests-wxyz", "channel": format!("channel-{channel}")
            },
        }))
        .await;
    }
    let began = Instant::now();
    let created: Vec<Value> = (0..items).map(|number| put(number, "canary-one")).collect();
    write(&app, &created).await;
    let changed: Vec<usize> = (0..items).step_by(CHANGED).collect();
    let changes: Vec<Value> = changed.iter().map(|n| put(*n, "canary-two")).collect();
    write(&app, &changes).await;
    let written = began.elapsed();

    let events = items + changed.len();
    let arrived = RefCell::new(Arrived::default());
    let all = app.sink().wait_until(|messages| {
        let mut arrived = arrived.borrow_mut();
        arrived.gather(messages);
        arrived.count() >= events
    });
    let deadline = Duration::from_secs(60) + Duration::from_millis(100) * items as u32;
    let in_time = tokio::time::timeout(deadline, all).await.is_ok();
    let arrived = arrived.into_inner();
    println!(
        "{events} changes of {items} items: written in {written:.1?}, \
         {} arrived in {} messages after {:.1?}",
        arrived.count(),
        arrived.messages,
        began.elapsed()
    );

    for channel in 0..CHANNELS {
        let told = &arrived.by_channel[&format!("channel-{channel}")];
        let distinct: HashSet<&Told> = told.iter().collect();
        assert_eq!(distinct.len(), told.len(), "nothing arrives twice");
        let wanted = (0..items).filter(|number| number % CHANNELS == channel);
        for number in wanted {
            let place = |is_changed| told.iter().position(|told| *told == (number, is_changed));
            let created = place(false).unwrap_or_else(|| panic!("{number} is missing"));
            if number % CHANGED == 0 {
                let changed = place(true).unwrap_or_else(|| panic!("{number} is missing"));
                assert!(created < changed, "{number}");
            }
        }
    }
    assert!(in_time, "it took too long");
    assert!(
        arrived.messages < events / 2,
        "{} messages: a storm",
        arrived.messages
    );
    let refused = app.sink().destinations().into_iter();
    let refused: u64 = refused.map(|place| place.tally.rate_limited).sum();
    assert_eq!(refused, 0, "no limit was ever hit");
}
