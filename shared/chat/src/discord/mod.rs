//! Discord: webhooks.

pub mod classify;
pub mod limits;

pub(crate) mod codes;
pub(crate) mod configuration;
pub(crate) mod message;
pub(crate) mod render;
pub(crate) mod verify;

mod escape;
mod form;

use carillon_domain::masking;

/// The host that is called. The others that a webhook URL may name are aliases of it,
/// which do not all serve the current version of the API.
pub(crate) const API_HOST: &str = "discord.com";

/// Where the webhook behind `credential` is: always with the API's version, because a URL
/// without one is served as an old version, whose waits are in milliseconds
/// (discord-api-docs, reference).
pub(crate) fn webhook_url(credential: &str) -> String {
    match configuration::parse_url(credential) {
        Ok(url) => base(&url.id, &url.token),
        // Never registered like this: the client refuses to call it.
        Err(_) => String::new(),
    }
}

/// What is called of a webhook.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    /// Execute Webhook: a new message, in a thread or not.
    Post { thread: Option<&'a str> },
    /// Edit Webhook Message; a message in a thread is found only with the thread's id.
    Edit {
        message: &'a str,
        thread: Option<&'a str>,
    },
}

/// What is called of the webhook behind `credential`. A post always has `wait`, without
/// which Discord does not tell whether the message was saved (discord-api-docs,
/// resources/webhook).
pub(crate) fn url(credential: &str, target: Target<'_>) -> String {
    match webhook_url(credential) {
        unusable if unusable.is_empty() => unusable,
        base => target.below(&base),
    }
}

/// As [`url`], fit to be shown.
pub(crate) fn masked_url(credential: &str, target: Target<'_>) -> String {
    let tail = configuration::parse_url(credential)
        .map_or_else(|_| "…".to_owned(), |url| masking::tail(&url.token));
    target.below(&base("…", &tail))
}

fn base(id: &str, token: &str) -> String {
    format!("https://{API_HOST}/api/v10/webhooks/{id}/{token}")
}

impl Target<'_> {
    fn below(self, base: &str) -> String {
        match self {
            Self::Post { thread: None } => format!("{base}?wait=true"),
            Self::Post {
                thread: Some(thread),
            } => format!("{base}?wait=true&thread_id={thread}"),
            Self::Edit {
                message,
                thread: None,
            } => format!("{base}/messages/{message}"),
            Self::Edit {
                message,
                thread: Some(thread),
            } => format!("{base}/messages/{message}?thread_id={thread}"),
        }
    }
}
