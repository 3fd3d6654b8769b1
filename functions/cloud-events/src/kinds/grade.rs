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
    /// What is told as trouble; what is told as a warning. All else is quiet.
    pub trouble: Level,
    pub warning: Level,
    /// Values at paths that say that it is over.
    pub over: &'static [(&'static str, &'static [&'static str])],
    /// Values that say that nobody wants to hear of it, unless it is over: archived, suppressed, a
    /// sample. `a*` is all that begins with `a`.
    pub hidden: &'static [(&'static str, &'static [&'static str])],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Low,
    Medium,
    High,
    Critical,
    /// Above all: never reached.
    Never,
}

impl Level {
    fn parse(text: &str) -> Self {
        if let Ok(number) = text.parse::<f64>() {
            let tenths = if number > 10.0 { number / 10.0 } else { number };
            return match tenths {
                9.0.. => Self::Critical,
                7.0.. => Self::High,
                4.0.. => Self::Medium,
                _ => Self::Low,
            };
        }
        match text.to_uppercase().as_str() {
            "CRITICAL" | "FATAL" => Self::Critical,
            // What a public access is, and an error of a check.
            "HIGH" | "TRUE" | "ERROR" => Self::High,
            "MEDIUM" | "FALSE" | "WARNING" => Self::Medium,
            _ => Self::Low,
        }
    }
}

impl Grade {
    pub fn outcome(&self, detail: &Detail) -> (Outcome, Option<String>) {
        let says = |values: &[(&str, &[&str])]| {
            values.iter().any(|(path, values)| {
                let found = detail.at(path).unwrap_or_default();
                values.iter().any(|value| match value.strip_suffix('*') {
                    Some(beginning) => found.starts_with(beginning),
                    None => found.eq_ignore_ascii_case(value),
                })
            })
        };
        let text = detail.first(self.at);
        let level = text.as_deref().map_or(Level::Low, Level::parse);
        let severity = match level {
            Level::Critical | Level::Never => Severity::Critical,
            Level::High => Severity::Error,
            Level::Medium => Severity::Warning,
            Level::Low => Severity::Info,
        };
        let outcome = if says(self.over) {
            // No news where it was never told.
            WELL_AGAIN.saying("is over")
        } else if says(self.hidden) {
            WARNING.quiet(Noise::MinorFindings)
        } else if level >= self.trouble {
            TROUBLE_ONCE.saying("").worse()
        } else if level >= self.warning {
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
        for (text, level) in [
            ("1.0", Level::Low),
            ("3.9", Level::Low),
            ("4.0", Level::Medium),
            ("7", Level::High),
            ("8.9", Level::High),
            ("9.0", Level::Critical),
            ("10", Level::Critical),
            ("40", Level::Medium),
            ("70", Level::High),
            ("100", Level::Critical),
            ("CRITICAL", Level::Critical),
            ("Fatal", Level::Critical),
            ("high", Level::High),
            ("Medium", Level::Medium),
            ("INFORMATIONAL", Level::Low),
            ("UNTRIAGED", Level::Low),
        ] {
            assert_eq!(Level::parse(text), level, "{text}");
        }
    }
}
