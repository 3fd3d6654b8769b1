//! Logs: JSON lines on standard output, as CloudWatch reads them.
//!
//! Rules: a line names what it is about in fields (`webhook_id`, `delivery_id`,
//! `event_id`, `request_id`), with the unit in a number's name; a fault is logged once,
//! where it is handled; bodies, headers, tokens and URLs are never logged.

use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::Metrics;
use crate::metrics::OWN_FAULTS;

/// The levels of `RUST_LOG` (`info`, or `warn,carillon_notifier=info`), or the given ones.
/// Release builds have nothing below `info`: it is left out at build time, which makes
/// libraries quicker and smaller.
fn filter(otherwise: Targets) -> Targets {
    std::env::var("RUST_LOG")
        .ok()
        .filter(|levels| !levels.is_empty())
        .and_then(|levels| levels.parse().ok())
        .unwrap_or(otherwise)
}

/// Of libraries, only warnings and errors: below that they write requests as they are,
/// bodies, headers and credentials among them. `RUST_LOG` cannot change this.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::WARN || metadata.target().starts_with("carillon")
}

/// Counts what is logged as a fault of ours.
pub struct Faults(pub Metrics);

impl<S: Subscriber> Layer<S> for Faults {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            self.0.add(OWN_FAULTS, &[]);
            // At once: what follows may be a crash.
            self.0.emit();
        }
    }
}

/// Sets up the logs of a Lambda function. To be called once, first of all.
pub fn init_json() {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false);
    tracing_subscriber::registry()
        .with(filter(Targets::new().with_default(Level::INFO)))
        .with(filter_fn(is_safe))
        .with(lines)
        .with(Faults(Metrics::from_environment()))
        .init();
    // What a panic says may quote what it was about.
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panicked");
    }));
}

/// Sets up the logs of a process that a person started: short lines on standard error.
pub fn init_plain() {
    let lines = tracing_subscriber::fmt::layer()
        .compact()
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(filter(
            Targets::new()
                .with_default(Level::WARN)
                .with_target("dynoxide", Level::ERROR)
                // Whoever writes an item that is not told wants to know why.
                .with_target("carillon_table_events::skipped", Level::INFO),
        ))
        .with(filter_fn(is_safe))
        .with(lines)
        .init();
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn each_fault_of_ours_is_counted_and_nothing_else() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let metrics = Metrics::to("f", move |line| kept.lock().unwrap().push(line));
        let subscriber = tracing_subscriber::registry().with(Faults(metrics));
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!("a fault");
            tracing::warn!("no fault");
        });
        let lines = lines.lock().unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["OwnFaults"], 1.0);
    }
}
