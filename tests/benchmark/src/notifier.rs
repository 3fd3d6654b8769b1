//! The notifier's figures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use carillon_aws::{DeliveryQueue, WakeUp, wake};
use carillon_domain::{Event, Filters, Webhook};
use carillon_embedded::queue::Received;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::cloud::{Calls, Cloud};
use crate::lambda::Lambda;
use crate::{Binaries, costs, events, figure, milliseconds, times};

const BATCH: usize = 10;
/// How many batches warm a function up, and how many are measured.
const WARM_UP: usize = 20;
const MEASURED: usize = 200;
/// How many webhooks there are: with their channels, as many destinations that none has to
/// rest when its turn comes.
const WEBHOOKS: u128 = 250;
/// How many channels each of them has.
const CHANNELS: usize = 10;

async fn webhooks(cloud: &Cloud, count: u128) -> anyhow::Result<Vec<Webhook>> {
    let mut webhooks = Vec::new();
    for number in 1..=count {
        webhooks.push(cloud.register(number, CHANNELS, Filters::default()).await?);
    }
    Ok(webhooks)
}

/// Ten messages for ten destinations, in CPU time, against the least that posts them. The
/// medians of some rounds, which take turns.
pub async fn warm(binaries: &Binaries) -> anyhow::Result<()> {
    const ROUNDS: usize = 7;
    let (mut ours, mut bare, mut calls) = (Vec::new(), Vec::new(), Calls::default());
    for _ in 0..ROUNDS {
        let cloud = Cloud::start().await?;
        let webhooks = webhooks(&cloud, WEBHOOKS).await?;
        // All that waits is written before anything counts.
        let count = (WARM_UP + MEASURED) * BATCH;
        let messages = events::messages(&cloud, 0, count, &webhooks).await?;
        let batches: Vec<Value> = messages.chunks(BATCH).map(events::batch).collect();
        let mut notifier = Lambda::start(&binaries.notifier, &cloud.environment()).await?;
        let begun = || drop(cloud.take_calls());
        ours.push(cpu_of_a_batch(&mut notifier, &batches, begun).await?);
        calls = cloud.take_calls();
        let event = json!({"posts": posts(&cloud)});
        let same = vec![event; WARM_UP + MEASURED];
        let mut loops = Lambda::start(&binaries.bare, &[]).await?;
        bare.push(cpu_of_a_batch(&mut loops, &same, || ()).await?);
    }
    let [ours, bare] = [ours, bare].map(|mut measured| {
        measured.sort();
        measured[ROUNDS / 2]
    });
    let what = "ten messages for ten destinations, warm: CPU of a bare loop";
    figure(what, &milliseconds(bare), "");
    figure("  CPU of the notifier", &milliseconds(ours), "");
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    figure("  against the bare loop", &times(ratio), "1.5 x");
    for (operation, count) in &calls.operations {
        let each = *count as f64 / MEASURED as f64;
        figure(
            &format!("  calls of {operation} a batch"),
            &format!("{each:.2}"),
            "",
        );
    }
    costs(&calls, MEASURED * BATCH);
    Ok(())
}

/// What a warm function takes for one of its events; `begun` is called when it is warm.
async fn cpu_of_a_batch(
    function: &mut Lambda,
    events: &[Value],
    begun: impl Fn(),
) -> anyhow::Result<Duration> {
    let (warm_up, measured) = events.split_at(WARM_UP);
    for event in warm_up {
        function.invoke(event).await?;
    }
    begun();
    let before = function.cpu()?;
    for event in measured {
        function.invoke(event).await?;
    }
    Ok((function.cpu()? - before) / u32::try_from(measured.len())?)
}

/// The last messages that were posted, as the bare loop takes them.
fn posts(cloud: &Cloud) -> Vec<Value> {
    let messages = cloud.sink.messages();
    let last = messages.iter().rev().take(BATCH);
    last.map(|message| {
        json!({
            "url": format!("{}/slack.com/api/chat.postMessage", cloud.chat_origin()),
            "authorization": "Bearer xoxb-benchmark-0-not-a-real-token",
            "body": message.payload,
        })
    })
    .collect()
}

/// Ten messages take hardly longer than one, whatever the platform takes.
pub async fn slow_platform(binaries: &Binaries) -> anyhow::Result<()> {
    const ROUNDS: usize = 10;
    let cloud = Cloud::start().await?;
    let webhooks = webhooks(&cloud, WEBHOOKS).await?;
    let mut notifier = Lambda::start(&binaries.notifier, &cloud.environment()).await?;
    let count = WARM_UP * BATCH + ROUNDS * (1 + BATCH);
    let messages = events::messages(&cloud, 0, count, &webhooks).await?;
    let mut messages = messages.into_iter();
    let mut next = |count: usize| {
        let batch: Vec<Received> = messages.by_ref().take(count).collect();
        events::batch(&batch)
    };
    for _ in 0..WARM_UP {
        notifier.invoke(&next(BATCH)).await?;
    }
    cloud.sink.behave(|behaviour| behaviour.latency_ms = 150);
    let mut took = [Duration::ZERO; 2];
    for (took, count) in took.iter_mut().zip([1, BATCH]) {
        for _ in 0..ROUNDS {
            *took += notifier.invoke(&next(count)).await?.1;
        }
    }
    let [one, ten] = took.map(|took| took / ROUNDS as u32);
    figure(
        "a platform that takes 150 ms: one message",
        &milliseconds(one),
        "",
    );
    figure("  ten messages", &milliseconds(ten), "");
    let ratio = ten.as_secs_f64() / one.as_secs_f64();
    figure("  against one", &times(ratio), "1.1 x");
    Ok(())
}

/// Ten thousand deliveries leave no trace in memory.
pub async fn many(binaries: &Binaries) -> anyhow::Result<()> {
    const DELIVERIES: usize = 10_000;
    let cloud = Cloud::start().await?;
    let webhooks = webhooks(&cloud, WEBHOOKS).await?;
    let mut hello = Lambda::start(&binaries.hello, &[]).await?;
    hello.invoke(&json!({})).await?;
    let least = hello.memory()?;
    let mut notifier = Lambda::start(&binaries.notifier, &cloud.environment()).await?;
    cloud.take_calls();
    let mut after = Vec::new();
    // One event at a time waits in each lane: several would share a message.
    let at_once = webhooks.len() * CHANNELS;
    for first in (0..DELIVERIES).step_by(at_once) {
        let messages = events::messages(&cloud, first, at_once, &webhooks).await?;
        for (n, batch) in messages.chunks(BATCH).enumerate() {
            if [1_000, 5_000].contains(&(first + n * BATCH)) {
                after.push(notifier.memory()?);
            }
            notifier.invoke(&events::batch(batch)).await?;
        }
    }
    after.push(notifier.memory()?);
    let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    figure("memory of a hello-world function", &megabytes(least), "");
    for (deliveries, memory) in ["1,000", "5,000", "10,000"].iter().zip(&after) {
        let what = format!("  of the notifier after {deliveries} deliveries");
        figure(&what, &megabytes(*memory), "");
    }
    let ratio = after[2] as f64 / least as f64;
    figure("  against hello-world", &times(ratio), "4 x");
    let reads = cloud
        .take_calls()
        .operations
        .remove("GetSecretValue")
        .unwrap_or_default();
    figure(
        "reads of 10 secrets in 10,000 deliveries",
        &reads.to_string(),
        "10",
    );
    Ok(())
}

/// A thousand deliveries that wait for a hundred destinations, ten in each lane.
pub async fn backlog(binaries: &Binaries) -> anyhow::Result<()> {
    const EVENTS: usize = 10;
    const PROCESSES: usize = 5;
    let cloud = Cloud::start().await?;
    let webhooks = webhooks(&cloud, 10).await?;
    let destinations = || {
        webhooks.iter().flat_map(|webhook| {
            let channels = webhook.lanes.channels.iter();
            channels.map(move |channel| (webhook, channel))
        })
    };
    let waiting: Vec<Event> = (0..EVENTS).map(events::event).collect();
    let (mut slices, mut wake_ups) = (Vec::new(), Vec::new());
    for (webhook, channel) in destinations() {
        let (organization, lane) = (webhook.organization.clone(), webhook.lane(channel));
        let entries = waiting.iter().enumerate();
        let entries = entries.map(|(number, event)| events::entry(event, number, &lane));
        slices.push((lane.clone(), entries.collect()));
        wake_ups.push(WakeUp::new(organization, lane));
    }
    cloud.append(&waiting, slices).await?;
    wake(&cloud.queue, &wake_ups).await?;
    let begun = Instant::now();
    let receive = Arc::new(Mutex::new(cloud.queue.clone()));
    let mut processes = JoinSet::new();
    for _ in 0..PROCESSES {
        let mut notifier = Lambda::start(&binaries.notifier, &cloud.environment()).await?;
        let (cloud, receive) = (cloud.clone(), Arc::clone(&receive));
        processes.spawn(async move {
            loop {
                let received = receive.lock().await.receive(
                    BATCH,
                    Duration::from_secs(180),
                    Timestamp::now(),
                )?;
                if received.is_empty() {
                    if cloud.queue.waiting(Timestamp::now())?.0 == 0 {
                        return anyhow::Ok(());
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
                let (answer, _) = notifier.invoke(&events::batch(&received)).await?;
                cloud.queue.delete(&settled(&answer, received)).await?;
            }
        });
    }
    while let Some(ended) = processes.join_next().await {
        ended??;
    }
    let took = begun.elapsed();
    let messages = cloud.sink.messages();
    let mut copies = 0;
    let mut missing = 0;
    for (_, channel) in destinations() {
        for number in 0..EVENTS {
            let name = events::name(number);
            let found = messages
                .iter()
                .filter(|message| message.channel == channel.name)
                .filter(|message| message.payload.to_string().contains(&name))
                .count();
            copies += found.saturating_sub(1);
            missing += usize::from(found == 0);
        }
    }
    let calls: u64 = cloud
        .sink
        .destinations()
        .iter()
        .map(|d| d.tally.calls)
        .sum();
    let what = "1,000 waiting events for 100 destinations: messages";
    figure(what, &messages.len().to_string(), "");
    figure(
        "  failed posts",
        &(calls - messages.len() as u64).to_string(),
        "0",
    );
    figure("  doubled, lost", &format!("{copies}, {missing}"), "0, 0");
    figure(
        "  all had left after, with 5 processes",
        &milliseconds(took),
        "",
    );
    costs(&cloud.take_calls(), EVENTS * wake_ups.len());
    Ok(())
}

/// The receipts of a batch that are dealt with.
fn settled(answer: &Value, received: Vec<Received>) -> Vec<String> {
    let failures = answer["batchItemFailures"].as_array();
    let kept: Vec<&str> = failures
        .into_iter()
        .flatten()
        .filter_map(|failure| failure["itemIdentifier"].as_str())
        .collect();
    received
        .into_iter()
        .map(|message| message.receipt)
        .filter(|receipt| !kept.contains(&receipt.as_str()))
        .collect()
}
