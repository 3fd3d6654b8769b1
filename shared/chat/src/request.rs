//! The exact request of a delivery.

use std::fmt;

use carillon_domain::delivery::MessageRef;
use carillon_domain::{DeliveryId, DestinationKind, Event, Platform, Webhook};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

use crate::limits::Usage;
use crate::{discord, slack};

/// Where a message goes, beside its channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// A message of its own. Where the webhook groups by thread, it begins one.
    #[default]
    Channel,
    /// The thread that this message has begun.
    Thread(MessageRef),
    /// This message's: it is edited.
    Edit(MessageRef),
}

/// What is to be posted, and where.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    pub webhook: &'a Webhook,
    pub channel: &'a str,
    /// At least one. Several make a digest, in their order.
    pub events: &'a [&'a Event],
    /// A UUID by which the platform can tell repeats, as far as it does.
    pub post_id: &'a str,
    pub place: &'a Place,
    /// Whether to leave the webhook's own name and picture out.
    pub plain: bool,
}

/// A request that is ready to be sent. It shows neither its URL nor its token: both
/// platforms' webhook URLs are secrets.
pub struct Request {
    pub(crate) kind: DestinationKind,
    method: &'static str,
    pub(crate) url: SecretString,
    /// The bearer token, where the URL is not the secret itself.
    pub(crate) authorization: Option<SecretString>,
    masked_url: String,
    masked_authorization: Option<String>,
    pub(crate) body: String,
}

/// Renders the request that delivers `event` to `channel` of `webhook` as a message of its
/// own. The same arguments always give the same request.
pub fn request(
    webhook: &Webhook,
    channel: &str,
    event: &Event,
    delivery_id: &DeliveryId,
    credential: &SecretString,
) -> Request {
    let post = Post {
        webhook,
        channel,
        events: &[event],
        post_id: &delivery_id.post_id(0),
        place: &Place::Channel,
        plain: false,
    };
    post.request(credential)
}

impl Post<'_> {
    /// The exact request: what is sent, and what a preview shows.
    pub fn request(&self, credential: &SecretString) -> Request {
        match self.webhook.configuration.kind {
            DestinationKind::SlackBot => self.slack_bot(credential),
            DestinationKind::SlackWebhook => Request {
                kind: DestinationKind::SlackWebhook,
                method: POST,
                url: credential.clone(),
                authorization: None,
                masked_url: slack::configuration::masked_url(credential.expose_secret()),
                masked_authorization: None,
                body: body(&slack::render::for_webhook(self.events)),
            },
            DestinationKind::DiscordWebhook => self.discord(credential.expose_secret()),
        }
    }

    fn slack_bot(&self, token: &SecretString) -> Request {
        let url = match self.place {
            Place::Channel | Place::Thread(_) => slack::POST_MESSAGE,
            Place::Edit(_) => slack::UPDATE,
        };
        let masked = slack::configuration::masked_token(token.expose_secret());
        Request {
            kind: DestinationKind::SlackBot,
            method: POST,
            url: SecretString::from(url),
            authorization: Some(token.clone()),
            masked_url: url.to_owned(),
            masked_authorization: Some(format!("Bearer {masked}")),
            body: body(&slack::render::for_bot(self)),
        }
    }

    fn discord(&self, url: &str) -> Request {
        let thread = self.webhook.configuration.thread_id.as_deref();
        let (method, target) = match self.place {
            Place::Channel => (POST, discord::Target::Post { thread }),
            // The thread that a forum's message opens is the channel that it is in.
            Place::Thread(parent) => {
                let thread = parent.channel_id.as_deref().or(thread);
                (POST, discord::Target::Post { thread })
            }
            Place::Edit(edited) => {
                let message = edited.id.as_deref().unwrap_or_default();
                (PATCH, discord::Target::Edit { message, thread })
            }
        };
        Request {
            kind: DestinationKind::DiscordWebhook,
            method,
            url: discord::url(url, target).into(),
            authorization: None,
            masked_url: discord::masked_url(url, target),
            masked_authorization: None,
            body: body(&discord::render::message(self)),
        }
    }
}

const POST: &str = "POST";
const PATCH: &str = "PATCH";

/// Our own structures of texts, numbers and lists always become JSON.
fn body(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

impl Request {
    pub fn method(&self) -> &'static str {
        self.method
    }

    pub fn body(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Where it goes, with the secret parts masked.
    pub fn masked_url(&self) -> String {
        self.masked_url.clone()
    }

    /// Its headers by name, with the token masked.
    pub fn masked_headers(&self) -> Vec<(&'static str, String)> {
        let authorization = self
            .masked_authorization
            .clone()
            .map(|masked| ("Authorization", masked));
        [
            ("Content-Type", crate::client::JSON.to_owned()),
            ("User-Agent", crate::client::user_agent()),
        ]
        .into_iter()
        .chain(authorization)
        .collect()
    }

    /// How full each limit of the platform is.
    pub fn usage(&self) -> Vec<Usage> {
        match self.platform() {
            Platform::Slack => slack::limits::usage(&self.body()),
            Platform::Discord => discord::limits::usage(&self.body()),
        }
    }

    /// Where people can see and change the message's blocks before it is sent: Slack only.
    pub fn builder_url(&self) -> Option<String> {
        (self.platform() == Platform::Slack).then(|| slack::builder_url(&self.body()))
    }

    pub fn platform(&self) -> Platform {
        match self.kind {
            DestinationKind::SlackBot | DestinationKind::SlackWebhook => Platform::Slack,
            DestinationKind::DiscordWebhook => Platform::Discord,
        }
    }
}

/// The body holds what an event says, which is no log's business either.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("kind", &self.kind)
            .field("url", &self.masked_url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{delivery_id, secret, webhook};
    use carillon_domain::{EventType, sample};

    fn built(kind: DestinationKind) -> Request {
        let event = sample::event(EventType::Deploy);
        request(
            &webhook(kind),
            "#infra",
            &event,
            &delivery_id(),
            &secret(kind),
        )
    }

    #[test]
    fn a_bot_posts_to_its_channel_with_its_token() {
        let request = built(DestinationKind::SlackBot);
        assert_eq!(
            request.url.expose_secret(),
            "https://slack.com/api/chat.postMessage"
        );
        assert!(request.authorization.is_some());
        assert_eq!(request.body()["channel"], "#infra");
        assert_eq!(request.body()["client_msg_id"], delivery_id().post_id(0));
        assert!(
            request
                .masked_headers()
                .contains(&("Authorization", "Bearer xoxb-…wxyz".to_owned()))
        );
    }

    #[test]
    fn an_incoming_webhook_is_told_neither_channel_nor_name() {
        let request = built(DestinationKind::SlackWebhook);
        assert_eq!(
            request.masked_url(),
            "https://hooks.slack.com/services/T…/B…/…wxyz"
        );
        for name in ["channel", "username", "icon_emoji", "client_msg_id"] {
            assert!(request.body()[name].is_null(), "{name}");
        }
    }

    #[test]
    fn discord_is_always_called_with_its_version_and_with_wait() {
        let kind = DestinationKind::DiscordWebhook;
        let mut webhook = webhook(kind);
        webhook.configuration.thread_id = Some("123456789012345678".into());
        let event = sample::event(EventType::Deploy);
        let request = request(&webhook, "", &event, &delivery_id(), &secret(kind));
        let url = request.url.expose_secret();
        assert!(url.starts_with("https://discord.com/api/v10/webhooks/123456789012345678/"));
        assert!(
            url.ends_with("?wait=true&thread_id=123456789012345678"),
            "{url}"
        );
        assert_eq!(
            request.masked_url(),
            "https://discord.com/api/v10/webhooks/…/…wxyz?wait=true&thread_id=123456789012345678"
        );
    }

    #[test]
    fn nothing_that_is_printed_gives_a_secret_away() {
        for kind in crate::testing::KINDS {
            let request = built(kind);
            let printed = format!(
                "{request:?} {} {:?}",
                request.masked_url(),
                request.masked_headers()
            );
            let secret = secret(kind);
            let secret = secret.expose_secret().rsplit('/').next().unwrap();
            assert!(!printed.contains(secret), "{printed}");
            assert!(!printed.contains("Release 42"), "{printed}");
        }
    }

    #[test]
    fn the_same_delivery_is_always_the_same_request() {
        for kind in crate::testing::KINDS {
            assert_eq!(built(kind).body(), built(kind).body());
        }
    }

    #[test]
    fn who_reads_the_body_and_writes_it_again_has_the_bytes_that_are_sent() {
        let events = [EventType::Deploy, EventType::Ping].map(sample::event);
        let digest: Vec<&Event> = events.iter().collect();
        let earlier = MessageRef {
            id: Some("1.2".into()),
            channel_id: Some("123".into()),
        };
        for kind in crate::testing::KINDS {
            for place in [
                Place::Channel,
                Place::Thread(earlier.clone()),
                Place::Edit(earlier.clone()),
            ] {
                for events in [&digest[..1], &digest] {
                    let post = Post {
                        webhook: &webhook(kind),
                        channel: "#infra",
                        events,
                        post_id: "id",
                        place: &place,
                        plain: false,
                    };
                    let request = post.request(&secret(kind));
                    assert_eq!(request.body, request.body().to_string());
                }
            }
        }
    }

    #[test]
    fn a_preview_links_to_the_builder_on_slack_only() {
        let url = built(DestinationKind::SlackBot).builder_url().unwrap();
        assert!(
            url.starts_with("https://app.slack.com/block-kit-builder/#%7B%22attachments%22%3A%5B")
        );
        assert!(url.is_ascii());
        assert_eq!(built(DestinationKind::DiscordWebhook).builder_url(), None);
        let usage = built(DestinationKind::SlackBot).usage();
        assert!(
            usage
                .iter()
                .all(|usage| usage.used > 0 && usage.used <= usage.limit),
            "{usage:?}"
        );
    }
}
