//! Where Slack is.

/// The host of Slack's Web API.
pub(super) const HOST: &str = "slack.com";

/// Where a bot posts.
pub(super) const POST_MESSAGE: &str = "https://slack.com/api/chat.postMessage";

/// Where a token is asked about.
pub(super) const AUTH_TEST: &str = "https://slack.com/api/auth.test";

/// Where a channel is asked about.
pub(super) const CONVERSATIONS_INFO: &str = "https://slack.com/api/conversations.info";

/// Where a bot changes what it has posted.
pub(super) const UPDATE: &str = "https://slack.com/api/chat.update";

/// The hosts of incoming webhooks; the second serves GovSlack.
pub(super) const WEBHOOK_HOSTS: &[&str] = &["hooks.slack.com", "hooks.slack-gov.com"];

/// Whoever answers there.
pub(super) const NAME: &str = "Slack";
