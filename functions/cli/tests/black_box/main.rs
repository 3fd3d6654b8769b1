//! The command line as its users run it, against a whole Carillon.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod applying;
mod cli;
mod documents;
mod in_ci;
mod keeping;
mod running;
mod sending;
mod unreachable;
