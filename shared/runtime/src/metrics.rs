//! Metrics: counts in CloudWatch's embedded metric format (EMF), which are log lines that
//! CloudWatch turns into metrics without a call.
//!
//! Namespace `Carillon`; dimensions `Function` (the function's own name, so that stacks of
//! one account stay apart) and `Reason`. Both come from our code or from the deployment,
//! never from an event: what a stranger can choose would be a metric of its own each time.
//!
//! Facts: the line's form is that of the CloudWatch user guide ("Embedded metric format
//! specification").

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

const NAMESPACE: &str = "Carillon";

/// The function's name; set by Lambda alone, so that nothing is written anywhere else.
static FUNCTION: LazyLock<Option<String>> =
    LazyLock::new(|| std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok());

/// What one invocation counts, by metric and reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<(&'static str, &'static str), u64>);

impl Counts {
    pub fn add(&mut self, metric: &'static str, reason: &'static str) {
        *self.0.entry((metric, reason)).or_default() += 1;
    }

    /// How often it was counted.
    pub fn get(&self, metric: &'static str, reason: &'static str) -> u64 {
        self.0.get(&(metric, reason)).copied().unwrap_or(0)
    }

    /// Writes the counts where Lambda reads them. To be called once, at the end of an
    /// invocation.
    pub fn emit(&self) {
        let Some(function) = FUNCTION.as_deref() else {
            return;
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let milliseconds = now.map_or(0, |now| now.as_millis());
        let mut out = std::io::stdout().lock();
        for line in self.lines(function, milliseconds) {
            // Where nobody listens, nobody misses it.
            let _ = writeln!(out, "{line}");
        }
    }

    fn lines(&self, function: &str, milliseconds: u128) -> impl Iterator<Item = Value> {
        self.0.iter().map(move |((metric, reason), count)| {
            json!({
                "_aws": {
                    "Timestamp": u64::try_from(milliseconds).unwrap_or(u64::MAX),
                    "CloudWatchMetrics": [{
                        "Namespace": NAMESPACE,
                        "Dimensions": [["Function", "Reason"]],
                        "Metrics": [{"Name": metric, "Unit": "Count"}],
                    }],
                },
                "Function": function,
                "Reason": reason,
                (*metric): count,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_and_reason_is_one_line_that_cloudwatch_understands() {
        let mut counts = Counts::default();
        counts.add("Skipped", "no_change");
        counts.add("Skipped", "not_an_entity");
        counts.add("Skipped", "no_change");
        let lines: Vec<Value> = counts
            .lines("stack-TableEvents", 1_795_256_100_000)
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[0],
            json!({
                "_aws": {
                    "Timestamp": 1_795_256_100_000_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Carillon",
                        "Dimensions": [["Function", "Reason"]],
                        "Metrics": [{"Name": "Skipped", "Unit": "Count"}],
                    }],
                },
                "Function": "stack-TableEvents", "Reason": "no_change", "Skipped": 2,
            })
        );
    }

    #[test]
    fn what_was_not_counted_writes_nothing() {
        assert_eq!(Counts::default().lines("f", 0).count(), 0);
        assert_eq!(Counts::default().get("Skipped", "no_change"), 0);
    }
}
