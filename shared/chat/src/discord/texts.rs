//! The texts of a configuration: what they have to be, and how they may be shown.

use carillon_domain::event::is_web_url;
use carillon_domain::masking;

use super::limits::username_fault;
use crate::form::{self, Refusal, Text, is_of, malformed, not_allowed};

/// The hosts that people's webhook URLs name; all of them mean the same webhook.
pub(super) const HOSTS: &[&str] = &[
    "discord.com",
    "ptb.discord.com",
    "canary.discord.com",
    "discordapp.com",
    "ptb.discordapp.com",
    "canary.discordapp.com",
];

/// The bounds of a token's length. Today's have 68 characters, the documentation's sample
/// has 100; the schema sets no bound that would be of use.
const TOKEN: std::ops::RangeInclusive<usize> = 20..=256;

/// A webhook's URL, taken apart.
#[derive(Debug)]
pub(crate) struct DiscordUrl {
    pub id: String,
    pub token: String,
    pub thread_id: Option<String>,
}

/// Takes a webhook's URL apart: `/api/webhooks/{id}/{token}`, with the API's version or without.
pub(super) fn parse_url(text: &str) -> Result<DiscordUrl, Refusal> {
    let url = form::webhook_url(text, HOSTS)?;
    let form = || {
        malformed(
            "must look like https://discord.com/api/webhooks/<id>/<token> as Discord shows it: \
             the id has 15 to 20 digits, the token at least 20 characters",
        )
    };
    let rest = match &url.segments[..] {
        ["api", "webhooks", rest @ ..] => rest,
        ["api", version, "webhooks", rest @ ..] if is_version(version) => rest,
        _ => return Err(form()),
    };
    let [id, token] = match rest {
        [_, _, suffix @ ("slack" | "github")] => {
            return Err(not_allowed(format!(
                "leave /{suffix} out: Carillon speaks Discord's own language, not {suffix}'s"
            )));
        }
        [id, token] => [*id, *token],
        _ => return Err(form()),
    };
    let is_of_token = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if !(is_snowflake(id) || is_placeholder(id)) || !is_of(token, TOKEN, is_of_token) {
        return Err(form());
    }
    let mut thread_id = None;
    for (name, value) in url.query {
        match name {
            "wait" => {}
            "thread_id" if is_snowflake(value) => thread_id = Some(value.to_owned()),
            "thread_id" => return Err(malformed(format!("its thread_id {SNOWFLAKE_RULE}"))),
            _ => return Err(malformed("may have no query but ?thread_id=")),
        }
    }
    Ok(DiscordUrl {
        id: id.to_owned(),
        token: token.to_owned(),
        thread_id,
    })
}

fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v');
    number.is_some_and(|number| is_of(number, 1..=2, |b| b.is_ascii_digit()))
}

const SNOWFLAKE_RULE: &str = "must be an id of 15 to 20 digits";

/// Discord's ids count milliseconds since 2015 in their upper bits, so none is shorter.
pub(super) fn is_snowflake(text: &str) -> bool {
    is_of(text, 15..=20, |b| b.is_ascii_digit())
}

/// What documentation writes in the place of an id: `XXXXXXXXXXXXXXXXXX`. It has the form of
/// an id, so that an example can be applied as it stands; whether anything is there, only
/// Discord can tell.
pub(super) fn is_placeholder(id: &str) -> bool {
    is_of(id, 15..=20, |b| b == b'X')
}

/// A webhook's URL, in the form in which it is stored, whichever way it was written.
pub(super) fn webhook_url(text: &str) -> Result<String, Refusal> {
    let DiscordUrl { id, token, .. } = parse_url(text)?;
    Ok(format!("https://discord.com/api/webhooks/{id}/{token}"))
}

/// A stored URL as it may be shown.
pub(super) fn masked_url(stored: &str) -> String {
    let token = parse_url(stored).map(|url| url.token).unwrap_or_default();
    format!(
        "https://discord.com/api/webhooks/…/{}",
        masking::tail(&token)
    )
}

/// The name that messages are posted under.
pub(super) fn username(text: &str) -> Result<String, Refusal> {
    let name = (Text::line(text.len()).read)(text)?;
    match username_fault(&name) {
        Some(detail) => Err(not_allowed(detail)),
        None => Ok(name),
    }
}

/// The URL of a picture.
pub(super) fn avatar_url(text: &str) -> Result<String, Refusal> {
    match is_web_url(text) {
        true => Ok(text.to_owned()),
        false => Err(malformed("must be an http or https URL without spaces")),
    }
}

/// The id of a thread.
pub(super) fn thread_id(text: &str) -> Result<String, Refusal> {
    match is_snowflake(text) {
        true => Ok(text.to_owned()),
        false => Err(malformed(SNOWFLAKE_RULE)),
    }
}
