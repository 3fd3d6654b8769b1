//! What of a payload the platform would refuse.

use crate::chat_sink::platform::Platform;
use serde_json::Value;

/// A rule that a payload breaks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Violation {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// The rule, in words.
    pub rule: String,
    /// The platform's error code for it.
    pub code: &'static str,
}

impl Violation {
    /// The most that is allowed, where the rule is about how much.
    pub fn most(&self) -> Option<u64> {
        let (_, most) = self.rule.rsplit_once("at most ")?;
        most.parse().ok()
    }
}

/// Every rule that a payload breaks. The rules are checked from the payload alone, by
/// code that knows nothing of how Carillon renders its own.
pub(super) fn violations(platform: Platform, payload: &Value) -> Vec<Violation> {
    let found = match platform {
        Platform::Slack => carillon_chat::slack::limits::violations(payload),
        Platform::Discord => carillon_chat::discord::limits::violations(payload),
        Platform::Teams => carillon_chat::teams::limits::violations(payload),
        Platform::Webhook => Vec::new(),
    };
    let ours = |violation: carillon_chat::limits::Violation| Violation {
        pointer: violation.pointer.as_str().to_owned(),
        rule: violation.rule,
        code: violation.code,
    };
    found.into_iter().map(ours).collect()
}
