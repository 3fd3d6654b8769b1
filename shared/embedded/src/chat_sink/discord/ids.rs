//! Discord's ids, which it calls snowflakes.

use crate::chat_sink::ids::hash;

/// The id of the channel, or the server, that a webhook belongs to.
pub(super) fn of(kind: &str, webhook: &str) -> String {
    const FIRST: u64 = 1_000_000_000_000_000_000;
    let id = FIRST + hash(&format!("{kind} {webhook}")) % 300_000_000_000_000_000;
    id.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_and_a_server_have_ids_of_their_own() {
        assert_ne!(of("channel", "1"), of("guild", "1"));
        assert_eq!(of("channel", "1").len(), 19);
    }
}
