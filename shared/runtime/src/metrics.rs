//! Metrics in CloudWatch's embedded metric format (EMF): log lines that CloudWatch turns into
//! metrics without a call.
//!
//! Namespace `Carillon`. The first dimension of each is `Function`, the function's own name, so
//! that stacks of one account stay apart. All dimensions come from our code or from the
//! deployment, never from an event: what a stranger can choose would be a metric of its own each
//! time. What each costs stands in the README beside this crate.
//!
//! Facts: the line's form, and up to a hundred values of a metric in one, are those of the
//! CloudWatch user guide ("Embedded metric format specification").

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::guard::lock;

const NAMESPACE: &str = "Carillon";
const FUNCTION: &str = "Function";
/// How many values of a metric a line can have.
const VALUES: usize = 100;

/// What can be counted or measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    pub name: &'static str,
    /// As CloudWatch calls it.
    pub unit: &'static str,
    /// Besides the function's name.
    pub dimensions: &'static [&'static str],
}

const fn count(name: &'static str, dimensions: &'static [&'static str]) -> Metric {
    Metric {
        name,
        unit: "Count",
        dimensions,
    }
}

const fn seconds(name: &'static str) -> Metric {
    Metric {
        name,
        unit: "Seconds",
        dimensions: &[],
    }
}

/// What a source has stored as events, by whether it was new.
pub const CAPTURED: Metric = count("Captured", &["Reason"]);
/// What a source has read that is no news, by reason.
pub const SKIPPED: Metric = count("Skipped", &["Reason"]);
/// What can never become an event, by reason.
pub const REFUSED: Metric = count("Refused", &["Reason"]);
/// How deliveries went, by kind of destination: `delivered`, `retried`, `failed`, `skipped`.
pub const DELIVERIES: Metric = count("Deliveries", &["Kind", "Outcome"]);
/// From an event's being stored to its message's being posted, pace and retries included.
pub const SECONDS_TO_POST: Metric = seconds("SecondsToPost");
/// Webhooks that were suspended because their platform refuses them for good.
pub const SUSPENSIONS: Metric = count("Suspensions", &[]);
/// Credentials that could not be read, so that nothing was posted.
pub const UNREADABLE_SECRETS: Metric = count("UnreadableSecrets", &[]);
/// Wake-ups taken from the queue.
pub const WAKE_UPS: Metric = count("WakeUps", &[]);
/// Lanes that wait for longer than a minute; written by each sweep that comes to its end.
pub const LANES_WAITING: Metric = count("LanesWaiting", &[]);
/// For how long the oldest of them has waited.
pub const OLDEST_WAITING: Metric = seconds("OldestWaitingSeconds");
/// By how much the latest of them is beyond its own wait.
pub const OVERDUE: Metric = seconds("OverdueSeconds");
/// Rounds over all organizations' credentials that came to their end.
pub const ROUNDS: Metric = count("Rounds", &[]);
/// Lines of the log at level `ERROR`: faults of ours, or of AWS.
pub const OWN_FAULTS: Metric = count("OwnFaults", &[]);

/// All there are.
pub const ALL: [Metric; 13] = [
    CAPTURED,
    SKIPPED,
    REFUSED,
    DELIVERIES,
    SECONDS_TO_POST,
    SUSPENSIONS,
    UNREADABLE_SECRETS,
    WAKE_UPS,
    LANES_WAITING,
    OLDEST_WAITING,
    OVERDUE,
    ROUNDS,
    OWN_FAULTS,
];

/// A metric, and the values of its dimensions.
type Series = (Metric, Vec<String>);

/// Where lines go.
type Output = dyn Fn(Value) + Send + Sync;

/// What a function counts and measures; one for a process. Clones share it.
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Collected>>);

struct Collected {
    function: String,
    series: Mutex<BTreeMap<Series, Vec<f64>>>,
    output: Box<Output>,
}

impl Metrics {
    /// Written where Lambda reads them, and nowhere else: only Lambda says which function it is.
    pub fn from_environment() -> Self {
        match std::env::var("AWS_LAMBDA_FUNCTION_NAME") {
            Err(_) => Self::default(),
            Ok(function) => Self::to(function, |line| {
                // Where nobody listens, nobody misses it.
                let _ = writeln!(std::io::stdout().lock(), "{line}");
            }),
        }
    }

    /// Handed over line by line, as those of this function.
    pub fn to(function: impl Into<String>, output: impl Fn(Value) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Collected {
            function: function.into(),
            series: Mutex::default(),
            output: Box::new(output),
        })))
    }

    /// Counts one more, with these values of the metric's dimensions.
    pub fn add(&self, metric: Metric, dimensions: &[&str]) {
        self.count(metric, dimensions, 1);
    }

    /// Counts so many more; a number of none is written too.
    pub fn count(&self, metric: Metric, dimensions: &[&str], number: usize) {
        self.with(metric, dimensions, |values| match values.first_mut() {
            Some(sum) => *sum += number as f64,
            None => values.push(number as f64),
        });
    }

    /// Notes one more value.
    pub fn measure(&self, metric: Metric, value: f64) {
        self.with(metric, &[], |values| values.push(value));
    }

    fn with(&self, metric: Metric, dimensions: &[&str], change: impl FnOnce(&mut Vec<f64>)) {
        debug_assert_eq!(metric.dimensions.len(), dimensions.len(), "{}", metric.name);
        if let Some(collected) = &self.0 {
            let dimensions = dimensions.iter().map(|value| (*value).to_owned()).collect();
            change(
                lock(&collected.series)
                    .entry((metric, dimensions))
                    .or_default(),
            );
        }
    }

    /// Writes what was collected. To be called once, at the end of an invocation.
    pub fn emit(&self) {
        let Some(collected) = &self.0 else { return };
        let series = std::mem::take(&mut *lock(&collected.series));
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let milliseconds = now.map_or(0, |now| now.as_millis());
        let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
        for (series, values) in series {
            for values in values.chunks(VALUES) {
                (collected.output)(line(&collected.function, milliseconds, &series, values));
            }
        }
    }
}

fn line(function: &str, milliseconds: u64, (metric, dimensions): &Series, values: &[f64]) -> Value {
    let names: Vec<&str> = [FUNCTION]
        .into_iter()
        .chain(metric.dimensions.iter().copied())
        .collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": milliseconds,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [names],
                "Metrics": [{"Name": metric.name, "Unit": metric.unit}],
            }],
        },
        (FUNCTION): function,
        (metric.name): match values {
            [one] => json!(one),
            several => json!(several),
        },
    });
    for (name, value) in metric.dimensions.iter().zip(dimensions) {
        line[*name] = json!(value);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(collect: impl FnOnce(&Metrics)) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let metrics = Metrics::to("stack-Notifier", move |line| {
            kept.lock().unwrap().push(line)
        });
        collect(&metrics);
        metrics.emit();
        let mut lines = lines.lock().unwrap();
        std::mem::take(&mut *lines)
    }

    #[test]
    fn each_series_is_one_line_that_cloudwatch_understands() {
        let mut lines = written(|metrics| {
            metrics.add(DELIVERIES, &["slack", "delivered"]);
            metrics.add(DELIVERIES, &["slack", "failed"]);
            metrics.count(DELIVERIES, &["slack", "delivered"], 2);
        });
        assert_eq!(lines.len(), 2);
        let timestamp = lines[0]["_aws"]["Timestamp"].take();
        assert!(timestamp.as_u64().unwrap() > 1_700_000_000_000);
        assert_eq!(
            lines[0],
            json!({
                "_aws": {
                    "Timestamp": null,
                    "CloudWatchMetrics": [{
                        "Namespace": "Carillon",
                        "Dimensions": [["Function", "Kind", "Outcome"]],
                        "Metrics": [{"Name": "Deliveries", "Unit": "Count"}],
                    }],
                },
                "Function": "stack-Notifier", "Kind": "slack", "Outcome": "delivered",
                "Deliveries": 3.0,
            })
        );
    }

    #[test]
    fn values_stay_apart_a_hundred_in_a_line() {
        let lines = written(|metrics| {
            (0..250).for_each(|n| metrics.measure(SECONDS_TO_POST, f64::from(n)));
        });
        let counts = lines.iter().map(|line| match &line["SecondsToPost"] {
            Value::Array(values) => values.len(),
            _ => 1,
        });
        assert_eq!(counts.collect::<Vec<_>>(), [100, 100, 50]);
    }

    #[test]
    fn what_was_written_is_not_written_again() {
        let lines = written(|metrics| {
            metrics.add(WAKE_UPS, &[]);
            metrics.emit();
            metrics.measure(OVERDUE, 0.0);
        });
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["OverdueSeconds"], 0.0);
    }

    #[test]
    fn a_metric_has_three_dimensions_at_most_and_a_name_of_its_own() {
        for (n, metric) in ALL.iter().enumerate() {
            assert!(metric.dimensions.len() <= 2, "{}", metric.name);
            assert!(ALL[..n].iter().all(|other| other.name != metric.name));
        }
    }
}
