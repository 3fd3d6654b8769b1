//! Sending many messages in little time: in batches, side by side, and yet the messages of
//! each destination one after the other.

use std::collections::HashMap;

use carillon_aws::{DeliveryQueue, QueueMessage};
use futures::future::join_all;

/// How many messages go to the queue in one call: what SQS takes.
const SEND_BATCH: usize = 10;
/// How many calls are under way at once.
const MOST_LANES: usize = 16;

/// A message, and the number of the record that it comes from.
#[derive(Debug)]
pub struct Planned {
    pub record: usize,
    pub message: QueueMessage,
}

/// Sends everything; gives the first record of which a message was not sent, if any.
pub async fn send(queue: &dyn DeliveryQueue, planned: Vec<Planned>) -> Option<usize> {
    let lanes = lanes(planned);
    let sent = lanes.into_iter().map(|lane| send_lane(queue, lane));
    join_all(sent).await.into_iter().flatten().min()
}

/// One call after the other; none after one that failed, so that nothing overtakes.
async fn send_lane(queue: &dyn DeliveryQueue, lane: Vec<Planned>) -> Option<usize> {
    let (records, messages): (Vec<usize>, Vec<QueueMessage>) = lane
        .into_iter()
        .map(|planned| (planned.record, planned.message))
        .unzip();
    for (records, messages) in records.chunks(SEND_BATCH).zip(messages.chunks(SEND_BATCH)) {
        if let Err(error) = queue.send(messages).await {
            tracing::error!(%error, "deliveries could not be queued");
            return records.first().copied();
        }
    }
    None
}

/// Sorts messages into lanes, those of one destination into the same. No more lanes than
/// there are batches to fill.
fn lanes(planned: Vec<Planned>) -> Vec<Vec<Planned>> {
    let count = planned.len().div_ceil(SEND_BATCH).min(MOST_LANES);
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for planned in &planned {
        *sizes.entry(&planned.message.group).or_default() += 1;
    }
    // The largest first, each to where there is least.
    let mut groups: Vec<(&str, usize)> = sizes.into_iter().collect();
    groups.sort_by_key(|(group, size)| (std::cmp::Reverse(*size), *group));
    let mut loads = vec![0; count];
    let mut places: HashMap<String, usize> = HashMap::new();
    for (group, size) in groups {
        let lane = (0..count).min_by_key(|lane| loads[*lane]).unwrap_or(0);
        loads[lane] += size;
        places.insert(group.to_owned(), lane);
    }
    let mut lanes: Vec<Vec<Planned>> = (0..count).map(|_| Vec::new()).collect();
    for planned in planned {
        lanes[places[&planned.message.group]].push(planned);
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    use async_trait::async_trait;
    use carillon_aws::Error;
    use carillon_aws::queue::VisibilityChange;

    /// A queue that writes down what it gets, and refuses what it is told to.
    #[derive(Default)]
    struct Recorder {
        calls: Mutex<Vec<Vec<String>>>,
        refused: Option<&'static str>,
    }

    #[async_trait]
    impl DeliveryQueue for Recorder {
        async fn send(&self, messages: &[QueueMessage]) -> Result<(), Error> {
            let ids: Vec<String> = messages.iter().map(|sent| sent.body.clone()).collect();
            if ids.iter().any(|id| Some(id.as_str()) == self.refused) {
                return Err(Error::Call {
                    operation: "sending",
                    cause: "refused".into(),
                });
            }
            self.calls.lock().unwrap().push(ids);
            Ok(())
        }

        async fn change_visibility(&self, _: &[VisibilityChange]) -> Result<(), Error> {
            Ok(())
        }

        async fn delete(&self, _: &[String]) -> Result<(), Error> {
            Ok(())
        }
    }

    /// One message a record: `count` of them, over so many destinations.
    fn planned(count: usize, groups: usize) -> Vec<Planned> {
        (0..count)
            .map(|n| Planned {
                record: n,
                message: QueueMessage {
                    group: format!("group-{}", n % groups),
                    deduplication_id: n.to_string(),
                    body: n.to_string(),
                },
            })
            .collect()
    }

    #[tokio::test]
    async fn messages_leave_in_full_batches_and_each_destinations_in_order() {
        let queue = Recorder::default();
        assert_eq!(send(&queue, planned(1_000, 50)).await, None);
        let calls = queue.calls.lock().unwrap();
        assert!(calls.len() <= 116, "{} calls", calls.len());
        let sent: Vec<usize> = calls
            .iter()
            .flatten()
            .map(|id| id.parse().unwrap())
            .collect();
        assert_eq!(sent.len(), 1_000);
        for group in 0..50 {
            let of_group: Vec<usize> = sent.iter().copied().filter(|n| n % 50 == group).collect();
            assert!(of_group.is_sorted(), "{group}");
        }
    }

    #[tokio::test]
    async fn a_few_messages_are_one_call() {
        let queue = Recorder::default();
        assert_eq!(send(&queue, planned(7, 7)).await, None);
        assert_eq!(queue.calls.lock().unwrap().len(), 1);
        assert_eq!(send(&queue, Vec::new()).await, None);
    }

    #[tokio::test]
    async fn after_a_failure_its_first_record_is_named_and_nothing_overtakes_it() {
        let queue = Recorder {
            refused: Some("73"),
            ..Recorder::default()
        };
        let failed = send(&queue, planned(1_000, 50)).await.unwrap();
        assert!(failed <= 73, "{failed}");
        let calls = queue.calls.lock().unwrap();
        let later = |id: &String| {
            let n: usize = id.parse().unwrap();
            n > 73 && n % 50 == 73 % 50
        };
        assert!(!calls.iter().flatten().any(later));
        // The other lanes have gone on.
        assert!(calls.len() > 80, "{}", calls.len());
    }
}
