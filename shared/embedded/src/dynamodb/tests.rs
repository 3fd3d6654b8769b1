use super::streams::PATIENCE;
use super::*;
use std::time::Duration;

use aws_lambda_events::streams::DynamoDbEventResponse;
use dynoxide::actions::get_records::Record;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{Journal, LocalFailures};
use carillon_runtime::stream::Batch;

fn put(database: &LocalDynamoDb, items: usize) {
    for n in 0..items {
        let item = json!({"organization": {"S": "o"}, "id": {"S": n.to_string()}});
        let put = json!({"TableName": ENTITIES_TABLE, "Item": item});
        let (status, answer) = database.execute("PutItem", &put.to_string());
        assert_eq!(status, 200, "{answer}");
    }
}

fn written(items: usize) -> (LocalDynamoDb, Arc<Journal>, LocalFailures) {
    let database = LocalDynamoDb::open(None).unwrap();
    put(&database, items);
    let journal = Arc::new(Journal::open(None).unwrap());
    let failures = LocalFailures::new(Arc::clone(&journal));
    (database, journal, failures)
}

#[test]
fn a_record_that_cannot_be_read_holds_up_no_other() {
    let (database, journal, _) = written(3);
    let batch = database.next_batch(ENTITIES_TABLE, &journal).unwrap();
    let mut batch = batch.unwrap();
    // No time at all.
    batch.records[1].dynamodb.approximate_creation_date_time = f64::MAX;
    let spoilt = batch.records[1].event_id.clone();
    let records = batch.handed_over::<Batch>().unwrap().records;
    let read: Vec<_> = records.iter().map(|record| record.read.is_some()).collect();
    assert_eq!(read, [true, false, true]);
    assert_eq!(records[1].position.event_id, spoilt);
}

/// Feeds two records to a function whose services fail for this long; gives how many
/// records were given up.
async fn given_up_in(outage: Duration) -> usize {
    let (database, journal, failures) = written(2);
    let stop = CancellationToken::new();
    let begun = Instant::now();
    let handle = |batch: Batch| {
        let mut response = DynamoDbEventResponse::default();
        if begun.elapsed() < outage {
            response = carillon_runtime::batch::stream_failure(&batch.records[0].position);
        } else {
            stop.cancel();
        }
        async move { response }
    };
    database
        .pump(
            ENTITIES_TABLE,
            Arc::clone(&journal),
            &failures,
            stop.clone(),
            handle,
        )
        .await
        .unwrap();
    assert!(
        database
            .next_batch(ENTITIES_TABLE, &journal)
            .unwrap()
            .is_none()
    );
    failures.list().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_hours_loses_no_record() {
    assert_eq!(given_up_in(Duration::from_secs(22 * 3_600)).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_fails_for_a_day_is_kept_and_the_next_goes_on() {
    assert_eq!(given_up_in(PATIENCE + Duration::from_secs(60)).await, 1);
}

/// The numbers of the records that come next, of which so many at most are asked for.
fn numbers(database: &LocalDynamoDb, journal: &Journal, most: usize) -> Vec<String> {
    let batch = database.next_batch_of(ENTITIES_TABLE, journal, most);
    let records = batch.unwrap().map(|batch| batch.records);
    let number = |record: Record| record.dynamodb.sequence_number;
    records
        .unwrap_or_default()
        .into_iter()
        .map(number)
        .collect()
}

#[test]
fn a_batch_that_comes_again_can_be_cut_elsewhere() {
    let (database, journal, _) = written(3);
    assert_eq!(numbers(&database, &journal, 3).len(), 3);
    let two = numbers(&database, &journal, 2);
    assert_eq!(two, numbers(&database, &journal, 3)[..2]);
    journal.set_checkpoint(ENTITIES_TABLE, &two[1]).unwrap();
    assert_eq!(numbers(&database, &journal, 3).len(), 1);
}

#[test]
fn sequence_numbers_grow_in_the_middle_of_a_run_and_keep_their_order_as_numbers_only() {
    let (database, journal, _) = written(1);
    for digits in [21, 22, 40] {
        database.stretch_sequence_numbers(digits).unwrap();
        put(&database, 2);
    }
    let all = numbers(&database, &journal, 100);
    let digits: Vec<_> = all.iter().map(String::len).collect();
    assert_eq!(digits, [21, 21, 21, 22, 22, 40, 40]);
    assert!(all[2] > all[3], "as text");
    let padded: Vec<_> = all.iter().map(|number| format!("{number:0>40}")).collect();
    assert!(padded.is_sorted_by(|one, next| one < next));
    // The stream goes on behind each of them.
    for (n, number) in all.iter().enumerate() {
        journal.set_checkpoint(ENTITIES_TABLE, number).unwrap();
        assert_eq!(numbers(&database, &journal, 100), all[n + 1..]);
    }
    for digits in [40, 41] {
        database.stretch_sequence_numbers(digits).unwrap_err();
    }
}

fn create(database: &LocalDynamoDb, table: &str, stream: bool) {
    let mut request = json!({
        "TableName": table, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    });
    if stream {
        request["StreamSpecification"] =
            json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
    }
    let request = serde_json::from_value(request).unwrap();
    database.database.create_table(request).unwrap();
}

#[tokio::test]
async fn a_table_that_somebody_makes_is_a_source_for_as_long_as_it_streams() {
    let (database, journal, failures) = written(0);
    create(&database, "shop", true);
    create(&database, "quiet", false);
    assert_eq!(database.sources().unwrap(), [ENTITIES_TABLE, "shop"]);
    let state = |table: &str| database.source_state(table).unwrap();
    assert_eq!(state("shop"), SourceState::Streams);
    assert_eq!(state("quiet"), SourceState::HasNoStream);
    assert_eq!(state("none"), SourceState::NotThere);
    let put = json!({"TableName": "shop", "Item": {"id": {"S": "1"}}});
    assert_eq!(database.execute("PutItem", &put.to_string()).0, 200);
    let batch = database.next_batch("shop", &journal).unwrap().unwrap();
    let record = &batch.event().unwrap().records[0];
    let arn = record.event_source_arn.as_deref().unwrap();
    assert!(
        arn.starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/shop/stream/"),
        "{arn}"
    );
    assert_eq!(record.aws_region, "us-east-1");
    let gone = serde_json::from_value(json!({"TableName": "shop"})).unwrap();
    database.database.delete_table(gone).unwrap();
    assert!(database.next_batch("shop", &journal).unwrap().is_none());
    // It comes back by itself.
    let handle = |_| async { DynamoDbEventResponse::default() };
    let stop = CancellationToken::new();
    database
        .pump("shop", Arc::clone(&journal), &failures, stop, handle)
        .await
        .unwrap();
}
