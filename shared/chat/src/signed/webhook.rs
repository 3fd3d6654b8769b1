//! A signed webhook.

use std::sync::Arc;
use std::time::Duration;

use carillon_domain::{Configuration, Grouping};
use jiff::Timestamp;
use reqwest::dns::Resolve;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::credential::{self, Credential};
use super::destination::{self, MAX_URL, Reach};
use super::resolver::Resolver;
use super::{body, classify, signature, texts};
use crate::draft::{Draft, Sealed};
use crate::form::{Field, Reading, Rule, Secret, Secrets, Text};
use crate::kind::{About, Kind};
use crate::limits::Gauge;
use crate::post::Post;
use crate::verification::Verified;

const FIELDS: &[Field] = &[
    Field {
        required: Some("`url` is required"),
        ..Field::optional(
            "url",
            "https://\u{2026}: a public host, port 443 or 8443; its query is secret",
            Rule::Secret(Secret {
                max: MAX_URL,
                form: "https://(?:[a-z0-9-]+\\.)+[a-z][a-z0-9-]*(?::(?:443|8443))?(?:[/?][!$-\\[\\]-~]*)?",
                read: texts::url,
                mask: texts::masked_url,
                make: None,
            }),
        )
    },
    Field::optional(
        "secret",
        "Signs what is sent: whsec_ and 24 to 64 bytes in Base64. Made where it is left out, and \
         shown once",
        Rule::Secret(Secret {
            max: 200,
            form: "whsec_[A-Za-z0-9+/]{32,86}={0,2}",
            read: texts::secret,
            mask: texts::masked_secret,
            make: Some(|random| signature::secret(&random)),
        }),
    ),
    Field::optional(
        "headers",
        "Sent along, such as Authorization",
        Rule::Secrets(Secrets {
            most: 10,
            name: Text {
                max: 64,
                pattern: || "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$".to_owned(),
                read: texts::header_name,
            },
            value: Secret {
                max: 1_000,
                form: "[!-~](?:[ -~]*[!-~])?",
                read: texts::header_value,
                mask: texts::masked_header,
                make: None,
            },
        }),
    ),
    Field::optional(
        "format",
        "What is sent: the event as `data` beside its type and time (`standard`, as where it is \
         left out), or as a structured CloudEvent 1.0",
        Rule::Choice(body::FORMATS),
    ),
    Field::optional(
        "batch",
        "Whether a backlog may come as one message of up to 10 events; else each event is sent \
         by itself",
        Rule::Flag,
    ),
];

const ABOUT: About = About {
    id: "webhook",
    name: "the receiver",
    title: "Signed webhook",
    schema_name: "Signed",
    fields: FIELDS,
    either: &[],
    groupings: &[Grouping::None],
    cannot_group: "this destination can neither thread nor update",
    mentions: Err(
        "a signed webhook carries the event itself, for programs: it has no words to choose, and \
         nobody to mention. Leave it out",
    ),
    between: Duration::ZERO,
    by_channel: false,
    has_pauses: false,
    classify: classify::answered,
    limits: |_| Gauge::default(),
};

/// Posts to an endpoint of anybody's, with a signature.
#[derive(Clone)]
pub struct Webhook {
    reach: Reach,
    resolver: Arc<dyn Resolve>,
}

impl Webhook {
    pub fn new(reach: Reach) -> Self {
        let resolver = match reach.is_private() {
            true => Resolver::private(),
            false => Resolver::public(),
        };
        Self::with(reach, resolver)
    }

    pub(super) fn with(reach: Reach, resolver: Resolver) -> Self {
        Self {
            reach,
            resolver: Arc::new(resolver),
        }
    }
}

impl Kind for Webhook {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, reading: &mut Reading<'_, '_>) {
        // A masked one was judged before, and is again when it is called.
        let url = reading.sent("url").map(destination::parse);
        if let Some(Ok(url)) = url
            && let Err((code, detail)) = self.reach.judge(&url)
        {
            reading.fault("url", code, detail);
        }
    }

    fn joins(&self, configuration: &Configuration) -> bool {
        configuration.own.get("batch") == Some(&Value::Bool(true))
    }

    fn rotated(&self, old: &SecretString, new: SecretString, now: Timestamp) -> SecretString {
        credential::rotated(old, new, now)
    }

    fn draft(&self, post: &Post<'_>) -> Draft {
        let configuration = &post.webhook.configuration;
        let (media_type, body) = body::of(configuration.text("format"), post.events);
        let id = signature::webhook_id(post.post_id);
        let mut draft = Draft::raw(configuration.text("url").unwrap_or_default(), body)
            .id(id.as_str())
            .header("Content-Type", media_type)
            .header("webhook-id", id)
            .masked_header("webhook-timestamp", "\u{2026}")
            .masked_header("webhook-signature", "v1,\u{2026}");
        // Of several events, each says it in the body.
        if let [event] = post.events
            && let Some(trace) = &event.traceparent
        {
            draft = draft.header("traceparent", trace.as_str());
        }
        let headers = configuration.own.get("headers");
        let headers = headers.and_then(|headers| headers.as_object());
        let shown = headers.into_iter().flatten();
        shown.fold(draft, |draft, (name, masked)| {
            draft.masked_header(name, masked.as_str().unwrap_or_default())
        })
    }

    fn seal(&self, draft: &Draft, secret: &SecretString, now: Timestamp) -> Option<Sealed> {
        let credential = Credential::read(secret)?;
        let body = draft.body.as_deref().unwrap_or_default();
        let signatures = credential.signatures(&draft.id, now, body)?;
        let sealed = Sealed::to(credential.url.expose_secret())
            .header("webhook-timestamp", now.as_second().to_string())
            .header("webhook-signature", signatures);
        let headers = credential.headers.into_iter();
        Some(headers.fold(sealed, |sealed, (name, value)| {
            sealed.header(name, value.expose_secret())
        }))
    }

    fn may_call(&self, url: &Url) -> bool {
        self.reach.judge(url).is_ok()
    }

    fn resolver(&self) -> Option<Arc<dyn Resolve>> {
        Some(Arc::clone(&self.resolver))
    }

    fn hidden(&self, secret: &SecretString) -> Vec<String> {
        Credential::read(secret).map_or_else(Vec::new, |credential| credential.hidden())
    }

    fn question(&self, _: &Configuration) -> Result<Draft, Verified> {
        Err(Verified {
            warnings: vec![
                "Nothing was sent: whether the endpoint is there and verifies the signature shows \
                 with a test message"
                    .to_owned(),
            ],
            ..Verified::default()
        })
    }
}
