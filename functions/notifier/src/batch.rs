//! A batch from the queue, sorted by destination.

use std::collections::HashMap;
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use carillon_domain::Outgoing;

/// A message of the queue.
#[derive(Debug)]
pub struct Item {
    pub message_id: String,
    pub receipt: String,
    /// How often it has been received, this time included.
    pub receive_count: u32,
    /// What it asks for; an error where it is not one of ours.
    pub outgoing: Result<Outgoing, serde_json::Error>,
}

impl Item {
    /// When to come back to it if it could not be handled for a reason of our own: soon,
    /// and more and more rarely, so that it does not end as a dead letter while we mend.
    pub fn after_own_fault(&self) -> Duration {
        let doublings = self.receive_count.saturating_sub(1).min(5);
        Duration::from_secs(10) * 2_u32.pow(doublings)
    }
}

/// The messages of one destination, in their order.
#[derive(Debug, Default)]
pub struct Destination {
    pub items: Vec<Item>,
}

/// Sorts a batch by message group, which is the destination.
pub fn by_destination(messages: Vec<SqsMessage>) -> Vec<Destination> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut destinations: Vec<Destination> = Vec::new();
    for message in messages {
        let group = message
            .attributes
            .get("MessageGroupId")
            .cloned()
            .unwrap_or_default();
        let place = *places.entry(group).or_insert_with(|| {
            destinations.push(Destination::default());
            destinations.len() - 1
        });
        destinations[place].items.push(Item {
            outgoing: serde_json::from_str(message.body.as_deref().unwrap_or_default()),
            message_id: message.message_id.unwrap_or_default(),
            receipt: message.receipt_handle.unwrap_or_default(),
            receive_count: message
                .attributes
                .get("ApproximateReceiveCount")
                .and_then(|count| count.parse().ok())
                .unwrap_or(1),
        });
    }
    destinations
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
            .map(|found| {
                found
                    .items
                    .into_iter()
                    .map(|item| item.message_id)
                    .collect()
            })
            .collect();
        assert_eq!(sorted, [vec!["1", "3"], vec!["2"]]);
    }
}
