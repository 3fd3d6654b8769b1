//! Tables as applications have them, and the DynamoDB endpoint as AWS's clients use it.

use carillon_tests::{App, slack, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Projects and their parameters in one table.
const SHOP: &str = r#"
shop:
  default_organization: org_acme
  kinds:
    - when: {SK: "PARAM#*#VERSION#*"}
      skip: true
    - entity: project
      when: {PK: "PROJECT#*", SK: META}
      id: {attribute: PK, pattern: "PROJECT#(.+)"}
      name: title
    - entity: parameter
      when: {PK: "PROJECT#*", SK: "PARAM#*"}
      id: {attribute: SK, pattern: "PARAM#(.+)"}
      name: {attribute: SK, pattern: "PARAM#(.+)"}
      project: {attribute: PK, pattern: "PROJECT#(.+)"}
arn:aws:dynamodb:eu-west-1:111122223333:table/settings/stream/2026-11-21T10:15:00.000:
  entity: value
  organization: {value: org_acme}
"#;

async fn create(app: &App, table: &str, keys: &[&str], stream: bool) {
    let kinds = ["HASH", "RANGE"];
    let schema: Vec<Value> = keys
        .iter()
        .zip(kinds)
        .map(|(name, kind)| json!({"AttributeName": name, "KeyType": kind}))
        .collect();
    let attributes: Vec<Value> = keys
        .iter()
        .map(|name| json!({"AttributeName": name, "AttributeType": "S"}))
        .collect();
    let mut request = json!({
        "TableName": table, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": schema, "AttributeDefinitions": attributes,
    });
    if stream {
        request["StreamSpecification"] =
            json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
    }
    app.dynamodb("CreateTable", &request).await;
}

async fn put(app: &App, table: &str, item: Value) {
    app.dynamodb("PutItem", &json!({"TableName": table, "Item": item}))
        .await;
}

async fn listen(app: &App) {
    let mut webhook = slack("slack", &["*"]);
    webhook["configuration"]["digest"] = json!("off");
    app.register(&webhook).await;
}

/// The texts of so many messages.
async fn told(app: &App, count: usize) -> Vec<String> {
    let messages = app.messages(count).await;
    assert_eq!(messages.len(), count);
    messages.iter().map(|it| it.payload.to_string()).collect()
}

/// The failures, once there are so many.
async fn failures(app: &App, count: usize) -> Vec<Value> {
    until("the failures", async || app.failures().await.len() >= count).await;
    app.failures().await
}

#[tokio::test]
async fn tables_that_are_described_tell_from_whichever_moment_they_are_there() {
    let app = App::start_described(&[("TABLES", SHOP)]).await;
    listen(&app).await;
    create(&app, "shop", &["PK", "SK"], true).await;
    create(&app, "settings", &["id"], true).await;
    let key = |sort: &str| json!({"PK": {"S": "PROJECT#7"}, "SK": {"S": sort}});
    let mut project = key("META");
    project["title"] = json!({"S": "Billing"});
    put(&app, "shop", project).await;
    put(&app, "shop", key("PARAM#DATABASE_URL#VERSION#1")).await;
    put(&app, "shop", key("PARAM#DATABASE_URL")).await;
    let texts = told(&app, 2).await;
    assert!(texts[0].contains("Project Billing created"), "{}", texts[0]);
    assert!(
        texts[1].contains("Parameter DATABASE_URL created"),
        "{}",
        texts[1]
    );
    // A table that is described by the ARN that its stream has on AWS.
    put(&app, "settings", json!({"id": {"S": "retention"}})).await;
    assert!(told(&app, 3).await[2].contains("retention"));
    let events = app.get("/events/").await;
    let types: Vec<&str> = events
        .results()
        .iter()
        .filter_map(|it| it["type"].as_str())
        .collect();
    assert_eq!(
        types,
        ["value_created", "parameter_created", "project_created"]
    );
    assert_eq!(events.results()[1]["project"], "7");
    let skipped = failures(&app, 1).await;
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    assert_eq!(skipped[0]["reason"], "left_out");
}

#[tokio::test]
async fn an_item_that_leaves_is_deleted_for_those_who_knew_it_and_created_for_the_others() {
    let app = App::start_described(&[("ATTRIBUTE_NAMES", "organization=tenant")]).await;
    listen(&app).await;
    let item = |entity: &str, tenant: &str| {
        json!({"organization": {"S": "k"}, "id": {"S": "p-1"}, "name": {"S": "DATABASE_URL"},
               "entity": {"S": entity}, "tenant": {"S": tenant}})
    };
    for (entity, tenant) in [
        ("parameter", "org_acme"),
        ("value", "org_acme"),
        ("value", "org_other"),
        ("value", "org_acme"),
        ("invoice", "org_acme"),
    ] {
        app.put_item(&item(entity, tenant)).await;
    }
    told(&app, 6).await;
    let events = app.get("/events/").await;
    let types: Vec<&str> = events
        .results()
        .iter()
        .filter_map(|it| it["type"].as_str())
        .collect();
    assert_eq!(
        types,
        [
            "value_deleted",
            "value_created",
            "value_deleted",
            "value_created",
            "parameter_deleted",
            "parameter_created",
        ]
    );
    assert!(!events.text.contains("org_other"), "{}", events.text);
}

#[tokio::test]
async fn what_is_skipped_is_listed_with_its_reason_and_a_hint() {
    let app = App::start_described(&[("TABLES", SHOP)]).await;
    listen(&app).await;
    let item = |entity: &str, organization: &str| {
        json!({"organization": {"S": organization}, "id": {"S": "p-1"}, "entity": {"S": entity},
               "value": {"S": "canary"}})
    };
    app.put_item(&item("Parameter", "org_acme")).await;
    app.put_item(&item("parameter", "acme corp")).await;
    // Whoever makes a table sees why nothing comes of it.
    create(&app, "orders", &["id"], true).await;
    put(
        &app,
        "orders",
        json!({"id": {"S": "1"}, "Entity": {"S": "project"}}),
    )
    .await;
    create(&app, "shop", &["PK", "SK"], false).await;
    let listed = failures(&app, 4).await;
    // They come from several tables, in any order.
    let find = |reason: &str, text: &str| {
        let fits = |it: &&Value| it["reason"] == reason && it.to_string().contains(text);
        let found = listed.iter().find(fits);
        found.unwrap_or_else(|| panic!("{reason} {text} in {listed:?}"))
    };
    let word = find("not_an_entity", "`Parameter`");
    assert_eq!(word["hint"], "`Parameter`: did you mean `parameter`?");
    assert_eq!(word["payload"]["keys"]["id"]["S"], "p-1");
    find("no_organization", "`acme corp`");
    let attribute = find("not_an_entity", "`Entity`");
    assert_eq!(attribute["hint"], "`Entity`: did you mean `entity`?");
    find("no_stream", "has no stream");
    assert!(!json!(listed).to_string().contains("canary"));
    app.put_item(&item("parameter", "org_acme")).await;
    told(&app, 1).await;
}

#[tokio::test]
async fn an_item_can_be_tried_before_anything_is_deployed() {
    let app = App::start_described(&[("TABLES", SHOP)]).await;
    let attempt = async |body: Value| {
        let url = format!("{}/_local/tables/try", app.url());
        app.send(
            reqwest::Client::new()
                .request(Method::POST, url)
                .json(&body),
        )
        .await
    };
    let item = json!({"PK": "PROJECT#7", "SK": "META", "title": "Billing"});
    let tried = attempt(json!({"table": "shop", "item": item})).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.text);
    assert_eq!(tried.body["events"][0]["type"], "project_created");
    assert_eq!(tried.body["events"][0]["resource"]["id"], "7");
    assert_eq!(tried.body["why"][0], "described by TABLES /shop/kinds/1");
    let tables = "shop: {entity: parameter, id: PK, organization: {value: org_acme}}";
    let tried = attempt(json!({"table": "shop", "item": item, "tables": tables})).await;
    assert_eq!(tried.body["events"][0]["type"], "parameter_created");
    let refused =
        attempt(json!({"table": "shop", "item": item, "tables": {"shop": {"id": ""}}})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    assert_eq!(refused.pointers(), ["/tables/shop/id"]);
    assert!(app.get("/events/").await.results().is_empty());
}

#[tokio::test]
async fn the_endpoint_answers_as_awss_clients_need_it() {
    let app = App::start().await;
    create(&app, "shop", &["PK", "SK"], true).await;
    let arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/kept";
    let item = json!({"PK": {"S": arn}, "SK": {"S": "shardId-00000001-shop"}});
    put(&app, "shop", item.clone()).await;
    let call = async |service: &str, operation: &str, body: Value| {
        let target = format!("{service}_20120810.{operation}");
        app.dynamodb_in("eu-west-1", &target, &body).await
    };
    let table = call("DynamoDB", "DescribeTable", json!({"TableName": "shop"}))
        .await
        .body;
    let arn_of = |value: &Value| value.as_str().unwrap().to_owned();
    let stream = arn_of(&table["Table"]["LatestStreamArn"]);
    assert!(
        stream.starts_with("arn:aws:dynamodb:eu-west-1:000000000000:table/shop/stream/"),
        "{stream}"
    );
    let listed = call("DynamoDBStreams", "ListStreams", json!({})).await.body;
    let first = arn_of(&listed["Streams"][0]["StreamArn"]);
    let rest = json!({"ExclusiveStartStreamArn": first});
    let rest = call("DynamoDBStreams", "ListStreams", rest).await.body;
    let streams = |listed: &Value| listed["Streams"].as_array().unwrap().len();
    assert_eq!(streams(&rest), streams(&listed) - 1);
    let described = call(
        "DynamoDBStreams",
        "DescribeStream",
        json!({"StreamArn": stream}),
    )
    .await
    .body;
    let described = &described["StreamDescription"];
    assert_eq!(described["KeySchema"][0]["AttributeName"], "PK");
    let shard = arn_of(&described["Shards"][0]["ShardId"]);
    assert!((28..=65).contains(&shard.len()), "{shard}");
    let behind = json!({"StreamArn": stream, "ExclusiveStartShardId": shard});
    let behind = call("DynamoDBStreams", "DescribeStream", behind).await.body;
    assert_eq!(behind["StreamDescription"]["Shards"], json!([]));
    let iterator = |shard: &str| json!({"StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let none = call(
        "DynamoDBStreams",
        "GetShardIterator",
        iterator(&shard.replace('1', "2")),
    )
    .await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    assert!(
        none.text.contains("ResourceNotFoundException"),
        "{}",
        none.text
    );
    let iterator = call("DynamoDBStreams", "GetShardIterator", iterator(&shard))
        .await
        .body;
    let records = call("DynamoDBStreams", "GetRecords", iterator).await.body;
    assert_eq!(records["Records"][0]["awsRegion"], "eu-west-1");
    // Items are left alone, whatever they look like.
    assert_eq!(records["Records"][0]["dynamodb"]["NewImage"], item);

    let limits = call("DynamoDB", "DescribeLimits", json!({})).await;
    assert!(
        limits.body["TableMaxReadCapacityUnits"].is_u64(),
        "{}",
        limits.text
    );
    let endpoints = call("DynamoDB", "DescribeEndpoints", json!({})).await.body;
    let address = arn_of(&endpoints["Endpoints"][0]["Address"]);
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let backups = call(
        "DynamoDB",
        "DescribeContinuousBackups",
        json!({"TableName": "shop"}),
    )
    .await;
    let backups = &backups.body["ContinuousBackupsDescription"];
    assert_eq!(backups["ContinuousBackupsStatus"], "ENABLED");
    let none = call(
        "DynamoDB",
        "DescribeContinuousBackups",
        json!({"TableName": "none"}),
    )
    .await;
    assert!(
        none.text.contains("TableNotFoundException"),
        "{}",
        none.text
    );
}
