//! A chat sink: answers as Slack and Discord do and keeps what was posted.
//!
//! A request for `https://slack.com/api/x` is sent here as `/slack.com/api/x`, and so for
//! every host. The answers are as near to the platforms' as is known, in status, headers
//! and body, so that a client that works here works there. Every well-formed credential
//! is good, every channel exists; what goes wrong is on order ([`ChatSink::plan`]).
//!
//! Credentials are looked at and forgotten: no message holds one.

mod call;
mod control;
mod discord;
mod discord_replies;
mod ids;
mod limits;
mod mentions;
mod plan;
mod slack_api;
mod slack_content;
mod slack_webhook;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::any;
use carillon_domain::Platform;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

pub use plan::{Failure, Plan};
pub use store::{MAX_MESSAGES, Message};

use call::Call;
use plan::Plans;
use store::{Incoming, Store};

/// How long a post that is to hang waits: longer than any client, yet not for ever.
const HANG: Duration = Duration::from_secs(600);

/// The scopes that the bot of every Slack token has, unless told otherwise.
const SCOPES: [&str; 3] = ["chat:write", "chat:write.public", "chat:write.customize"];

/// The sink. Clones share everything.
#[derive(Debug, Clone)]
pub struct ChatSink {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    held: Mutex<Held>,
    /// The store's revision, so that readers wake up.
    revision: watch::Sender<u64>,
}

#[derive(Debug)]
struct Held {
    store: Store,
    plans: Plans,
    /// Channel names of webhooks, by the webhook's id.
    names: HashMap<String, String>,
    scopes: Vec<String>,
}

/// What changed since a revision.
#[derive(Debug)]
pub(crate) struct Changes {
    /// Up to which revision this is.
    pub revision: u64,
    /// Everything from before was forgotten.
    pub cleared: bool,
    /// New and edited messages, the oldest change first.
    pub messages: Vec<Arc<Message>>,
}

impl Default for ChatSink {
    fn default() -> Self {
        Self::new()
    }
}

impl ChatSink {
    /// An empty sink.
    pub fn new() -> Self {
        let store = Store::new(Timestamp::now());
        let revision = watch::Sender::new(store.revision());
        let held = Mutex::new(Held {
            store,
            plans: Plans::default(),
            names: HashMap::new(),
            scopes: SCOPES.map(str::to_owned).to_vec(),
        });
        Self {
            shared: Arc::new(Shared { held, revision }),
        }
    }

    /// The platforms: `/{host}/{path}` for every host they are known by.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/{host}/{*path}", any(answer))
            .with_state(self.clone())
    }

    /// The control over planned failures, for one path (such as `/_local/chat-plan`):
    /// `GET` shows the plans not used up, `POST` adds one ([`Plan`] as JSON), `DELETE` ends all.
    pub fn plan_router(&self, path: &str) -> Router {
        control::router(self.clone(), path)
    }

    /// Every message kept, in the order they came.
    pub fn messages(&self) -> Vec<Message> {
        let held = self.held();
        held.store
            .messages()
            .map(|message| Message::clone(message))
            .collect()
    }

    /// Forgets every message. Plans stay.
    pub fn clear(&self) {
        self.change(Store::clear);
    }

    /// Wakes up with each new or edited message; the value is the latest revision.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.revision.subscribe()
    }

    /// Waits until the messages are as wanted, and returns them.
    pub async fn wait_until(&self, wanted: impl Fn(&[Message]) -> bool) -> Vec<Message> {
        let mut changed = self.subscribe();
        loop {
            changed.mark_unchanged();
            let messages = self.messages();
            if wanted(&messages) {
                return messages;
            }
            // The sender lives as long as this sink, so this ends only by a change.
            let _ = changed.changed().await;
        }
    }

    /// The next `count` posts fail in this way.
    pub fn fail_next(&self, count: usize, failure: Failure) {
        self.plan(Plan {
            failure,
            count,
            channel: None,
        });
    }

    /// Orders failures; earlier orders come first.
    pub fn plan(&self, plan: Plan) {
        self.held().plans.add(plan);
    }

    /// The orders that are not used up.
    pub fn pending_plans(&self) -> Vec<Plan> {
        self.held().plans.pending().to_vec()
    }

    /// Cancels all orders.
    pub fn clear_plans(&self) {
        self.held().plans.clear();
    }

    /// Names the channel that a webhook posts to: `webhook` is the number in a Discord
    /// webhook's URL or the part of a Slack webhook's URL that begins with `B`.
    pub fn name_webhook(&self, webhook: &str, channel: &str) {
        let channel = channel.trim_start_matches('#').to_owned();
        self.held().names.insert(webhook.to_owned(), channel);
    }

    /// The scopes that Slack's tokens have from now on.
    pub fn grant_scopes(&self, scopes: &[&str]) {
        self.held().scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    /// What is new since a revision.
    pub(crate) fn changes_since(&self, revision: u64) -> Changes {
        let held = self.held();
        let mut messages: Vec<_> = held
            .store
            .messages()
            .filter(|message| message.revision > revision)
            .cloned()
            .collect();
        messages.sort_by_key(|message| message.revision);
        Changes {
            revision: held.store.revision(),
            cleared: revision < held.store.cleared_at(),
            messages,
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // A panic in between leaves nothing half-written that matters here.
        self.shared
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let mut held = self.held();
        let result = change(&mut held.store);
        let revision = held.store.revision();
        // Inside the lock, so that revisions are announced in their order.
        self.shared.revision.send_replace(revision);
        result
    }

    fn add(&self, incoming: Incoming) -> Arc<Message> {
        self.change(|store| store.add(incoming, Timestamp::now()))
    }

    fn edit(&self, message: &Message, payload: Value) -> bool {
        let open_mentions = mentions::open(message.platform, &payload);
        self.change(|store| store.edit(message.number, payload, open_mentions))
    }

    fn find(&self, platform: Platform, channel_id: &str, id: &str) -> Option<Arc<Message>> {
        self.held().store.find(platform, channel_id, id)
    }

    fn scopes(&self) -> Vec<String> {
        self.held().scopes.clone()
    }

    /// The name of the channel that a webhook posts to.
    fn webhook_channel(&self, webhook: &str) -> String {
        let held = self.held();
        let named = held.names.get(webhook);
        named
            .cloned()
            .unwrap_or_else(|| format!("webhook-{webhook}"))
    }

    /// The name by which a channel's id was first seen, or the id.
    fn channel_name(&self, channel_id: &str) -> String {
        let held = self.held();
        let mut messages = held.store.messages();
        messages
            .find(|message| message.channel_id == channel_id)
            .map_or_else(|| channel_id.to_owned(), |message| message.channel.clone())
    }

    /// The failure on order for a post to this channel, if any.
    fn planned(&self, platform: Platform, channel: &str, channel_id: &str) -> Option<Failure> {
        self.held().plans.take(platform, [channel, channel_id])
    }
}

async fn answer(State(sink): State<ChatSink>, request: Request) -> Response {
    let call = Call::read(request).await;
    match call.host.as_str() {
        "slack.com" | "slack-gov.com" => slack_api::answer(&sink, &call).await,
        "hooks.slack.com" | "hooks.slack-gov.com" => slack_webhook::answer(&sink, &call).await,
        "discord.com"
        | "ptb.discord.com"
        | "canary.discord.com"
        | "discordapp.com"
        | "ptb.discordapp.com"
        | "canary.discordapp.com" => discord::answer(&sink, &call).await,
        _ => {
            let body = json!({"error": "unknown_host", "detail": "not a host of Slack or Discord"});
            (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
        }
    }
}

/// The answer that never comes.
async fn hang() -> Response {
    tokio::time::sleep(HANG).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}

/// What a broken platform's front sends: a page, whatever the client asked for.
fn broken(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let page =
        format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
    (status, Html(page)).into_response()
}

#[cfg(test)]
mod tests;
