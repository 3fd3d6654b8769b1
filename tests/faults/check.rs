//! What must hold at the end of a run.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;

use carillon_aws::Ledger;
use carillon_domain::delivery::DeliveryStatus;
use carillon_domain::retry::GIVE_UP_AFTER;
use carillon_domain::{Delivery, Outcome, Webhook};

use crate::chat::Posted;
use crate::scenario::Expected;
use crate::world::World;

/// What happened in all runs.
#[derive(Debug, Default)]
pub struct Totals {
    pub runs: u64,
    pub deliveries: u64,
    /// Deliveries given up after the whole schedule.
    pub failed: u64,
    pub steps: u64,
    pub kills: u64,
    pub faults: u64,
    /// Posts of events that had all arrived, or some.
    pub duplicates: u64,
    /// Posts of which the process could not know what became of them.
    pub uncertain: u64,
    /// The most often that a message was received.
    pub receives: u32,
}

impl Totals {
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.deliveries += other.deliveries;
        self.failed += other.failed;
        self.steps += other.steps;
        self.kills += other.kills;
        self.faults += other.faults;
        self.duplicates += other.duplicates;
        self.uncertain += other.uncertain;
        self.receives = self.receives.max(other.receives);
    }
}

/// How a destination is called where messages arrive.
fn destination(webhook: &Webhook, channel: &str) -> String {
    match webhook.kind.as_str() {
        "slack/bot" => channel.to_owned(),
        "discord" => format!("10000000000000000{}", number(webhook)),
        _ => format!("B0000000{}", number(webhook)),
    }
}

fn number(webhook: &Webhook) -> &str {
    webhook.name.rsplit(' ').next().unwrap()
}

pub async fn check(
    world: &World,
    ledger: &Ledger,
    expected: &[Expected],
    open_claims: u64,
    is_split: bool,
) -> Result<Totals, String> {
    let posted = world.chat.posted.lock().unwrap().clone();
    let mut copies: HashMap<(String, &str), u64> = HashMap::new();
    let mut wanted: HashMap<(String, &str), u64> = HashMap::new();
    for Posted {
        destination,
        events,
        ..
    } in &posted
    {
        for event in events {
            *copies.entry((destination.clone(), event)).or_default() += 1;
        }
    }
    let mut failed = 0;
    let mut overtaken: HashSet<(String, &str)> = HashSet::new();
    let mut certain: HashMap<(String, &str), bool> = HashMap::new();
    let mut rows: HashMap<(String, &str), Vec<Delivery>> = HashMap::new();
    for delivery in expected {
        let key = (
            destination(&delivery.webhook, &delivery.channel),
            delivery.mark.as_str(),
        );
        let arrived = copies.get(&key).copied().unwrap_or_default();
        let row = ledger
            .get(&delivery.webhook.id, &delivery.id)
            .await
            .unwrap();
        let what = format!("{} to {}", key.1, key.0);
        let Some(row) = row else {
            return Err(format!("{what}: not in the ledger, {arrived} copies"));
        };
        rows.entry(key.clone()).or_default().push(row.clone());
        // What was skipped meanwhile is sent when somebody asks for it.
        if row.overtaken || row.redelivery > 0 {
            overtaken.insert(key.clone());
        }
        // As promised: by time.
        let is_given_up = is_given_up(&row);
        // A message that others overtook, or came before, shows by now what came later.
        let is_past = row.status == DeliveryStatus::Skipped && row.is_superseded;
        if is_given_up || is_past && (is_split || overtaken.contains(&key)) {
            failed += u64::from(is_given_up);
            *wanted.entry(key.clone()).or_default() += 1;
            *certain.entry(key).or_insert(true) &= !row.possible_duplicate;
            continue;
        }
        if row.status != DeliveryStatus::Delivered {
            return Err(format!("{what}: {row:#?}"));
        }
        if arrived == 0 {
            return Err(format!(
                "{what}: delivered, says the ledger, but lost: {row:#?}"
            ));
        }
        if row.next_attempt_at.is_some() {
            return Err(format!("{what}: settled, yet open: {row:#?}"));
        }
        let delivered = row
            .attempts
            .iter()
            .filter(|a| a.outcome == Outcome::Delivered)
            .count();
        if delivered != 1 {
            return Err(format!(
                "{what}: delivered by {delivered} attempts: {row:#?}"
            ));
        }
        *wanted.entry(key.clone()).or_default() += 1;
        *certain.entry(key).or_insert(true) &= !row.possible_duplicate;
    }
    for (key, count) in &copies {
        let Some(wanted) = wanted.get(key) else {
            return Err(format!("{} to {}: nobody wanted it", key.1, key.0));
        };
        if count > wanted && certain[key] {
            return Err(format!(
                "{} to {}: {count} copies instead of {wanted}, and the ledger does not say so: \
                 {:#?}",
                key.1, key.0, rows[key]
            ));
        }
    }
    let duplicates = repeated(&posted, &wanted);
    let uncertain = open_claims
        + world.fate.lost_answers.load(Ordering::Relaxed)
        + world.fate.ledger_faults.load(Ordering::Relaxed);
    if duplicates > uncertain {
        return Err(format!(
            "{duplicates} posts came again, and only {uncertain} were uncertain: {posted:#?}"
        ));
    }
    in_order(&posted, &wanted, &overtaken, is_split)?;
    Ok(Totals {
        runs: 1,
        deliveries: expected.len() as u64,
        failed,
        duplicates,
        uncertain,
        receives: world.receives,
        ..Totals::default()
    })
}

/// Whether it was tried for a day, from when it was dispatched to its end.
pub fn is_given_up(row: &Delivery) -> bool {
    let is_old = |end| row.created_at + GIVE_UP_AFTER <= end;
    row.status == DeliveryStatus::Failed && row.settled_at.is_some_and(is_old)
}

/// Of how many posts something came again: a post of unknown outcome may, a digest also in
/// parts. Where two webhooks share a channel, nobody sees which of them a post is of; what is
/// counted there is how many posts too many there are at least.
fn repeated(posted: &[Posted], wanted: &HashMap<(String, &str), u64>) -> u64 {
    let mut carried_by: HashMap<(&str, &str), (u64, usize)> = HashMap::new();
    let mut repeated: HashSet<usize> = HashSet::new();
    let mut of_shared: HashMap<&str, u64> = HashMap::new();
    for (number, post) in posted.iter().enumerate() {
        let destination = post.destination.as_str();
        for event in &post.events {
            let wanted = wanted[&(destination.to_owned(), event.as_str())];
            let carried = carried_by.entry((destination, event));
            let (seen, last) = carried.or_insert((0, number));
            *seen += 1;
            if *seen > wanted && wanted == 1 {
                repeated.insert(*last);
            } else if *seen > wanted {
                let most = of_shared.entry(destination).or_default();
                *most = (*most).max(*seen - wanted);
            }
            *last = number;
        }
    }
    repeated.len() as u64 + of_shared.values().sum::<u64>()
}

/// Each event comes for the first time after those before it, unless it was overtaken. Where two
/// webhooks share a channel, nobody sees which of them a post is of.
fn in_order(
    posted: &[Posted],
    wanted: &HashMap<(String, &str), u64>,
    overtaken: &HashSet<(String, &str)>,
    is_split: bool,
) -> Result<(), String> {
    // Of two shards, each keeps its own order.
    let shard = |event: &str| is_split && event.ends_with(['1', '3', '5', '7', '9']);
    let mut last: HashMap<(&str, bool), &str> = HashMap::new();
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for Posted {
        destination,
        events,
        ..
    } in posted
    {
        for event in events {
            if seen.contains(&(destination, event)) {
                continue;
            }
            seen.push((destination, event));
            let key = (destination.to_owned(), event.as_str());
            if wanted[&key] > 1 || overtaken.contains(&key) {
                continue;
            }
            if let Some(before) = last.insert((destination, shard(event)), event)
                && before > event.as_str()
            {
                return Err(format!("{destination}: {event} comes after {before}"));
            }
        }
    }
    Ok(())
}
