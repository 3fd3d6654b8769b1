//! An HTTP answer, and what every kind of destination looks for in it.

use std::time::{Duration, SystemTime};

use carillon_domain::json::Outline;
use reqwest::header::{DATE, HeaderMap};
use serde_json::Value;

/// An HTTP answer as it came, before anybody knows what it means.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The longest wait that a header says, be it a number of seconds, whole or not, or a time
    /// after the answer's own (RFC 9110, "Retry-After").
    pub fn seconds(&self, header: &str) -> Option<Duration> {
        longest(&self.headers, header)
    }

    pub fn text(&self, header: &str) -> Option<&str> {
        self.headers.get(header)?.to_str().ok().map(str::trim)
    }

    /// The body, where it is a JSON object.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body)
            .ok()
            .filter(Value::is_object)
    }

    /// As [`json`](Self::json), with all lists empty. What is wrong with a text or a number in
    /// a list, or how deep it goes, is not looked at.
    pub fn outline(&self) -> Option<Value> {
        serde_json::from_str::<Outline>(&self.body)
            .ok()
            .map(|read| read.0)
            .filter(Value::is_object)
    }
}

/// The longest wait that a platform is believed to ask for. Discord's longest known
/// bans last a day; beyond that a header is a mistake.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// A wait of so many seconds, if that makes sense.
pub fn wait(seconds: f64) -> Option<Duration> {
    let wait = Duration::try_from_secs_f64(seconds).ok()?;
    Some(wait.min(LONGEST_WAIT))
}

/// The longest wait of all that headers of this name say, each of which may be a list. Dates
/// have commas of their own, so that two parts of a list may be one value.
fn longest(headers: &HeaderMap, name: &str) -> Option<Duration> {
    let said_at = date(headers);
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| {
            let parts: Vec<&str> = value.split(',').collect();
            let dates = parts.windows(2).map(|parts| parts.join(","));
            let dates: Vec<String> = dates.collect();
            parts.into_iter().map(str::to_owned).chain(dates)
        })
        .filter_map(|value| read(value.trim(), said_at))
        .max()
}

/// When the answer was given, as it says itself.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?.trim()).ok()
}

fn read(value: &str, said_at: Option<SystemTime>) -> Option<Duration> {
    match value.parse() {
        Ok(seconds) => wait(seconds),
        Err(_) => {
            let then = httpdate::parse_http_date(value).ok()?;
            wait(then.duration_since(said_at?).ok()?.as_secs_f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::answer;

    const SAID: (&str, &str) = ("Date", "Sat, 21 Nov 2026 10:15:00 GMT");

    fn seconds(values: &[&str]) -> Option<u64> {
        let mut answer = answer(503, &[SAID], "");
        for value in values {
            answer.headers.append("retry-after", value.parse().unwrap());
        }
        longest(&answer.headers, "retry-after").map(|wait| wait.as_secs())
    }

    #[test]
    fn a_time_is_understood_in_each_of_its_three_forms() {
        for value in [
            "Sat, 21 Nov 2026 10:25:00 GMT",
            "Saturday, 21-Nov-26 10:25:00 GMT",
            "Sat Nov 21 10:25:00 2026",
        ] {
            assert_eq!(seconds(&[value]), Some(600), "{value}");
        }
    }

    #[test]
    fn of_several_waits_the_longest_is_kept() {
        let date = "Saturday, 21-Nov-26 10:25:00 GMT";
        for values in [
            &["5", "600"][..],
            &["600", "5"],
            &["5, 600"],
            &["30", date],
            &[&format!("30, {date}")],
            &[&format!("{date}, soon, 7")],
            &["soon", "600"],
        ] {
            assert_eq!(seconds(values), Some(600), "{values:?}");
        }
    }

    #[test]
    fn a_time_that_is_past_asks_for_nothing() {
        assert_eq!(seconds(&["Sat, 21 Nov 2026 10:05:00 GMT"]), None);
        assert_eq!(seconds(&["Sat, 21 Nov 2026 10:05:00 GMT", "3"]), Some(3));
    }
}
