//! What Discord's error codes mean (discord-api-docs, opcodes and status codes), and what
//! people can do about them. What it does for a reason without a code has a name in the table.

use crate::codes;
use crate::reply::Reply;

/// Also of emoji, stickers, files, voice messages, replies and polls, which are never sent.
const CODES: &str = include_str!("codes.tsv");

/// What a code means, if it is known.
pub(super) fn known(code: &str) -> Option<Reply> {
    codes::meaning(CODES, code).map(|meaning| meaning.reply)
}

pub(super) fn named(name: &str) -> Reply {
    codes::named(CODES, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::Outcome;

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
            assert!(known(&code.to_string()).is_some(), "{code}");
        }
    }

    #[test]
    fn each_code_stands_once_and_each_name_is_there() {
        codes::assert_whole(CODES);
        for name in ["blocked", "gone", "no_access", "rate_limited"] {
            assert_ne!(named(name).outcome, Outcome::Unknown, "{name}");
        }
    }
}
