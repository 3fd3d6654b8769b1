//! The API's figures: what a call takes, in a small organization and in a large one.

use std::time::Duration;

use anyhow::{Context, ensure};
use carillon_domain::{Filters, sample};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::lambda::Lambda;
use crate::{Binaries, events, figure, milliseconds, times};

const SMALL: u128 = 10;
const LARGE: u128 = 10_000;
/// How often each call is made; the median counts.
const ROUNDS: usize = 21;

/// A call, and the status that it is to be answered with.
struct Call {
    what: &'static str,
    method: &'static str,
    path: String,
    query: &'static str,
    body: Option<Value>,
    status: u64,
}

/// Calls take as long with ten thousand webhooks as with ten.
pub async fn flat(binaries: &Binaries) -> anyhow::Result<()> {
    let cloud = Cloud::start().await?;
    let mut registered = 0;
    let mut took = Vec::new();
    for webhooks in [SMALL, LARGE] {
        while registered < webhooks {
            registered += 1;
            // Each wants another project's events: one gets what is published here.
            let filters = json!({"project": [format!("project-of-{registered}")]});
            let filters: Filters = serde_json::from_value(filters)?;
            cloud.register(registered, 1, filters).await?;
        }
        let mut dispatcher = Lambda::start(&binaries.dispatcher, &cloud.environment()).await?;
        let mut event = events::event(registered.try_into()?);
        event.project = Some("project-of-1".to_owned());
        let id = event.id.clone();
        cloud
            .append(std::slice::from_ref(&event), Vec::new())
            .await?;
        dispatcher.invoke(&events::records_of([event])?).await?;
        let mut api = Lambda::start(&binaries.api, &cloud.environment()).await?;
        let mut each = Vec::new();
        for call in calls(id.as_str()) {
            let mut rounds = Vec::with_capacity(ROUNDS);
            for round in 0..ROUNDS {
                rounds.push(called(&mut api, &call, &format!("{webhooks}-{round}")).await?);
            }
            rounds.sort();
            each.push((call.what, rounds[ROUNDS / 2]));
        }
        took.push(each);
    }
    let [small, large] = took.as_slice() else {
        return Ok(());
    };
    for ((what, small), (_, large)) in small.iter().zip(large) {
        figure(
            &format!("{what}: with 10 webhooks"),
            &milliseconds(*small),
            "",
        );
        figure("  with 10,000", &milliseconds(*large), "");
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        figure("  against ten", &times(ratio), "2 x");
    }
    Ok(())
}

fn calls(event: &str) -> Vec<Call> {
    let get = |what, path: String, query| Call {
        what,
        method: "GET",
        path,
        query,
        body: None,
        status: 200,
    };
    let post = |what, path: &str, status, body| Call {
        what,
        method: "POST",
        path: path.to_owned(),
        query: "",
        body: Some(body),
        status,
    };
    let webhook = sample::webhook(1, &["*"]);
    vec![
        get("list webhooks, one a page", "/webhooks/".into(), "limit=1"),
        get("read a webhook", format!("/webhooks/{}/", webhook.id), ""),
        get(
            "read an event and its deliveries",
            format!("/events/{event}/"),
            "",
        ),
        post(
            "publish an event",
            "/events/",
            202,
            json!({"type": "deploy"}),
        ),
        post(
            "register a webhook",
            "/webhooks/",
            201,
            json!({
                "name": "", "type": "slack", "event_types": ["destroy"],
                "filters": {"project": ["none"]},
                "configuration": {"token": crate::cloud::token(1), "channel": "infra"},
            }),
        ),
    ]
}

/// How long a call took. A body has the round's name in its own, where it has one.
async fn called(api: &mut Lambda, call: &Call, round: &str) -> anyhow::Result<Duration> {
    let body = call.body.clone().map(|mut body| {
        if let Some(name) = body.get_mut("name") {
            *name = round.into();
        }
        body.to_string()
    });
    let path = format!("/api/v1{}", call.path);
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": call.query,
        "headers": {
            "authorization": format!("Bearer {}", crate::cloud::ADMIN_KEY),
            "content-type": "application/json", "host": "api.example.com",
        },
        "requestContext": {
            "accountId": "123456789012", "apiId": "api", "domainName": "api.example.com",
            "domainPrefix": "api", "requestId": "benchmark", "routeKey": "$default",
            "stage": "$default", "time": "30/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1_796_040_000_000_u64,
            "http": {
                "method": call.method, "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "benchmark",
            },
        },
        "body": body, "isBase64Encoded": false,
    });
    let (answer, took) = api.invoke(&event).await?;
    let status = answer["statusCode"].as_u64().context("a status")?;
    ensure!(status == call.status, "{}: {answer}", call.what);
    Ok(took)
}
