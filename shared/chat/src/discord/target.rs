//! Where Discord's webhooks are.

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
