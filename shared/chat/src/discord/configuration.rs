//! What a Discord webhook may be configured with.

use carillon_domain::event::is_web_url;
use carillon_domain::fields::Fields;
use carillon_domain::masking;
use carillon_domain::webhook::Grouping;
use carillon_domain::{Configuration, Credential, DestinationKind, FaultCode, Faults, Pointer};
use serde_json::Value;

use super::limits::{MAX_URL, MAX_USERNAME, username_fault};
use crate::registration::{self, Given, Refusal, malformed, not_allowed};

/// The hosts that people's webhook URLs name; all of them mean the same webhook.
const HOSTS: &[&str] = &[
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

/// Reads the configuration; every fault is added to `faults`.
pub(crate) fn read(
    value: &Value,
    at: &Pointer,
    current: Option<&Configuration>,
    faults: &mut Faults,
) -> Option<(Configuration, Credential)> {
    let before = faults.iter().count();
    let mut fields = Fields::of(value, at.clone(), faults)?;
    let kind = DestinationKind::DiscordWebhook;
    let given = registration::credential(&mut fields, kind, 2_000, current, parse_url);
    fields.required("webhook_url");
    let shown = given.as_ref().map(|given| given.masked(current, masked));
    let mut configuration = Configuration::new(kind, shown.unwrap_or_default());
    let url = given.as_ref().and_then(Given::value);
    registration::label(&mut fields, &mut configuration);
    configuration.username = username(&mut fields);
    configuration.avatar_url = avatar_url(&mut fields);
    configuration.thread_id = thread_id(&mut fields, url);
    let in_thread = configuration.thread_id.is_some();
    // Whether the channel is a forum, which `thread` needs, shows only when posting.
    registration::joining(&mut fields, &mut configuration, |grouping| {
        (in_thread && grouping == Grouping::Thread).then_some(
            "everything goes into the one thread that is given already; leave thread_id out, or \
             choose none or update",
        )
    });
    fields.finish();
    (faults.iter().count() == before)
        .then_some(given)
        .flatten()
        .map(|given| (configuration, given.into_credential(|url| canonical(&url))))
}

/// The form in which a webhook's URL is stored, whichever way it was written.
fn canonical(url: &DiscordUrl) -> String {
    format!("https://discord.com/api/webhooks/{}/{}", url.id, url.token)
}

fn masked(url: &DiscordUrl) -> String {
    format!(
        "https://discord.com/api/webhooks/…/{}",
        masking::tail(&url.token)
    )
}

/// Takes a webhook's URL apart: `/api/webhooks/{id}/{token}`, with the API's version or without.
pub(crate) fn parse_url(text: &str) -> Result<DiscordUrl, Refusal> {
    let url = registration::webhook_url(text, HOSTS)?;
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
    let token_known = token
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !(is_snowflake(id) || is_placeholder(id)) || !TOKEN.contains(&token.len()) || !token_known {
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
    segment.strip_prefix('v').is_some_and(|number| {
        (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
    })
}

const SNOWFLAKE_RULE: &str = "must be an id of 15 to 20 digits";

/// Discord's ids count milliseconds since 2015 in their upper bits, so none is shorter.
fn is_snowflake(text: &str) -> bool {
    (15..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// What documentation writes in the place of an id: `XXXXXXXXXXXXXXXXXX`. It has the form of
/// an id, so that an example can be applied as it stands; whether anything is there, only
/// Discord can tell.
pub(crate) fn is_placeholder(id: &str) -> bool {
    (15..=20).contains(&id.len()) && id.bytes().all(|b| b == b'X')
}

fn username(fields: &mut Fields) -> Option<String> {
    let text = fields.text("username", MAX_USERNAME)?;
    let at = fields.at("username");
    let name = registration::one_line(fields, at, &text)?;
    if let Some(detail) = username_fault(&name) {
        fields.fault("username", FaultCode::NotAllowed, detail);
    }
    Some(name)
}

fn avatar_url(fields: &mut Fields) -> Option<String> {
    let url = fields.text("avatar_url", MAX_URL)?;
    if !is_web_url(&url) {
        fields.fault(
            "avatar_url",
            FaultCode::Malformed,
            "must be an http or https URL without spaces",
        );
    }
    Some(url)
}

fn thread_id(fields: &mut Fields, url: Option<&DiscordUrl>) -> Option<String> {
    let in_url = url.and_then(|url| url.thread_id.clone());
    let Some(text) = fields.text("thread_id", 64) else {
        return in_url;
    };
    if !is_snowflake(&text) {
        fields.fault("thread_id", FaultCode::Malformed, SNOWFLAKE_RULE);
    } else if in_url.is_some_and(|in_url| in_url != text) {
        fields.fault(
            "thread_id",
            FaultCode::NotAllowed,
            "is another thread than the one in `webhook_url`; leave one of them out",
        );
    }
    Some(text)
}

#[cfg(test)]
mod tests;
