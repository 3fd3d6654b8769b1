//! Taking: a batch from the queue, as wake-ups by lane.

use std::collections::BTreeMap;

use aws_lambda_events::sqs::SqsMessage;
use carillon_aws::queue::is_urgent;
use carillon_aws::{QueueMessage, WakeUp};

/// A message of the queue.
#[derive(Debug, Clone)]
pub struct Item {
    pub message_id: String,
    pub receipt: String,
    /// Whether a person asks for it: then it is never put off, as the next one would wait for it.
    pub is_urgent: bool,
    /// How often it has been received, this time included.
    pub receive_count: u32,
}

/// What a batch wakes, and what nobody can read.
#[derive(Debug, Default)]
pub struct Taken {
    pub lanes: Vec<Woken>,
    pub poison: Vec<Poison>,
}

/// A lane, and the messages that wake it; there is at least one.
#[derive(Debug)]
pub struct Woken {
    pub wake_up: WakeUp,
    pub items: Vec<Item>,
}

/// A message that is no wake-up.
#[derive(Debug)]
pub struct Poison {
    pub error: serde_json::Error,
    /// As it is to be set aside; its deduplication id is the message's.
    pub letter: QueueMessage,
}

pub fn taken(messages: Vec<SqsMessage>) -> Taken {
    let mut taken = Taken::default();
    let mut places = BTreeMap::new();
    for message in messages {
        let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
        let item = Item {
            receive_count: attribute("ApproximateReceiveCount")
                .and_then(|count| count.parse().ok())
                .unwrap_or(1),
            message_id: message.message_id.clone().unwrap_or_default(),
            receipt: message.receipt_handle.clone().unwrap_or_default(),
            is_urgent: attribute("MessageGroupId").is_some_and(is_urgent),
        };
        let body = message.body.as_deref().unwrap_or_default();
        match serde_json::from_str::<WakeUp>(body) {
            Ok(wake_up) => {
                let place = *places.entry(wake_up.lane.clone()).or_insert_with(|| {
                    taken.lanes.push(Woken {
                        wake_up,
                        items: Vec::new(),
                    });
                    taken.lanes.len() - 1
                });
                taken.lanes[place].items.push(item);
            }
            Err(error) => {
                let letter = QueueMessage {
                    group: attribute("MessageGroupId").unwrap_or_default().to_owned(),
                    deduplication_id: item.message_id,
                    body: body.to_owned(),
                };
                taken.poison.push(Poison { error, letter });
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{LaneId, sample};
    use serde_json::json;

    #[test]
    fn wake_ups_of_one_lane_are_one_visit_and_what_nobody_can_read_is_told_apart() {
        let webhook = sample::webhook(1, &["*"]);
        let body = |number| {
            let lane = LaneId::of(&webhook.id, number);
            let organization = webhook.organization.clone();
            serde_json::to_string(&WakeUp::new(organization, lane)).unwrap()
        };
        let messages = [
            ("1", body(1)),
            ("2", body(2)),
            ("3", body(1)),
            ("4", "{}".into()),
        ]
        .into_iter()
        .map(|(id, body)| {
            serde_json::from_value(json!({
                "messageId": id, "receiptHandle": id, "body": body,
                "attributes": {"MessageGroupId": "group"}, "messageAttributes": {}
            }))
            .unwrap()
        })
        .collect();
        let taken = taken(messages);
        let ids = |woken: &Woken| -> Vec<String> {
            woken
                .items
                .iter()
                .map(|item| item.message_id.clone())
                .collect()
        };
        assert_eq!(
            taken.lanes.iter().map(ids).collect::<Vec<_>>(),
            [vec!["1", "3"], vec!["2"]]
        );
        assert_eq!(taken.poison[0].letter.deduplication_id, "4");
        assert_eq!(taken.poison[0].letter.body, "{}");
    }
}
