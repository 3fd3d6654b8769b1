//! How fast messages may leave: about one a second to a Slack channel, and never before a
//! platform's limit allows the next one.
//!
//! What a place must wait for is remembered in the process; the queue holds back the wake-up of
//! a lane whose next message would come too early for another one. The pause of a whole platform
//! concerns every process and stands in the ledger's table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use carillon_aws::Ledger;
use carillon_chat::Reply;
use carillon_delivery::{next_pause, platform_pause};
use carillon_domain::pause::PlatformPause;
use carillon_domain::{DestinationKind, Platform, Webhook};
use carillon_runtime::clock::Clock;
use jiff::Timestamp;
use tokio::sync::OwnedMutexGuard;

/// The longest wait that is slept through; a longer one is the queue's.
pub const LONGEST_NAP: Duration = Duration::from_secs(2);
/// The pace of a Slack channel (docs.slack.dev, rate limits).
const SLACK_CHANNEL: Duration = Duration::from_secs(1);
/// How long what the table says about a platform is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// How many places are remembered before those that may go on are forgotten.
const REMEMBERED: usize = 10_000;

pub struct Pace {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    places: Mutex<HashMap<Place, Rest>>,
    turns: Mutex<HashMap<Place, Arc<Turn>>>,
    platforms: Mutex<HashMap<Platform, Known>>,
}

/// What a platform counts messages by: Slack by channel, Discord by webhook, whatever the
/// thread.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Place(String);

impl Place {
    pub fn of(webhook: &Webhook, channel: &str) -> Self {
        Self(match webhook.configuration.kind {
            DestinationKind::SlackBot => {
                let channel = channel.trim_start_matches('#');
                format!("{} {channel}", webhook.credential.id)
            }
            DestinationKind::SlackWebhook | DestinationKind::DiscordWebhook => {
                webhook.credential.id.to_string()
            }
        })
    }
}

/// Whoever has it posts to a place.
type Turn = tokio::sync::Mutex<()>;

/// Until when a place rests.
#[derive(Clone, Copy)]
struct Rest {
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
    pub fn new(ledger: Ledger, clock: Arc<dyn Clock>) -> Self {
        Self {
            ledger,
            clock,
            places: Mutex::default(),
            turns: Mutex::default(),
            platforms: Mutex::default(),
        }
    }

    /// Waits for the turn to post to a place, which several lanes may share; not for long.
    pub async fn turn(&self, place: Place) -> Option<OwnedMutexGuard<()>> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
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
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(place).map_or(Duration::ZERO, |rest| {
            between(self.clock.now(), until(rest))
        })
    }

    /// How long the webhook's platform must still be left alone.
    pub async fn platform_rest(&self, webhook: &Webhook) -> Duration {
        let now = self.clock.now();
        self.platform_pause(webhook.platform)
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
        let own = match webhook.configuration.kind {
            DestinationKind::SlackBot | DestinationKind::SlackWebhook => SLACK_CHANNEL,
            DestinationKind::DiscordWebhook => Duration::ZERO,
        };
        let asked = reply.pause_after.max(reply.retry_after).unwrap_or_default();
        let rest = Rest {
            until: now + own.max(asked),
            asked_until: now + asked,
        };
        if rest.until > now {
            self.set_rest(Place::of(webhook, channel), rest);
        }
        let pause = reply.platform_pause?;
        let previous = self.platform_pause(webhook.platform).await;
        let mut pause = next_pause(previous, begun, now, pause);
        if previous != Some(pause) {
            let platform = webhook.platform.as_str();
            match self.ledger.pause_platform(webhook.platform, pause).await {
                // Another process may know of a longer one.
                Ok(counting) => pause = counting,
                Err(error) => {
                    tracing::error!(platform, %error, "a pause could not be told to others");
                }
            }
            let seconds = between(now, pause.until).as_secs();
            tracing::warn!(platform, seconds, "the platform is left alone");
        }
        self.know(webhook.platform, Some(pause));
        Some(between(now, pause.until))
    }

    fn set_rest(&self, place: Place, new: Rest) {
        let now = self.clock.now();
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= REMEMBERED {
            places.retain(|_, rest| rest.until > now);
        }
        let rest = places.entry(place).or_insert(new);
        rest.until = rest.until.max(new.until);
        rest.asked_until = rest.asked_until.max(new.asked_until);
    }

    async fn platform_pause(&self, platform: Platform) -> Option<PlatformPause> {
        if platform == Platform::Slack {
            return None;
        }
        let now = self.clock.now();
        let known = self
            .platforms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&platform)
            .copied();
        if let Some(known) = known
            && now < known.read_at + BELIEVED
        {
            return known.pause;
        }
        match platform_pause(&self.ledger, platform).await {
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

    fn know(&self, platform: Platform, pause: Option<PlatformPause>) {
        let read_at = self.clock.now();
        self.platforms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(platform, Known { pause, read_at });
    }
}

fn between(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}
