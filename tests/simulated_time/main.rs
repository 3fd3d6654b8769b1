//! What takes minutes, hours and days, on a clock that leaps: waits that the platforms ask
//! for, the schedule of retries, pace, pauses.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod clocks;
mod expiry;
mod failing;
mod isolation;
mod out_of_order;
mod overtaking;
mod own_faults;
mod reads;
mod refusals;
#[path = "../spoiling.rs"]
mod spoiling;
mod stage;
mod summaries;
mod waits;
mod watching;

use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_domain::retry::{GIVE_UP_AFTER, SCHEDULE};
use carillon_domain::{Delivery, DeliveryStatus, Digest, Outcome, Webhook};
use carillon_embedded::chat_sink::{Ban, Failure, Plan};
use carillon_runtime::clock::Clock;
use jiff::Timestamp;

use stage::{Stage, discord, discord_url, slack};

const TOKEN: &str = "xoxb-fake-token-for-tests-wxyz";
const SECOND: Duration = Duration::from_secs(1);

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

fn outcomes(delivery: &Delivery) -> Vec<Outcome> {
    delivery
        .attempts
        .iter()
        .map(|attempt| attempt.outcome)
        .collect()
}

#[tokio::test]
async fn ten_minutes_that_slack_asks_for_are_waited_in_full_and_hold_back_nobody_else() {
    let mut stage = Stage::new().await;
    let limited = stage.register(slack(1, "infra"), TOKEN).await;
    let other = stage.register(slack(2, "alerts"), TOKEN).await;
    stage.sink.fail_next(1, Failure::RateLimited(600.0));
    let begun = stage.clock.now();
    let first = stage.publish(&limited).await;
    let second = stage.publish(&limited).await;
    stage.serve().await;
    stage.publish(&other).await;
    stage.serve().await;
    assert_eq!(stage.sink.messages()[0].channel, "alerts");

    stage.serve_for(Duration::from_secs(660), SECOND).await;
    let arrivals = stage.arrivals();
    assert_eq!(arrivals.len(), 3);
    let waited = seconds(begun, arrivals[1]);
    assert!((600.0..=661.0).contains(&waited), "{waited}");
    let first = stage.delivery(&limited, &first).await;
    assert_eq!(outcomes(&first), [Outcome::RateLimited, Outcome::Delivered]);
    assert!(!first.possible_duplicate);
    // What merely waited behind it has not been tried.
    let second = stage.delivery(&limited, &second).await;
    assert_eq!(outcomes(&second), [Outcome::Delivered]);
}

/// Whether a delivery was tried again by the schedule, as far as that has its own waits.
fn keeps_the_schedule(delivery: &Delivery) {
    for (n, wait) in SCHEDULE.into_iter().enumerate() {
        let waited = seconds(delivery.attempts[n].at, delivery.attempts[n + 1].at);
        let wait = wait.as_secs_f64();
        assert!((wait * 0.8..=wait + 2.0).contains(&waited), "{n}: {waited}");
    }
}

#[tokio::test]
async fn an_outage_is_tried_every_ten_minutes_for_a_day_and_then_the_delivery_has_failed() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage
        .sink
        .fail_next(1_000, Failure::refusal("slack", "service_unavailable"));
    let id = stage.publish(&webhook).await;
    stage
        .serve_for(Duration::from_secs(25 * 3_600), 10 * SECOND)
        .await;
    let failed = stage.delivery(&webhook, &id).await;
    assert_eq!(failed.status, DeliveryStatus::Failed);
    let at: Vec<Timestamp> = failed.attempts.iter().map(|attempt| attempt.at).collect();
    let longest = at.windows(2).map(|pair| seconds(pair[0], pair[1]));
    let longest = longest.fold(0.0, f64::max);
    assert!(longest <= 611.0, "{longest}");
    let tried = seconds(at[0], at[at.len() - 1]);
    assert!(tried >= GIVE_UP_AFTER.as_secs_f64(), "{tried}");
}

#[tokio::test]
async fn a_webhook_works_again_ten_minutes_after_its_platform_at_the_latest() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage
        .sink
        .fail_next(30, Failure::refusal("slack", "service_unavailable"));
    let id = stage.publish(&webhook).await;
    let mut well_at = None;
    for _ in 0..6 * 360 {
        stage.serve_for(10 * SECOND, 10 * SECOND).await;
        if stage.sink.pending_plans().is_empty() {
            well_at.get_or_insert(stage.clock.now());
        }
        if !stage.arrivals().is_empty() {
            break;
        }
    }
    let delivery = stage.delivery(&webhook, &id).await;
    assert_eq!(delivery.status, DeliveryStatus::Delivered);
    let dark = seconds(well_at.unwrap(), stage.arrivals()[0]);
    assert!(dark <= 600.0, "{dark}");
}

#[tokio::test]
async fn a_platform_that_posts_and_never_says_so_gets_few_copies() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.sink.plan(Plan {
        failure: Failure::AfterTaking(Box::new(Failure::Reset)),
        count: Some(1_000),
        channel: Some("infra".into()),
    });
    let id = stage.publish(&webhook).await;
    stage
        .serve_for(Duration::from_secs(28 * 3_600), 30 * SECOND)
        .await;
    let copies = stage.arrivals().len();
    assert!(copies < 20, "{copies}");
    let failed = stage.delivery(&webhook, &id).await;
    assert_eq!(failed.status, DeliveryStatus::Failed);
    assert!(failed.possible_duplicate);
}

#[tokio::test]
async fn a_platform_that_is_down_is_not_posted_to_again_until_it_answers() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.is_down.store(true, Ordering::SeqCst);
    let id = stage.publish(&webhook).await;
    stage
        .serve_for(Duration::from_secs(40 * 60), 10 * SECOND)
        .await;
    stage.is_down.store(false, Ordering::SeqCst);
    let well_at = stage.clock.now();
    stage
        .serve_for(Duration::from_secs(20 * 60), 10 * SECOND)
        .await;
    let delivery = stage.delivery(&webhook, &id).await;
    let all = outcomes(&delivery);
    let [
        Outcome::Unknown,
        Outcome::Unknown,
        between @ ..,
        Outcome::Delivered,
    ] = &all[..]
    else {
        panic!("{all:?}");
    };
    assert!(between.len() >= 3, "{all:?}");
    assert!(
        between
            .iter()
            .all(|outcome| *outcome == Outcome::Unavailable)
    );
    let dark = seconds(well_at, stage.arrivals()[0]);
    assert!(dark <= 600.0, "{dark}");
}

#[tokio::test]
async fn the_third_message_in_a_row_that_one_unknown_code_refuses_waits_instead() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage
        .sink
        .fail_next(3, Failure::refusal("slack", "code_of_tomorrow"));
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(stage.publish(&webhook).await);
    }
    // Each process counts for itself.
    stage.serve_with_one();
    stage.serve_for(Duration::from_secs(60), SECOND).await;
    let mut statuses = Vec::new();
    for id in &ids {
        statuses.push(stage.delivery(&webhook, id).await.status);
    }
    use DeliveryStatus::{Delivered, Failed};
    assert_eq!(statuses, [Failed, Failed, Delivered, Delivered]);
}

#[tokio::test]
async fn a_slack_channel_gets_about_a_message_a_second_from_however_many_processes() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    let mut ids = Vec::new();
    for _ in 0..30 {
        ids.push(stage.publish(&webhook).await);
    }
    stage.serve_for(Duration::from_secs(60), SECOND / 4).await;
    let arrivals = stage.arrivals();
    assert_eq!(arrivals.len(), 30);
    for pair in arrivals.windows(2) {
        assert!(seconds(pair[0], pair[1]) >= 1.0, "{pair:?}");
    }
    let all = seconds(arrivals[0], arrivals[29]);
    assert!(all <= 45.0, "{all}");
    for id in ids {
        let delivery = stage.delivery(&webhook, &id).await;
        assert_eq!(outcomes(&delivery), [Outcome::Delivered]);
    }
}

#[tokio::test]
async fn discords_limit_is_waited_out_before_it_is_hit() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(discord(1), &discord_url(1)).await;
    let mut ids = Vec::new();
    for _ in 0..25 {
        ids.push(stage.publish(&webhook).await);
    }
    stage.serve_for(Duration::from_secs(60), SECOND / 4).await;
    assert_eq!(stage.arrivals().len(), 25);
    for id in ids {
        let delivery = stage.delivery(&webhook, &id).await;
        assert_eq!(outcomes(&delivery), [Outcome::Delivered], "{delivery:?}");
    }
}

#[tokio::test]
async fn a_limit_that_a_single_message_uses_up_is_waited_out_by_every_process() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(discord(1), &discord_url(1)).await;
    // Five in two seconds, each alone: the last one leaves nothing for 0.9 s.
    for pause in [0, 300, 300, 300, 200] {
        stage.clock.advance(Duration::from_millis(pause));
        stage.publish(&webhook).await;
        stage.serve().await;
    }
    assert_eq!(stage.arrivals().len(), 5);
    stage.clock.advance(SECOND / 10);
    let next = stage.publish(&webhook).await;
    stage.serve().await;
    assert_eq!(stage.arrivals().len(), 5, "too early");
    stage.serve_for(2 * SECOND, SECOND / 10).await;
    let next = stage.delivery(&webhook, &next).await;
    assert_eq!(outcomes(&next), [Outcome::Delivered], "{next:?}");
}

#[tokio::test]
async fn a_limit_without_a_time_is_tried_again_on_the_schedule() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage
        .sink
        .fail_next(4, Failure::refusal("slack", "rate_limited"));
    let id = stage.publish(&webhook).await;
    stage.serve_for(Duration::from_secs(1_000), SECOND).await;
    let delivery = stage.delivery(&webhook, &id).await;
    assert_eq!(delivery.status, DeliveryStatus::Delivered);
    keeps_the_schedule(&delivery);
}

#[tokio::test]
async fn a_ban_by_discord_silences_every_process_and_longer_each_time() {
    let mut stage = Stage::new().await;
    let one = stage.register(discord(1), &discord_url(1)).await;
    let two = stage.register(discord(2), &discord_url(2)).await;
    let slack = stage.register(slack(3, "infra"), TOKEN).await;
    stage.sink.fail_next(2, Failure::Banned(Ban::Json));
    let begun = stage.clock.now();
    let banned = stage.publish(&one).await;
    stage.serve().await;
    // Another process, another webhook; and another platform.
    let silenced = stage.publish(&two).await;
    stage.publish(&slack).await;
    stage.serve().await;
    assert_eq!(stage.sink.messages().len(), 1, "only Slack's");

    stage.serve_for(Duration::from_secs(600), SECOND).await;
    let (banned, silenced) = (
        stage.delivery(&one, &banned).await,
        stage.delivery(&two, &silenced).await,
    );
    let mut at: Vec<Timestamp> = banned
        .attempts
        .iter()
        .chain(&silenced.attempts)
        .map(|attempt| attempt.at)
        .collect();
    at.sort();
    assert_eq!(at.len(), 4, "{banned:?} {silenced:?}");
    assert!(seconds(begun, at[1]) >= 60.0, "{at:?}");
    assert!(seconds(at[1], at[2]) >= 120.0, "{at:?}");
    assert_eq!(banned.status, DeliveryStatus::Delivered);
    assert_eq!(silenced.status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn what_has_waited_for_days_behind_a_stopped_notifier_is_tried_like_anything_else() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage
        .sink
        .fail_next(1, Failure::refusal("slack", "service_unavailable"));
    let id = stage.publish(&webhook).await;
    // The queue has forgotten it, too.
    stage.queue.purge().unwrap();
    stage.clock.advance(Duration::from_secs(20 * 86_400));
    stage.serve().await;
    let retrying = stage.delivery(&webhook, &id).await;
    assert_eq!(retrying.status, DeliveryStatus::Retrying);
    stage.serve_for(Duration::from_secs(10), SECOND).await;
    let delivered = stage.delivery(&webhook, &id).await;
    assert_eq!(delivered.status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn a_change_of_the_webhook_hurries_what_waits_and_sends_it_in_order_to_the_new_channel() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.is_down.store(true, Ordering::SeqCst);
    let mut ids = vec![stage.publish(&webhook).await, stage.publish(&webhook).await];
    stage
        .serve_for(Duration::from_secs(1_200), SECOND * 60)
        .await;
    stage.is_down.store(false, Ordering::SeqCst);
    let mut moved = webhook.clone();
    moved.configuration.set("channel", "alerts");
    moved.lanes = webhook.lanes.renamed(&["alerts"]);
    moved.version += 1;
    let begun = stage.clock.now();
    stage.change(&webhook, &moved).await;
    ids.push(stage.publish(&moved).await);
    stage.serve_for(Duration::from_secs(5), SECOND).await;
    assert_eq!(stage.arrivals().len(), 3);
    assert!(seconds(begun, stage.arrivals()[0]) < 1.0);
    let mut arrived = Vec::new();
    for id in &ids {
        let row = stage.delivery(&moved, id).await;
        assert_eq!(row.channel, "alerts");
        arrived.push(row.attempts.last().unwrap().at);
    }
    assert!(arrived.is_sorted());
}

/// A Slack bot's webhook that takes digests.
fn with_digests() -> Webhook {
    let mut webhook = slack(1, "infra");
    webhook.configuration.digest = Digest::Auto;
    webhook
}

#[tokio::test]
async fn a_post_of_unknown_fate_is_made_again_as_it_was_so_that_slack_can_know_it() {
    let mut stage = Stage::new().await;
    stage.sink.behave(|behaviour| behaviour.deduplicates = true);
    let webhook = stage.register(with_digests(), TOKEN).await;
    let lost = Failure::AfterTaking(Box::new(Failure::Reset));
    stage.sink.fail_next(1, lost.clone());
    let first = stage.publish(&webhook).await;
    stage.serve().await;
    // These wait behind it, and could make a digest with it.
    let mut ids = vec![first];
    for _ in 0..3 {
        ids.push(stage.publish(&webhook).await);
    }
    stage.serve_for(Duration::from_secs(6), SECOND).await;
    stage.sink.fail_next(1, lost);
    // The digest's fate is unknown, too; more comes after it.
    stage.serve_for(Duration::from_secs(3), SECOND).await;
    for _ in 0..3 {
        ids.push(stage.publish(&webhook).await);
    }
    stage.serve_for(Duration::from_secs(60), SECOND).await;
    for id in &ids {
        let delivery = stage.delivery(&webhook, id).await;
        assert_eq!(delivery.status, DeliveryStatus::Delivered, "{delivery:?}");
    }
    let messages = stage.sink.messages();
    for number in 1..=ids.len() {
        let event = format!("event-{number:04}");
        let telling = messages
            .iter()
            .filter(|message| message.payload.to_string().contains(&event));
        assert_eq!(telling.count(), 1, "{event}");
    }
    let delivery = stage.delivery(&webhook, &ids[0]).await;
    assert!(delivery.possible_duplicate, "nobody can be sure");
}

#[tokio::test]
async fn what_waits_behind_a_long_wait_is_pending_in_the_ledger() {
    let mut stage = Stage::new().await;
    let webhook = stage.register(slack(1, "infra"), TOKEN).await;
    stage.sink.fail_next(1, Failure::RateLimited(600.0));
    let first = stage.publish(&webhook).await;
    let second = stage.publish(&webhook).await;
    stage.serve().await;
    let first = stage.delivery(&webhook, &first).await;
    assert_eq!(first.status, DeliveryStatus::Retrying);
    let waiting = stage.delivery(&webhook, &second).await;
    assert_eq!(waiting.status, DeliveryStatus::Pending);
    assert!(waiting.attempts.is_empty(), "{waiting:?}");
    stage.serve_for(Duration::from_secs(700), SECOND).await;
    let done = stage.delivery(&webhook, &second).await;
    assert_eq!(outcomes(&done), [Outcome::Delivered]);
}
