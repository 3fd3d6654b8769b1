//! Holding a payload against its platform's limits.
//!
//! The numbers and what they apply to are in [`crate::slack::limits`],
//! [`crate::discord::limits`] and [`crate::teams::limits`]. They read payloads as JSON and know nothing of the
//! renderers, so that they can judge anybody's payload: the renderers' in tests and
//! previews, a client's in the local chat sink.

use carillon_domain::Pointer;
use serde::Serialize;
use serde_json::Value;

/// A rule that a payload breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub pointer: Pointer,
    pub rule: String,
    /// The error code that the platform answers with.
    pub code: &'static str,
}

/// How full a limit is: the fullest place, where it applies to several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    pub what: &'static str,
    pub used: usize,
    pub limit: usize,
}

/// Collects what is found on the way through a payload.
#[derive(Debug, Default)]
pub struct Gauge {
    pub violations: Vec<Violation>,
    pub usage: Vec<Usage>,
}

/// A limit: what it is called, how much is allowed, and the code of going beyond it.
pub(crate) struct Limit {
    pub what: &'static str,
    pub limit: usize,
    pub code: &'static str,
}

impl Limit {
    pub(crate) const fn new(what: &'static str, limit: usize, code: &'static str) -> Self {
        Self { what, limit, code }
    }
}

/// The entries of a list; none of what is no list.
pub(crate) fn entries(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

impl Gauge {
    pub(crate) fn broken(&mut self, at: &Pointer, code: &'static str, rule: impl Into<String>) {
        self.violations.push(Violation {
            pointer: at.clone(),
            rule: rule.into(),
            code,
        });
    }

    pub(crate) fn measure(&mut self, at: &Pointer, limit: &Limit, used: usize) {
        let Limit { what, limit, code } = *limit;
        match self.usage.iter_mut().find(|usage| usage.what == what) {
            Some(usage) => usage.used = usage.used.max(used),
            None => self.usage.push(Usage { what, used, limit }),
        }
        if used > limit {
            self.broken(at, code, format!("{what}: {used}, at most {limit}"));
        }
    }
}
