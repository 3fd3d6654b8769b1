//! A chat sink: answers as Slack, Discord, Teams and receivers of signed webhooks do, and keeps
//! what was posted.
//!
//! A request for `https://slack.com/api/x` is sent here as `/slack.com/api/x`, and so for
//! every host. The answers are as near to the platforms' as is known, in status, headers
//! and body, so that a client that works here works there; a platform of which the sink knows no
//! more than its kind says takes whatever is well-formed. Every well-formed credential
//! is good, every channel exists. What goes wrong is on order: for the next posts
//! ([`ChatSink::plan`]), for a destination ([`ChatSink::order`]) or for all
//! ([`ChatSink::behave`]); from elsewhere over HTTP ([`ChatSink::plan_router`]).
//!
//! Credentials are looked at and forgotten: no message holds one, and what tells them
//! apart cannot be turned back.

mod behaviour;
mod call;
mod control;
mod destination;
mod discord;
mod failures;
mod ids;
mod inside;
mod limits;
mod other;
mod pace;
mod plan;
mod platform;
mod receive;
mod signed;
mod slack;
mod standing;
mod store;
mod teams;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use carillon_chat::Kinds;
use carillon_runtime::guard::lock;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::watch;

pub use behaviour::Behaviour;
pub use destination::{Destination, Order, Place, Tally};
pub use failures::{Answer, Ban, Failure, Refusal};
pub use plan::Plan;
pub use platform::DestinationKind;
pub use standing::Standing;
pub use store::{MAX_MESSAGES, Message};

use call::Call;
use destination::Destinations;
use discord::Threads;
use failures::Late;
use pace::Paces;
use platform::Platform;
use store::{Changes, Store};

/// The platforms of which the sink knows more than their kinds say: it is as strict as they are.
const PLATFORMS: [Platform; 5] = [
    slack::API,
    slack::WEBHOOKS,
    discord::API,
    teams::WORKFLOWS,
    signed::RECEIVERS,
];

/// The scopes that the bot of every Slack token has, unless told otherwise.
const SCOPES: [&str; 3] = ["chat:write", "chat:write.public", "chat:write.customize"];

/// The sink. Clones share everything.
#[derive(Clone)]
pub struct ChatSink {
    shared: Arc<Shared>,
}

type ReadClock = dyn Fn() -> Timestamp + Send + Sync;

struct Shared {
    held: Mutex<Held>,
    kinds: Kinds,
    clock: Box<ReadClock>,
    /// The store's revision, so that readers wake up.
    revision: watch::Sender<u64>,
}

#[derive(Debug)]
struct Held {
    store: Store,
    /// Those not used up, in the order they were given.
    plans: Vec<Plan>,
    destinations: Destinations,
    threads: Threads,
    paces: Paces,
    behaviour: Behaviour,
    /// Channel names of webhooks, by the webhook's id.
    names: HashMap<String, String>,
    /// What signed webhooks are verified with, by host and path.
    secrets: HashMap<String, Vec<SecretString>>,
    scopes: Vec<String>,
}

impl Default for ChatSink {
    fn default() -> Self {
        Self::new()
    }
}

impl ChatSink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::with_clock(Timestamp::now)
    }

    /// An empty sink that takes the time from here.
    pub fn with_clock(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self::of(Kinds::default(), clock)
    }

    /// An empty sink that also takes the messages of kinds for which it has no stand-in.
    pub fn of(kinds: Kinds, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let store = Store::new(clock());
        let revision = watch::Sender::new(store.revision());
        let held = Mutex::new(Held {
            store,
            plans: Vec::new(),
            destinations: Destinations::default(),
            threads: Threads::default(),
            paces: Paces::default(),
            behaviour: Behaviour::default(),
            names: HashMap::new(),
            secrets: HashMap::new(),
            scopes: SCOPES.map(str::to_owned).to_vec(),
        });
        Self {
            shared: Arc::new(Shared {
                held,
                kinds,
                clock: Box::new(clock),
                revision,
            }),
        }
    }

    /// The platforms: `/{host}/{path}` for every host they are known by.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/{host}", any(answer))
            .route("/{host}/", any(answer))
            .route("/{host}/{*path}", any(answer))
            .with_state(self.clone())
    }

    /// The control over what goes wrong, below one path (such as `/_local/chat-plan`):
    /// - there, `GET` shows the plans not used up, `POST` adds one ([`Plan`] as JSON),
    ///   `DELETE` ends all;
    /// - at `/failures`, `GET` lists the most common failures, in words;
    /// - at `/destinations`, `GET` lists them and `POST` has one stand otherwise ([`Order`]);
    /// - at `/behaviour`, `GET` shows and `PUT` sets it ([`Behaviour`]);
    /// - at `/secrets`, `POST` has a receiver verify signed webhooks (`{"receiver": "host/path",
    ///   "secret": "whsec_…"}`);
    /// - at `/messages/{number}`, `DELETE` removes a message, as people do in a channel.
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
            count: Some(count),
            channel: None,
        });
    }

    /// Orders failures; earlier orders come first.
    pub fn plan(&self, plan: Plan) {
        self.held().plans.push(plan);
    }

    /// The orders that are not used up.
    pub fn pending_plans(&self) -> Vec<Plan> {
        self.held().plans.clone()
    }

    /// Cancels all orders.
    pub fn clear_plans(&self) {
        self.held().plans.clear();
    }

    /// Has a destination stand otherwise, from now on or from its first call on.
    pub fn order(&self, order: Order) {
        self.held().destinations.order(order);
    }

    /// As [`order`](Self::order), on whichever platform the channel is.
    pub fn stand(&self, channel: &str, standing: Standing) {
        self.order(Order {
            channel: channel.to_owned(),
            platform: None,
            standing,
        });
    }

    /// Kills a bot token, or a webhook by the last part of its URL; [`Standing::Open`]
    /// brings it back.
    pub fn refuse_credential(&self, secret: &str, standing: Standing) {
        self.held().destinations.refuse(secret, standing);
    }

    /// The destinations that were called, in the order they were first called.
    pub fn destinations(&self) -> Vec<Destination> {
        self.held().destinations.list()
    }

    pub fn behaviour(&self) -> Behaviour {
        self.held().behaviour
    }

    /// Has the platforms behave otherwise.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.held().behaviour);
    }

    /// Has the sink keep this many messages instead of [`MAX_MESSAGES`].
    pub fn keep(&self, messages: usize) {
        self.held().store.keep(messages);
    }

    /// Removes a message, as people do in a channel. False where there is none.
    pub fn remove(&self, number: u64) -> bool {
        self.change(|store| store.remove(number))
    }

    /// Locks a thread of Discord's: nobody may post there.
    pub fn lock_thread(&self, id: &str) {
        self.held().threads.get(id).locked = true;
    }

    /// Deletes a thread of Discord's: it is unknown from now on.
    pub fn delete_thread(&self, id: &str) {
        self.held().threads.get(id).deleted = true;
    }

    /// Names the channel that a webhook posts to: `webhook` is the number in a Discord
    /// webhook's URL, the part of a Slack webhook's URL that begins with `B`, or the workflow's id
    /// in the URL of a Teams workflow.
    pub fn name_webhook(&self, webhook: &str, channel: &str) {
        let channel = channel.trim_start_matches('#').to_owned();
        self.held().names.insert(webhook.to_owned(), channel);
    }

    /// Has the receiver at a host and path, such as `example.com/hooks`, verify with this secret,
    /// beside those that it had before. One that knows none takes every signature.
    pub fn trust(&self, receiver: &str, secret: &str) {
        let mut held = self.held();
        let secrets = held.secrets.entry(receiver.to_owned()).or_default();
        secrets.push(SecretString::from(secret));
    }

    /// The scopes that Slack's tokens have from now on.
    pub fn grant_scopes(&self, scopes: &[&str]) {
        self.held().scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    /// What is new since a revision.
    pub(crate) fn changes_since(&self, revision: u64) -> Changes {
        self.held().store.changes_since(revision)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // A panic in between leaves nothing half-written that matters here.
        lock(&self.shared.held)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let mut held = self.held();
        let result = change(&mut held.store);
        let revision = held.store.revision();
        // Inside the lock, so that revisions are announced in their order.
        self.shared.revision.send_replace(revision);
        result
    }

    fn now(&self) -> Timestamp {
        (self.shared.clock)()
    }
}

impl fmt::Debug for ChatSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChatSink").field(&*self.held()).finish()
    }
}

async fn answer(State(sink): State<ChatSink>, request: Request) -> Response {
    let call = Call::read(request).await;
    let latency = sink.behaviour().latency_ms;
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let response = match PLATFORMS.iter().find(|platform| (platform.takes)(&call)) {
        Some(platform) => (platform.answer)(&sink, &call),
        None => other::answer(&sink, &call),
    };
    if let Some(Late(by)) = response.extensions().get() {
        tokio::time::sleep(*by).await;
    }
    response
}

#[cfg(test)]
mod tests;
