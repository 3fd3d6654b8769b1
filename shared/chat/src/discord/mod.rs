//! Discord: webhooks.

pub mod classify;
pub mod limits;

pub(crate) mod configuration;
pub(crate) mod message;
pub(crate) mod render;
pub(crate) mod verify;

mod codes;
mod escape;

use carillon_domain::masking;

/// The host that is called. The others that a webhook URL may name are aliases of it,
/// which do not all serve the current version of the API.
pub(crate) const API_HOST: &str = "discord.com";

/// Where the webhook behind `credential` is: always with the API's version, because a URL
/// without one is served as an old version, whose waits are in milliseconds
/// (discord-api-docs, reference).
pub(crate) fn webhook_url(credential: &str) -> String {
    match configuration::parse_url(credential) {
        Ok(url) => format!(
            "https://{API_HOST}/api/v10/webhooks/{}/{}",
            url.id, url.token
        ),
        // Never registered like this: the client refuses to call it.
        Err(_) => String::new(),
    }
}

/// Where a message for the webhook is posted: always with `wait`, without which Discord does
/// not tell whether the message was saved (discord-api-docs, resources/webhook).
pub(crate) fn execute_url(credential: &str, thread_id: Option<&str>) -> String {
    match webhook_url(credential) {
        unusable if unusable.is_empty() => unusable,
        url => with_query(&url, thread_id),
    }
}

/// As [`execute_url`], fit to be shown.
pub(crate) fn masked_execute_url(credential: &str, thread_id: Option<&str>) -> String {
    let tail = configuration::parse_url(credential)
        .map_or_else(|_| "…".to_owned(), |url| masking::tail(&url.token));
    with_query(
        &format!("https://{API_HOST}/api/v10/webhooks/…/{tail}"),
        thread_id,
    )
}

fn with_query(url: &str, thread_id: Option<&str>) -> String {
    match thread_id {
        Some(thread) => format!("{url}?wait=true&thread_id={thread}"),
        None => format!("{url}?wait=true"),
    }
}
