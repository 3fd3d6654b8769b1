//! What every function needs around its work: settings, logs, metrics, batches, the time.

pub mod batch;
pub mod clock;
pub mod logs;
pub mod metrics;
pub mod settings;

pub use metrics::Counts;
pub use settings::{Settings, SettingsError};

/// Items, messages and requests are made of many small pieces: with the C library's allocator
/// a function spends a fifth of its time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
