//! What is called of a Discord webhook.

/// The host that is called. The others that a webhook URL may name are aliases of it,
/// which do not all serve the current version of the API.
pub(super) const API_HOST: &str = "discord.com";

/// Whoever answers there.
pub(super) const NAME: &str = "Discord";

/// Where a webhook is: always with the API's version, because a URL without one is served as an
/// old version, whose waits are in milliseconds (discord-api-docs, reference).
pub(super) fn base(id: &str, token: &str) -> String {
    format!("https://{API_HOST}/api/v10/webhooks/{id}/{token}")
}

/// What is called of a webhook.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'a> {
    /// Execute Webhook: a new message, in a thread or not.
    Post { thread: Option<&'a str> },
    /// Edit Webhook Message; a message in a thread is found only with the thread's id.
    Edit {
        message: &'a str,
        thread: Option<&'a str>,
    },
}

impl Target<'_> {
    /// What follows the webhook's own URL. A post always has `wait`, without which Discord does
    /// not tell whether the message was saved (discord-api-docs, resources/webhook).
    pub(super) fn rest(self) -> String {
        match self {
            Self::Post { thread: None } => "?wait=true".to_owned(),
            Self::Post {
                thread: Some(thread),
            } => format!("?wait=true&thread_id={thread}"),
            Self::Edit {
                message,
                thread: None,
            } => format!("/messages/{message}"),
            Self::Edit {
                message,
                thread: Some(thread),
            } => format!("/messages/{message}?thread_id={thread}"),
        }
    }
}
