//! A workflow that begins with a webhook.

use std::time::Duration;

use carillon_domain::{Configuration, Grouping};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{NAME, classify, limits, mention, render, url as form};
use crate::draft::{Draft, Sealed, is_https_to};
use crate::form::{Field, LABEL, LABEL_OR_LABELS, LABELS, Rule, Secret};
use crate::kind::{About, Kind};
use crate::post::Post;
use crate::verification::{Verified, is_placeholder};

/// The time between two messages. Teams takes a few a second and sixty in thirty seconds of all
/// workflows in a channel together, but each message costs its owner three or four of the
/// 10,000 actions of a day, and what is too much is lost after it was accepted.
const BETWEEN: Duration = Duration::from_secs(2);

const FIELDS: &[Field] = &[
    Field {
        required: Some("`webhook_url` is required"),
        ..Field::optional(
            "webhook_url",
            "Of a workflow from the template \"Send webhook alerts to a channel\", whose trigger \
             is set to \"Anyone\"",
            Rule::Secret(Secret {
                max: form::MAX,
                form: form::FORM,
                read: form::webhook_url,
                mask: form::masked_url,
                make: None,
            }),
        )
    },
    LABEL,
    LABELS,
];

const ABOUT: About = About {
    id: "teams",
    name: NAME,
    title: "Microsoft Teams, workflow",
    schema_name: "Teams",
    fields: FIELDS,
    either: &[LABEL_OR_LABELS],
    groupings: &[Grouping::None],
    cannot_group: "a workflow never tells which message it posted, so it can neither thread nor \
                   update",
    mentions: Ok(mention::FORMS),
    between: BETWEEN,
    by_channel: false,
    has_pauses: false,
    classify: classify::post,
    limits: limits::check,
};

/// Posts into the channel or chat that its workflow was made for.
#[derive(Debug, Clone, Copy)]
pub struct Workflow;

impl Kind for Workflow {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn draft(&self, post: &Post<'_>) -> Draft {
        let url = post.webhook.configuration.text("webhook_url");
        Draft::post(url.unwrap_or("…"), &render::message(post))
    }

    fn seal(&self, _: &Draft, secret: &SecretString, _: Timestamp) -> Option<Sealed> {
        let url = secret.expose_secret();
        form::parse(url).ok().map(|_| Sealed::to(url))
    }

    fn may_call(&self, url: &Url) -> bool {
        is_https_to(url, form::is_host)
    }

    fn hidden(&self, secret: &SecretString) -> Vec<String> {
        let Ok(url) = form::parse(secret.expose_secret()) else {
            return Vec::new();
        };
        // An answer may repeat it as it was sent, or as it was read.
        let pair = format!("sig={}", url.signature);
        let read = url::form_urlencoded::parse(pair.as_bytes());
        let read = read.map(|(_, signature)| signature.into_owned()).next();
        [url.signature].into_iter().chain(read).collect()
    }

    fn question(&self, configuration: &Configuration) -> Result<Draft, Verified> {
        let masked = configuration.text("webhook_url").unwrap_or_default();
        let host = masked.trim_start_matches("https://");
        let host = host.split('/').next().unwrap_or_default();
        let mut warnings = vec![
            "Microsoft has no way to check a workflow's URL without running the workflow: whether \
             it works, and where its messages appear, shows only a test message, if you then look \
             for it in Teams. That it was accepted does not say that it is shown"
                .to_owned(),
        ];
        if is_placeholder(masked.rsplit('…').next().unwrap_or_default()) {
            warnings.push(
                "this seems to be the placeholder of an example: put your own URL in its place"
                    .to_owned(),
            );
        }
        if form::is_old(host) {
            warnings.push(
                "this is the older form of a workflow's URL, which Microsoft has replaced for many \
                 workflows: if the workflow shows another URL now, send that one"
                    .to_owned(),
            );
        }
        Err(Verified {
            warnings,
            ..Verified::default()
        })
    }
}
