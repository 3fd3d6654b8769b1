use std::sync::Mutex;
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use carillon_aws::{Clients, DeliveryQueue, QueueMessage, SqsQueue};
use jiff::Timestamp;

use super::*;
use crate::Journal;

/// A queue behind a gate that lets each call take the next of these courses.
async fn queue(courses: &[Course]) -> (SqsQueue, LocalQueue) {
    let journal = Arc::new(Journal::open(None).unwrap());
    let services = Services {
        dynamodb: LocalDynamoDb::open(None).unwrap(),
        secrets: LocalSecrets::open(None).await.unwrap(),
        queue: LocalQueue::open(journal).unwrap(),
    };
    let courses = Mutex::new(courses.to_vec());
    let gate: Gate = Arc::new(move |_| courses.lock().unwrap().remove(0));
    let config = services.sdk_config(gate).into_builder();
    let config = config.retry_config(RetryConfig::disabled()).build();
    let url = "https://sqs.example/queue".to_owned();
    let sqs = SqsQueue::new(Clients::new(&config).sqs, url);
    (sqs, services.queue)
}

fn message() -> QueueMessage {
    QueueMessage {
        group: "a".into(),
        deduplication_id: "1".into(),
        body: "hello".into(),
    }
}

fn received(queue: &LocalQueue) -> usize {
    let visibility = Duration::from_secs(60);
    let received = queue.receive(10, visibility, Timestamp::now());
    received.unwrap().len()
}

#[tokio::test]
async fn what_is_refused_is_not_done_and_what_loses_its_answer_is() {
    for (course, done) in [
        (Course::Smooth, 1),
        (Course::Refused(Trouble::Throttled), 0),
        (Course::Refused(Trouble::Cut), 0),
        (Course::AnswerLost(Trouble::Broken), 1),
        (Course::AnswerLost(Trouble::Cut), 1),
    ] {
        let (sqs, queue) = queue(&[course]).await;
        let sent = sqs.send(&[message()]).await;
        assert_eq!(sent.is_ok(), course == Course::Smooth, "{course:?}");
        assert_eq!(received(&queue), done, "{course:?}");
    }
}

#[tokio::test]
async fn of_many_messages_ten_go_into_a_call() {
    let (sqs, queue) = queue(&[Course::Smooth; 3]).await;
    let messages = (0..25).map(|n| QueueMessage {
        deduplication_id: n.to_string(),
        ..message()
    });
    sqs.send(&messages.collect::<Vec<_>>()).await.unwrap();
    assert_eq!(queue.waiting(Timestamp::now()).unwrap().0, 25);
}

#[tokio::test]
async fn what_was_received_is_put_off_and_deleted_as_with_sqs() {
    let (sqs, queue) = queue(&[Course::Smooth; 3]).await;
    sqs.send(&[message()]).await.unwrap();
    let visibility = Duration::from_secs(60);
    let received = queue.receive(10, visibility, Timestamp::now()).unwrap();
    let receipt = received[0].receipt.clone();
    let wait = Duration::from_secs(600);
    sqs.put_off(&receipt, wait).await.unwrap();
    let (count, next) = queue.waiting(Timestamp::now()).unwrap();
    assert_eq!(count, 1);
    assert!(next.unwrap() > Timestamp::now() + Duration::from_secs(500));
    sqs.delete(&[receipt]).await.unwrap();
    assert_eq!(queue.waiting(Timestamp::now()).unwrap(), (0, None));
}

#[tokio::test]
async fn a_time_out_beyond_the_longest_is_refused() {
    let (sqs, queue) = queue(&[Course::Smooth; 3]).await;
    sqs.send(&[message()]).await.unwrap();
    let visibility = Duration::from_secs(60);
    let received = queue.receive(10, visibility, Timestamp::now()).unwrap();
    let put_off = async |seconds| {
        let wait = Duration::from_secs(seconds);
        sqs.put_off(&received[0].receipt, wait).await
    };
    let error = put_off(43_300).await.unwrap_err();
    assert!(
        error.to_string().contains("InvalidParameterValue"),
        "{error}"
    );
    put_off(600).await.unwrap();
}
