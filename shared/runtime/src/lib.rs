//! What every function needs around its work: settings, logs, metrics, batches, the time.

pub mod batch;
pub mod clock;
pub mod guard;
pub mod logs;
pub mod metrics;
pub mod settings;
pub mod stream;

pub use guard::guarded;
pub use metrics::Metrics;
pub use settings::{Settings, SettingsError};
