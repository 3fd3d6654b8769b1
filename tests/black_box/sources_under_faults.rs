//! The two sources against an AWS that fails: what is tried again, what is set aside, and
//! that nothing is lost or doubled on the way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use carillon_aws::{Clients, EventStore, Failures, Retention, SqsQueue};
use carillon_cloud_events::{Captured, CloudEvents, Rules};
use carillon_domain::OrganizationId;
use carillon_runtime::Settings;
use carillon_table_events::{Batch, TableEvents, Tables};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

/// DynamoDB that stores events once, and SQS; both can be told to fail.
#[derive(Clone, Default)]
struct FakeAws(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Events by their ids, in the order stored.
    stored: Vec<(String, Value)>,
    /// Bodies of the failure queue's messages.
    kept: Vec<Value>,
    /// The error that a call about this event gets.
    failing: HashMap<String, &'static str>,
    queue_fails: bool,
}

impl Respond for FakeAws {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let target = request.headers["x-amz-target"].to_str().unwrap();
        let mut state = self.0.lock().unwrap();
        let failed = |code: &str| {
            let fault = json!({"__type": format!("com.amazonaws#{code}"), "message": "told to"});
            ResponseTemplate::new(400).set_body_json(fault)
        };
        match target.rsplit('.').next().unwrap() {
            "PutItem" => {
                let id = body["Item"]["id"]["S"].as_str().unwrap().to_owned();
                if let Some(code) = state.failing.get(&id) {
                    return failed(code);
                }
                if let Some((_, there)) = state.stored.iter().find(|(stored, _)| *stored == id) {
                    let code = "com.amazonaws#ConditionalCheckFailedException";
                    let fault = json!({"__type": code, "message": "there", "Item": there});
                    return ResponseTemplate::new(400).set_body_json(fault);
                }
                state.stored.push((id, body["Item"].clone()));
                ResponseTemplate::new(200).set_body_json(json!({}))
            }
            "SendMessage" if state.queue_fails => failed("QueueDoesNotExist"),
            "SendMessage" => {
                let message = body["MessageBody"].as_str().unwrap();
                state.kept.push(serde_json::from_str(message).unwrap());
                ResponseTemplate::new(200).set_body_json(json!({"MessageId": "1"}))
            }
            other => panic!("{other}"),
        }
    }
}

impl FakeAws {
    async fn start() -> (Self, MockServer, EventStore, Arc<dyn Failures>) {
        let fake = Self::default();
        let server = MockServer::start().await;
        Mock::given(matchers::method("POST"))
            .respond_with(fake.clone())
            .mount(&server)
            .await;
        let config = carillon_embedded::services::sdk_config(&server.uri());
        let clients = Clients::new(&config);
        let events = EventStore::new(clients.dynamodb, "events".into(), Retention::default());
        let queue = SqsQueue::new(clients.sqs, format!("{}/failures", server.uri()));
        (fake, server, events, Arc::new(queue))
    }

    fn fail(&self, event: &str, code: &'static str) {
        self.0
            .lock()
            .unwrap()
            .failing
            .insert(event.to_owned(), code);
    }

    fn mend(&self) {
        let mut state = self.0.lock().unwrap();
        state.failing.clear();
        state.queue_fails = false;
    }

    fn stored(&self) -> Vec<String> {
        let state = self.0.lock().unwrap();
        state.stored.iter().map(|(id, _)| id.clone()).collect()
    }

    fn kept(&self) -> Vec<Value> {
        self.0.lock().unwrap().kept.clone()
    }
}

/// 60 changes of 12 items, five of each, one item after the other.
fn changes() -> Vec<Value> {
    (0..60)
        .map(|n| {
            let item = json!({
                "entity": {"S": "parameter"}, "organization": {"S": "org_acme"},
                "id": {"S": format!("p-{}", n % 12)}, "value": {"S": "canary"}
            });
            json!({
                "eventID": format!("e{n:02}"), "eventName": "INSERT", "awsRegion": "eu-west-1",
                "eventSourceARN": "arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/s",
                "dynamodb": {
                    "Keys": {"organization": item["organization"], "id": item["id"]},
                    "NewImage": item, "SequenceNumber": format!("{n:04}"), "SizeBytes": 1,
                    "StreamViewType": "NEW_AND_OLD_IMAGES"
                }
            })
        })
        .collect()
}

fn batch(records: &[Value]) -> Batch {
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// The sequence number that a batch failed at, as Lambda reads it.
async fn failed_at(table_events: &TableEvents, records: &[Value]) -> Option<String> {
    let response = table_events.handle(batch(records)).await;
    let failure = response.batch_item_failures.into_iter().next()?;
    failure.item_identifier
}

/// Each item's events in the order stored.
fn assert_order_within_items(stored: &[String]) {
    for item in 0..12 {
        let own: Vec<usize> = stored
            .iter()
            .map(|id| id.trim_start_matches("table:e").parse().unwrap())
            .filter(|n: &usize| n % 12 == item)
            .collect();
        assert!(own.is_sorted(), "item {item}: {own:?}");
    }
}

#[tokio::test]
async fn a_batch_goes_on_from_its_first_failure_and_every_change_is_stored_once_in_its_items_order()
{
    let (aws, _server, events, queue) = FakeAws::start().await;
    let table_events = TableEvents::new(events, Tables::default(), Some(queue));
    let records = changes();
    aws.fail("table:e40", "ProvisionedThroughputExceeded");
    aws.fail("table:e25", "ProvisionedThroughputExceeded");
    assert_eq!(
        failed_at(&table_events, &records).await.as_deref(),
        Some("0025")
    );
    let before = aws.stored();
    for n in 0..25 {
        assert!(before.contains(&format!("table:e{n:02}")), "{n} is done");
    }
    assert!(
        !before.contains(&"table:e37".into()),
        "a later change of the item waits"
    );
    aws.mend();
    assert_eq!(failed_at(&table_events, &records[25..]).await, None);
    // And once more altogether, as a stream may.
    assert_eq!(failed_at(&table_events, &records).await, None);
    let stored = aws.stored();
    assert_eq!(stored.len(), 60);
    assert_order_within_items(&stored);
    assert_eq!(aws.kept(), Vec::<Value>::new());
}

#[tokio::test]
async fn what_can_never_be_stored_is_kept_without_its_values_and_stops_nobody() {
    let (aws, _server, events, queue) = FakeAws::start().await;
    let table_events = TableEvents::new(events, Tables::default(), Some(queue));
    let mut records = changes();
    records[3]["dynamodb"]["NewImage"]["broken"] = json!({"B": "canary, no base64"});
    aws.fail("table:e30", "ValidationException");
    assert_eq!(failed_at(&table_events, &records).await, None);
    assert_eq!(aws.stored().len(), 58);
    let mut kept = aws.kept();
    kept.sort_by_key(|failure| failure["reason"].to_string());
    let reasons: Vec<_> = kept.iter().map(|failure| &failure["reason"]).collect();
    assert_eq!(reasons, ["not_storable", "unreadable"]);
    assert_eq!(kept[0]["payload"]["event"]["id"], "table:e30");
    assert_eq!(kept[1]["payload"]["record"]["SequenceNumber"], "0003");
    assert!(!json!(kept).to_string().contains("canary"));
}

#[tokio::test]
async fn what_cannot_even_be_kept_is_tried_again() {
    let (aws, _server, events, queue) = FakeAws::start().await;
    let table_events = TableEvents::new(events, Tables::default(), Some(queue));
    let records = &changes()[..5];
    aws.fail("table:e02", "ValidationException");
    aws.0.lock().unwrap().queue_fails = true;
    assert_eq!(
        failed_at(&table_events, records).await.as_deref(),
        Some("0002")
    );
    assert_eq!(aws.stored(), ["table:e00", "table:e01"]);
    aws.0.lock().unwrap().queue_fails = false;
    assert_eq!(failed_at(&table_events, &records[2..]).await, None);
    assert_eq!(aws.stored().len(), 4);
    assert_eq!(aws.kept().len(), 1);
}

fn cloud_events(events: EventStore, queue: Arc<dyn Failures>) -> CloudEvents {
    let mut settings = Settings::of([]);
    let rules = Rules::from_settings(&mut settings, OrganizationId::parse("org_acme"));
    CloudEvents::new(events, rules.unwrap(), Some(queue))
}

fn pipeline(state: &str) -> Value {
    json!({
        "id": "1", "source": "aws.codepipeline", "account": "111122223333", "region": "eu-west-1",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "detail": {"pipeline": "release", "execution-id": "x", "state": state}
    })
}

#[tokio::test]
async fn an_event_of_aws_that_is_of_no_use_is_kept_once_and_is_no_failure_of_the_function() {
    let (aws, _server, events, queue) = FakeAws::start().await;
    let cloud_events = cloud_events(events, queue);
    let useless = [
        json!({"id": "1", "source": "aws.ec2", "detail-type": "EC2 Weather", "detail": {}}),
        pipeline(""),
        json!("no event at all"),
    ];
    for event in &useless {
        cloud_events.handle(event.clone()).await.unwrap();
    }
    let kept = aws.kept();
    assert_eq!(kept.len(), 3);
    for (kept, (event, reason)) in kept.iter().zip(useless.iter().zip([
        "EC2 Weather of aws.ec2 is not one of",
        "`state` is required",
        "is an object, not a string",
    ])) {
        assert_eq!(kept["payload"], *event);
        let said = kept["reason"].as_str().unwrap();
        assert!(said.contains(reason), "{said}");
    }
    assert_eq!(aws.stored(), [""; 0]);
}

#[tokio::test]
async fn an_event_of_aws_is_tried_again_after_a_fault_of_aws_and_stored_once() {
    let (aws, _server, events, queue) = FakeAws::start().await;
    let cloud_events = cloud_events(events, queue);
    aws.fail("aws:1", "ProvisionedThroughputExceeded");
    cloud_events.handle(pipeline("STOPPED")).await.unwrap_err();
    aws.mend();
    for _ in 0..2 {
        cloud_events.handle(pipeline("STOPPED")).await.unwrap();
    }
    assert_eq!(aws.stored(), ["aws:1"]);
    assert_eq!(aws.kept(), Vec::<Value>::new());
}

#[tokio::test]
async fn an_event_of_no_use_that_cannot_be_kept_fails_so_that_lambda_keeps_it() {
    let (aws, _server, events, queue) = FakeAws::start().await;
    let cloud_events = cloud_events(events, queue);
    aws.0.lock().unwrap().queue_fails = true;
    cloud_events.handle(pipeline("")).await.unwrap_err();
}

#[tokio::test]
async fn where_nothing_keeps_an_event_of_no_use_lambda_does() {
    let (aws, _server, events, _) = FakeAws::start().await;
    let mut settings = Settings::of([]);
    let rules = Rules::from_settings(&mut settings, OrganizationId::parse("org_acme"));
    let cloud_events = CloudEvents::new(events, rules.unwrap(), None);
    cloud_events.handle(pipeline("")).await.unwrap_err();
    cloud_events.handle(pipeline("STOPPED")).await.unwrap();
    assert_eq!(aws.stored(), ["aws:1"]);
}

#[tokio::test]
async fn another_event_under_the_same_id_is_no_repeat_and_its_own_repeats_are() {
    let (aws, _server, events, queue) = FakeAws::start().await;
    let cloud_events = cloud_events(events, queue);
    let mut duplicates = Vec::new();
    for state in ["STARTED", "STOPPED", "STARTED", "STOPPED", "SUCCEEDED"] {
        match cloud_events.take(pipeline(state)).await.unwrap() {
            Captured::Stored { id, duplicate } => duplicates.push((id.to_string(), duplicate)),
            other => panic!("{other:?}"),
        }
    }
    let stored = aws.stored();
    assert_eq!(stored.len(), 3);
    assert_eq!(stored[0], "aws:1");
    let told: Vec<_> = duplicates
        .iter()
        .map(|(id, duplicate)| (id, *duplicate))
        .collect();
    assert_eq!(
        told,
        [
            (&stored[0], false),
            (&stored[1], false),
            (&stored[0], true),
            (&stored[1], true),
            (&stored[2], false),
        ]
    );
}

#[tokio::test]
async fn an_id_that_a_passed_on_event_names_itself_is_its_own_whatever_it_says() {
    let (aws, _server, events, queue) = FakeAws::start().await;
    let cloud_events = cloud_events(events, queue);
    for status in ["started", "failed"] {
        let detail = json!({"type": "deploy", "id": "release-42", "status": status});
        let event = json!({"id": "1", "source": "carillon.event", "detail": detail});
        cloud_events.handle(event).await.unwrap();
    }
    assert_eq!(aws.stored(), ["release-42"]);
}

#[tokio::test]
async fn the_changes_of_one_second_are_listed_in_their_order() {
    let (aws, _server, events, queue) = FakeAws::start().await;
    let table_events = TableEvents::new(events, Tables::default(), Some(queue));
    let mut records = changes();
    for record in &mut records {
        record["dynamodb"]["ApproximateCreationDateTime"] = json!(1_795_256_100);
    }
    for part in records.chunks(20) {
        assert_eq!(failed_at(&table_events, part).await, None);
    }
    let mut listed: Vec<(String, String)> = {
        let state = aws.0.lock().unwrap();
        let place = |item: &Value| item["listed_at"]["S"].as_str().unwrap().to_owned();
        let stored = state.stored.iter();
        stored.map(|(id, item)| (place(item), id.clone())).collect()
    };
    listed.sort();
    let order: Vec<_> = listed.iter().map(|(_, id)| id.clone()).collect();
    let expected: Vec<_> = (0..60).map(|n| format!("table:e{n:02}")).collect();
    assert_eq!(order, expected);
}
