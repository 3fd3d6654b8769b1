//! How the destinations stand that the sink has come to know: which credentials are dead,
//! which channels are archived, and what is still sent there.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};

use super::Standing;
use super::platform::DestinationKind;

/// The most destinations that are remembered.
const MAX_DESTINATIONS: usize = 10_000;

/// Where a call goes.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    pub kind: &'static DestinationKind,
    /// The channel as people call it, without `#`.
    pub channel: String,
    pub channel_id: String,
    /// The webhook's own id, where there is a webhook.
    pub webhook: Option<String>,
    /// Tells credentials apart without giving them away.
    #[serde(skip)]
    pub(super) credential: u64,
}

impl Place {
    /// What orders may call it.
    pub fn names(&self) -> Vec<&str> {
        let names = [self.channel.as_str(), self.channel_id.as_str()];
        names.into_iter().chain(self.webhook.as_deref()).collect()
    }
}

/// How many calls of a destination came, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Posts, edits and, of Discord, all others, well-formed or not.
    pub calls: u64,
    pub taken: u64,
    pub rate_limited: u64,
    /// Calls that came after an answer that said never to call again.
    pub after_death: u64,
}

/// A destination that was called.
#[derive(Debug, Clone, Serialize)]
pub struct Destination {
    #[serde(flatten)]
    pub place: Place,
    pub standing: Standing,
    pub tally: Tally,
    /// It has been told that it is dead.
    #[serde(skip)]
    told: bool,
}

/// An order about a destination, by its channel's name or id or its webhook's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub channel: String,
    /// Only where it is on this platform.
    #[serde(default)]
    pub platform: Option<String>,
    pub standing: Standing,
}

impl Order {
    fn concerns(&self, place: &Place) -> bool {
        let name = self.channel.trim_start_matches('#');
        let platform = self.platform.as_deref();
        platform.is_none_or(|it| it == place.kind.platform) && place.names().contains(&name)
    }
}

/// All that is known about destinations.
#[derive(Debug, Default)]
pub(super) struct Destinations {
    known: Vec<Destination>,
    places: HashMap<(&'static str, String), usize>,
    /// What holds for destinations that come later.
    orders: Vec<Order>,
    /// Credentials that no longer work.
    dead: HashMap<u64, Standing>,
    hasher: RandomState,
}

fn key(place: &Place) -> (&'static str, String) {
    (place.kind.id, place.channel_id.clone())
}

impl Destinations {
    /// A number for a credential: always the same in this process, and good for nothing else.
    pub fn fingerprint(&self, credential: &str) -> u64 {
        self.hasher.hash_one(credential)
    }

    /// Kills a credential, or brings it back ([`Standing::Open`]).
    pub fn refuse(&mut self, credential: &str, standing: Standing) {
        let credential = self.fingerprint(credential);
        match standing {
            Standing::Open => _ = self.dead.remove(&credential),
            standing => _ = self.dead.insert(credential, standing),
        }
    }

    /// How a credential stands.
    pub fn of_credential(&self, credential: u64) -> Standing {
        self.dead.get(&credential).copied().unwrap_or_default()
    }

    pub fn order(&mut self, order: Order) {
        for known in &mut self.known {
            if order.concerns(&known.place) {
                stand(known, order.standing, &mut self.dead);
            }
        }
        self.orders.retain(|earlier| {
            (&earlier.channel, &earlier.platform) != (&order.channel, &order.platform)
        });
        self.orders.push(order);
    }

    pub fn list(&self) -> Vec<Destination> {
        let standing = |known: &Destination| match self.of_credential(known.place.credential) {
            Standing::Open => known.standing,
            dead => dead,
        };
        let shown = |known: &Destination| Destination {
            standing: standing(known),
            ..known.clone()
        };
        self.known.iter().map(shown).collect()
    }

    /// How a place stands for a call that has just come, which is counted.
    pub fn called(&mut self, place: &Place) -> Standing {
        let standing = self.standing(place);
        if let Some(known) = self.find_or_add(place) {
            known.tally.calls += 1;
            if standing.is_dead() {
                known.tally.after_death += u64::from(known.told);
                known.told = true;
            }
        }
        standing
    }

    /// How a place stands, with nothing counted.
    pub fn standing(&mut self, place: &Place) -> Standing {
        let of_channel = self.find_or_add(place).map(|known| known.standing);
        match self.of_credential(place.credential) {
            Standing::Open => of_channel.unwrap_or_default(),
            dead => dead,
        }
    }

    pub fn taken(&mut self, place: &Place) {
        if let Some(known) = self.find_or_add(place) {
            known.tally.taken += 1;
        }
    }

    pub fn rate_limited(&mut self, place: &Place) {
        if let Some(known) = self.find_or_add(place) {
            known.tally.rate_limited += 1;
        }
    }

    fn find_or_add(&mut self, place: &Place) -> Option<&mut Destination> {
        let index = match self.places.get(&key(place)) {
            Some(index) => *index,
            None if self.known.len() >= MAX_DESTINATIONS => return None,
            None => {
                let mut new = Destination {
                    place: place.clone(),
                    standing: Standing::Open,
                    tally: Tally::default(),
                    told: false,
                };
                for order in &self.orders {
                    if order.concerns(place) {
                        stand(&mut new, order.standing, &mut self.dead);
                    }
                }
                self.known.push(new);
                self.places.insert(key(place), self.known.len() - 1);
                self.known.len() - 1
            }
        };
        let known = self.known.get_mut(index)?;
        known.told &= known.place.credential == place.credential;
        known.place.clone_from(place);
        Some(known)
    }
}

/// Has a destination stand otherwise. What is about a credential goes with the credential,
/// so that a new one helps.
fn stand(known: &mut Destination, standing: Standing, dead: &mut HashMap<u64, Standing>) {
    known.told = false;
    dead.remove(&known.place.credential);
    known.standing = Standing::Open;
    if known.place.kind.is_of_credential(standing) {
        dead.insert(known.place.credential, standing);
    } else {
        known.standing = standing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat_sink::slack::BOT;

    fn bot(channel: &str, token: &str, destinations: &Destinations) -> Place {
        Place {
            kind: &BOT,
            channel: channel.to_owned(),
            channel_id: format!("C-{channel}"),
            webhook: None,
            credential: destinations.fingerprint(token),
        }
    }

    fn order(channel: &str, standing: Standing) -> Order {
        Order {
            channel: channel.to_owned(),
            platform: None,
            standing,
        }
    }

    #[test]
    fn a_revoked_token_is_dead_in_every_channel_and_a_new_one_helps() {
        let mut destinations = Destinations::default();
        let infra = bot("infra", "old", &destinations);
        destinations.called(&infra);
        destinations.order(order("#infra", Standing::Revoked));
        assert_eq!(destinations.called(&infra), Standing::Revoked);
        let other = bot("alerts", "old", &destinations);
        assert_eq!(destinations.called(&other), Standing::Revoked);
        let renewed = bot("infra", "new", &destinations);
        assert_eq!(destinations.called(&renewed), Standing::Open);
    }

    #[test]
    fn an_order_waits_for_its_destination() {
        let mut destinations = Destinations::default();
        destinations.order(order("infra", Standing::Archived));
        let infra = bot("infra", "token", &destinations);
        assert_eq!(destinations.called(&infra), Standing::Archived);
        destinations.order(order("infra", Standing::Open));
        assert_eq!(destinations.called(&infra), Standing::Open);
    }

    #[test]
    fn calls_are_counted_that_come_after_death() {
        let mut destinations = Destinations::default();
        let infra = bot("infra", "token", &destinations);
        destinations.called(&infra);
        destinations.order(order("infra", Standing::Revoked));
        for _ in 0..3 {
            destinations.called(&infra);
        }
        assert_eq!(destinations.list()[0].tally.after_death, 2);
        assert_eq!(destinations.list()[0].standing, Standing::Revoked);
    }
}
