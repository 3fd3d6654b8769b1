//! What AWS and others write where an event has a word or a form of its own.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;

use super::{Severity, Status};

/// Beyond this a number of seconds is one of milliseconds: the year 5138.
const MAX_SECONDS: f64 = 1e11;

/// What words of AWS's mean, in small letters.
const STATUSES: [(Status, &str); 3] = [
    (
        Status::Started,
        "started starting running in_progress inprogress pending queued submitted executing \
         progressing initiated creating updating",
    ),
    (
        Status::Succeeded,
        "succeeded succeed success successful complete completed finished passed ok resolved closed",
    ),
    (
        Status::Failed,
        "failed failure fault error timed_out timedout timeout aborted abandoned expired rejected \
         unsuccessful alarm terminated_with_errors",
    ),
];
const SEVERITIES: [(Severity, &str); 4] = [
    (Severity::Info, "info informational low debug trace"),
    (Severity::Warning, "warning warn medium"),
    (Severity::Error, "error high"),
    (Severity::Critical, "critical fatal"),
];

/// The status that a word of AWS's means; none where it may mean anything.
pub(super) fn status(word: &str) -> Option<Status> {
    meant(&word.trim().replace(['-', ' '], "_"), &STATUSES)
}

/// The severity that a word of AWS's means.
pub(super) fn severity(word: &str) -> Option<Severity> {
    meant(word, &SEVERITIES)
}

fn meant<T: Copy>(word: &str, meanings: &[(T, &str)]) -> Option<T> {
    let word = word.trim().to_lowercase();
    let has = |words: &str| words.split(' ').any(|known| known == word);
    let found = meanings.iter().find(|(_, words)| has(words));
    found.map(|(meaning, _)| *meaning)
}

/// A time in seconds or milliseconds, with an offset without a colon, or in the form of
/// e-mail and HTTP.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    if let Some(number) = number.filter(|number: &f64| *number > 0.0) {
        let milliseconds = match number < MAX_SECONDS {
            true => number * 1_000.0,
            false => number,
        };
        return Timestamp::from_millisecond(milliseconds as i64).ok();
    }
    let text = value.as_str()?.trim();
    let read = text.parse::<Timestamp>().ok();
    read.or_else(|| Some(rfc2822::parse(text).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_of_aws_have_their_status_and_others_have_none() {
        for (word, expected) in [
            ("FAILED", Some(Status::Failed)),
            ("TIMED_OUT", Some(Status::Failed)),
            ("TimedOut", Some(Status::Failed)),
            ("SUCCEEDED", Some(Status::Succeeded)),
            ("Success", Some(Status::Succeeded)),
            ("RUNNING", Some(Status::Started)),
            ("IN_PROGRESS", Some(Status::Started)),
            ("InProgress", Some(Status::Started)),
            ("started", Some(Status::Started)),
            ("SUPERSEDED", None),
            ("", None),
        ] {
            assert_eq!(status(word), expected, "{word}");
        }
        assert_eq!(severity("HIGH"), Some(Severity::Error));
        assert_eq!(severity("INFORMATIONAL"), Some(Severity::Info));
        assert_eq!(severity("purple"), None);
    }

    #[test]
    fn times_are_read_in_every_form_that_aws_writes() {
        for written in [
            json!("2026-11-21T10:15:00Z"),
            json!("2026-11-21T10:15:00.000+0000"),
            json!("2026-11-21T11:15:00+0100"),
            json!("Sat, 21 Nov 2026 10:15:00 GMT"),
            json!(1_795_256_100),
            json!(1_795_256_100_000_u64),
            json!("1795256100"),
            json!("1795256100000"),
        ] {
            let read = time(&written).map(|time| time.to_string());
            assert_eq!(read.as_deref(), Some("2026-11-21T10:15:00Z"), "{written}");
        }
        for odd in [
            json!("yesterday"),
            json!(""),
            json!(null),
            json!(-5),
            json!([]),
        ] {
            assert_eq!(time(&odd), None, "{odd}");
        }
    }
}
