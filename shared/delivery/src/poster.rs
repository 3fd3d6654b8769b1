//! One post.

use std::sync::Arc;

use carillon_aws::SecretStore;
use carillon_chat::{Client, Place, Post, Remedy, Reply};
use carillon_domain::delivery::POST_TIMEOUT;
use carillon_domain::{CredentialId, DeliveryId, Event, Outcome, Webhook};
use secrecy::{ExposeSecret, SecretString};

use crate::reply;

/// Posts messages; one for a process.
#[derive(Clone)]
pub struct Poster {
    secrets: SecretStore,
    chat: Client,
}

/// What came of a post.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    pub reply: Reply,
    pub by: By,
}

/// Which credential the platform has answered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The webhook's own.
    Current,
    /// The one that it had before a rotation.
    Fallback,
}

/// Nothing was posted, through a fault of ours: the credential could not be read.
#[derive(Debug, thiserror::Error)]
#[error("a credential could not be read: {0}")]
pub struct NotPosted(#[from] Arc<carillon_aws::Error>);

impl Poster {
    pub fn new(secrets: SecretStore, chat: Client) -> Self {
        Self { secrets, chat }
    }

    /// Posts an event, as a message of its own, to one of a webhook's channels. Takes
    /// [`POST_TIMEOUT`] at most.
    ///
    /// # Errors
    /// Where the credential could not be read; nothing was posted then.
    pub async fn post(
        &self,
        webhook: &Webhook,
        channel: &str,
        event: &Event,
        delivery_id: &DeliveryId,
    ) -> Result<Posted, NotPosted> {
        let post = Post {
            webhook,
            channel,
            events: &[event],
            post_id: &delivery_id.post_id(0),
            place: &Place::Channel,
            plain: false,
        };
        self.send(&post).await
    }

    /// As [`post`](Self::post), for any kind of message.
    ///
    /// # Errors
    /// Where the credential could not be read; nothing was posted then.
    pub async fn send(&self, post: &Post<'_>) -> Result<Posted, NotPosted> {
        match tokio::time::timeout(POST_TIMEOUT, self.with_credentials(post)).await {
            Ok(posted) => posted,
            Err(_) => Ok(Posted {
                reply: reply::took_too_long(),
                by: By::Current,
            }),
        }
    }

    async fn with_credentials(&self, post: &Post<'_>) -> Result<Posted, NotPosted> {
        let reply = self.with(post, &post.webhook.credential.id).await?;
        let by = By::Current;
        // Also where the new credential is alive: its bot may not be in the channel yet.
        let fallback = post.webhook.fallback.as_ref();
        let Some(fallback) = fallback.filter(|_| reply.outcome.is_dead()) else {
            return Ok(Posted { reply, by });
        };
        match self.with(post, &fallback.id).await? {
            // What is wrong with the webhook's own credential is what must be known.
            old if old.outcome.is_dead() => Ok(Posted { reply, by }),
            old => Ok(Posted {
                reply: old,
                by: By::Fallback,
            }),
        }
    }

    /// Posts with a credential from the cache and, where that is refused, once more
    /// with the one that Secrets Manager has now, if it is another.
    async fn with(&self, post: &Post<'_>, id: &CredentialId) -> Result<Reply, NotPosted> {
        let organization = &post.webhook.organization;
        let Some(cached) = self.secrets.get(organization, id).await? else {
            // The cache keeps no absence: this was a fresh look.
            return Ok(reply::credential_missing());
        };
        let reply = self.call(post, &cached).await;
        if reply.outcome != Outcome::CredentialDead {
            return Ok(reply);
        }
        match self.secrets.refresh(organization, id).await? {
            Some(fresh) if !is_same(&cached, &fresh) => Ok(self.call(post, &fresh).await),
            _ => Ok(reply),
        }
    }

    /// A name or a picture that the platform does not take any more costs the message its
    /// looks, not its delivery.
    async fn call(&self, post: &Post<'_>, credential: &SecretString) -> Reply {
        let reply = self.chat.send(post.request(credential)).await;
        if reply.remedy != Some(Remedy::Appearance) || post.plain {
            return reply;
        }
        let code = reply.code.as_deref();
        let webhook_id = post.webhook.id.as_str();
        tracing::warn!(webhook_id, code, "the webhook's name or picture is refused");
        let plain = Post {
            plain: true,
            ..*post
        };
        self.chat.send(plain.request(credential)).await
    }
}

fn is_same(used: &SecretString, fresh: &SecretString) -> bool {
    used.expose_secret() == fresh.expose_secret()
}
