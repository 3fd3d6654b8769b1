//! The channels of a webhook, each with its lane.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The number of its lane in the webhook. It stays when the channel is renamed.
    pub lane: u32,
    /// As the webhook's owner wrote it; blank for a destination that needs none.
    pub name: String,
}

/// The channels of a webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lanes {
    /// How many lanes there have ever been: a number is never used twice.
    pub made: u32,
    pub channels: Vec<Channel>,
}

impl Lanes {
    /// A lane for each channel of a new webhook.
    pub fn of(names: &[impl AsRef<str>]) -> Self {
        Self::default().renamed(names)
    }

    /// The channels' names, in their order.
    pub fn names(&self) -> Vec<&str> {
        let names = self.channels.iter().map(|channel| channel.name.as_str());
        names.collect()
    }

    /// The lanes of a changed list of channels. Those that stay keep their lanes; the others
    /// take over the lanes of those that are gone, in order, and with them what waits there.
    #[must_use]
    pub fn renamed(&self, names: &[impl AsRef<str>]) -> Self {
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let stays = |channel: &&Channel| names.iter().any(|name| is_same(name, &channel.name));
        let mut left = self.channels.iter().filter(|channel| !stays(channel));
        let mut made = self.made;
        let channels = names
            .iter()
            .map(|name| {
                let known = self.channels.iter().find(|old| is_same(name, &old.name));
                let lane = known.or_else(|| left.next()).map(|channel| channel.lane);
                let name = (*name).to_owned();
                let lane = lane.unwrap_or_else(|| {
                    made += 1;
                    made
                });
                Channel { lane, name }
            })
            .collect();
        Self { made, channels }
    }
}

/// Whether two names mean one channel: Slack takes them with and without `#`.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_start_matches('#') == other.trim_start_matches('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(lanes: &Lanes) -> Vec<(u32, &str)> {
        let channels = lanes.channels.iter();
        channels.map(|it| (it.lane, it.name.as_str())).collect()
    }

    #[test]
    fn names_that_stay_keep_their_lanes_and_new_ones_take_over_those_that_are_free() {
        let before = Lanes::of(&["infra", "ops", "audit"]);
        assert_eq!(lanes(&before), [(1, "infra"), (2, "ops"), (3, "audit")]);
        let after = before.renamed(&["new", "#infra", "other"]);
        assert_eq!(lanes(&after), [(2, "new"), (1, "#infra"), (3, "other")]);
        let fewer = after.renamed(&["infra"]);
        assert_eq!(lanes(&fewer), [(1, "infra")]);
        // What was left is not given to another channel later.
        let more = fewer.renamed(&["infra", "late"]);
        assert_eq!(lanes(&more), [(1, "infra"), (4, "late")]);
    }

    #[test]
    fn a_channel_that_is_renamed_keeps_what_waits() {
        let before = Lanes::of(&["infra"]);
        assert_eq!(lanes(&before.renamed(&["elsewhere"])), [(1, "elsewhere")]);
        assert_eq!(lanes(&Lanes::of(&[""]).renamed(&["label"])), [(1, "label")]);
    }
}
