//! A Discord webhook.

use std::time::Duration;

use carillon_domain::webhook::Grouping;
use carillon_domain::{Configuration, FaultCode, pattern};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::limits::{MAX_URL, MAX_USERNAME};
use super::{NAME, classify, limits, mention, render, texts, verify};
use crate::answer::Answer;
use crate::draft::{Draft, PROJECT_URL, Sealed, is_https_to};
use crate::form::{Field, LABEL, LABEL_OR_LABELS, LABELS, Reading, Rule, Secret, Text, Texts};
use crate::kind::{About, Kind};
use crate::post::{Place, Post};
use crate::verification::{Verification, Verified};

/// The host that is called. The others that a webhook URL may name are aliases of it,
/// which do not all serve the current version of the API.
const API_HOST: &str = "discord.com";

/// The id of a thread, or of a tag.
const ID: Text = Text {
    max: 64,
    pattern: || "^[0-9]{15,20}$".to_owned(),
    read: texts::thread_id,
};

const FIELDS: &[Field] = &[
    Field {
        required: Some("`webhook_url` is required"),
        ..Field::optional(
            "webhook_url",
            "https://discord.com/api/webhooks/\u{2026}",
            Rule::Secret(Secret {
                max: 2_000,
                form: "https://(?:ptb\\.|canary\\.)?(?:discord|discordapp)\\.com/api/\
                       (?:v[0-9]{1,2}/)?webhooks/(?:[0-9]{15,20}|X{15,20})/\
                       [A-Za-z0-9._-]{20,256}/?(?:\\?thread_id=[0-9]{15,20})?",
                read: texts::webhook_url,
                mask: texts::masked_url,
                make: None,
            }),
        )
    },
    LABEL,
    LABELS,
    Field::optional(
        "username",
        "The name that messages are posted under; Discord forbids some",
        Rule::Text(Text {
            max: MAX_USERNAME,
            pattern: pattern::line,
            read: texts::username,
        }),
    ),
    Field::optional(
        "avatar_url",
        "Of an image",
        Rule::Text(Text {
            max: MAX_URL,
            pattern: || pattern::web_url().to_owned(),
            read: texts::avatar_url,
        }),
    ),
    Field::optional(
        "thread_id",
        "A thread of the channel; grouping cannot be `thread` then",
        Rule::Text(ID),
    ),
    Field::optional(
        "applied_tags",
        "Of a forum: the id of the tag that a thread gets by the status of the event which opens \
         it; for grouping `thread`",
        Rule::Texts(Texts {
            names: &["started", "succeeded", "failed"],
            item: ID,
        }),
    ),
];

const ABOUT: About = About {
    id: "discord",
    name: NAME,
    title: NAME,
    schema_name: "Discord",
    fields: FIELDS,
    either: &[LABEL_OR_LABELS],
    groupings: &[Grouping::None, Grouping::Thread, Grouping::Update],
    cannot_group: "",
    mentions: Ok(mention::FORMS),
    between: Duration::ZERO,
    by_channel: false,
    has_pauses: true,
    classify: classify::execute,
    limits: limits::check,
};

/// Posts into the channel that its URL was made for, or into a thread of it.
#[derive(Debug, Clone, Copy)]
pub struct Webhook;

impl Kind for Webhook {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, reading: &mut Reading<'_, '_>) {
        let url = reading
            .sent("webhook_url")
            .and_then(|url| texts::parse_url(url).ok());
        let in_url = url.and_then(|url| url.thread_id);
        let named = reading.configuration.text("thread_id").map(str::to_owned);
        match (&named, in_url) {
            (None, Some(in_url)) => reading.configuration.set("thread_id", in_url),
            (Some(named), Some(in_url)) if *named != in_url => reading.fault(
                "thread_id",
                FaultCode::NotAllowed,
                "is another thread than the one in `webhook_url`; leave one of them out",
            ),
            _ => {}
        }
        let has_tags = reading.configuration.own.contains_key("applied_tags");
        let has_thread = reading.configuration.text("thread_id").is_some();
        let opens_threads = reading.configuration.grouping == Grouping::Thread;
        if has_tags && !opens_threads {
            reading.fault(
                "applied_tags",
                FaultCode::NotAllowed,
                "are of threads that messages open: it needs grouping `thread`",
            );
        }
        // Whether the channel is a forum, which `thread` needs, shows only when posting.
        if has_thread && opens_threads {
            reading.fault(
                "grouping",
                FaultCode::NotAllowed,
                "everything goes into the one thread that is given already; leave thread_id out, \
                 or choose none or update",
            );
        }
    }

    fn refused(&self) -> Vec<Value> {
        // A thread is named once, and then there are no others.
        let thread_id = json!({});
        let in_url = json!({"pattern": "thread_id="});
        let thread = json!({"const": "thread"});
        [
            ("thread_id", &thread_id, "grouping", &thread),
            ("webhook_url", &in_url, "grouping", &thread),
            ("webhook_url", &in_url, "thread_id", &thread_id),
        ]
        .map(|(one, first, other, second)| {
            json!({"required": [one, other], "properties": {one: first, other: second}})
        })
        .into_iter()
        .chain([json!({
            "required": ["applied_tags"],
            "properties": {"applied_tags": {"type": "object", "minProperties": 1}},
            "not": {"required": ["grouping"], "properties": {"grouping": thread}},
        })])
        .collect()
    }

    fn draft(&self, post: &Post<'_>) -> Draft {
        let configuration = &post.webhook.configuration;
        let thread = configuration.text("thread_id");
        let url = masked_base(configuration);
        let message = render::message(post);
        with_agent(match post.place {
            Place::Channel => posted(Draft::post(url, &message), thread),
            // The thread that a forum's message opens is the channel that it is in.
            Place::Thread(parent) => {
                let thread = parent.channel_id.as_deref().or(thread);
                posted(Draft::post(url, &message), thread)
            }
            Place::Edit(edited) => {
                // A message in a thread is found only with the thread's id, also the first one.
                let thread = match configuration.grouping {
                    Grouping::Thread => edited.channel_id.as_deref().or(thread),
                    _ => thread,
                };
                let thread = thread.map_or_else(String::new, |id| format!("?thread_id={id}"));
                let message_id = edited.id.as_deref().unwrap_or_default();
                let rest = format!("/messages/{message_id}{thread}");
                Draft::patch(url, &message).rest(rest)
            }
        })
    }

    fn seal(&self, draft: &Draft, secret: &SecretString, _: Timestamp) -> Option<Sealed> {
        let url = texts::parse_url(secret.expose_secret()).ok()?;
        let url = base(&url.id, &url.token);
        Some(Sealed::to(format!("{url}{}", draft.rest)))
    }

    fn may_call(&self, url: &Url) -> bool {
        is_https_to(url, |host| host == API_HOST)
    }

    fn hidden(&self, secret: &SecretString) -> Vec<String> {
        let url = texts::parse_url(secret.expose_secret());
        url.map(|url| url.token).into_iter().collect()
    }

    fn question(&self, configuration: &Configuration) -> Result<Draft, Verified> {
        Ok(with_agent(Draft::get(masked_base(configuration))))
    }

    fn verified(&self, configuration: &Configuration, answer: &Answer) -> Verification {
        verify::webhook(configuration, answer)
    }

    fn asks_more(&self, before: &Configuration, after: &Configuration) -> bool {
        let thread =
            |configuration: &Configuration| configuration.text("thread_id").map(str::to_owned);
        (thread(after).is_some() && thread(before) != thread(after))
            || (after.grouping == Grouping::Thread && before.grouping != Grouping::Thread)
    }
}

/// Where a webhook is: always with the API's version, because a URL without one is served as an
/// old version, whose waits are in milliseconds (discord-api-docs, reference).
fn base(id: &str, token: &str) -> String {
    format!("https://{API_HOST}/api/v10/webhooks/{id}/{token}")
}

/// A post always has `wait`, without which Discord does not tell whether the message was saved
/// (discord-api-docs, resources/webhook).
fn posted(draft: Draft, thread: Option<&str>) -> Draft {
    let thread = thread.map_or_else(String::new, |id| format!("&thread_id={id}"));
    draft.rest(format!("?wait=true{thread}"))
}

/// Where the webhook is, with its secret parts masked.
fn masked_base(configuration: &Configuration) -> String {
    let masked = configuration.text("webhook_url").unwrap_or_default();
    let tail = masked.rsplit('/').next().filter(|tail| !tail.is_empty());
    base("…", tail.unwrap_or("…"))
}

/// Discord requires this form, and its proxy may block what calls itself otherwise
/// (discord-api-docs, reference, "User Agent").
fn with_agent(draft: Draft) -> Draft {
    let version = env!("CARGO_PKG_VERSION");
    draft.header(
        "User-Agent",
        format!("DiscordBot ({PROJECT_URL}, {version})"),
    )
}
