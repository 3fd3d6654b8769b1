//! What Discord's error codes mean (discord-api-docs, opcodes and status codes), and what
//! people can do about them.

use carillon_domain::Outcome::{
    self, Blocked, CredentialDead, DestinationDead, OurFault, PayloadRefused, RateLimited,
    Unavailable,
};

use crate::reply::Remedy;

/// What a code means, if it is known.
pub(super) fn meaning(code: u64) -> Option<(Outcome, &'static str)> {
    CODES
        .iter()
        .find(|(codes, _, _)| codes.contains(&code))
        .map(|(_, outcome, hint)| (*outcome, *hint))
}

/// Whether a code is about the webhook itself, whatever is done with it.
pub(crate) fn condemns_secret(code: &str) -> bool {
    matches!(code, "10015" | "50027")
}

/// What to leave out of a message that is refused like this: the thread, or the message to
/// edit, is gone or closed.
pub(super) fn remedy(code: u64) -> Option<Remedy> {
    [10003, 10008, 50083, 160005]
        .contains(&code)
        .then_some(Remedy::Place)
}

pub(super) const NEW_WEBHOOK: &str = "The Discord webhook was deleted, or its URL changed: create a new one in the channel's settings and rotate the webhook's credential.";
pub(super) const BLOCKED: &str =
    "Discord blocks this address for a while; all messages to Discord wait.";
pub(super) const FILTERED: &str =
    "A filter of Discord's blocks the webhook's messages for a while; they wait.";
pub(super) const SLOW_DOWN: &str = "Discord asks to slow down.";
pub(super) const NO_ACCESS: &str =
    "The webhook may not post there: check the permissions of the channel.";
pub(super) const APPEARANCE: &str =
    "Discord refuses the webhook's username or avatar_url: choose another one.";
const REFUSED: &str = "Discord refuses the message itself. This is a fault of Carillon: please report it with the code.";
const OUR_FAULT: &str = "Discord does not understand how it is called. This is a fault of Carillon: please report it with the code.";
const FORUM: &str = "The channel is a forum: set thread_id to the post that messages are to appear in, or grouping to thread.";
const THREAD: &str =
    "The thread takes no more messages: unlock or unarchive it, or choose another thread_id.";
const FILTER: &str = "A filter of the Discord server or of Discord itself (AutoMod) refuses the text of the message.";

/// Codes, what they mean, and a hint.
const CODES: &[(&[u64], Outcome, &str)] = &[
    // The webhook itself.
    (&[10015, 50027, 40001], CredentialDead, NEW_WEBHOOK),
    // Where it posts.
    (
        &[10003],
        DestinationDead,
        "The channel or thread is gone: choose another thread_id, or another channel with a new webhook.",
    ),
    (&[50001, 50013], DestinationDead, NO_ACCESS),
    (&[220001, 220002, 40058], DestinationDead, FORUM),
    (
        &[220003],
        DestinationDead,
        "Only a forum channel can open a thread for each message: set grouping to none or update.",
    ),
    (
        &[220004],
        DestinationDead,
        "The webhook cannot post to a forum channel in this way: set thread_id.",
    ),
    (
        &[40067],
        DestinationDead,
        "The forum requires a tag for each new post: set thread_id, or drop the requirement.",
    ),
    (&[160005, 160006, 50083], DestinationDead, THREAD),
    (
        &[50073],
        DestinationDead,
        "Discord's own webhooks cannot be posted to: create one in the channel's settings.",
    ),
    // The message.
    (&[50006, 50035, 40005], PayloadRefused, REFUSED),
    (&[10016, 50041, 50068, 50109], OurFault, OUR_FAULT),
    (
        &[10008],
        PayloadRefused,
        "The earlier message is gone and can no longer be changed.",
    ),
    (&[200000, 200001, 240000], PayloadRefused, FILTER),
    // Later.
    (&[40062, 20016, 20022, 20028, 20029], RateLimited, SLOW_DOWN),
    (
        &[40004, 40006, 130000],
        Unavailable,
        "Discord has switched this off for the moment.",
    ),
    (&[40333], Blocked, BLOCKED),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_once() {
        let mut codes: Vec<_> = CODES.iter().flat_map(|(codes, _, _)| *codes).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
