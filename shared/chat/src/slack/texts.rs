//! The texts of a configuration: what they have to be, and how they may be shown.

use carillon_domain::masking;

use super::WEBHOOK_HOSTS;
use crate::form::{self, Refusal, is_of, malformed, not_allowed, shown, unmasked};

/// What a bot token begins with (docs.slack.dev, tokens).
const BOT_PREFIX: &str = "xoxb-";

/// The shortest rest of a token, and of a webhook's URL, that is not just a slip.
const MIN_SECRET: usize = 8;

/// The longest channel name, in characters.
const MAX_CHANNEL_NAME: usize = 80;

/// A bot token. Slack guarantees its prefix only, so the rest is not looked at closely.
pub(super) fn token(text: &str) -> Result<String, Refusal> {
    let Some(rest) = unmasked(text, "token")?.strip_prefix(BOT_PREFIX) else {
        let what = match text {
            _ if text.starts_with("xoxp-") => "this is a user token",
            _ if text.starts_with("xapp-") => "this is an app-level token",
            _ if text.starts_with("xwfp-") => "this is a workflow token",
            _ if text.starts_with("xoxe.xoxb-") => {
                "this is a bot token that expires: its app has token rotation, which cannot be \
                 switched off again, so that an app without it is needed"
            }
            _ if text.starts_with("xoxe.xoxp-") => "this is a user token that expires",
            _ if text.starts_with("xoxe-") => "this is a token that only refreshes others",
            _ if text.starts_with("https://") => "this is a URL, which belongs into `webhook_url`",
            _ => "this is no Slack token",
        };
        return Err(malformed(format!(
            "{what}; a bot token is needed, which begins with xoxb- and stands in the app's \
             settings under OAuth & Permissions"
        )));
    };
    let known = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if !rest.chars().all(known) {
        return Err(malformed(
            "is no bot token: after xoxb- come letters, digits, dots and hyphens only",
        ));
    }
    if rest.len() < MIN_SECRET {
        return Err(malformed(
            "is not a whole bot token: it is too short; copy all of it",
        ));
    }
    Ok(text.to_owned())
}

/// An incoming webhook's URL: `/services/T<team>/B<service>/<secret>` (docs.slack.dev,
/// incoming webhooks).
pub(super) fn webhook_url(text: &str) -> Result<String, Refusal> {
    let url = form::webhook_url(text, WEBHOOK_HOSTS)?;
    if let Some(hook @ ("workflows" | "triggers")) = url.segments.first().copied() {
        return Err(not_allowed(format!(
            "this is a URL of Slack's Workflow Builder (/{hook}/), which takes no messages; \
             an incoming webhook's URL has /services/"
        )));
    }
    if !url.query.is_empty() {
        return Err(malformed("must end after its path"));
    }
    let form =
        || malformed("must look like https://hooks.slack.com/services/T…/B…/… as Slack shows it");
    let ["services", team, service, secret] = url.segments[..] else {
        return Err(form());
    };
    let id = |text: &str, initial| text.starts_with(initial) && is_of(text, 2..=32, is_of_id);
    let is_of_secret = |b: u8| b.is_ascii_alphanumeric() || b"-_+".contains(&b);
    if !id(team, 'T') || !id(service, 'B') || !is_of(secret, MIN_SECRET..=128, is_of_secret) {
        return Err(form());
    }
    Ok(format!(
        "https://{}/services/{team}/{service}/{secret}",
        url.host
    ))
}

/// A token as it may be shown.
pub(super) fn masked_token(token: &str) -> String {
    let rest = token.strip_prefix(BOT_PREFIX).unwrap_or_default();
    format!("{BOT_PREFIX}{}", masking::tail(rest))
}

/// A webhook's URL as it may be shown. One that was never registered shows nothing.
pub(super) fn masked_url(url: &str) -> String {
    let parts = form::webhook_url(url, WEBHOOK_HOSTS).ok();
    let host = parts.as_ref().map_or(WEBHOOK_HOSTS[0], |url| url.host);
    let secret = parts.and_then(|url| url.segments.get(3).copied());
    format!(
        "https://{host}/services/T…/B…/{}",
        masking::tail(secret.unwrap_or_default())
    )
}

/// A channel's name, with # or without, or its id. Ids are upper case, names are not.
pub(super) fn channel(text: &str) -> Result<String, Refusal> {
    let text = shown(text)?;
    if is_id(text) {
        return Ok(text.to_owned());
    }
    let name = text.strip_prefix('#').unwrap_or(text);
    // Names may have letters of any script, with their accents, but hardly any punctuation.
    let known = |c: char| match c {
        '-' | '_' => true,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c => !c.is_whitespace() && !c.is_control(),
    };
    if name.is_empty() || name.chars().count() > MAX_CHANNEL_NAME || !name.chars().all(known) {
        return Err(malformed(
            "must be one channel: its name of at most 80 letters, digits, hyphens and underscores, \
             with # or without, or its id such as C0123ABCD",
        ));
    }
    if name.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(malformed(format!(
            "channel names are in lower case: {}; an id is in upper case and without #",
            name.to_lowercase()
        )));
    }
    Ok(text.to_owned())
}

/// Whether two texts mean one channel.
pub(super) fn is_same_channel(one: &str, other: &str) -> bool {
    one.trim_start_matches('#') == other.trim_start_matches('#')
}

/// An emoji's name: `:name:`, with a skin tone or without.
pub(super) fn emoji(text: &str) -> Result<String, Refusal> {
    let name = text.strip_prefix(':').and_then(|it| it.strip_suffix(':'));
    let name = name.unwrap_or_default();
    let (name, tone) = name.split_once("::skin-tone-").unwrap_or((name, "2"));
    let known = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '\'');
    let is_tone = matches!(tone, "2" | "3" | "4" | "5" | "6");
    match is_tone && !name.is_empty() && name.chars().all(known) {
        true => Ok(text.to_owned()),
        false => Err(malformed(
            "must be an emoji's name between colons, such as :bell:",
        )),
    }
}

/// An id of a channel or of a person, such as C0123ABCD. A short word without a digit is
/// rather a name in capitals.
pub(super) fn is_id(text: &str) -> bool {
    text.starts_with(['C', 'G', 'D', 'U', 'W'])
        && (text.len() >= 9 || text.contains(|c: char| c.is_ascii_digit()))
        && is_of(text, 1..=32, is_of_id)
}

/// Whether Slack's ids have such a character.
pub(super) fn is_of_id(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}
