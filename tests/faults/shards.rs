//! The events' stream, as Lambda hands it over: in one shard, or in two.

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use carillon_embedded::dynamodb::EVENTS_TABLE;
use futures::future::join_all;
use rand::Rng;
use rand::rngs::StdRng;

use crate::world::{Process, World};

impl World {
    /// Hands the stream's next records to the dispatcher. Where the stream is split, those of one
    /// of its two shards or of both at once, and each goes on from where it has come. False where
    /// there were none.
    pub async fn dispatch(
        &self,
        process: &Process,
        random: &mut StdRng,
        most_records: usize,
        is_split: bool,
    ) -> bool {
        let dynamodb = &self.services.dynamodb;
        let batch = dynamodb.next_batch(EVENTS_TABLE, &self.journal);
        let Some(mut batch) = batch.unwrap() else {
            return false;
        };
        let records = batch.event().unwrap().records;
        let position = |record: &EventRecord| record.change.sequence_number.clone().unwrap();
        let is_done = |record: &EventRecord| {
            let dispatched = self.dispatched.lock().unwrap();
            dispatched.contains(&position(record))
        };
        let left = records.iter().filter(|record| !is_done(record)).cloned();
        let (even, odd) = left.partition(|record| !is_split || is_even(record));
        let mut shards: Vec<Vec<EventRecord>> = vec![even, odd];
        shards.retain(|shard| !shard.is_empty());
        if shards.len() == 2 && random.random_bool(0.5) {
            shards.remove(random.random_range(0..2));
        }
        // A batch that comes again is cut elsewhere.
        for shard in &mut shards {
            shard.truncate(random.random_range(1..=most_records));
        }
        let handled = shards.into_iter().map(async |shard| {
            let mut event = StreamEvent::default();
            event.records.clone_from(&shard);
            let answer = process.dispatcher.handle(event, self.deadline()).await;
            let failed = answer.batch_item_failures.into_iter().next();
            let failed = failed.and_then(|failed| failed.item_identifier);
            let done = shard.iter().map(position);
            let done = done.take_while(|it| failed.as_ref() != Some(it));
            (done.collect::<Vec<_>>(), failed.is_some())
        });
        for (done, is_failed) in join_all(handled).await {
            let how = if is_failed { "in part" } else { "all" };
            self.fate.tell(|| format!("dispatched, {how}"));
            // Lambda may hand them over again.
            if !random.random_bool(0.1) {
                self.dispatched.lock().unwrap().extend(done);
            }
        }
        let mut answer = DynamoDbEventResponse::default();
        if let Some(first) = records.iter().find(|record| !is_done(record)) {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(position(first));
            answer.batch_item_failures = vec![failure];
        }
        batch.settle(&answer);
        batch.write_down(&self.journal).unwrap();
        true
    }
}

/// In which of two shards an event is. What Carillon tells itself has no number.
fn is_even(record: &EventRecord) -> bool {
    let event = serde_json::to_value(&record.change.new_image).unwrap();
    let number = event["id"]["S"].as_str().unwrap().rsplit('-').next();
    let number = number.and_then(|it| it.parse::<u32>().ok());
    number.is_none_or(|number| number.is_multiple_of(2))
}
