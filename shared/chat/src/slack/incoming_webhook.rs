//! An incoming webhook: posts into the one channel it was made for.

use carillon_domain::{Configuration, Grouping};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::bot::{BETWEEN, BOTH};
use super::{NAME, WEBHOOK_HOSTS, classify, limits, mention, message, render, texts, verify};
use crate::answer::Answer;
use crate::draft::{Draft, Sealed, is_https_to};
use crate::form::{Field, LABEL, LABEL_OR_LABELS, LABELS, Rule, Secret};
use crate::kind::{About, Kind};
use crate::post::Post;
use crate::verification::{Verification, Verified};

const APPEARANCE: &str = "an incoming webhook always posts under the name and icon of its Slack \
                          app; change them there, or use a bot token";

const NO_THREADS: &str = "an incoming webhook never learns which message it posted, so it cannot \
                          thread; use a bot token";

const FIELDS: &[Field] = &[
    Field::refused("token", BOTH),
    Field {
        required: Some("`webhook_url` is required"),
        ..Field::optional(
            "webhook_url",
            "Of a Slack incoming webhook",
            Rule::Secret(Secret {
                max: 1_000,
                form: "https://(?:hooks\\.slack\\.com|hooks\\.slack-gov\\.com)/services/\
                       T[A-Z0-9]{1,31}/B[A-Z0-9]{1,31}/[A-Za-z0-9_+-]{8,128}/?",
                read: texts::webhook_url,
                mask: texts::masked_url,
                make: None,
            }),
        )
    },
    LABEL,
    LABELS,
    Field::refused("username", APPEARANCE),
    Field::refused("icon_emoji", APPEARANCE),
    Field::refused("thread_broadcast", NO_THREADS),
];

const ABOUT: About = About {
    id: "slack/incoming_webhook",
    name: NAME,
    title: "Slack, incoming webhook",
    schema_name: "SlackIncomingWebhook",
    fields: FIELDS,
    either: &[LABEL_OR_LABELS],
    groupings: &[Grouping::None],
    cannot_group: "an incoming webhook never learns which message it posted, so it can neither \
                   thread nor update; use a bot token",
    mentions: Ok(mention::FORMS),
    between: BETWEEN,
    by_channel: false,
    has_pauses: false,
    classify: classify::webhook,
    limits: limits::check,
};

/// Posts into the one channel that its URL was made for.
#[derive(Debug, Clone, Copy)]
pub struct IncomingWebhook;

impl Kind for IncomingWebhook {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn draft(&self, post: &Post<'_>) -> Draft {
        let url = post.webhook.configuration.text("webhook_url");
        Draft::post(url.unwrap_or("…"), &render::for_webhook(post))
    }

    fn seal(&self, _: &Draft, secret: &SecretString, _: Timestamp) -> Option<Sealed> {
        Some(Sealed::to(secret.expose_secret()))
    }

    fn may_call(&self, url: &Url) -> bool {
        is_https_to(url, |host| WEBHOOK_HOSTS.contains(&host))
    }

    fn builder_url(&self, draft: &Draft) -> Option<String> {
        Some(message::builder_url(&draft.json()))
    }

    fn question(&self, configuration: &Configuration) -> Result<Draft, Verified> {
        let url = configuration.text("webhook_url").unwrap_or("…");
        Ok(Draft::raw(url, verify::BROKEN_MESSAGE))
    }

    fn verified(&self, _: &Configuration, answer: &Answer) -> Verification {
        verify::webhook(answer)
    }
}
