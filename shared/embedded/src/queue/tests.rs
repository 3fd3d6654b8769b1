use super::*;

const VISIBILITY: Duration = Duration::from_secs(60);

fn message(group: &str, id: &str) -> QueueMessage {
    QueueMessage {
        group: group.into(),
        deduplication_id: id.into(),
        body: id.into(),
    }
}

async fn queue(messages: &[QueueMessage]) -> LocalQueue {
    let journal = Journal::open(None).unwrap();
    let queue = LocalQueue::open(Arc::new(journal)).unwrap();
    queue.send(messages).await.unwrap();
    queue
}

fn bodies(received: &[Received]) -> Vec<&str> {
    received
        .iter()
        .map(|message| message.body.as_str())
        .collect()
}

#[tokio::test]
async fn a_group_is_received_in_order_and_by_one_receiver_at_a_time() {
    let queue = queue(&[message("a", "1"), message("b", "2"), message("a", "3")]).await;
    let now = Timestamp::now();
    let first = queue.receive(1, VISIBILITY, now).unwrap();
    assert_eq!(bodies(&first), ["1"]);
    let second = queue.receive(10, VISIBILITY, now).unwrap();
    assert_eq!(bodies(&second), ["2"], "group a is in somebody's hands");
    queue.delete(&[first[0].receipt.clone()]).await.unwrap();
    assert_eq!(bodies(&queue.receive(10, VISIBILITY, now).unwrap()), ["3"]);
}

#[tokio::test]
async fn a_message_that_is_not_deleted_comes_again_after_its_time() {
    let queue = queue(&[message("a", "1")]).await;
    let now = Timestamp::now();
    queue.receive(10, VISIBILITY, now).unwrap();
    assert!(queue.receive(10, VISIBILITY, now).unwrap().is_empty());
    let again = queue.receive(10, VISIBILITY, now + VISIBILITY).unwrap();
    assert_eq!((bodies(&again), again[0].receive_count), (vec!["1"], 2));
}

#[tokio::test]
async fn a_message_that_is_put_off_holds_back_its_group_and_nobody_else() {
    let queue = queue(&[message("a", "1"), message("a", "2"), message("b", "3")]).await;
    let now = Timestamp::now();
    let received = queue.receive(10, VISIBILITY, now).unwrap();
    for (message, seconds) in received.iter().zip([600, 0, 0]) {
        let wait = Duration::from_secs(seconds);
        queue.put_off(&message.receipt, wait).await.unwrap();
    }
    let soon = Timestamp::now() + Duration::from_secs(1);
    assert_eq!(bodies(&queue.receive(10, VISIBILITY, soon).unwrap()), ["3"]);
    let later = soon + Duration::from_secs(601);
    assert_eq!(
        bodies(&queue.receive(10, VISIBILITY, later).unwrap()),
        ["1", "2", "3"]
    );
}

#[tokio::test]
async fn a_batch_takes_what_it_can_of_one_group_before_the_next() {
    let messages = [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4"), ("a", "5")];
    let queue = queue(&messages.map(|(group, id)| message(group, id))).await;
    let received = queue.receive(4, VISIBILITY, Timestamp::now()).unwrap();
    assert_eq!(bodies(&received), ["1", "3", "5", "2"]);
}

#[tokio::test]
async fn after_a_restart_what_was_in_hand_comes_at_once_and_what_was_put_off_in_its_time() {
    let queue = queue(&[message("a", "1"), message("b", "2")]).await;
    let now = Timestamp::now();
    let received = queue.receive(10, VISIBILITY, now).unwrap();
    let wait = Duration::from_secs(600);
    queue.put_off(&received[0].receipt, wait).await.unwrap();
    let again = LocalQueue::open(Arc::clone(&queue.journal)).unwrap();
    let soon = Timestamp::now() + Duration::from_secs(1);
    assert_eq!(bodies(&again.receive(10, VISIBILITY, soon).unwrap()), ["2"]);
    let later = soon + Duration::from_secs(600);
    let received = again.receive(1, VISIBILITY, later).unwrap();
    assert_eq!(bodies(&received), ["1"]);
}

#[tokio::test]
async fn a_repeat_within_five_minutes_is_dropped() {
    let queue = queue(&[message("a", "1"), message("a", "1")]).await;
    queue.send(&[message("a", "1")]).await.unwrap();
    let received = queue.receive(10, VISIBILITY, Timestamp::now()).unwrap();
    assert_eq!(bodies(&received), ["1"]);
}

/// A queue with limits that a test can reach.
async fn limited(messages: &[QueueMessage]) -> LocalQueue {
    queue(messages).await.with_limits(Limits {
        looked_through: 3,
        in_flight: 2,
        retention: Duration::from_secs(1_000),
        visibility: Duration::from_secs(100),
        received: 10,
    })
}

fn receipts(received: &[Received]) -> Vec<String> {
    received
        .iter()
        .map(|message| message.receipt.clone())
        .collect()
}

#[tokio::test]
async fn a_group_behind_the_backlog_of_another_is_not_seen_until_that_is_shorter() {
    let messages = [("a", "1"), ("a", "2"), ("a", "3"), ("b", "4")];
    let queue = limited(&messages.map(|(group, id)| message(group, id))).await;
    let now = Timestamp::now();
    let first = queue.receive(1, VISIBILITY, now).unwrap();
    assert_eq!(bodies(&first), ["1"]);
    assert!(queue.receive(1, VISIBILITY, now).unwrap().is_empty());
    let other = LocalQueue::open(Arc::clone(&queue.journal)).unwrap();
    assert_eq!(bodies(&other.receive(1, VISIBILITY, now).unwrap()), ["1"]);
    queue.delete(&receipts(&first)).await.unwrap();
    let second = queue.receive(1, VISIBILITY, now).unwrap();
    assert_eq!(bodies(&second), ["2"]);
    assert_eq!(bodies(&queue.receive(1, VISIBILITY, now).unwrap()), ["4"]);
}

#[tokio::test]
async fn nothing_is_received_while_as_many_messages_as_may_be_are_in_flight() {
    let queue = limited(&[message("a", "1"), message("b", "2"), message("c", "3")]).await;
    let now = Timestamp::now();
    let received = queue.receive(10, VISIBILITY, now).unwrap();
    assert_eq!(bodies(&received), ["1", "2"]);
    assert!(queue.receive(10, VISIBILITY, now).unwrap().is_empty());
    queue.delete(&receipts(&received)[..1]).await.unwrap();
    assert_eq!(bodies(&queue.receive(10, VISIBILITY, now).unwrap()), ["3"]);
}

#[tokio::test]
async fn a_message_is_gone_when_it_is_as_old_as_the_queue_keeps_any() {
    let queue = limited(&[message("a", "1")]).await;
    let now = Timestamp::now();
    queue.receive(1, VISIBILITY, now).unwrap();
    let before = now + Duration::from_secs(990);
    assert_eq!(queue.waiting(before).unwrap().0, 1);
    let after = now + Duration::from_secs(1_001);
    assert_eq!(queue.waiting(after).unwrap(), (0, None));
    assert!(queue.receive(1, VISIBILITY, after).unwrap().is_empty());
}

#[tokio::test]
async fn no_message_is_put_off_beyond_the_longest_time_since_it_was_received() {
    let start = Timestamp::now();
    let clock = crate::SimulatedClock::at(start);
    let queue = limited(&[message("a", "1")]).await;
    let queue = queue.with_clock(Arc::new(clock.clone()));
    let received = queue.receive(1, VISIBILITY, start).unwrap();
    let put_off = async |seconds| {
        let wait = Duration::from_secs(seconds);
        queue.put_off(&received[0].receipt, wait).await
    };
    clock.advance(Duration::from_secs(30));
    put_off(70).await.unwrap();
    let error = put_off(71).await.unwrap_err();
    assert!(error.to_string().contains(INVALID_PARAMETER), "{error}");
    let next = queue.waiting(clock.now()).unwrap().1;
    assert_eq!(next.unwrap().as_second(), start.as_second() + 100);
    clock.advance(Duration::from_secs(70));
    queue.receive(1, VISIBILITY, clock.now()).unwrap();
    put_off(100).await.unwrap();
}

#[tokio::test]
async fn a_receive_gives_ten_messages_at_most() {
    let messages: Vec<_> = (0..12).map(|n| message("a", &n.to_string())).collect();
    let queue = queue(&messages).await;
    let received = queue.receive(12, VISIBILITY, Timestamp::now()).unwrap();
    assert_eq!(received.len(), 10);
}

#[tokio::test]
async fn a_purged_queue_has_nothing_and_still_drops_repeats() {
    let queue = queue(&[message("a", "1"), message("b", "2")]).await;
    queue.receive(1, VISIBILITY, Timestamp::now()).unwrap();
    queue.purge().unwrap();
    queue.send(&[message("a", "1")]).await.unwrap();
    assert_eq!(queue.waiting(Timestamp::now()).unwrap(), (0, None));
    queue.send(&[message("a", "3")]).await.unwrap();
    let received = queue.receive(10, VISIBILITY, Timestamp::now()).unwrap();
    assert_eq!(bodies(&received), ["3"]);
}

#[tokio::test]
async fn a_repeat_of_what_was_deleted_is_dropped_for_five_minutes() {
    let clock = crate::SimulatedClock::at(Timestamp::now());
    let queue = queue(&[]).await.with_clock(Arc::new(clock.clone()));
    queue.send(&[message("a", "1")]).await.unwrap();
    let received = queue.receive(1, VISIBILITY, clock.now()).unwrap();
    queue.delete(&receipts(&received)).await.unwrap();
    clock.advance(Duration::from_secs(299));
    queue.send(&[message("a", "1")]).await.unwrap();
    assert_eq!(queue.waiting(clock.now()).unwrap().0, 0);
    clock.advance(Duration::from_secs(1));
    queue.send(&[message("a", "1")]).await.unwrap();
    assert_eq!(queue.waiting(clock.now()).unwrap().0, 1);
}
