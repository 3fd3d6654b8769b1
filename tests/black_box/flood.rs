//! What one organization sends at once holds up no other.

use std::time::Instant;

use carillon_domain::api_key::Role;
use carillon_tests::{App, slack};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;

/// How many events come at once.
const FLOOD: usize = 10_000;
/// How many one call publishes at most.
const CALL: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_of_one_organization_do_not_hold_up_the_one_of_another() {
    let app = App::start().await;
    app.register(&slack("flooded", &["deploy"])).await;
    let other = app.key_of("org_quiet", Role::Admin, None).await;
    let mut webhook = slack("quiet", &["error"]);
    webhook["configuration"]["channel"] = json!("#quiet");
    let registered = app.request_as(&other, Method::POST, "/webhooks/");
    let registered = app.send(registered.json(&webhook)).await;
    assert_eq!(
        registered.status,
        StatusCode::CREATED,
        "{}",
        registered.body
    );

    let begun = Instant::now();
    let calls = (0..FLOOD / CALL).map(async |_| {
        let events = vec![json!({"type": "deploy", "status": "succeeded"}); CALL];
        let published = app.post("/events/", &json!({"events": events})).await;
        assert_eq!(published.status, StatusCode::ACCEPTED, "{}", published.body);
    });
    join_all(calls).await;
    let flooded = begun.elapsed();
    let event = json!({"type": "error", "message": "disk full"});
    let begun = Instant::now();
    let published = app.request_as(&other, Method::POST, "/events/");
    let published = app.send(published.json(&event)).await;
    assert_eq!(published.status, StatusCode::ACCEPTED);

    let messages = app
        .messages_until(|messages| messages.iter().any(|it| it.channel == "quiet"))
        .await;
    // For those who run an optimized build of it with `--nocapture`.
    println!(
        "{FLOOD} events taken in {flooded:.1?}; the one after them posted {:.2?} after its call",
        begun.elapsed()
    );
    // A message a second, of ten events each: most of the flood is still to come.
    let flood = messages.iter().filter(|it| it.channel != "quiet").count();
    assert!(flood * 10 < FLOOD / 10, "{flood} messages came first");
}
