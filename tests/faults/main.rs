//! The whole pipeline, a thousand times over, with crashes and failures at random points:
//! nothing is lost, nearly nothing comes twice, and the ledger tells the truth.
//!
//! Each run follows from its seed. Everything is in this process: the stores and the queue
//! behind the real SDK, Slack and Discord behind real HTTP, the time on a clock that leaps.
//! A run that fails names its seed; `CARILLON_FAULT_SEED=<seed>` runs it alone and tells
//! what happened, `CARILLON_FAULT_RUNS=<n>` runs more or fewer.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod chat;
mod check;
mod fate;
mod people;
mod pipeline;
mod scenario;
mod shards;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use check::Totals;

const RUNS: u64 = 1_000;

#[test]
fn a_thousand_runs_with_crashes_and_failures_lose_nothing_and_keep_order() {
    if let Some(seed) = number("CARILLON_FAULT_SEED") {
        carillon_runtime::logs::init_plain();
        let totals = runtime().block_on(async {
            let chat = chat::Platforms::start().await;
            pipeline::run(seed, &chat, true).await
        });
        println!(
            "{:#?}",
            totals.unwrap_or_else(|fault| panic!("seed {seed}: {fault}"))
        );
        return;
    }
    let runs = number("CARILLON_FAULT_RUNS").unwrap_or(RUNS);
    let next = Arc::new(AtomicU64::new(0));
    let totals = Arc::new(Mutex::new(Totals::default()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (next, totals) = (Arc::clone(&next), Arc::clone(&totals));
            std::thread::spawn(move || {
                runtime().block_on(async {
                    let chat = chat::Platforms::start().await;
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= runs {
                            break;
                        }
                        match pipeline::run(seed, &chat, false).await {
                            Ok(run) => totals.lock().unwrap().add(&run),
                            Err(fault) => {
                                // The others need not go on.
                                next.store(runs, Ordering::Relaxed);
                                panic!("seed {seed}: {fault}");
                            }
                        }
                    }
                });
            })
        })
        .collect();
    for worker in workers {
        if let Err(panic) = worker.join() {
            std::panic::resume_unwind(panic);
        }
    }
    let totals = totals.lock().unwrap();
    println!("{totals:#?}");
    // A run in which nothing goes wrong shows nothing.
    assert!(totals.kills > runs / 2, "{totals:#?}");
    assert!(totals.faults > runs, "{totals:#?}");
    // One in which everything is given up shows little.
    assert!(totals.failed * 100 < totals.deliveries, "{totals:#?}");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
