//! What every function needs around its work: settings, logs, batches.

pub mod batch;
pub mod logs;
pub mod settings;

pub use settings::{Settings, SettingsError};
