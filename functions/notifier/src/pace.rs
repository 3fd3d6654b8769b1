//! How fast messages may leave: as fast as their kind of destination takes them, and never
//! before a platform's limit allows the next one.
//!
//! What a place must wait for is remembered in the process; the queue holds back the wake-up of
//! a lane whose next message would come too early for another one. The pause of a whole platform
//! concerns every process and stands in the ledger's table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use carillon_aws::Ledger;
use carillon_chat::{Kinds, Reply};
use carillon_delivery::{next_pause, platform_pause};
use carillon_domain::lane::LONGEST_BINDING;
use carillon_domain::pause::PlatformPause;
use carillon_domain::{Outcome, Webhook};
use carillon_runtime::clock::Clock;
use carillon_runtime::guard::lock;
use jiff::Timestamp;
use tokio::sync::OwnedMutexGuard;

/// The longest wait that is slept through; a longer one is the queue's.
pub const LONGEST_NAP: Duration = Duration::from_secs(2);
/// How long what the table says about a platform is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// How many places are remembered before those that may go on are forgotten.
const REMEMBERED: usize = 10_000;

pub struct Pace {
    kinds: Kinds,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    places: Mutex<HashMap<Place, Rest>>,
    turns: Mutex<HashMap<Place, Arc<Turn>>>,
    /// By the `type` of their webhooks.
    platforms: Mutex<HashMap<String, Known>>,
}

/// What a platform counts messages by: a channel, or all that is posted with one credential.
pub type Place = String;

/// Whoever has it posts to a place.
type Turn = tokio::sync::Mutex<()>;

/// Until when a place rests, and since when: a rest that has not begun was noted before a clock was
/// set back, and does not count.
#[derive(Clone, Copy)]
struct Rest {
    from: Timestamp,
    until: Timestamp,
    /// As long as the platform asks for; the rest is our own pace.
    asked_until: Timestamp,
}

/// What the table said, and when.
#[derive(Clone, Copy)]
struct Known {
    pause: Option<PlatformPause>,
    read_at: Timestamp,
}

impl Pace {
    pub fn new(kinds: Kinds, ledger: Ledger, clock: Arc<dyn Clock>) -> Self {
        Self {
            kinds,
            ledger,
            clock,
            places: Mutex::default(),
            turns: Mutex::default(),
            platforms: Mutex::default(),
        }
    }

    /// Where a message counts.
    pub fn place(&self, webhook: &Webhook, channel: &str) -> Place {
        let credential = &webhook.credential.id;
        let kind = self.kinds.get(&webhook.kind);
        match kind.is_some_and(|kind| kind.about().by_channel) {
            true => format!("{credential} {}", channel.trim_start_matches('#')),
            false => credential.to_string(),
        }
    }

    /// Waits for the turn to post to a place, which several lanes may share; not for long.
    pub async fn turn(&self, place: Place) -> Option<OwnedMutexGuard<()>> {
        let turn = {
            let mut turns = lock(&self.turns);
            if turns.len() >= REMEMBERED {
                turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            Arc::clone(turns.entry(place).or_default())
        };
        tokio::time::timeout(LONGEST_NAP, turn.lock_owned())
            .await
            .ok()
    }

    /// How long a place must still rest.
    pub fn rest(&self, place: &Place) -> Duration {
        self.left(place, |rest| rest.until)
    }

    /// How much of it the platform asks for.
    pub fn asked_rest(&self, place: &Place) -> Duration {
        self.left(place, |rest| rest.asked_until)
    }

    fn left(&self, place: &Place, until: impl Fn(&Rest) -> Timestamp) -> Duration {
        let now = self.clock.now();
        let rest = lock(&self.places).get(place).copied();
        let rest = rest.filter(|rest| rest.from <= now);
        rest.map_or(Duration::ZERO, |rest| between(now, until(&rest)))
    }

    /// How long the webhook's platform must still be left alone.
    pub async fn platform_rest(&self, webhook: &Webhook) -> Duration {
        let now = self.clock.now();
        self.platform_pause(webhook)
            .await
            .map_or(Duration::ZERO, |pause| between(now, pause.until))
    }

    /// Notes what a post and its answer mean for the next one. Gives how long the platform
    /// must be left alone because of it.
    pub async fn posted(
        &self,
        webhook: &Webhook,
        channel: &str,
        begun: Timestamp,
        reply: &Reply,
    ) -> Option<Duration> {
        let now = self.clock.now();
        let kind = self.kinds.get(&webhook.kind);
        let own = kind.map_or(Duration::ZERO, |kind| kind.about().between);
        // A person may hurry any other wait: those are the lane's.
        let binding = reply
            .retry_after
            .filter(|asked| reply.outcome == Outcome::RateLimited && *asked <= LONGEST_BINDING);
        let asked = reply.pause_after.max(binding).unwrap_or_default();
        let rest = Rest {
            from: now,
            until: now + own.max(asked),
            asked_until: now + asked,
        };
        if rest.until > now {
            self.set_rest(self.place(webhook, channel), rest);
        }
        let pause = reply.platform_pause?;
        let previous = self.platform_pause(webhook).await;
        let mut pause = next_pause(previous, begun, now, pause);
        if previous != Some(pause) {
            let platform = webhook.kind.api_type();
            match self.ledger.pause_platform(platform, pause).await {
                // Another process may know of a longer one.
                Ok(counting) => pause = counting,
                Err(error) => {
                    tracing::error!(platform, %error, "a pause could not be told to others");
                }
            }
            let seconds = between(now, pause.until).as_secs();
            tracing::warn!(platform, seconds, "the platform is left alone");
        }
        self.know(webhook.kind.api_type(), Some(pause));
        Some(between(now, pause.until))
    }

    fn set_rest(&self, place: Place, new: Rest) {
        let now = self.clock.now();
        let mut places = lock(&self.places);
        if places.len() >= REMEMBERED {
            places.retain(|_, rest| rest.until > now);
        }
        let rest = places.entry(place).or_insert(new);
        if now < rest.from {
            *rest = new;
        }
        rest.until = rest.until.max(new.until);
        rest.asked_until = rest.asked_until.max(new.asked_until);
    }

    async fn platform_pause(&self, webhook: &Webhook) -> Option<PlatformPause> {
        let kind = self.kinds.get(&webhook.kind)?;
        if !kind.about().has_pauses {
            return None;
        }
        let platform = webhook.kind.api_type();
        let now = self.clock.now();
        let known = lock(&self.platforms).get(platform).copied();
        if let Some(known) = known
            && (known.read_at..known.read_at + BELIEVED).contains(&now)
        {
            return known.pause;
        }
        match platform_pause(&self.ledger, kind).await {
            Ok(read) => {
                // What could not be told to others is still known here.
                let ours = known.and_then(|known| known.pause);
                let pause = read.into_iter().chain(ours).max_by_key(|pause| pause.until);
                self.know(platform, pause);
                pause
            }
            Err(error) => {
                tracing::error!(%error, "a platform's pause could not be read");
                known.and_then(|known| known.pause)
            }
        }
    }

    fn know(&self, platform: &str, pause: Option<PlatformPause>) {
        let read_at = self.clock.now();
        lock(&self.platforms).insert(platform.to_owned(), Known { pause, read_at });
    }
}

/// How long until then.
pub fn between(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}
