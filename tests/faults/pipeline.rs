//! One run: publishing, dispatching and delivering in any order, with deaths in between.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use carillon_aws::Change;
use carillon_domain::webhook::Grouping;
use carillon_domain::{Event, LaneId, WebhookStatus};
use carillon_runtime::clock::Clock;
use futures::future::{join, join_all};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::chat::{PLATFORMS, Platforms};
use crate::check::{self, Totals};
use crate::scenario::{self, Registered};
use crate::world::{Process, World};

/// How many digits the stream's positions have.
const DIGITS: [usize; 2] = [21, 40];
/// In how many steps wake-ups are lost, in a run in which that happens.
const LOSSES: f64 = 0.02;
/// A run that takes more steps than this does not come to an end.
const MOST_STEPS: usize = 10_000;

async fn register(process: &Process, webhooks: &mut [Registered], now: Timestamp) {
    for registered in webhooks {
        let organization = &registered.webhook.organization;
        let opened = process
            .credentials
            .open(organization, &registered.secret, now)
            .await;
        registered.webhook.credential = opened.unwrap();
        let change = Change::new(None, Some(&registered.webhook));
        process.registry.change_together(&[change]).await.unwrap();
    }
}

pub async fn run(seed: u64, platforms: &Platforms, tells: bool) -> Result<Totals, String> {
    let mut random = StdRng::seed_from_u64(seed ^ 0x5eed);
    let mut world = World::new(seed, platforms, tells).await;
    let mut webhooks = scenario::webhooks(&mut random);
    let (mut count, mut most_records) = (random.random_range(2..=6), 4);
    let is_long = random.random_bool(0.03);
    if is_long {
        (count, most_records) = (random.random_range(20..=50), 20);
        // In digests, so that it comes to its end: a summary does not name so many.
        for registered in &mut webhooks {
            let configuration = &mut registered.webhook.configuration;
            configuration.summary_after = None;
            configuration.grouping = Grouping::None;
        }
    }
    let mut process = world.start(seed);
    register(&process, &mut webhooks, world.clock.now()).await;
    world.fate.begin();
    if random.random_bool(0.5) {
        let digits = *DIGITS.choose(&mut random).unwrap();
        let dynamodb = &world.services.dynamodb;
        dynamodb.stretch_sequence_numbers(digits).unwrap();
    }
    let has_people = random.random_bool(0.3);
    if random.random_bool(0.2) {
        let until = world.clock.now() + Duration::from_secs(random.random_range(600..3_000));
        let mark = scenario::mark(random.random_range(0..2));
        *world.chat.poison.lock().unwrap() = Some((mark, until));
    }
    // Somebody has to mend it.
    if has_people && random.random_bool(0.5) {
        let until = world.clock.now() + Duration::from_secs(random.random_range(5..300));
        let platform = *PLATFORMS.choose(&mut random).unwrap();
        *world.chat.revoked.lock().unwrap() = Some((platform, until));
    }
    // DynamoDB splits a partition that is hot: of what is in both, nobody keeps the order.
    let is_split = random.random_bool(0.5);
    // Each costs a day, and what has failed for a day is given up: with many events, nearly all.
    let losses = match random.random_bool(0.1) && !is_long {
        true => LOSSES,
        false => 0.0,
    };

    let mut published: Vec<Event> = Vec::new();
    let mut uncertain = 0;
    let mut steps = 0;
    let mut idle = 0;
    let mut is_due = false;
    loop {
        steps += 1;
        if steps > MOST_STEPS {
            return Err(format!("no end after {steps} steps"));
        }
        world
            .clock
            .advance(Duration::from_millis(random.random_range(0..400)));
        if random.random_bool(losses) {
            world.forget(&mut random).await;
        }
        let first = if published.len() < count { 0 } else { 1 };
        let choice = match is_due || random.random_bool(0.1) {
            true => 3,
            false if has_people && random.random_bool(0.05) => 4,
            false => random.random_range(first..3),
        };
        is_due = false;
        let fate = Arc::clone(&world.fate);
        let mut busy = true;
        let batches: Vec<_> = match choice {
            1 | 2 => (0..random.random_range(1..=2))
                .map(|_| world.receive(&mut random))
                .filter(|received| !received.is_empty())
                .collect(),
            _ => Vec::new(),
        };
        let work = async {
            match choice {
                0 => {
                    let event = scenario::event(published.len(), world.clock.now(), &mut random);
                    publish(&process, &event).await.then_some(event)
                }
                1 => {
                    let delivered = batches.into_iter();
                    let delivered =
                        delivered.map(|received| world.deliver(&process, received, false));
                    let dispatched = world.dispatch(&process, &mut random, most_records, is_split);
                    (busy, _) = join(dispatched, join_all(delivered)).await;
                    None
                }
                4 => {
                    world.fate.tell(|| "somebody does something".to_owned());
                    let webhook = &webhooks.choose(&mut random).unwrap().webhook;
                    let people = process.people(world.clock.now());
                    match random.random_range(0..3) {
                        0 => people.switch(webhook, WebhookStatus::Disabled).await,
                        1 => people.switch(webhook, WebhookStatus::Active).await,
                        _ => people.recover(webhook).await,
                    };
                    None
                }
                3 => {
                    busy = false;
                    let soon = world.clock.now() + Duration::from_secs(1);
                    if let Err(error) = process.sweep.sweep(soon).await {
                        world.fate.tell(|| format!("swept in part: {error}"));
                    }
                    None
                }
                _ => {
                    busy = !batches.is_empty();
                    let repeats = random.random_bool(0.1);
                    let delivered = batches
                        .into_iter()
                        .map(|received| world.deliver(&process, received, repeats));
                    join_all(delivered).await;
                    None
                }
            }
        };
        let outcome = tokio::select! {
            biased;
            () = fate.killed() => None,
            stored = work => Some(stored),
        };
        match outcome {
            Some(Some(event)) => {
                // What a first try has stored counts, not what a second one said.
                world.fate.pause();
                let stored = process.events.get(&event.organization, &event.id).await;
                published.push(stored.unwrap().unwrap());
                world.fate.begin();
            }
            Some(None) => {}
            None => {
                fate.tell(|| "killed".to_owned());
                fate.reborn();
                process = world.start(seed + steps as u64);
                uncertain += open_posts(&world, &process, &webhooks).await;
            }
        }
        idle = if busy { 0 } else { idle + 1 };
        if idle > 4 && published.len() == count {
            let (waiting, next) = world.services.queue.waiting(world.clock.now()).unwrap();
            let due = next_due(&world, &process).await;
            match next.into_iter().chain(due).min() {
                None if waiting == 0 && world.is_drained() => {
                    if waits_in(&world, &process, &webhooks).await == 0 {
                        if has_people && tidy(&world, &process, &webhooks).await {
                            continue;
                        }
                        break;
                    }
                    // Its wake-up is lost: the daily walk finds it.
                    world.clock.advance(Duration::from_secs(86_400));
                    is_due = true;
                }
                None => {}
                Some(next) => {
                    is_due = true;
                    world.clock.advance_to(next.max(world.clock.now()));
                }
            }
        }
    }
    world.fate.end();
    let expected = scenario::expected(&published, &webhooks);
    let ledger = &process.ledger;
    let mut totals = check::check(&world, ledger, &expected, uncertain, is_split)
        .await
        .map_err(|fault| format!("{fault}\n{}", world.fate.story().join("\n")))?;
    totals.steps = steps as u64;
    totals.kills = world.fate.kills.load(Ordering::Relaxed);
    totals.faults = world.fate.faults.load(Ordering::Relaxed);
    Ok(totals)
}

/// Publishes as a client does that has no answer: again, with the same id.
async fn publish(process: &Process, event: &Event) -> bool {
    for _ in 0..20 {
        if process.events.put(event).await.is_ok() {
            return true;
        }
    }
    false
}

fn lanes_of(webhooks: &[Registered]) -> Vec<LaneId> {
    let webhooks = webhooks.iter().map(|registered| &registered.webhook);
    webhooks
        .flat_map(|webhook| webhook.lanes.channels.iter().map(|it| webhook.lane(it)))
        .collect()
}

/// How many posts were in somebody's hands.
async fn open_posts(world: &World, process: &Process, webhooks: &[Registered]) -> u64 {
    world.fate.pause();
    let rows = process.lanes.read(&lanes_of(webhooks)).await.unwrap();
    let mut count = 0;
    for (lane, row) in rows {
        let Some(open) = row.open.filter(|open| open.is_in_flight) else {
            continue;
        };
        let webhook = lane.webhook().unwrap();
        let first = process.ledger.get(&webhook, &open.deliveries[0]).await;
        let is_known = first.unwrap().is_some_and(|row| row.post == open.version);
        count += u64::from(!is_known);
    }
    world.fate.begin();
    count
}

/// When the next lane is due.
async fn next_due(world: &World, process: &Process) -> Option<Timestamp> {
    world.fate.pause();
    let far = world.clock.now() + Duration::from_secs(86_400 * 400);
    let due = process.lanes.due(far, 1).await.unwrap();
    world.fate.begin();
    due.first().map(|due| due.at)
}

/// Whether people had to do something so that all comes to its end.
async fn tidy(world: &World, process: &Process, webhooks: &[Registered]) -> bool {
    world.fate.pause();
    if let Some((_, until)) = world.chat.revoked.lock().unwrap().take() {
        world.clock.advance_to(until.max(world.clock.now()));
    }
    let people = process.people(world.clock.now());
    let mut is_done = false;
    for registered in webhooks {
        is_done |= people.tidy(&registered.webhook).await;
    }
    world.fate.begin();
    is_done
}

/// How many deliveries still wait in lanes.
async fn waits_in(world: &World, process: &Process, webhooks: &[Registered]) -> usize {
    world.fate.pause();
    let lanes = lanes_of(webhooks);
    let rows = process.lanes.read(&lanes).await.unwrap();
    let mut count = 0;
    for lane in lanes {
        let row = rows.get(&lane);
        let state = row.cloned().unwrap_or_default();
        let has_more = process.lanes.has_more(&lane, &state, &process.ledger).await;
        count += usize::from(has_more.unwrap());
        count += process.lanes.redo(&lane, None, 100).await.unwrap().len();
        if let Some(open) = row.and_then(|row| row.open.as_ref()) {
            for id in &open.deliveries {
                let row = process
                    .ledger
                    .get(&lane.webhook().unwrap(), id)
                    .await
                    .unwrap();
                count += usize::from(row.is_none_or(|row| !row.status.is_settled()));
            }
        }
    }
    world.fate.begin();
    count
}
