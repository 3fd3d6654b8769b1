//! Lists page by page.

use std::collections::BTreeSet;

use carillon_aws::Change;
use carillon_domain::{OrganizationId, Role, Webhook, WebhookId, sample};
use carillon_tests::{App, ORGANIZATION, slack};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn ids(list: &[Value]) -> Vec<String> {
    let ids = list
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned());
    ids.collect()
}

/// Follows a list to its end; `between` happens after each page.
async fn follow(app: &App, list: &str, mut between: impl AsyncFnMut()) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = String::new();
    for _ in 0..100 {
        let page = app.get(&format!("{list}{next}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        found.extend_from_slice(page.results());
        match page.body["next"].as_str() {
            None => return found,
            Some(cursor) => next = format!("&cursor={cursor}"),
        }
        between().await;
    }
    panic!("the list does not end");
}

async fn events(app: &App, count: usize) -> Vec<String> {
    let events: Vec<Value> = (0..count)
        .map(|n| {
            json!({
                "type": if n % 2 == 0 { "deploy" } else { "scale" }, "id": format!("e-{n:03}"),
                "occurred_at": format!("2026-11-21T10:{:02}:{:02}Z", n / 60, n % 60),
                "environment": if n % 3 == 0 { "production" } else { "staging" },
                "correlation_id": format!("release-{}", n % 4)
            })
        })
        .collect();
    for batch in events.chunks(100) {
        let answer = app.post("/events/", &json!({"events": batch})).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }
    (0..count).map(|n| format!("e-{n:03}")).collect()
}

#[tokio::test]
async fn every_list_is_whole_and_without_repeats_at_every_page_size() {
    let app = App::start().await;
    for n in 0..7 {
        app.register(&slack(&format!("webhook {n}"), &["scale"]))
            .await;
        app.key("viewer").await;
    }
    events(&app, 7).await;
    for list in ["/webhooks/", "/api-keys/", "/events/"] {
        let whole = ids(app.get(list).await.results());
        // The deployment's key is one of the list.
        let more = usize::from(list == "/api-keys/");
        assert_eq!(whole.len(), 7 + more, "{list}");
        for limit in [1, 2, 3, 6, 7, 8] {
            let paged = follow(&app, &format!("{list}?limit={limit}"), async || {}).await;
            assert_eq!(ids(&paged), whole, "{list} by {limit}");
        }
    }
}

#[tokio::test]
async fn webhooks_that_come_and_go_while_paging_neither_repeat_nor_hide_others() {
    let app = App::start().await;
    let mut before = Vec::new();
    for n in 0..9 {
        before.push(
            app.register(&slack(&format!("webhook {n}"), &["deploy"]))
                .await,
        );
    }
    let mut removed = Vec::new();
    let mut count = 0;
    let found = follow(&app, "/webhooks/?limit=2", async || {
        count += 1;
        app.register(&slack(&format!("new {count}"), &["deploy"]))
            .await;
        // One from the page that was read, and so the one that the cursor names, too.
        if let Some(id) = before.get(2 * count - 1) {
            app.delete(&format!("/webhooks/{id}/")).await;
            removed.push(id.clone());
        }
        assert!(count < 30);
    })
    .await;
    let found = ids(&found);
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!(distinct.len(), found.len(), "{found:?}");
    assert!(before.iter().all(|id| found.contains(id)), "{found:?}");
}

#[tokio::test]
async fn events_that_arrive_while_paging_neither_repeat_nor_hide_others() {
    let app = App::start().await;
    let before = events(&app, 25).await;
    let mut count = 0;
    let found = follow(&app, "/events/?limit=4", async || {
        count += 1;
        for occurred_at in [
            "2026-11-22T00:00:00Z",
            "2026-11-21T10:00:10.5Z",
            "2026-11-20T00:00:00Z",
        ] {
            if count < 20 {
                app.publish(&json!({"type": "deploy", "occurred_at": occurred_at}))
                    .await;
            }
        }
    })
    .await;
    let found = ids(&found);
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!(distinct.len(), found.len());
    let ours: Vec<&String> = found.iter().filter(|id| id.starts_with("e-")).collect();
    let newest_first: Vec<&String> = before.iter().rev().collect();
    assert_eq!(ours, newest_first);
}

#[tokio::test]
async fn events_of_one_moment_are_all_listed() {
    let app = App::start().await;
    let events: Vec<Value> = (0..30)
        .map(|n| json!({"type": "deploy", "id": format!("e-{n}"), "occurred_at": "2026-11-21T10:15:00Z"}))
        .collect();
    app.post("/events/", &json!({"events": events})).await;
    let found = follow(&app, "/events/?limit=7", async || {}).await;
    assert_eq!(ids(&found).iter().collect::<BTreeSet<_>>().len(), 30);
    assert_eq!(found.len(), 30);
}

#[tokio::test]
async fn events_are_filtered_by_time_type_environment_and_operation() {
    let app = App::start().await;
    events(&app, 130).await;
    for (query, expected) in [
        ("type=deploy", 65),
        ("type=error", 0),
        ("environment=production", 44),
        ("correlation_id=release-1", 33),
        (
            "type=scale&environment=production&correlation_id=release-3",
            11,
        ),
        ("since=2026-11-21T10:01:00Z", 70),
        ("until=2026-11-21T10:01:00Z", 60),
        ("since=2026-11-21T10:00:30Z&until=2026-11-21T10:00:40Z", 10),
        (
            "since=2026-11-21T11:00:30%2B01:00&until=2026-11-21T10:00:40Z",
            10,
        ),
    ] {
        let found = follow(&app, &format!("/events/?limit=9&{query}"), async || {}).await;
        assert_eq!(found.len(), expected, "{query}");
        assert_eq!(
            ids(&found).iter().collect::<BTreeSet<_>>().len(),
            expected,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_time_that_ends_before_it_begins_is_a_fault() {
    let app = App::start().await;
    let range = "since=2026-11-21T10:02:00Z&until=2026-11-21T10:01:00Z";
    let refused = app.get(&format!("/events/?{range}")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.pointers(), ["/query/until"]);
}

#[tokio::test]
async fn webhooks_are_filtered_by_platform_event_type_and_status() {
    let app = App::start().await;
    let off = app.register(&slack("off", &["deploy"])).await;
    app.patch(&format!("/webhooks/{off}/"), &json!({"enabled": false}))
        .await;
    app.register(&slack("pattern", &["*_deleted"])).await;
    app.register(&carillon_tests::discord("discord", &["*"]))
        .await;
    let suspended = app.register(&slack("suspended", &["scale"])).await;
    app.suspend(&suspended, "revoked").await;
    for (query, names) in [
        ("type=slack", vec!["off", "pattern", "suspended"]),
        ("type=discord", vec!["discord"]),
        ("event_type=value_deleted", vec!["pattern", "discord"]),
        ("event_type=deploy", vec!["off", "discord"]),
        ("status=disabled", vec!["off"]),
        ("status=suspended", vec!["suspended"]),
        ("status=active&type=slack", vec!["pattern"]),
    ] {
        let list = app.get(&format!("/webhooks/?{query}")).await;
        let found: Vec<&str> = list
            .results()
            .iter()
            .map(|w| w["name"].as_str().unwrap())
            .collect();
        assert_eq!(found, names, "{query}");
        let paged = follow(&app, &format!("/webhooks/?limit=1&{query}"), async || {}).await;
        assert_eq!(paged.len(), names.len(), "{query}");
    }
}

#[tokio::test]
async fn a_webhook_is_found_by_its_exact_name_as_far_as_the_other_filters_let_it() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    app.register(&slack("prod alerts 2", &["deploy"])).await;
    for (query, found) in [
        ("name=prod%20alerts", vec![id.clone()]),
        (
            "name=prod+alerts&type=slack&status=active",
            vec![id.clone()],
        ),
        ("name=prod%20alerts&type=discord", vec![]),
        ("name=Prod%20alerts", vec![]),
        ("name=prod", vec![]),
    ] {
        let list = app.get(&format!("/webhooks/?{query}")).await;
        assert_eq!(ids(list.results()), found, "{query}");
        assert_eq!(list.body["next"], Value::Null, "{query}");
    }
    app.patch(&format!("/webhooks/{id}/"), &json!({"name": "renamed"}))
        .await;
    let list = async |name: &str| app.get(&format!("/webhooks/?name={name}")).await;
    assert_eq!(ids(list("renamed").await.results()), [id]);
    assert!(list("prod%20alerts").await.results().is_empty());
}

#[tokio::test]
async fn a_filter_that_matches_little_of_much_answers_page_by_page_until_the_end() {
    let app = App::start().await;
    let first = app.register(&slack("the first", &["scale"])).await;
    let registry = app.registry();
    let organization = OrganizationId::parse(ORGANIZATION).unwrap();
    let id = WebhookId::parse(&first).unwrap();
    let read = registry.webhook(&organization, &id).await.unwrap().unwrap();
    for number in 0..300 {
        let sample = sample::webhook(number, &["deploy"]);
        let webhook = Webhook {
            id: WebhookId::generate(ulid::Ulid::generate()),
            name: format!("webhook {number}"),
            event_types: sample.event_types,
            ..read.clone()
        };
        let change = Change::new(None, Some(&webhook));
        registry.change_together(&[change]).await.unwrap();
    }
    let last = app.register(&slack("the last", &["scale"])).await;
    for limit in [1, 2, 100] {
        let list = format!("/webhooks/?event_type=scale&limit={limit}");
        let found = follow(&app, &list, async || {}).await;
        assert_eq!(ids(&found), [first.clone(), last.clone()], "by {limit}");
    }
    let all = follow(&app, "/webhooks/?limit=100", async || {}).await;
    assert_eq!(all.len(), 302);
}

#[tokio::test]
async fn a_cursor_is_good_for_one_list_with_its_filters_and_its_organization_only() {
    let app = App::start().await;
    for n in 0..3 {
        app.register(&slack(&format!("webhook {n}"), &["deploy"]))
            .await;
        app.key("viewer").await;
    }
    events(&app, 3).await;
    let cursor = async |path: &str| {
        let page = app.get(path).await;
        page.body["next"]
            .as_str()
            .unwrap_or_else(|| panic!("{path} {}", page.body))
            .to_owned()
    };
    let webhooks = cursor("/webhooks/?limit=1").await;
    let slack_only = cursor("/webhooks/?limit=1&type=slack").await;
    let events = cursor("/events/?limit=1").await;
    let keys = cursor("/api-keys/?limit=1").await;
    let good = app
        .get(&format!("/webhooks/?limit=2&cursor={webhooks}"))
        .await;
    assert_eq!(good.results().len(), 2, "another limit is fine");
    for path in [
        format!("/events/?cursor={webhooks}"),
        format!("/api-keys/?cursor={webhooks}"),
        format!("/webhooks/?cursor={events}"),
        format!("/webhooks/?cursor={keys}"),
        format!("/webhooks/?cursor={slack_only}"),
        format!("/webhooks/?type=slack&cursor={webhooks}"),
        format!("/webhooks/?type=discord&cursor={slack_only}"),
        format!("/webhooks/?status=active&cursor={slack_only}"),
        format!("/events/?type=deploy&cursor={events}"),
        "/webhooks/?cursor=x".to_owned(),
        "/webhooks/?cursor=%00".to_owned(),
        "/webhooks/?cursor=AAAA".to_owned(),
        format!("/webhooks/?cursor={webhooks}="),
        format!("/webhooks/?cursor={webhooks}A"),
        format!("/webhooks/?cursor={}", "A".repeat(2_000)),
        format!("/webhooks/?cursor={webhooks}&cursor={webhooks}"),
    ] {
        let answer = app.get(&path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.pointers(), ["/query/cursor"], "{path}");
    }
    let other = app.key_of("org_other", Role::Admin, None).await;
    let path = format!("/webhooks/?cursor={webhooks}");
    let stolen = app.send(app.request_as(&other, Method::GET, &path)).await;
    assert_eq!(stolen.pointers(), ["/query/cursor"]);
}

#[tokio::test]
async fn a_cursor_with_any_character_changed_is_refused() {
    let app = App::start().await;
    for n in 0..2 {
        app.register(&slack(&format!("webhook {n}"), &["deploy"]))
            .await;
    }
    let page = app.get("/webhooks/?limit=1").await;
    let cursor = page.body["next"].as_str().unwrap();
    for at in 0..cursor.len() {
        let mut changed = cursor.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let answer = app.get(&format!("/webhooks/?cursor={changed}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{at}");
        let cut = app
            .get(&format!("/webhooks/?cursor={}", &cursor[..at]))
            .await;
        assert_eq!(cut.status, StatusCode::BAD_REQUEST, "{at}");
    }
}

#[tokio::test]
async fn limits_have_bounds_and_parameters_that_nobody_knows_are_faults() {
    let app = App::start().await;
    for list in ["/webhooks/", "/api-keys/", "/events/"] {
        for good in ["1", "100", "050", "+5"] {
            let answer = app.get(&format!("{list}?limit={good}")).await;
            assert!(matches!(answer.status.as_u16(), 200 | 400), "{list} {good}");
        }
        for bad in [
            "0",
            "101",
            "-1",
            "1.5",
            "ten",
            "99999999999999999999",
            "1e2",
            "%00",
        ] {
            let answer = app.get(&format!("{list}?limit={bad}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{list} {bad}");
            assert_eq!(answer.pointers(), ["/query/limit"], "{list} {bad}");
        }
        let unknown = app
            .get(&format!("{list}?lmit=5&Limit=5&x[]=1&=&limit=0"))
            .await;
        assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{list}");
        assert_eq!(unknown.pointers().len(), 5, "{list}: {}", unknown.body);
        assert!(
            unknown.text.contains("did you mean `limit`?"),
            "{}",
            unknown.body
        );
    }
    for path in [
        "/webhooks/wh_01JD0000000000000000000000/?verify=false",
        "/events/no-such/?x=1",
        "/event-types/?limit=1",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
    for (query, pointer) in [
        ("type=pigeon", "/query/type"),
        ("status=gone", "/query/status"),
        ("event_type=depoly", "/query/event_type"),
    ] {
        let answer = app.get(&format!("/webhooks/?{query}")).await;
        assert_eq!(answer.pointers(), [pointer]);
    }
}
