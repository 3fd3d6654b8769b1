//! How the platforms behave altogether.

use serde::{Deserialize, Serialize};

/// How the platforms behave altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Behaviour {
    /// Whether too many posts at once are refused, with the platforms' own limits.
    pub rate_limits: bool,
    /// How long each answer takes, in milliseconds.
    pub latency_ms: u64,
    /// Whether Slack gives its first answer again for a `client_msg_id` that it has seen in
    /// the channel. It is said to, but does not document it.
    pub deduplicates: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            rate_limits: true,
            latency_ms: 0,
            deduplicates: false,
        }
    }
}
