//! What of a payload the platform would refuse. The rules are checked from the payload alone, by
//! code that knows nothing of how Carillon renders its own.

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
    pub fn of(found: Vec<carillon_chat::limits::Violation>) -> Vec<Self> {
        let ours = |violation: carillon_chat::limits::Violation| Self {
            pointer: violation.pointer.as_str().to_owned(),
            rule: violation.rule,
            code: violation.code,
        };
        found.into_iter().map(ours).collect()
    }

    /// The most that is allowed, where the rule is about how much.
    pub fn most(&self) -> Option<u64> {
        let (_, most) = self.rule.rsplit_once("at most ")?;
        most.parse().ok()
    }
}
