//! Logs: JSON lines on standard output, as CloudWatch reads them.
//!
//! Rules: a line names what it is about in fields (`webhook_id`, `delivery_id`,
//! `event_id`, `request_id`), with the unit in a number's name; a fault is logged once,
//! where it is handled; bodies, headers, tokens and URLs are never logged.

use tracing_subscriber::EnvFilter;

/// Libraries that can write a request's body, headers or URL at their finer levels:
/// credentials among them. `RUST_LOG` cannot turn them up.
const GUARDED: [&str; 9] = [
    "aws_config=warn",
    "aws_runtime=warn",
    "aws_sdk_secretsmanager=warn",
    "aws_smithy_runtime=warn",
    "aws_smithy_runtime_api=warn",
    "h2=warn",
    "hyper=warn",
    "hyper_util=warn",
    "reqwest=warn",
];

/// The levels of `RUST_LOG`, or the given ones.
fn filter(otherwise: &str) -> EnvFilter {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(otherwise));
    GUARDED
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive)
}

/// Sets up the logs of a Lambda function. To be called once, first of all.
pub fn init_json() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter("info"))
        .init();
}

/// Sets up the logs of a process that a person started: short lines on standard error.
pub fn init_plain() {
    tracing_subscriber::fmt()
        .compact()
        .with_writer(std::io::stderr)
        .with_env_filter(filter("warn,dynoxide=error"))
        .init();
}
