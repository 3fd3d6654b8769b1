//! SQS as its clients call it, on top of the queue of this process: of its operations,
//! those that Carillon's functions use.

use std::time::Duration;

use carillon_aws::{DeliveryQueue, QueueMessage, queue::VisibilityChange};
use serde_json::{Value, json};

use crate::LocalQueue;
use crate::queue::INVALID_PARAMETER;

/// The most entries of a call.
const MOST: usize = 10;

/// Does what a call asks for; gives the HTTP status and the body.
pub async fn execute(queue: &LocalQueue, operation: &str, body: &str) -> (u16, String) {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let entries = body["Entries"].as_array().cloned().unwrap_or_default();
    if entries.is_empty() {
        return refuse("EmptyBatchRequest");
    }
    if entries.len() > MOST {
        return refuse("TooManyEntriesInBatchRequest");
    }
    let none_refused = |()| Vec::new();
    let done = match operation {
        "SendMessageBatch" => send(queue, &entries).await.map(none_refused),
        "DeleteMessageBatch" => {
            let receipts: Vec<_> = entries.iter().map(|e| text(e, "ReceiptHandle")).collect();
            queue.delete(&receipts).await.map(none_refused)
        }
        "ChangeMessageVisibilityBatch" => match put_off(queue, &entries) {
            Ok(refused) => Ok(refused),
            Err(_) => return refuse("InternalError"),
        },
        _ => return refuse("UnsupportedOperation"),
    };
    let Ok(refused) = done else {
        return refuse("InvalidMessageContents");
    };
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (n, entry) in entries.iter().enumerate() {
        let id = &entry["Id"];
        if refused.contains(&n) {
            // One entry's failure is told in an answer of status 200, beside what succeeded
            // (`ChangeMessageVisibilityBatch` in the SQS API reference).
            failed.push(json!({"Id": id, "Code": INVALID_PARAMETER, "SenderFault": true}));
        } else {
            successful.push(
                json!({"Id": id, "MessageId": id, "MD5OfMessageBody": "", "SequenceNumber": "0"}),
            );
        }
    }
    (
        200,
        json!({"Successful": successful, "Failed": failed}).to_string(),
    )
}

async fn send(queue: &LocalQueue, entries: &[Value]) -> Result<(), carillon_aws::Error> {
    let messages: Vec<_> = entries
        .iter()
        .map(|entry| QueueMessage {
            group: text(entry, "MessageGroupId"),
            deduplication_id: text(entry, "MessageDeduplicationId"),
            body: text(entry, "MessageBody"),
        })
        .collect();
    queue.send(&messages).await
}

/// Gives which entries were refused.
fn put_off(queue: &LocalQueue, entries: &[Value]) -> Result<Vec<usize>, rusqlite::Error> {
    let changes: Vec<_> = entries
        .iter()
        .map(|entry| VisibilityChange {
            receipt: text(entry, "ReceiptHandle"),
            invisible_for: Duration::from_secs(
                entry["VisibilityTimeout"].as_u64().unwrap_or_default(),
            ),
        })
        .collect();
    queue.put_off(&changes)
}

fn text(entry: &Value, key: &str) -> String {
    entry[key].as_str().unwrap_or_default().to_owned()
}

fn refuse(code: &str) -> (u16, String) {
    (400, json!({"__type": code, "message": code}).to_string())
}
