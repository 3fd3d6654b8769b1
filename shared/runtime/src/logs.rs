//! Logs: JSON lines on standard output, as CloudWatch reads them.
//!
//! Rules: a line names what it is about in fields (`webhook_id`, `delivery_id`,
//! `event_id`, `request_id`), with the unit in a number's name; a fault is logged once,
//! where it is handled; bodies, headers, tokens and URLs are never logged.

use tracing_subscriber::EnvFilter;

/// The level, as in `RUST_LOG`; `info` otherwise. The SDKs stay at `warn`: their debug
/// lines can hold request bodies.
fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new("info,aws_config=warn,aws_smithy_runtime=warn,hyper=warn,reqwest=warn")
    })
}

/// Sets up the logs of a Lambda function. To be called once, first of all.
pub fn init_json() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter())
        .init();
}

/// Sets up the logs of a process that a person started: short lines on standard error.
pub fn init_plain() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,dynoxide=error"));
    tracing_subscriber::fmt()
        .compact()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .init();
}
