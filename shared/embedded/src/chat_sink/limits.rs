//! What of a payload the platform would refuse.

use carillon_domain::Platform;
use serde_json::Value;

/// A limit that a payload breaks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Violation {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// The rule, in words.
    pub rule: String,
}

pub(super) fn violations(_platform: Platform, _payload: &Value) -> Vec<Violation> {
    Vec::new()
}
