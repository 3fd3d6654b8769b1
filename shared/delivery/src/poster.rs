//! One post.

use std::sync::Arc;
use std::time::Duration;

use carillon_aws::SecretStore;
use carillon_chat::{Client, Kind, Kinds, Post, Remedy, Reply};
use carillon_domain::delivery::POST_TIMEOUT;
use carillon_domain::{CredentialId, Outcome, Webhook, WebhookId};
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use secrecy::{ExposeSecret, SecretString};

/// How long a name or a picture that was refused is not tried again.
const REFUSED_FOR: Duration = Duration::from_secs(600);
/// Of how many webhooks that is remembered.
const REMEMBERED: u64 = 1_000;

/// The webhooks whose own names or pictures the platform has refused of late: their messages go
/// out without. A change of the webhook may mend it, so that its version counts.
type Refused = Cache<(WebhookId, u64), ()>;

/// Posts messages; one for a process.
#[derive(Clone)]
pub struct Poster {
    secrets: SecretStore,
    chat: Client,
    refused: Refused,
}

/// What came of a post.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    pub reply: Reply,
    pub by: By,
    /// What the platform said to tries before, which it refused: with another credential, or
    /// with what was left out since.
    pub earlier: Vec<Reply>,
    /// Why each of the events was sent in the standard form, where the webhook has words of its
    /// own that cannot be rendered over it.
    pub standard_forms: Vec<Option<String>>,
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
        Self {
            secrets,
            chat,
            refused: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(REFUSED_FOR)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        }
    }

    /// The kinds of destinations that it can post to.
    pub fn kinds(&self) -> &Kinds {
        self.chat.kinds()
    }

    /// Whether the webhook's platform answers a question that posts nothing. Takes 5 s at most.
    ///
    /// # Errors
    /// Where the credential could not be read.
    pub async fn is_answered(&self, webhook: &Webhook) -> Result<bool, NotPosted> {
        let id = &webhook.credential.id;
        let Some(credential) = self.secrets.get(&webhook.organization, id).await? else {
            // To be found out, and told, by the post.
            return Ok(true);
        };
        let Some(kind) = self.kinds().get(&webhook.kind) else {
            return Ok(true);
        };
        let configuration = &webhook.configuration;
        let answered = self.chat.is_answered(kind, configuration, &credential);
        // Where nothing can be asked, only another post can tell.
        Ok(answered.await.unwrap_or(true))
    }

    /// Posts a message to one of a webhook's channels, within so long.
    ///
    /// # Errors
    /// Where the credential could not be read; nothing was posted then.
    pub async fn send(&self, post: &Post<'_>, within: Duration) -> Result<Posted, NotPosted> {
        let posted = match tokio::time::timeout(within, self.with_credentials(post)).await {
            Ok(posted) => posted?,
            Err(_) => Posted::first(took_too_long()),
        };
        Ok(posted.telling(post.standard_forms()))
    }

    async fn with_credentials(&self, post: &Post<'_>) -> Result<Posted, NotPosted> {
        let Some(kind) = self.kinds().get(&post.webhook.kind) else {
            return Ok(Posted::first(unknown_kind()));
        };
        let mut posted = self.with(kind, post, &post.webhook.credential.id).await?;
        // Also where the new credential is alive: its bot may not be in the channel yet.
        let fallback = post.webhook.fallback.as_ref();
        let Some(fallback) = fallback.filter(|_| posted.reply.outcome.is_dead()) else {
            return Ok(posted);
        };
        let old = self.with(kind, post, &fallback.id).await?;
        // Where both are dead, what is wrong with the webhook's own is what must be known.
        if !old.reply.outcome.is_dead() {
            posted.by = By::Fallback;
            posted.answered(old.reply);
        }
        Ok(posted)
    }

    /// Posts with a credential from the cache and, where that is refused, once more
    /// with the one that Secrets Manager has now, if it is another.
    async fn with(
        &self,
        kind: &dyn Kind,
        post: &Post<'_>,
        id: &CredentialId,
    ) -> Result<Posted, NotPosted> {
        let organization = &post.webhook.organization;
        let Some(cached) = self.secrets.get(organization, id).await? else {
            // The cache keeps no absence: this was a fresh look.
            return Ok(Posted::first(credential_missing()));
        };
        let mut posted = self.call(kind, post, &cached).await;
        if posted.reply.outcome != Outcome::CredentialDead {
            return Ok(posted);
        }
        match self.secrets.refresh(organization, id).await {
            Ok(Some(fresh)) if fresh.expose_secret() != cached.expose_secret() => {
                posted.answered(self.call(kind, post, &fresh).await.reply);
            }
            Ok(_) => {}
            Err(error) => {
                let webhook_id = post.webhook.id.as_str();
                tracing::error!(webhook_id, %error, "a credential could not be read afresh");
                // Nobody is called dead on the word of a cache.
                posted.reply.outcome = Outcome::Unavailable;
                posted.reply.condemns = false;
            }
        }
        Ok(posted)
    }

    /// A name, a picture or a link that the platform does not take costs the message just that,
    /// not its delivery. Each is left out once, so that this comes to an end.
    async fn call(&self, kind: &dyn Kind, post: &Post<'_>, credential: &SecretString) -> Posted {
        let mut post = *post;
        let version = (post.webhook.id.clone(), post.webhook.version);
        post.without.appearance |= self.refused.contains_key(&version);
        let mut draft = kind.draft(&post);
        let mut posted = Posted::first(self.chat.send(kind, &draft, credential).await);
        loop {
            let Some(remedy) = posted.reply.remedy else {
                return posted;
            };
            let Some(without) = post.without.and(remedy) else {
                return posted;
            };
            if remedy == Remedy::Appearance {
                self.refused.insert(version.clone(), ()).await;
            }
            post.without = without;
            let next = kind.draft(&post);
            if next.body == draft.body {
                // There was nothing of the kind to leave out.
                return posted;
            }
            draft = next;
            let code = posted.reply.code.as_deref();
            let webhook_id = post.webhook.id.as_str();
            tracing::warn!(webhook_id, code, ?remedy, "a part of a message is refused");
            if let Some(pause) = posted.reply.pause_after {
                // The platform's limit is used up: the next try has to wait.
                posted.answered(used_up(pause));
                return posted;
            }
            posted.answered(self.chat.send(kind, &draft, credential).await);
        }
    }
}

impl Posted {
    fn first(reply: Reply) -> Self {
        Self {
            reply,
            by: By::Current,
            earlier: Vec::new(),
            standard_forms: Vec::new(),
        }
    }

    /// With what the reader of an attempt has to know of a message that has arrived.
    fn telling(mut self, standard_forms: Vec<Option<String>>) -> Self {
        if let Some(why) = standard_forms.iter().flatten().next()
            && self.reply.outcome == Outcome::Delivered
        {
            let hint = self.reply.hint.take();
            let both = [Some(why.clone()), hint].into_iter().flatten();
            self.reply.hint = Some(both.collect::<Vec<_>>().join(" "));
        }
        Self {
            standard_forms,
            ..self
        }
    }

    /// Takes the answer to another try.
    fn answered(&mut self, reply: Reply) {
        let before = std::mem::replace(&mut self.reply, reply);
        self.earlier.push(before);
    }
}

/// The secret was deleted behind our back: what a registration repairs.
fn credential_missing() -> Reply {
    Reply::new(Outcome::CredentialDead)
        .code("credential_missing")
        .hint(
            "The webhook's credential is gone from Secrets Manager: rotate the webhook's \
             credential, or register it again.",
        )
}

/// The webhook was registered by a later version.
fn unknown_kind() -> Reply {
    Reply::new(Outcome::Unavailable).code("unknown_kind").hint(
        "This version of Carillon does not know the webhook's kind of destination: deploy the \
         version that the webhook was registered with, or a later one.",
    )
}

/// Posted or not, nobody can tell.
fn took_too_long() -> Reply {
    Reply {
        duration: POST_TIMEOUT,
        ..Reply::new(Outcome::Unknown)
            .code("timeout")
            .hint("The delivery took too long; the message may have arrived.")
    }
}

/// The platform's limit is used up: what is to be posted again at once has to rest first.
pub fn used_up(rest: Duration) -> Reply {
    Reply {
        retry_after: Some(rest),
        pause_after: Some(rest),
        ..Reply::new(Outcome::RateLimited)
            .code("used_up")
            .hint("The platform's limit is used up; the message waits.")
    }
}

#[cfg(test)]
mod tests;
