//! The program on a person's machine: safe from web pages, and with what it keeps.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod doors;
mod keeping;
mod program;
