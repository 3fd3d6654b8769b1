//! What Discord's error codes mean (discord-api-docs, opcodes and status codes), and what
//! people can do about them.

use std::time::Duration;

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
pub(super) fn condemns_secret(code: &str) -> bool {
    matches!(code, "10015" | "50027")
}

/// What to leave out of a message that is refused like this: the thread, or the message to
/// edit, is gone or closed, or the thread may not be called so.
pub(super) fn remedy(code: u64) -> Option<Remedy> {
    match code {
        10003 | 10008 | 50005 | 50021 | 50083 | 160005 => Some(Remedy::Place),
        // The words of a thread's name.
        20031 | 200001 => Some(Remedy::ThreadName),
        10087 => Some(Remedy::Tags),
        _ => None,
    }
}

/// How long to wait at least where it is people who must do something first.
pub(super) fn least_wait(code: u64) -> Option<Duration> {
    matches!(code, 160006 | 160007).then_some(Duration::from_secs(600))
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
pub(super) const LINK: &str =
    "Discord refuses the link of the message's title; the message goes out without it.";
pub(super) const THREAD_NAME: &str =
    "Discord refuses the thread's name. A message that opens a thread goes out with a plain one.";
pub(super) const TAGS: &str =
    "Discord knows no such tag of the forum, see applied_tags; the message goes out without.";
const REFUSED: &str = "Discord refuses the message itself. This is a fault of Carillon: please report it with the code.";
const OUR_FAULT: &str = "Discord does not understand how it is called. This is a fault of Carillon: please report it with the code.";
const FORUM: &str = "The channel is a forum: set thread_id to the post that messages are to appear in, or grouping to thread.";
const THREAD: &str =
    "The thread takes no more messages: unlock or unarchive it, or choose another thread_id.";
const FILTER: &str = "A filter of the Discord server or of Discord itself (AutoMod) refuses the text of the message.";

/// Codes, what they mean, and a hint.
const CODES: &[(&[u64], Outcome, &str)] = &[
    // The webhook itself.
    (&[10015, 50014, 50027, 40001], CredentialDead, NEW_WEBHOOK),
    // Where it posts.
    (
        &[10003],
        DestinationDead,
        "The channel or thread is gone: choose another thread_id, or another channel with a new webhook.",
    ),
    (
        &[10004, 50055],
        DestinationDead,
        "The Discord server is gone: choose another one, with a new webhook.",
    ),
    (&[50001, 50009, 50013], DestinationDead, NO_ACCESS),
    (
        &[50003, 50008, 50024],
        DestinationDead,
        "Nobody can post to this kind of channel: choose another one, with a new webhook.",
    ),
    (
        &[50095],
        DestinationDead,
        "The Discord server cannot be used from where Carillon runs.",
    ),
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
        &[40066, 40067],
        DestinationDead,
        "The forum requires a tag for each new post: give applied_tags one for each of started, \
         succeeded and failed, or set thread_id, or drop the requirement.",
    ),
    (&[160005, 50083], DestinationDead, THREAD),
    (
        &[50073],
        DestinationDead,
        "Discord's own webhooks cannot be posted to: create one in the channel's settings.",
    ),
    (&[10087], PayloadRefused, TAGS),
    // The message.
    (&[50006, 50035, 40005], PayloadRefused, REFUSED),
    (&[10016, 50041, 50067, 50068, 50109], OurFault, OUR_FAULT),
    (
        // Of emoji, stickers, files, voice messages, replies and polls, which are never
        // sent.
        &[
            10014, 10060, 30015, 50045, 50046, 50080, 50081, 50110, 50123, 50124, 50146, 50151,
            50159, 50160, 50161, 50162, 50173, 50192, 50600, 160002, 160004, 160014, 400001,
            520000, 520001, 520002, 520003, 520004, 520006,
        ],
        OurFault,
        OUR_FAULT,
    ),
    (
        &[10008, 50005, 50021],
        PayloadRefused,
        "The earlier message is gone and can no longer be changed.",
    ),
    (&[20009, 200000, 240000], PayloadRefused, FILTER),
    (&[20031, 200001], PayloadRefused, THREAD_NAME),
    // Later.
    (
        &[40062, 20016, 20022, 20028, 20029, 30046],
        RateLimited,
        SLOW_DOWN,
    ),
    (
        &[160006, 160007],
        Unavailable,
        "The Discord server has as many active threads as it may have: close some. The message waits.",
    ),
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

    /// Of the codes in the reference, those that a webhook's post or edit may meet.
    const DOCUMENTED: &[u64] = &[
        10003, 10004, 10008, 10014, 10015, 10016, 10060, 10087, 20009, 20016, 20022, 20028, 20029,
        20031, 30015, 30046, 40001, 40004, 40005, 40006, 40058, 40062, 40066, 40067, 40333, 50001,
        50003, 50005, 50006, 50008, 50009, 50013, 50014, 50021, 50024, 50027, 50035, 50041, 50045,
        50046, 50055, 50067, 50068, 50073, 50080, 50081, 50083, 50095, 50109, 50110, 50123, 50124,
        50146, 50151, 50159, 50160, 50161, 50162, 50173, 50192, 50600, 130000, 160002, 160004,
        160005, 160006, 160007, 160014, 200000, 200001, 220001, 220002, 220003, 220004, 240000,
        400001, 520000, 520001, 520002, 520003, 520004, 520006,
    ];

    #[test]
    fn every_documented_code_that_a_webhook_may_meet_is_known() {
        for code in DOCUMENTED {
            assert!(meaning(*code).is_some(), "{code}");
        }
    }

    #[test]
    fn each_code_stands_once() {
        let mut codes: Vec<_> = CODES.iter().flat_map(|(codes, _, _)| *codes).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
