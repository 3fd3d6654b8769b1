//! The exact request of a delivery.

use std::fmt;

use carillon_domain::delivery::MessageRef;
use carillon_domain::{DeliveryId, DestinationKind, Event, Platform, Webhook};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

use crate::limits::Usage;
use crate::{Remedy, discord, slack};

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
    pub without: Without,
}

/// What to leave out of a message, because the platform has refused it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Without {
    /// The webhook's own name and picture.
    pub appearance: bool,
    /// The links of these events' titles: bit N stands for the event of that index.
    pub links: u16,
    /// The name that its event would give a thread.
    pub thread_name: bool,
}

impl Without {
    /// With what a remedy asks for in addition; none where that is not of a message's content,
    /// or left out already.
    pub fn and(self, remedy: Remedy) -> Option<Self> {
        let more = match remedy {
            Remedy::Place => self,
            Remedy::Appearance => Self {
                appearance: true,
                ..self
            },
            Remedy::Link(links) => Self {
                links: self.links | links,
                ..self
            },
            Remedy::ThreadName => Self {
                thread_name: true,
                ..self
            },
        };
        (more != self).then_some(more)
    }

    pub(crate) fn link(self, index: usize) -> bool {
        index < 16 && self.links & 1 << index != 0
    }
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
        without: Without::default(),
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
    /// The part of the credential that must not be shown.
    pub(crate) fn secret(&self) -> &str {
        secret_part(self.authorization.as_ref().unwrap_or(&self.url))
    }

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

/// Of a URL, the last part of the webhook's own path; of a token, all.
pub(crate) fn secret_part(credential: &SecretString) -> &str {
    let text = credential.expose_secret();
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let path = path.split("/messages/").next().unwrap_or_default();
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
