//! The trace that an event belongs to: `traceparent` of W3C Trace Context.

use crate::field::Formed;
use crate::identifier::identifier;

/// The length of a `traceparent` of version 00, in characters.
const LENGTH: usize = 55;

identifier! {
    /// Which trace, and which step of it has led to the event, in the form of version 00.
    TraceParent
}

impl TraceParent {
    /// Its form, for people.
    pub const RULE: &str = "must be a W3C traceparent, such as \
                            00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    pub const FORM: Formed<Self> = Formed {
        max: 256,
        pattern: "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
        parse: Self::parse,
        rule: Self::RULE,
    };

    /// Reads one of version 00, or what a later version has in common with it. None where it is
    /// not valid: whoever carries it then goes on without.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.split_at_checked(LENGTH)?;
        let parts: Vec<&str> = first.split('-').collect();
        let [version, trace, parent, flags] = parts[..] else {
            return None;
        };
        let is_hex = |part: &str, digits: usize| {
            let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            part.len() == digits && part.bytes().all(is_digit)
        };
        let is_id = |part: &str, digits| is_hex(part, digits) && part.bytes().any(|b| b != b'0');
        let ends = match version {
            "00" => rest.is_empty(),
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        let is_valid = is_hex(version, 2)
            && version != "ff"
            && is_id(trace, 32)
            && is_id(parent, 16)
            && is_hex(flags, 2)
            && ends;
        is_valid.then(|| Self(format!("00-{trace}-{parent}-{flags}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_w3c_calls_valid_is_taken() {
        const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(TraceParent::parse(GOOD).unwrap().as_str(), GOOD);
        let later = GOOD.replacen("00", "cc", 1) + "-what-the-future-brings";
        assert_eq!(TraceParent::parse(&later).unwrap().as_str(), GOOD);
        for bad in [
            "",
            &GOOD[..54],
            &format!("{GOOD}-01"),
            &format!("{GOOD} "),
            &GOOD.replacen("00", "ff", 1),
            &GOOD.to_uppercase(),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &GOOD.replace('-', "_"),
            &format!("{later}x").replacen("-what", "what", 1),
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceParent::parse(bad), None, "{bad}");
        }
    }
}
