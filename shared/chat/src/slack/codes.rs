//! What Slack's error codes mean, and what people can do about them.
//!
//! The codes of the Web API come from the method reference of `chat.postMessage`; those of
//! incoming webhooks from docs.slack.dev (incoming webhooks), Slack's changelog of
//! 2016-05-17 and reports of users. Both lists are one table here: hardly any code means one
//! thing there and another here, though people may have to do something else about it.

use crate::codes::{self, Meaning};

/// Slack says that codes may come that are not in its lists.
const CODES: &str = include_str!("codes.tsv");

/// What a code of the Web API means, if it is known.
pub(super) fn meaning(code: &str) -> Option<Meaning> {
    codes::meaning(CODES, code)
}

/// What a code of an incoming webhook means, which posts to one channel and needs no invitation.
pub(super) fn meaning_to_hook(code: &str) -> Option<Meaning> {
    meaning(&format!("hook:{code}")).or_else(|| meaning(code))
}

#[cfg(test)]
mod tests;
