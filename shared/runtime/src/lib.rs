//! What every function needs around its work: settings, logs, batches, the time.

pub mod batch;
pub mod clock;
pub mod logs;
pub mod settings;

pub use settings::{Settings, SettingsError};
