//! What of a payload the platform would refuse. The rules are checked from the payload alone, by
//! code that knows nothing of how Carillon renders its own.

pub(super) use carillon_chat::limits::Violation;

/// The most that is allowed, where the rule is about how much.
pub(super) fn most(violation: &Violation) -> Option<u64> {
    let (_, most) = violation.rule.rsplit_once("at most ")?;
    most.parse().ok()
}
