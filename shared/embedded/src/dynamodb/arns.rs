//! Names that the embedded DynamoDB gives in a form of its own, and AWS's clients want as AWS
//! has them: regions in ARNs and shards' ids.

use serde_json::Value;

/// What stands for any region in the embedded DynamoDB's ARNs.
const ANY_REGION: &str = dynoxide::streams::LOCAL_REGION;

/// An ARN of the embedded DynamoDB as one of a region.
pub fn in_region(arn: &str, region: &str) -> String {
    replace_region(arn, ANY_REGION, region)
}

/// The ARN that the embedded DynamoDB has for one of a region.
pub fn in_no_region(arn: &str, region: &str) -> String {
    replace_region(arn, region, ANY_REGION)
}

fn replace_region(arn: &str, from: &str, to: &str) -> String {
    match arn.splitn(5, ':').collect::<Vec<_>>()[..] {
        ["arn", partition, service, region, rest] if region == from => {
            format!("arn:{partition}:{service}:{to}:{rest}")
        }
        _ => arn.to_owned(),
    }
}

/// Puts a region into all ARNs of an answer that is about tables and streams. No item may be
/// in it.
pub fn put_region(answer: &mut Value, region: &str) {
    match answer {
        Value::Array(list) => list.iter_mut().for_each(|value| put_region(value, region)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(arn) if name.ends_with("Arn") => *arn = in_region(arn, region),
                    other => put_region(other, region),
                }
            }
        }
        _ => {}
    }
}

/// A shard's id in AWS's form: 28 to 65 characters (`Shard` in the DynamoDB Streams API
/// reference). The embedded DynamoDB has one shard a table, with an id of any length.
pub fn shard_id(table: &str) -> String {
    format!(
        "shardId-{:020}-{:08x}",
        1,
        crc32fast::hash(table.as_bytes())
    )
}

/// The table's name in the ARN of its stream.
pub fn table_of(stream: &str) -> Option<&str> {
    let (_, rest) = stream.split_once(":table/")?;
    rest.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn regions_come_and_go_in_arns_alone() {
        let stream = dynoxide::streams::stream_arn("shop", "1.5");
        let here = in_region(&stream, "eu-west-1");
        assert_eq!(
            here,
            "arn:aws:dynamodb:eu-west-1:000000000000:table/shop/stream/1.5"
        );
        assert_eq!(in_no_region(&here, "eu-west-1"), stream);
        assert_eq!(in_no_region(&here, "us-east-1"), here);
        assert_eq!(table_of(&here), Some("shop"));
        let mut answer = json!({"Table": {
            "TableArn": dynoxide::streams::table_arn("shop"), "TableName": "dynoxide",
            "SSEDescription": {"KMSMasterKeyArn": dynoxide::streams::kms_key_arn("k")},
            "GlobalSecondaryIndexes": [{"IndexArn": dynoxide::streams::index_arn("shop", "i")}],
        }});
        put_region(&mut answer, "eu-west-1");
        let text = answer.to_string();
        assert_eq!(text.matches("eu-west-1").count(), 3, "{text}");
        assert_eq!(text.matches("dynoxide").count(), 1, "{text}");
    }

    #[test]
    fn a_shards_id_has_the_length_that_aws_clients_ask_for() {
        for table in ["shop", &"t".repeat(255)] {
            assert!((28..=65).contains(&shard_id(table).len()));
        }
        assert_ne!(shard_id("shop"), shard_id("shop2"));
    }
}
