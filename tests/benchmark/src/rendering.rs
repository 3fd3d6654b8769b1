//! What rendering a message takes: in the standard words, and in those of a webhook's owner.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Context;
use carillon_chat::{Kinds, Place, Post, Without};
use carillon_domain::{Event, EventType, KindId, MessageTemplate, Webhook, sample};

use crate::figure;

const ROUNDS: u32 = 2_000;

/// The words of the documentation's example.
fn words() -> anyhow::Result<MessageTemplate> {
    Ok(serde_json::from_value(serde_json::json!({
        "title": "{{ resource.name }} {{ status }} in {{ environment }}",
        "text": "{{ message }}",
        "fields": ["environment", "status", "estimated_cost"],
        "links": [{
            "label": "Runbook",
            "url": "https://wiki.example.com/{{ resource.type | urlencode }}"
        }],
    }))?)
}

/// A template that never ends by itself.
fn endless() -> anyhow::Result<MessageTemplate> {
    let nested = "{% for a in message %}{% for b in message %}{% for c in message %}x{% endfor \
                  %}{% endfor %}{% endfor %}";
    Ok(serde_json::from_value(
        serde_json::json!({ "text": nested }),
    )?)
}

pub fn rendering() -> anyhow::Result<()> {
    let event = sample::event(EventType::Deploy);
    for id in ["slack/bot", "discord", "teams"] {
        let mut webhook = sample::webhook(1, &["*"]);
        webhook.kind = KindId::new(id);
        let standard = draft(&webhook, &event)?;
        figure(
            &format!("rendering a message: {id}"),
            &microseconds(standard),
            "",
        );
        webhook.message = Some(words()?);
        let own = draft(&webhook, &event)?;
        figure("  in its owner's words", &microseconds(own), "");
        webhook.message = Some(endless()?);
        let stopped = draft(&webhook, &event)?;
        let what = "  with a template that is stopped at its limit";
        figure(what, &microseconds(stopped), "");
    }
    Ok(())
}

/// How long a draft takes.
fn draft(webhook: &Webhook, event: &Event) -> anyhow::Result<Duration> {
    let kinds = Kinds::default();
    let kind = kinds.get(&webhook.kind).context("a known kind")?;
    let post = Post {
        webhook,
        channel: "infra",
        events: &[event],
        post_id: "a-post-id",
        place: &Place::Channel,
        without: Without::default(),
        headline: None,
    };
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        black_box(kind.draft(black_box(&post)));
    }
    Ok(begun.elapsed() / ROUNDS)
}

fn microseconds(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}
