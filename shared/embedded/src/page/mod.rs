//! The local page: every message of the chat sink, as Slack, Discord and Teams would show it.
//!
//! Plain files and no build step. The page gets messages as JSON and builds its elements
//! from text only; its policy forbids scripts, styles and images from anywhere else.

mod feed;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Serialize;

use crate::chat_sink::ChatSink;

/// What a page of this program may load and do: nothing but its own files and calls.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where messages go without `--live`.
pub const STAYS_HERE: &str = "built in: nothing leaves this machine";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The page's files: path, type, content.
const FILES: [(&str, &str, &str); 15] = [
    ("/", HTML, include_str!("index.html")),
    ("/_local/page/page.css", CSS, include_str!("page.css")),
    ("/_local/page/chat.css", CSS, include_str!("chat.css")),
    ("/_local/page/page.js", JAVASCRIPT, include_str!("page.js")),
    ("/_local/page/card.js", JAVASCRIPT, include_str!("card.js")),
    (
        "/_local/page/faults.js",
        JAVASCRIPT,
        include_str!("faults.js"),
    ),
    (
        "/_local/page/slack.js",
        JAVASCRIPT,
        include_str!("slack.js"),
    ),
    (
        "/_local/page/discord.js",
        JAVASCRIPT,
        include_str!("discord.js"),
    ),
    (
        "/_local/page/teams.js",
        JAVASCRIPT,
        include_str!("teams.js"),
    ),
    (
        "/_local/page/slack_text.js",
        JAVASCRIPT,
        include_str!("slack_text.js"),
    ),
    (
        "/_local/page/discord_text.js",
        JAVASCRIPT,
        include_str!("discord_text.js"),
    ),
    (
        "/_local/page/emoji.js",
        JAVASCRIPT,
        include_str!("emoji.js"),
    ),
    (
        "/_local/page/webhook.js",
        JAVASCRIPT,
        include_str!("webhook.js"),
    ),
    ("/_local/page/dom.js", JAVASCRIPT, include_str!("dom.js")),
    ("/_local/page/bell.svg", SVG, include_str!("bell.svg")),
];

/// What the page shows while there is no message yet. Nothing secret belongs here.
#[derive(Debug, Clone, Serialize)]
pub struct PageInfo {
    /// Where the API is, such as `http://127.0.0.1:8787/api/v1`.
    pub api_url: String,
    pub organization: String,
    /// Where messages go, in words.
    pub chat: String,
    /// Whether messages leave this machine: what the page must say in red.
    pub is_live: bool,
    /// What to do first, in this order.
    pub steps: Vec<Step>,
}

/// Something to do, with the command that does it.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub title: String,
    pub command: String,
}

impl PageInfo {
    /// With the usual first steps: register a webhook, publish an event. The commands
    /// take the key from the variable `CARILLON_KEY`. `live` says where messages go that leave
    /// this machine; none do without it.
    pub fn new(
        api_url: impl Into<String>,
        organization: impl Into<String>,
        live: Option<&str>,
    ) -> Self {
        let api_url = api_url.into();
        let organization = organization.into();
        let token = match live {
            None => "a made-up token will do: nothing leaves this machine",
            Some(_) => "with a token of your workspace",
        };
        let post = |path: &str, body: &str| {
            format!(
                "curl {api_url}/{path}/ \\\n  -H \"Authorization: Bearer $CARILLON_KEY\" \\\n  \
                 -H 'Content-Type: application/json' \\\n  -d '{body}'"
            )
        };
        let webhook = r##"{"name": "deployments", "type": "slack", "event_types": ["*"],
       "configuration": {"token": "xoxb-made-up-token",
                         "channel": "#deployments"}}"##;
        let event = r#"{"type": "deploy", "status": "succeeded", "project": "billing",
       "environment": "production", "actor": "alice"}"#;
        let step = |title: &str, command: String| Step {
            title: title.to_owned(),
            command,
        };
        let steps = vec![
            step(
                "Take the admin key that was printed when Carillon started",
                "export CARILLON_KEY=…".to_owned(),
            ),
            step(
                &format!("Register a webhook ({token})"),
                post("webhooks", webhook),
            ),
            step("Publish an event", post("events", event)),
        ];
        Self {
            api_url,
            organization,
            chat: live.unwrap_or(STAYS_HERE).to_owned(),
            is_live: live.is_some(),
            steps,
        }
    }
}

#[derive(Debug, Clone)]
struct Page {
    sink: ChatSink,
    info: Arc<PageInfo>,
}

/// The page at `/` and everything it reads, under `/_local/`.
pub fn router(sink: ChatSink, info: PageInfo) -> Router {
    let info = Arc::new(info);
    let mut router = Router::new()
        .route("/_local/page/info", get(show_info))
        .route("/_local/messages", get(feed::messages))
        .route("/_local/messages/stream", get(feed::stream));
    for (path, content_type, content) in FILES {
        let file = move || async move { (headers(content_type), content) };
        router = router.route(path, get(file));
    }
    router.with_state(Page { sink, info })
}

async fn show_info(State(page): State<Page>) -> impl IntoResponse {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (no_store, axum::Json(PageInfo::clone(&page.info)))
}

fn headers(content_type: &'static str) -> [(HeaderName, &'static str); 5] {
    [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // The files change with the program, and the program is near.
        (header::CACHE_CONTROL, "no-cache"),
    ]
}

#[cfg(test)]
mod tests;
