//! `channel` and `channels` of a destination that has a channel of its own: a label at most,
//! which changes nothing about where it posts.

use carillon_domain::Configuration;

use super::field::{Either, Field, List, Rule, Text};

/// The longest label that is stored, in characters: what Slack allows a channel's name, and room
/// for `#`.
const MAX: usize = 100;

const ABOUT: &str = "A label: the URL decides where to";
const ONE: &str = "a webhook URL posts only into the channel it was made for: name at most one \
                   channel, as a label, and register one webhook for each other channel";

pub const LABEL: Field = Field::optional("channel", ABOUT, Rule::Text(Text::line(MAX)));

pub const LABELS: Field = Field::optional(
    "channels",
    ABOUT,
    Rule::List(List {
        item: Text::line(MAX),
        least: 0,
        most: 1,
        too_many: Some(ONE),
        is_same: |_, _| false,
        repeated: ONE,
    }),
);

pub const LABEL_OR_LABELS: Either = Either {
    one: "channel",
    other: "channels",
    needed: None,
    both: ONE,
};

/// The label; blank where there is none.
pub fn first_label(configuration: &Configuration) -> String {
    let named = configuration.text("channel");
    let listed = configuration.texts("channels").first().copied();
    named.or(listed).unwrap_or_default().to_owned()
}
