//! A bot: `chat.postMessage` with a token.

use std::time::Duration;

use carillon_domain::webhook::Grouping;
use carillon_domain::{Configuration, FaultCode, Pointer, pattern};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{NAME, classify, limits, mention, message, render, texts, verify};
use crate::answer::Answer;
use crate::draft::{Draft, Sealed, is_https_to};
use crate::form::{Either, Field, List, Reading, Rule, Secret, Text};
use crate::kind::{About, Kind};
use crate::post::{Place, Post};
use crate::verification::{Verification, Verified};

/// The host of Slack's Web API.
const HOST: &str = "slack.com";

/// Where a bot posts.
const POST_MESSAGE: &str = "https://slack.com/api/chat.postMessage";

/// Where a bot changes what it has posted.
const UPDATE: &str = "https://slack.com/api/chat.update";

/// The pace of a Slack channel (docs.slack.dev, rate limits).
pub(super) const BETWEEN: Duration = Duration::from_secs(1);

/// The longest token. Slack promises no maximum; this is far above what is seen.
const MAX_TOKEN: usize = 255;

/// The longest `username`, in characters, as in an app's manifest (`bot_user.display_name`).
const MAX_USERNAME: usize = 80;

/// The longest emoji, in characters: a name of up to 100 between colons.
const MAX_EMOJI: usize = 102;

/// How many channels one bot webhook posts to at most.
const MAX_CHANNELS: usize = 10;

pub(super) const BOTH: &str =
    "give either `token` or `webhook_url`, not both: they post in different ways";

const CHANNEL: Text = Text {
    max: 100,
    pattern: channel_pattern,
    read: texts::channel,
};

/// A channel's name, or its id.
fn channel_pattern() -> String {
    pattern::whole(
        "#?(?:[a-z0-9_-]|[^\\u0000-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]){1,80}|\
         [CGDUW](?:[A-Z0-9]{8,31}|[A-Z]{0,6}[0-9][A-Z0-9]{0,6})",
    )
}

fn emoji_pattern() -> String {
    "^:[A-Za-z0-9_+'-]+(?:::skin-tone-[2-6])?:$".to_owned()
}

const FIELDS: &[Field] = &[
    Field {
        required: Some(
            "either `token` (a bot token, xoxb-…) or `webhook_url` (an incoming webhook) is \
             required",
        ),
        ..Field::optional(
            "token",
            "Scope chat:write",
            Rule::Secret(Secret {
                max: MAX_TOKEN,
                form: "xoxb-[A-Za-z0-9.-]{8,}",
                read: texts::token,
                mask: texts::masked_token,
                make: None,
            }),
        )
    },
    Field::refused("webhook_url", BOTH),
    Field::optional("channel", "A channel's name or id", Rule::Text(CHANNEL)),
    Field::optional(
        "channels",
        "Instead of channel: one delivery each",
        Rule::List(List {
            item: CHANNEL,
            least: 1,
            most: MAX_CHANNELS,
            too_many: None,
            is_same: texts::is_same_channel,
            repeated: "is there already: each channel gets each message once",
        }),
    ),
    Field::optional(
        "username",
        "Shown with the scope chat:write.customize, ignored without it",
        Rule::Text(Text::line(MAX_USERNAME)),
    ),
    Field::optional(
        "icon_emoji",
        "Such as :bell:; shown with the scope chat:write.customize, ignored without it",
        Rule::Text(Text {
            max: MAX_EMOJI,
            pattern: emoji_pattern,
            read: texts::emoji,
        }),
    ),
    Field::optional(
        "thread_broadcast",
        "Whether a reply that tells of a failure also shows in the channel; for grouping `thread`",
        Rule::Choice(&[render::BROADCAST_FAILED]),
    ),
];

const CHANNEL_OR_CHANNELS: Either = Either {
    one: "channel",
    other: "channels",
    needed: Some("`channel` or `channels` is required with a bot token"),
    both: "give either `channel` or `channels`, not both",
};

const ABOUT: About = About {
    id: "slack/bot",
    name: NAME,
    title: "Slack, bot token",
    schema_name: "SlackBot",
    fields: FIELDS,
    either: &[CHANNEL_OR_CHANNELS],
    groupings: &[Grouping::None, Grouping::Thread, Grouping::Update],
    cannot_group: "",
    mentions: Ok(mention::FORMS),
    between: BETWEEN,
    by_channel: true,
    // Slack limits channels, methods and workspaces, never an address.
    has_pauses: false,
    classify: classify::web_api,
    limits: limits::check,
};

/// Posts with a bot token to any channel that the bot is in.
#[derive(Debug, Clone, Copy)]
pub struct Bot;

impl Kind for Bot {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, reading: &mut Reading<'_, '_>) {
        let broadcasts = reading.configuration.text("thread_broadcast").is_some();
        if broadcasts && reading.configuration.grouping != Grouping::Thread {
            reading.fault(
                "thread_broadcast",
                FaultCode::NotAllowed,
                "is about threads: it needs grouping `thread`",
            );
        }
    }

    fn refused(&self) -> Vec<Value> {
        let thread = json!({"const": "thread"});
        vec![json!({
            "required": ["thread_broadcast"],
            "not": {"required": ["grouping"], "properties": {"grouping": thread}},
        })]
    }

    fn channels(&self, configuration: &Configuration) -> Vec<String> {
        let named = configuration.text("channel").into_iter();
        let all = named.chain(configuration.texts("channels"));
        all.map(str::to_owned).collect()
    }

    fn draft(&self, post: &Post<'_>) -> Draft {
        let url = match post.place {
            Place::Channel | Place::Thread(_) => POST_MESSAGE,
            Place::Edit(_) => UPDATE,
        };
        let token = post.webhook.configuration.text("token");
        Draft::post(url, &render::for_bot(post))
            .masked_header("Authorization", format!("Bearer {}", token.unwrap_or("…")))
    }

    fn seal(&self, draft: &Draft, secret: &SecretString, _: Timestamp) -> Option<Sealed> {
        let token = secret.expose_secret();
        let sealed = Sealed::to(draft.masked_url());
        Some(sealed.header("Authorization", format!("Bearer {token}")))
    }

    fn may_call(&self, url: &Url) -> bool {
        is_https_to(url, |host| host == HOST)
    }

    fn builder_url(&self, draft: &Draft) -> Option<String> {
        Some(message::builder_url(&draft.json()))
    }

    fn question(&self, _: &Configuration) -> Result<Draft, Verified> {
        Ok(Draft::raw(verify::AUTH_TEST, "{}"))
    }

    fn verified(&self, configuration: &Configuration, answer: &Answer) -> Verification {
        verify::auth_test(configuration, answer)
    }

    fn questions(&self, configuration: &Configuration, first: &Answer) -> Vec<(Pointer, Draft)> {
        verify::about_channels(configuration, first)
    }

    fn fault(&self, first: &Answer, answer: &Answer) -> Option<String> {
        verify::channel_fault(first, answer)
    }

    fn asks_more(&self, before: &Configuration, after: &Configuration) -> bool {
        let known = self.channels(before);
        let begins = |name: &str| before.text(name).is_none() && after.text(name).is_some();
        self.channels(after).iter().any(|new| !known.contains(new))
            || begins("username")
            || begins("icon_emoji")
    }
}
