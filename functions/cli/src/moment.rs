//! Times, as people write them.

use jiff::{Span, Timestamp, Zoned};

/// RFC 3339, or how long ago: `2h`, `3 days`.
pub fn ago(text: &str) -> Result<Timestamp, String> {
    distant(text, "how long ago: 2h, 3 days", |span| -span)
}

/// RFC 3339, or in how long: `12h`, `90 days`.
pub fn later(text: &str) -> Result<Timestamp, String> {
    distant(text, "in how long: 12h, 90 days", |span| span)
}

fn distant(
    text: &str,
    otherwise: &str,
    direction: impl Fn(Span) -> Span,
) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let span: Span = text
        .parse()
        .map_err(|_| format!("must be RFC 3339, such as 2026-11-21T10:15:00Z, or {otherwise}"))?;
    let time = Zoned::now().checked_add(direction(span.abs()));
    time.map(|time| time.timestamp())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_how_far_from_now() {
        let time = "2026-11-21T10:15:00Z";
        assert_eq!(ago(time).unwrap().to_string(), time);
        for (text, seconds) in [("2h", 7_200), ("90m", 5_400), ("3 days", 259_200)] {
            for (time, sign) in [(ago(text), -1), (later(text), 1)] {
                let distance = time.unwrap().duration_since(Timestamp::now()).as_secs();
                // A day may have 23 or 25 hours where the reader lives.
                assert!(
                    (distance - sign * seconds).abs() <= 3_700,
                    "{text}: {distance}"
                );
            }
        }
        assert!(ago("yesterday").unwrap_err().contains("how long ago"));
    }
}
