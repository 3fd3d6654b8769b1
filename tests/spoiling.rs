//! Rows that nobody can read.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::LaneId;
use carillon_embedded::dynamodb::DELIVERIES_TABLE;

/// Makes the row of a lane one that nobody can read.
pub async fn lane(dynamodb: &Client, lane: &LaneId) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let scan = dynamodb.scan().table_name(DELIVERIES_TABLE);
    let scan = scan.filter_expression("id = :lane AND begins_with(webhook_id, :rows)");
    let scan = scan.expression_attribute_values(":lane", text(lane.as_str()));
    let found = scan.expression_attribute_values(":rows", text("LANES#"));
    let found = found.send().await.expect("the table can be read").items;
    let mut row = found.expect("a list").remove(0);
    let state = [("version".to_owned(), text("spoilt"))].into();
    row.insert("state".into(), AttributeValue::M(state));
    let put = dynamodb.put_item().table_name(DELIVERIES_TABLE);
    let written = put.set_item(Some(row)).send().await;
    written.expect("a row can be written");
}
