//! What drives the functions on AWS, in the process: the event source mappings of the
//! streams and of the queue.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::SqsEvent;
use aws_lambda_events::streams::DynamoDbEventResponse;
use carillon_aws::DeliveryQueue;
use carillon_embedded::queue::Received;
use carillon_embedded::{Journal, LocalDynamoDb, LocalFailures, LocalQueue};
use carillon_janitor::{Janitor, LaneSweep};
use carillon_notifier::Notifier;
use carillon_runtime::stream::Batch;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How many batches are delivered at once, as Lambda runs a function more than once: enough
/// for many destinations that hang.
const NOTIFIERS: usize = 100;
const BATCH: usize = 10;
/// As in the template.
const VISIBILITY: Duration = Duration::from_secs(360);
pub const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an unchanged queue is left alone: how late a message may be whose wait is over.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// As in the template.
const JANITOR_PERIOD: Duration = Duration::from_secs(3_600);
/// How often lanes are woken that are due. (On AWS, each minute.)
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How soon an item is removed whose time is over. (AWS takes up to days.)
const EXPIRE_EVERY: Duration = Duration::from_secs(1);
/// When a part of the process that fails is started again.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// Feeds a table's stream to a function, until `stop` or until there is no such stream.
pub async fn feed<F>(
    database: &LocalDynamoDb,
    journal: &Arc<Journal>,
    failures: &LocalFailures,
    stop: &CancellationToken,
    table: &str,
    handle: impl Fn(Batch) -> F,
) where
    F: Future<Output = DynamoDbEventResponse>,
{
    while !stop.is_cancelled() {
        let pumped = database.pump(table, Arc::clone(journal), failures, stop.clone(), &handle);
        match pumped.await {
            Ok(()) => return,
            Err(error) => {
                tracing::error!(table, %error, "a stream could not be read");
                sleep(AFTER_FAULT).await;
            }
        }
    }
}

/// Runs the janitor at once and then on its schedule.
pub async fn run_janitor(janitor: Arc<Janitor>, stop: CancellationToken) {
    let mut schedule = tokio::time::interval(JANITOR_PERIOD);
    while stop.run_until_cancelled(schedule.tick()).await.is_some() {
        let round = janitor.round(Timestamp::now(), FUNCTION_TIMEOUT);
        if let Err(error) = round.await {
            tracing::error!(%error, "the janitor did not finish its round");
        }
    }
}

/// Wakes the lanes that are due.
pub async fn wake_lanes(sweep: LaneSweep, stop: CancellationToken) {
    let mut schedule = tokio::time::interval(SWEEP_EVERY);
    while stop.run_until_cancelled(schedule.tick()).await.is_some() {
        let deadline = Timestamp::now() + FUNCTION_TIMEOUT;
        if let Err(error) = sweep.sweep(deadline).await {
            tracing::error!(%error, "lanes could not be swept");
        }
    }
}

/// Removes items whose time to live is over. Only tables with a time to live are looked at.
pub async fn expire_items(database: LocalDynamoDb, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let database = database.clone();
        let expired = tokio::task::spawn_blocking(move || database.expire()).await;
        if let Ok(Err(error)) = expired {
            tracing::error!(%error, "expired items could not be removed");
        }
        stop.run_until_cancelled(sleep(EXPIRE_EVERY)).await;
    }
}

/// Feeds the queue to the notifier.
pub async fn serve_queue(queue: LocalQueue, notifier: Arc<Notifier>, stop: CancellationToken) {
    let mut batches = JoinSet::new();
    while !stop.is_cancelled() {
        while batches.try_join_next().is_some() {}
        if batches.len() >= NOTIFIERS {
            batches.join_next().await;
        }
        match queue.receive_or_wait(BATCH, VISIBILITY, LOOK_AGAIN).await {
            Ok(received) if received.is_empty() => {}
            Ok(received) => {
                let (queue, notifier) = (queue.clone(), Arc::clone(&notifier));
                batches.spawn(async move {
                    if let Err(error) = deliver(&queue, notifier, received).await {
                        tracing::error!(%error, "a batch could not be served");
                    }
                });
            }
            Err(error) => {
                tracing::error!(%error, "the queue could not be read");
                sleep(AFTER_FAULT).await;
            }
        }
    }
    while batches.join_next().await.is_some() {}
}

async fn deliver(
    queue: &LocalQueue,
    notifier: Arc<Notifier>,
    received: Vec<Received>,
) -> anyhow::Result<()> {
    let event = to_event(&received)?;
    let deadline = SystemTime::now() + FUNCTION_TIMEOUT;
    // A task of its own: a panic loses a batch's time, not the worker.
    let response = tokio::spawn(async move { notifier.handle(event, deadline).await }).await?;
    let kept: Vec<String> = response
        .batch_item_failures
        .into_iter()
        .map(|failure| failure.item_identifier)
        .collect();
    let done: Vec<String> = received
        .into_iter()
        .map(|message| message.receipt)
        .filter(|receipt| !kept.contains(receipt))
        .collect();
    queue.delete(&done).await?;
    Ok(())
}

/// The messages as Lambda would hand them over.
fn to_event(received: &[Received]) -> serde_json::Result<SqsEvent> {
    let records: Vec<Value> = received
        .iter()
        .map(|message| {
            json!({
                "messageId": message.receipt,
                "receiptHandle": message.receipt,
                "body": message.body,
                "attributes": {
                    "MessageGroupId": message.group,
                    "ApproximateReceiveCount": message.receive_count.to_string(),
                    "SentTimestamp": message.sent_at_ms.to_string(),
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            })
        })
        .collect();
    serde_json::from_value(json!({"Records": records}))
}
