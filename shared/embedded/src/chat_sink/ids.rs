//! Ids that platforms give to channels: made up, but always the same for the same name.

/// Slack's id of the channel with this name.
pub(super) fn slack_channel(name: &str) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut rest = hash(name);
    let mut id = String::from("C0");
    for _ in 0..9 {
        id.push(char::from(DIGITS[usize::try_from(rest % 36).unwrap_or(0)]));
        rest /= 36;
    }
    id
}

/// Discord's id of the channel, or the server, that a webhook belongs to.
pub(super) fn discord(kind: &str, webhook: &str) -> String {
    const FIRST: u64 = 1_000_000_000_000_000_000;
    let id = FIRST + hash(&format!("{kind} {webhook}")) % 300_000_000_000_000_000;
    id.to_string()
}

/// Teams' id of the channel that a workflow posts to.
pub(super) fn teams_channel(workflow: &str) -> String {
    format!("19:{:016x}@thread.tacv2", hash(workflow))
}

/// Whether a text is an id that Slack gave, not a channel's name (which has no capitals).
pub(super) fn is_slack_id(text: &str) -> bool {
    let right_start = text.starts_with(['C', 'D', 'G', 'U', 'W']);
    let capitals = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    right_start && (9..=20).contains(&text.len()) && text.chars().all(capitals)
}

/// FNV-1a: short, and the same on every machine and in every version of Rust.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_always_has_the_same_id_and_another_has_another() {
        assert_eq!(slack_channel("infra"), slack_channel("infra"));
        assert_ne!(slack_channel("infra"), slack_channel("alerts"));
        assert_ne!(discord("channel", "1"), discord("guild", "1"));
        assert_eq!(discord("channel", "1").len(), 19);
    }

    #[test]
    fn ids_are_told_from_names() {
        assert!(is_slack_id(&slack_channel("infra")));
        assert!(is_slack_id("C0EXAMPLE1"));
        assert!(!is_slack_id("infra-alerts") && !is_slack_id("C1"));
    }
}
