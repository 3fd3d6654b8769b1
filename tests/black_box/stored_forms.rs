//! What is stored is a contract with the version before: each form has a golden file, which
//! must still be read, and be written as it was.

use std::fs;
use std::path::Path;

use carillon_aws::WakeUp;
use carillon_domain::failing::{FailingLane, Outage};
use carillon_domain::lane::{Entry, Lane, Redo};
use carillon_domain::{Conversation, Delivery, Webhook};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A golden file as it is written again once it was read as this.
fn again<T: Serialize + DeserializeOwned>(name: &str) -> (Value, Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stored");
    let text = fs::read_to_string(folder.join(name)).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let read: T = serde_json::from_value(golden.clone()).unwrap();
    (serde_json::to_value(read).unwrap(), golden)
}

#[test]
fn what_an_earlier_version_has_stored_is_read_and_written_as_it_was() {
    let forms = [
        (
            "wake_up.json",
            again::<WakeUp> as fn(&str) -> (Value, Value),
        ),
        ("wake_up_for_event.json", again::<WakeUp>),
        ("entry.json", again::<Entry>),
        ("redo.json", again::<Redo>),
        ("lane.json", again::<Lane>),
        ("delivery.json", again::<Delivery>),
        ("failing_lane.json", again::<FailingLane>),
        ("outage.json", again::<Outage>),
        ("webhook.json", again::<Webhook>),
        ("conversation.json", again::<Conversation>),
    ];
    for (name, again) in forms {
        let (written, golden) = again(name);
        assert_eq!(written, golden, "{name}");
    }
}
