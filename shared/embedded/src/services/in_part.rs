//! Batches of DynamoDB that are done in part only: what is left comes back as
//! `UnprocessedItems` or `UnprocessedKeys`, which is no error (`BatchWriteItem` and
//! `BatchGetItem` in the DynamoDB API reference).

use serde_json::{Value, json};

use super::{Call, Service};
use crate::LocalDynamoDb;

/// The most items of a `BatchWriteItem`.
const MOST_WRITES: usize = 25;

/// A table and one of its items.
type Part = (String, Value);

pub(super) fn is_for(call: &Call<'_>) -> bool {
    call.service == Service::DynamoDb && matches!(call.operation, "BatchWriteItem" | "BatchGetItem")
}

/// Does a part of a batch, at least one item, and of more than one not all: where nothing
/// can be done, DynamoDB throttles the call instead.
pub(super) async fn execute(dynamodb: &LocalDynamoDb, call: &Call<'_>, seed: u64) -> (u16, String) {
    let request: Value = serde_json::from_str(call.body).unwrap_or_default();
    match call.operation {
        "BatchWriteItem" => write(dynamodb, call, &request, seed).await,
        _ => read(dynamodb, call, &request, seed),
    }
}

/// Writes come about one by one and in any order: who reads in between sees some of them.
async fn write(
    dynamodb: &LocalDynamoDb,
    call: &Call<'_>,
    request: &Value,
    seed: u64,
) -> (u16, String) {
    let (done, left) = divide(parts(request, |items| items), seed);
    if done.is_empty() || done.len() + left.len() > MOST_WRITES {
        // The service refuses it.
        return dynamodb.execute(call.operation, call.body);
    }
    for (table, item) in done {
        let one = json!({"RequestItems": {table: [item]}});
        let (status, answer) = dynamodb.execute(call.operation, &one.to_string());
        if status != 200 {
            return (status, answer);
        }
        tokio::task::yield_now().await;
    }
    let mut unprocessed = json!({});
    for (table, item) in left {
        add(&mut unprocessed[table], item);
    }
    (200, json!({"UnprocessedItems": unprocessed}).to_string())
}

fn read(dynamodb: &LocalDynamoDb, call: &Call<'_>, request: &Value, seed: u64) -> (u16, String) {
    let (done, left) = divide(parts(request, |table| &table["Keys"]), seed);
    let asked_for = |parts: Vec<Part>| {
        let mut asked_for = json!({});
        for (table, key) in parts {
            if asked_for[&table].is_null() {
                asked_for[&table] = request["RequestItems"][&table].clone();
                asked_for[&table]["Keys"] = json!([]);
            }
            add(&mut asked_for[&table]["Keys"], key);
        }
        asked_for
    };
    if done.is_empty() {
        return dynamodb.execute(call.operation, call.body);
    }
    let mut part = request.clone();
    part["RequestItems"] = asked_for(done);
    let (status, answer) = dynamodb.execute(call.operation, &part.to_string());
    if status != 200 {
        return (status, answer);
    }
    let mut answer: Value = serde_json::from_str(&answer).unwrap_or_default();
    answer["UnprocessedKeys"] = asked_for(left);
    (status, answer.to_string())
}

fn add(list: &mut Value, item: Value) {
    match list {
        Value::Array(items) => items.push(item),
        other => *other = json!([item]),
    }
}

fn parts(request: &Value, items: impl Fn(&Value) -> &Value) -> Vec<Part> {
    let tables = request["RequestItems"].as_object().into_iter().flatten();
    tables
        .flat_map(|(table, of_table)| {
            let items = items(of_table).as_array().into_iter().flatten();
            items.map(|item| (table.clone(), item.clone()))
        })
        .collect()
}

/// In any order, what is done and what is left.
fn divide(mut parts: Vec<Part>, seed: u64) -> (Vec<Part>, Vec<Part>) {
    let mut state = seed;
    for n in (1..parts.len()).rev() {
        parts.swap(n, below(&mut state, n + 1));
    }
    let done = match parts.len() {
        few @ 0..=1 => few,
        many => 1 + below(&mut state, many - 1),
    };
    let left = parts.split_off(done);
    (parts, left)
}

/// A number below `end` (SplitMix64).
fn below(state: &mut u64, end: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) % end as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamodb::REGISTRY_TABLE;

    fn key(n: usize) -> Value {
        json!({"pk": {"S": "p"}, "sk": {"S": n.to_string()}})
    }

    async fn run(dynamodb: &LocalDynamoDb, operation: &str, of_table: Value, seed: u64) -> Value {
        let body = json!({"RequestItems": {REGISTRY_TABLE: of_table}}).to_string();
        let call = Call {
            service: Service::DynamoDb,
            operation,
            body: &body,
        };
        assert!(is_for(&call));
        let (status, answer) = execute(dynamodb, &call, seed).await;
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str(&answer).unwrap()
    }

    fn puts() -> Value {
        (0..10)
            .map(|n| json!({"PutRequest": {"Item": key(n)}}))
            .collect()
    }

    fn count(dynamodb: &LocalDynamoDb) -> usize {
        let scan = json!({"TableName": REGISTRY_TABLE}).to_string();
        let answer: Value = serde_json::from_str(&dynamodb.execute("Scan", &scan).1).unwrap();
        answer["Items"].as_array().unwrap().len()
    }

    #[tokio::test]
    async fn a_batch_of_writes_is_done_in_part_and_wholly_when_the_rest_is_sent_again() {
        for seed in 0..20 {
            let dynamodb = LocalDynamoDb::open(None).unwrap();
            let mut waiting = puts();
            while let Some(all) = waiting.as_array().map(Vec::len) {
                let before = count(&dynamodb);
                let answer = run(&dynamodb, "BatchWriteItem", waiting, seed).await;
                waiting = answer["UnprocessedItems"][REGISTRY_TABLE].clone();
                let left = waiting.as_array().map_or(0, Vec::len);
                assert!(left < all && (left > 0 || all == 1));
                assert_eq!(count(&dynamodb), before + all - left);
            }
            assert_eq!(count(&dynamodb), 10);
        }
    }

    #[tokio::test]
    async fn who_reads_while_a_batch_is_written_sees_a_part() {
        let dynamodb = LocalDynamoDb::open(None).unwrap();
        let mut seen = Vec::new();
        let reads = async {
            for _ in 0..10 {
                seen.push(count(&dynamodb));
                tokio::task::yield_now().await;
            }
        };
        // In turns: a write, a read.
        let (answer, ()) = tokio::join!(
            biased;
            run(&dynamodb, "BatchWriteItem", puts(), 3),
            reads
        );
        let left = answer["UnprocessedItems"][REGISTRY_TABLE].as_array();
        let done = 10 - left.map_or(0, Vec::len);
        assert!((1..=done).all(|n| seen.contains(&n)), "{seen:?} of {done}");
    }

    #[tokio::test]
    async fn a_batch_of_reads_gives_a_part_and_the_keys_of_the_rest() {
        let dynamodb = LocalDynamoDb::open(None).unwrap();
        let whole = json!({"RequestItems": {REGISTRY_TABLE: puts()}}).to_string();
        assert_eq!(dynamodb.execute("BatchWriteItem", &whole).0, 200);
        let keys: Vec<_> = (0..10).map(key).collect();
        let asked_for = json!({"Keys": keys, "ConsistentRead": true});
        let answer = run(&dynamodb, "BatchGetItem", asked_for, 1).await;
        let found = answer["Responses"][REGISTRY_TABLE].as_array().unwrap();
        let left = &answer["UnprocessedKeys"][REGISTRY_TABLE];
        assert_eq!(left["ConsistentRead"], true);
        let left = left["Keys"].as_array().unwrap();
        assert!(!found.is_empty() && !left.is_empty());
        let both = found.iter().chain(left);
        assert!(keys.iter().all(|key| both.clone().any(|one| one == key)));
        assert_eq!(found.len() + left.len(), 10);
    }
}
