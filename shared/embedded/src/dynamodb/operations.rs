//! The operations of DynamoDB and its streams, each by its name.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is wrong with an item or an expression of these is told in an envelope of its own.
const ENVELOPED: [&str; 3] = ["DeleteItem", "PutItem", "UpdateItem"];

/// Does what a call asks for; gives the answer's body, or none where there is no such operation.
pub(super) fn run(
    database: &Database,
    operation: &str,
    body: &str,
) -> Option<Result<String, DynoxideError>> {
    macro_rules! one_of {
        ($($name:literal => $method:ident,)*) => {
            match operation {
                $($name => read(body)
                    .and_then(|request| database.$method(request))
                    .and_then(|answer| written(&answer)),)*
                _ => return None,
            }
        };
    }
    let answer = one_of! {
        "BatchExecuteStatement" => batch_execute_statement,
        "BatchGetItem" => batch_get_item,
        "BatchWriteItem" => batch_write_item,
        "CreateTable" => create_table,
        "DeleteItem" => delete_item,
        "DeleteTable" => delete_table,
        "DescribeStream" => describe_stream,
        "DescribeTable" => describe_table,
        "DescribeTimeToLive" => describe_time_to_live,
        "ExecuteStatement" => execute_statement,
        "ExecuteTransaction" => execute_transaction,
        "GetItem" => get_item,
        "GetRecords" => get_records,
        "GetShardIterator" => get_shard_iterator,
        "ListStreams" => list_streams,
        "ListTables" => list_tables,
        "ListTagsOfResource" => list_tags_of_resource,
        "PutItem" => put_item,
        "Query" => query,
        "Scan" => scan,
        "TagResource" => tag_resource,
        "TransactGetItems" => transact_get_items,
        "TransactWriteItems" => transact_write_items,
        "UntagResource" => untag_resource,
        "UpdateItem" => update_item,
        "UpdateTable" => update_table,
        "UpdateTimeToLive" => update_time_to_live,
    };
    Some(answer.map_err(|error| match error {
        DynoxideError::EnvelopedValidation(message) if ENVELOPED.contains(&operation) => {
            let message = format!("1 validation error detected: {message}");
            DynoxideError::ValidationException(message)
        }
        error => error,
    }))
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T, DynoxideError> {
    serde_json::from_str(body).map_err(unserializable)
}

fn written(answer: &impl Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(answer).map_err(unserializable)
}

fn unserializable(error: serde_json::Error) -> DynoxideError {
    DynoxideError::SerializationException(error.to_string())
}
