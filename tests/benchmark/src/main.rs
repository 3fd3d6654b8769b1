//! Prints the figures that the notifier, the dispatcher and the API are to keep to. It builds them
//! as they are deployed, starts each as a process under a Lambda Runtime API, and compares
//! them with the least that could do the same. None of it is a test: what is printed
//! depends on the machine, what matters are the ratios.
//!
//! `cargo run --release -p carillon-benchmark`, for a part of it with `-- warm`, or another
//! of the names below.

// What it runs is one future, with that of an SDK call at its bottom.
#![recursion_limit = "256"]

mod api;
mod cloud;
mod events;
mod lambda;
mod notifier;
mod rendering;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use cloud::{Calls, Cloud};
use lambda::Lambda;

/// How often a start is measured.
const STARTS: usize = 20;

/// The binaries, as they are deployed.
pub struct Binaries {
    hello: PathBuf,
    bare: PathBuf,
    notifier: PathBuf,
    dispatcher: PathBuf,
    api: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let binaries = build()?;
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    println!("\n{:<62} {:>12} {:>12}", "", "measured", "at most");
    if wants("starts") {
        starts(&binaries).await?;
    }
    if wants("sizes") {
        sizes(&binaries)?;
    }
    if wants("rendering") {
        rendering::rendering()?;
    }
    if wants("warm") {
        notifier::warm(&binaries).await?;
    }
    if wants("slow-platform") {
        notifier::slow_platform(&binaries).await?;
    }
    if wants("many") {
        notifier::many(&binaries).await?;
    }
    if wants("backlog") {
        notifier::backlog(&binaries).await?;
    }
    if wants("dispatcher") {
        dispatcher(&binaries).await?;
        large_organization(&binaries).await?;
    }
    if wants("flat") {
        api::flat(&binaries).await?;
    }
    Ok(())
}

/// Prints a figure, and what it is to keep to.
pub fn figure(what: &str, measured: &str, most: &str) {
    println!("{what:<62} {measured:>12} {most:>12}");
}

pub fn times(ratio: f64) -> String {
    format!("{ratio:.2} x")
}

pub fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1_000.0)
}

/// Prints what a delivery takes of what AWS charges for by the piece.
pub fn costs(calls: &Calls, deliveries: usize) {
    for (what, count) in [
        ("items written to DynamoDB", calls.items_written),
        // Receiving, and deleting what is done, is Lambda's, and not among them.
        ("requests to SQS", calls.of_queue),
    ] {
        let each = count as f64 / deliveries as f64;
        figure(&format!("  {what} a delivery"), &format!("{each:.3}"), "");
    }
}

/// Builds with a cargo of its own, so that the features are those of a deployment.
fn build() -> anyhow::Result<Binaries> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = |arguments: &[&str]| -> anyhow::Result<()> {
        let mut command = Command::new(&cargo);
        command.args(["build", "--release"]).args(arguments);
        let status = command.status().context("starting cargo")?;
        ensure!(status.success(), "cargo build {arguments:?}");
        Ok(())
    };
    for function in ["notifier", "dispatcher", "webhook-api"] {
        build(&["-p", &format!("carillon-{function}")])?;
    }
    build(&["-p", "carillon-benchmark", "--example", "hello"])?;
    build(&["-p", "carillon-benchmark", "--example", "bare"])?;
    let here = std::env::current_exe()?;
    let folder = here.parent().context("a folder")?;
    Ok(Binaries {
        hello: folder.join("examples/hello"),
        bare: folder.join("examples/bare"),
        notifier: folder.join("carillon-notifier"),
        dispatcher: folder.join("carillon-dispatcher"),
        api: folder.join("carillon-webhook-api"),
    })
}

async fn starts(binaries: &Binaries) -> anyhow::Result<()> {
    let cloud = Cloud::start().await?;
    let hello = start_of(&binaries.hello, &[]).await?;
    figure("init of a hello-world function", &milliseconds(hello), "");
    for (name, binary) in [
        ("init of the notifier", &binaries.notifier),
        ("init of the dispatcher", &binaries.dispatcher),
        ("init of the API", &binaries.api),
    ] {
        // As in production: no other place for messages, so that TLS's roots are those of
        // production, too.
        let mut environment = cloud.environment();
        environment.retain(|(name, _)| *name != "CARILLON_CHAT_ORIGIN");
        let took = start_of(binary, &environment).await?;
        figure(name, &milliseconds(took), "");
        let ratio = took.as_secs_f64() / hello.as_secs_f64();
        figure("  against hello-world", &times(ratio), "2 x");
    }
    Ok(())
}

/// The median of some starts.
async fn start_of(binary: &Path, environment: &[(&str, String)]) -> anyhow::Result<Duration> {
    let mut took = Vec::new();
    for _ in 0..STARTS {
        took.push(Lambda::start(binary, environment).await?.init);
    }
    took.sort();
    Ok(took[took.len() / 2])
}

fn sizes(binaries: &Binaries) -> anyhow::Result<()> {
    for (name, binary) in [
        ("zipped notifier", &binaries.notifier),
        ("zipped dispatcher", &binaries.dispatcher),
        ("zipped API", &binaries.api),
    ] {
        let size = lambda::zipped(binary)?;
        figure(name, &format!("{:.2} MB", size as f64 / 1e6), "3 MB");
    }
    Ok(())
}

async fn dispatcher(binaries: &Binaries) -> anyhow::Result<()> {
    const RECORDS: usize = 1_000;
    /// Each wants the events of one project, so that each event has one delivery.
    const WEBHOOKS: usize = 50;
    let cloud = Cloud::start().await?;
    for number in 1..=WEBHOOKS {
        let filters = serde_json::json!({"project": [events::project(number)]});
        let filters = serde_json::from_value(filters)?;
        cloud.register(u128::try_from(number)?, 1, filters).await?;
    }
    let mut dispatcher = Lambda::start(&binaries.dispatcher, &cloud.environment()).await?;
    // The connections stand when it counts.
    dispatcher.invoke(&events::records(1)?).await?;
    cloud.take_calls();
    let (before, records) = (dispatcher.cpu()?, events::records(RECORDS)?);
    let (answer, took) = dispatcher.invoke(&records).await?;
    let cpu = dispatcher.cpu()? - before;
    let failed = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
    ensure!(failed == 0, "{answer}");
    let what = "dispatcher, 1,000 records, 50 webhooks, 1,000 deliveries: CPU";
    figure(what, &milliseconds(cpu), "1,000 ms");
    figure(
        "  from beginning to end, with this machine's SQS",
        &milliseconds(took),
        "",
    );
    let calls = cloud.take_calls();
    for (operation, count) in &calls.operations {
        let most = match operation.as_str() {
            "Query" => "1",
            // A wake-up for each lane, ten in a call.
            "SendMessageBatch" => "5",
            _ => "",
        };
        figure(&format!("  calls of {operation}"), &count.to_string(), most);
    }
    costs(&calls, RECORDS);
    Ok(())
}

/// One large event that every webhook of a large organization gets.
async fn large_organization(binaries: &Binaries) -> anyhow::Result<()> {
    const WEBHOOKS: u128 = 10_000;
    const BYTES: usize = 16 * 1_024;
    let cloud = Cloud::start().await?;
    for number in 1..=WEBHOOKS {
        cloud
            .register(number, 1, carillon_domain::Filters::default())
            .await?;
    }
    let mut dispatcher = Lambda::start(&binaries.dispatcher, &cloud.environment()).await?;
    cloud.take_calls();
    let mut record = events::records(1)?;
    let message = serde_json::json!({"S": "x".repeat(BYTES)});
    record["Records"][0]["dynamodb"]["NewImage"]["message"] = message;
    let (answer, took) = dispatcher.invoke(&record).await?;
    let failed = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
    ensure!(failed == 0, "{answer}");
    let written = cloud.take_calls().items_written;
    ensure!(written >= WEBHOOKS as usize, "{written} items were written");
    let memory = format!("{:.1} MB", dispatcher.peak_memory()? as f64 / 1e6);
    let what = "dispatcher, an event of 16 KB for 10,000 webhooks: memory";
    figure(what, &memory, "64 MB");
    figure("  from beginning to end", &milliseconds(took), "");
    Ok(())
}
