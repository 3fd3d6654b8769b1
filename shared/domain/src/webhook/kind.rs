//! Which kind of destination a webhook posts to.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Names a kind of destination: the `type` that the API calls it by and, where several kinds
/// have one type, a slash and what tells them apart, such as `slack/bot`. What a kind can do is
/// the business of whoever has the kinds; here it is a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KindId(Cow<'static, str>);

impl KindId {
    pub const fn new(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the API calls it: the `type` of a webhook.
    pub fn api_type(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}

impl fmt::Display for KindId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_kinds_may_have_one_type() {
        assert_eq!(KindId::new("slack/bot").api_type(), "slack");
        assert_eq!(KindId::new("discord").api_type(), "discord");
    }
}
