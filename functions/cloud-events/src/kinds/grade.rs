//! Findings: as grave as something says, until something says that they are over.

use carillon_domain::Severity;

use super::Outcome;
use super::state::{TROUBLE_ONCE, UNKNOWN, WARNING, WELL_AGAIN};
use crate::detail::Detail;
use crate::noise::Noise;
use crate::story::Turn;

/// Where a finding says how it stands.
pub(crate) struct Grade {
    /// A word, or a number up to 10 or 100.
    pub at: &'static [&'static str],
    /// From where on it is told as trouble, and as a warning, if ever. All else is quiet.
    pub trouble: Option<Severity>,
    pub warning: Option<Severity>,
    /// Values at paths that say that it is over.
    pub over: &'static [(&'static str, &'static [&'static str])],
    /// Values that say that nobody wants to hear of it, unless it is over: archived, suppressed, a
    /// sample. `a*` is all that begins with `a`.
    pub hidden: &'static [(&'static str, &'static [&'static str])],
}

/// How grave a word or a number is.
fn severity(text: &str) -> Severity {
    if let Ok(number) = text.parse::<f64>() {
        let tenths = if number > 10.0 { number / 10.0 } else { number };
        return match tenths {
            9.0.. => Severity::Critical,
            7.0.. => Severity::Error,
            4.0.. => Severity::Warning,
            _ => Severity::Info,
        };
    }
    match text.to_uppercase().as_str() {
        "CRITICAL" | "FATAL" => Severity::Critical,
        // What a public access is, and an error of a check.
        "HIGH" | "TRUE" | "ERROR" => Severity::Error,
        "MEDIUM" | "FALSE" | "WARNING" => Severity::Warning,
        _ => Severity::Info,
    }
}

impl Grade {
    pub fn outcome(&self, detail: &Detail) -> (Outcome, Option<String>) {
        let says = |values: &[(&str, &[&str])]| {
            values.iter().any(|(path, values)| {
                let found = detail.text(path).unwrap_or_default();
                values.iter().any(|value| match value.strip_suffix('*') {
                    Some(beginning) => found.starts_with(beginning),
                    None => found.eq_ignore_ascii_case(value),
                })
            })
        };
        let text = detail.first(self.at);
        let severity = text.as_deref().map_or(Severity::Info, severity);
        let reaches = |least: Option<Severity>| least.is_some_and(|least| severity >= least);
        let outcome = if says(self.over) {
            // No news where it was never told.
            WELL_AGAIN.saying("is over")
        } else if says(self.hidden) {
            WARNING.quiet(Noise::MinorFindings)
        } else if reaches(self.trouble) {
            TROUBLE_ONCE.saying("").worse()
        } else if reaches(self.warning) {
            WARNING.turn(Turn::Once)
        } else {
            return (UNKNOWN.quiet(Noise::MinorFindings), text);
        };
        (outcome.severe(severity), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_of_any_scale_are_read() {
        for (text, expected) in [
            ("1.0", Severity::Info),
            ("3.9", Severity::Info),
            ("4.0", Severity::Warning),
            ("7", Severity::Error),
            ("8.9", Severity::Error),
            ("9.0", Severity::Critical),
            ("10", Severity::Critical),
            ("40", Severity::Warning),
            ("70", Severity::Error),
            ("100", Severity::Critical),
            ("CRITICAL", Severity::Critical),
            ("Fatal", Severity::Critical),
            ("high", Severity::Error),
            ("Medium", Severity::Warning),
            ("INFORMATIONAL", Severity::Info),
            ("UNTRIAGED", Severity::Info),
        ] {
            assert_eq!(severity(text), expected, "{text}");
        }
    }
}
