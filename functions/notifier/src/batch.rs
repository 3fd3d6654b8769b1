//! A batch from the queue, sorted by destination.

use std::collections::HashMap;

use aws_lambda_events::sqs::SqsMessage;
use carillon_domain::Outgoing;

/// A message of the queue.
#[derive(Debug)]
pub struct Item {
    pub message_id: String,
    pub receipt: String,
    /// What it asks for; an error where it is not one of ours.
    pub outgoing: Result<Outgoing, serde_json::Error>,
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
