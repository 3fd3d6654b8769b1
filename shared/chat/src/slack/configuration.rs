//! What a Slack webhook may be configured with.

use carillon_domain::fields::Fields;
use carillon_domain::masking::{self, LOOKS_LIKE_CREDENTIAL, is_masked, looks_like_credential};
use carillon_domain::webhook::Grouping;
use carillon_domain::{Configuration, Credential, DestinationKind, FaultCode, Faults, Pointer};
use serde_json::Value;

use super::WEBHOOK_HOSTS;
use crate::registration::{self, MAX_CHANNEL, Refusal, malformed, not_allowed};

/// What a bot token begins with (docs.slack.dev, tokens).
const BOT_PREFIX: &str = "xoxb-";

/// The longest token. Slack promises no maximum; this is far above what is seen.
const MAX_TOKEN: usize = 255;

/// The shortest rest of a token, and of a webhook's URL, that is not just a slip.
const MIN_SECRET: usize = 8;

/// The longest `username`, in characters, as in an app's manifest (`bot_user.display_name`).
const MAX_USERNAME: usize = 80;

/// The longest channel name, in characters.
const MAX_CHANNEL_NAME: usize = 80;

/// The longest emoji, in characters: a name of up to 100 between colons.
const MAX_EMOJI: usize = 102;

/// How many channels one bot webhook posts to at most.
const MAX_CHANNELS: usize = 10;

/// Reads the configuration; every fault is added to `faults`.
pub(crate) fn read(
    value: &Value,
    at: &Pointer,
    current: Option<&Configuration>,
    faults: &mut Faults,
) -> Option<(Configuration, Credential)> {
    let before = faults.iter().count();
    let given = |name| given(value, name);
    let mut fields = Fields::of(value, at.clone(), faults)?;
    let kind = if given("webhook_url") && !given("token") {
        DestinationKind::SlackWebhook
    } else {
        DestinationKind::SlackBot
    };
    let token = registration::credential(
        &mut fields,
        DestinationKind::SlackBot,
        MAX_TOKEN,
        current,
        self::token,
    );
    let url = registration::credential(
        &mut fields,
        DestinationKind::SlackWebhook,
        1_000,
        current,
        webhook_url,
    );
    match (given("token"), given("webhook_url")) {
        (true, true) => fields.fault(
            "webhook_url",
            FaultCode::NotAllowed,
            "give either `token` or `webhook_url`, not both: they post in different ways",
        ),
        (false, false) => fields.fault(
            "token",
            FaultCode::Required,
            "either `token` (a bot token, xoxb-…) or `webhook_url` (an incoming webhook) is required",
        ),
        _ => {}
    }
    let (credential, mask): (_, fn(&String) -> String) = match kind {
        DestinationKind::SlackWebhook => (url, |url| masked_url(url)),
        _ => (token, |token| masked_token(token)),
    };
    let masked = credential.as_ref().map(|given| given.masked(current, mask));
    let mut configuration = Configuration::new(kind, masked.unwrap_or_default());
    match kind {
        DestinationKind::SlackWebhook => webhook_only(&mut fields, &mut configuration),
        _ => {
            channels(&mut fields, &mut configuration);
            appearance(&mut fields, &mut configuration);
        }
    }
    registration::joining(&mut fields, &mut configuration, |grouping| {
        (kind == DestinationKind::SlackWebhook && grouping != Grouping::None).then_some(
            "an incoming webhook never learns which message it posted, so it can neither thread nor \
             update; use a bot token",
        )
    });
    fields.finish();
    (faults.iter().count() == before)
        .then_some(credential)
        .flatten()
        .map(|given| (configuration, given.into_credential(|text| text)))
}

/// Whether a field is there and says anything.
fn given(value: &Value, name: &str) -> bool {
    value.get(name).is_some_and(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    })
}

/// A bot token. Slack guarantees its prefix only, so the rest is not looked at closely.
fn token(text: &str) -> Result<String, Refusal> {
    if is_masked(text) {
        return Err(malformed(
            "this is a masked token, which is only for showing; send the whole one",
        ));
    }
    let Some(rest) = text.strip_prefix(BOT_PREFIX) else {
        let what = match text {
            _ if text.starts_with("xoxp-") => "this is a user token",
            _ if text.starts_with("xapp-") => "this is an app-level token",
            _ if text.starts_with("xwfp-") => "this is a workflow token",
            _ if text.starts_with("xoxe") => "this is a token that expires and is for refreshing",
            _ if text.starts_with("https://") => "this is a URL, which belongs into `webhook_url`",
            _ => "this is no Slack token",
        };
        return Err(malformed(format!(
            "{what}; a bot token is needed, which begins with xoxb- and stands in the app's \
             settings under OAuth & Permissions"
        )));
    };
    let known = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if rest.len() < MIN_SECRET || !rest.chars().all(known) {
        return Err(malformed(
            "is not a whole bot token: after xoxb- come letters, digits, dots and hyphens only",
        ));
    }
    Ok(text.to_owned())
}

/// An incoming webhook's URL: `/services/T<team>/B<service>/<secret>` (docs.slack.dev,
/// incoming webhooks).
fn webhook_url(text: &str) -> Result<String, Refusal> {
    let url = registration::webhook_url(text, WEBHOOK_HOSTS)?;
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
    let id = |text: &str, initial: char| {
        text.starts_with(initial)
            && (2..=32).contains(&text.len())
            && text
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    let secret_known = (MIN_SECRET..=128).contains(&secret.len())
        && secret
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+'));
    if !id(team, 'T') || !id(service, 'B') || !secret_known {
        return Err(form());
    }
    Ok(format!(
        "https://{}/services/{team}/{service}/{secret}",
        url.host
    ))
}

/// A token as it may be shown.
pub(crate) fn masked_token(token: &str) -> String {
    let rest = token.strip_prefix(BOT_PREFIX).unwrap_or_default();
    format!("{BOT_PREFIX}{}", masking::tail(rest))
}

/// A webhook's URL as it may be shown. One that was never registered shows nothing.
pub(crate) fn masked_url(url: &str) -> String {
    let parts = registration::webhook_url(url, WEBHOOK_HOSTS).ok();
    let host = parts.as_ref().map_or(WEBHOOK_HOSTS[0], |url| url.host);
    let secret = parts.and_then(|url| url.segments.get(3).copied());
    format!(
        "https://{host}/services/T…/B…/{}",
        masking::tail(secret.unwrap_or_default())
    )
}

fn channels(fields: &mut Fields, configuration: &mut Configuration) {
    let has_list = fields.has("channels");
    let before = fields.faults().iter().count();
    let channel = fields.text("channel", MAX_CHANNEL);
    let list = fields.texts("channels", MAX_CHANNELS, MAX_CHANNEL);
    if channel.is_some() && has_list {
        let detail = "give either `channel` or `channels`, not both";
        fields.fault("channels", FaultCode::NotAllowed, detail);
    } else if list.as_ref().is_some_and(Vec::is_empty) {
        let detail = format!("must have 1 to {MAX_CHANNELS} channels");
        fields.fault("channels", FaultCode::OutOfRange, detail);
    } else if channel.is_none() && !has_list && fields.faults().iter().count() == before {
        let detail = "`channel` or `channels` is required with a bot token";
        fields.fault("channel", FaultCode::Required, detail);
    }
    let at = fields.at("channel");
    configuration.channel = channel.and_then(|text| valid_channel(fields, at, &text));
    for (at, text) in list.unwrap_or_default() {
        let Some(channel) = valid_channel(fields, at.clone(), &text) else {
            continue;
        };
        let bare = |channel: &str| channel.trim_start_matches('#').to_owned();
        if configuration
            .channels
            .iter()
            .any(|known| bare(known) == bare(&channel))
        {
            let detail = "is there already: each channel gets each message once";
            fields.faults().add(at, FaultCode::Repeated, detail);
        }
        configuration.channels.push(channel);
    }
}

fn appearance(fields: &mut Fields, configuration: &mut Configuration) {
    let at = fields.at("username");
    configuration.username = fields
        .text("username", MAX_USERNAME)
        .and_then(|text| registration::one_line(fields, at, &text));
    configuration.icon_emoji = fields.text("icon_emoji", MAX_EMOJI);
    if configuration
        .icon_emoji
        .as_deref()
        .is_some_and(|emoji| !is_emoji(emoji))
    {
        let detail = "must be an emoji's name between colons, such as :bell:";
        fields.fault("icon_emoji", FaultCode::Malformed, detail);
    }
}

fn webhook_only(fields: &mut Fields, configuration: &mut Configuration) {
    registration::label(fields, configuration);
    for name in ["username", "icon_emoji"] {
        if fields.value(name).is_some() {
            fields.fault(
                name,
                FaultCode::NotAllowed,
                "an incoming webhook always posts under the name and icon of its Slack app; \
                 change them there, or use a bot token",
            );
        }
    }
}

fn valid_channel(fields: &mut Fields, at: Pointer, text: &str) -> Option<String> {
    let text = text.trim();
    if looks_like_credential(text) {
        let faults = fields.faults();
        faults.add(at, FaultCode::NotAllowed, LOOKS_LIKE_CREDENTIAL);
        return None;
    }
    match channel_fault(text) {
        None => Some(text.to_owned()),
        Some(detail) => {
            fields.faults().add(at, FaultCode::Malformed, detail);
            None
        }
    }
}

/// Why a text is neither a channel's name nor an id. Ids are upper case, names are not.
fn channel_fault(text: &str) -> Option<String> {
    if is_id(text) {
        return None;
    }
    let name = text.strip_prefix('#').unwrap_or(text);
    // Names may have letters of any script, with their accents, but hardly any punctuation.
    let known = |c: char| match c {
        '-' | '_' => true,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c => !c.is_whitespace() && !c.is_control(),
    };
    if name.is_empty() || name.chars().count() > MAX_CHANNEL_NAME || !name.chars().all(known) {
        return Some(
            "must be one channel: its name of at most 80 letters, digits, hyphens and underscores, \
             with # or without, or its id such as C0123ABCD"
                .to_owned(),
        );
    }
    if name.chars().any(|c| c.is_ascii_uppercase()) {
        return Some(format!(
            "channel names are in lower case: {}; an id is in upper case and without #",
            name.to_lowercase()
        ));
    }
    None
}

/// An id of a channel or of a person, such as C0123ABCD. A short word without a digit is
/// rather a name in capitals.
pub(super) fn is_id(text: &str) -> bool {
    text.starts_with(['C', 'G', 'D', 'U', 'W'])
        && text.len() <= 32
        && (text.len() >= 9 || text.contains(|c: char| c.is_ascii_digit()))
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// `:name:`, with a skin tone or without.
fn is_emoji(text: &str) -> bool {
    let Some(name) = text
        .strip_prefix(':')
        .and_then(|text| text.strip_suffix(':'))
    else {
        return false;
    };
    let (name, tone) = name.split_once("::skin-tone-").unwrap_or((name, "2"));
    matches!(tone, "2" | "3" | "4" | "5" | "6")
        && !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '\''))
}

#[cfg(test)]
mod tests;
