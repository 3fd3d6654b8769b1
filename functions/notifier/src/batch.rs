//! A batch from the queue, sorted by destination.

use std::collections::{HashMap, VecDeque};

use aws_lambda_events::sqs::SqsMessage;
use carillon_domain::Outgoing;
use jiff::Timestamp;

/// A message of the queue.
#[derive(Debug)]
pub struct Item {
    pub message_id: String,
    pub receipt: String,
    /// The destination.
    pub group: String,
    /// How often it has been received, this time included.
    pub receive_count: u32,
    /// Since when the queue has it; its life there is counted from then on.
    pub sent_at: Option<Timestamp>,
    /// What it asks for, or what it says where that is not one of our orders.
    pub order: Result<Outgoing, Poison>,
}

/// What can never be delivered, because nobody can read it.
#[derive(Debug)]
pub struct Poison {
    pub body: String,
    pub error: serde_json::Error,
}

/// Sorts a batch by message group, which is the destination: the messages of each in their
/// order.
pub fn by_destination(messages: Vec<SqsMessage>) -> Vec<VecDeque<Item>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut destinations: Vec<VecDeque<Item>> = Vec::new();
    for message in messages {
        let item = item(message);
        let place = *places.entry(item.group.clone()).or_insert_with(|| {
            destinations.push(VecDeque::new());
            destinations.len() - 1
        });
        destinations[place].push_back(item);
    }
    destinations
}

fn item(message: SqsMessage) -> Item {
    let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
    let body = message.body.unwrap_or_default();
    Item {
        group: attribute("MessageGroupId").unwrap_or_default().to_owned(),
        receive_count: attribute("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .unwrap_or(1),
        sent_at: attribute("SentTimestamp")
            .and_then(|milliseconds| milliseconds.parse().ok())
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
        message_id: message.message_id.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
        order: serde_json::from_str(&body).map_err(|error| Poison { body, error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_are_sorted_by_destination_and_keep_their_order() {
        let messages: Vec<SqsMessage> = [("1", "a"), ("2", "b"), ("3", "a")]
            .into_iter()
            .map(|(id, group)| {
                serde_json::from_value(json!({
                    "messageId": id, "receiptHandle": id, "body": "{}",
                    "attributes": {"MessageGroupId": group}, "messageAttributes": {}
                }))
                .unwrap()
            })
            .collect();
        let sorted: Vec<Vec<String>> = by_destination(messages)
            .into_iter()
            .map(|found| found.into_iter().map(|item| item.message_id).collect())
            .collect();
        assert_eq!(sorted, [vec!["1", "3"], vec!["2"]]);
    }
}
