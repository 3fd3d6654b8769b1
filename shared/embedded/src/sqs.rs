//! SQS as its clients call it, on top of the queue of this process: of its operations,
//! those that Carillon's functions use.

use std::time::Duration;

use carillon_aws::{DeliveryQueue, Error, QueueMessage};
use serde_json::{Value, json};

use crate::LocalQueue;
use crate::queue::INVALID_PARAMETER;

/// The most entries of a call.
const MAX_ENTRIES: usize = 10;

/// Does what a call asks for; gives the HTTP status and the body.
pub async fn execute(queue: &LocalQueue, operation: &str, body: &str) -> (u16, String) {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    if operation == "ChangeMessageVisibility" {
        return put_off(queue, &body).await;
    }
    let entries = body["Entries"].as_array().cloned().unwrap_or_default();
    if entries.is_empty() {
        return refuse("EmptyBatchRequest");
    }
    if entries.len() > MAX_ENTRIES {
        return refuse("TooManyEntriesInBatchRequest");
    }
    let done = match operation {
        "SendMessageBatch" => send(queue, &entries).await,
        "DeleteMessageBatch" => {
            let receipts: Vec<_> = entries.iter().map(|e| text(e, "ReceiptHandle")).collect();
            queue.delete(&receipts).await
        }
        _ => return refuse("UnsupportedOperation"),
    };
    if done.is_err() {
        return refuse("InvalidMessageContents");
    }
    let successful = entries.iter().map(|entry| {
        let id = &entry["Id"];
        json!({"Id": id, "MessageId": id, "MD5OfMessageBody": "", "SequenceNumber": "0"})
    });
    let successful: Vec<_> = successful.collect();
    (
        200,
        json!({"Successful": successful, "Failed": []}).to_string(),
    )
}

async fn send(queue: &LocalQueue, entries: &[Value]) -> Result<(), Error> {
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

async fn put_off(queue: &LocalQueue, body: &Value) -> (u16, String) {
    let seconds = body["VisibilityTimeout"].as_u64().unwrap_or_default();
    let wait = Duration::from_secs(seconds);
    match queue.put_off(&text(body, "ReceiptHandle"), wait).await {
        Ok(()) => (200, "{}".to_owned()),
        Err(Error::Call { cause, .. }) if cause == INVALID_PARAMETER => refuse(INVALID_PARAMETER),
        Err(_) => refuse("InternalError"),
    }
}

fn text(entry: &Value, key: &str) -> String {
    entry[key].as_str().unwrap_or_default().to_owned()
}

fn refuse(code: &str) -> (u16, String) {
    (400, json!({"__type": code, "message": code}).to_string())
}
