//! Input that nobody would send by mistake: no answer to it is a fault of ours.

use carillon_tests::{App, KEY, slack};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::protocol::{check_problem, paths};

#[tokio::test]
async fn broken_json_of_every_kind_is_the_callers_fault() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let deep = |open: &str, close: &str, depth: usize| {
        format!("{}{}", open.repeat(depth), close.repeat(depth)).into_bytes()
    };
    let bodies: Vec<Vec<u8>> = vec![
        vec![],
        b" ".to_vec(),
        b"{".to_vec(),
        b"{\"type\": \"deploy\"".to_vec(),
        b"{\"type\": \"deploy\"} trailing".to_vec(),
        b"{'type': 'deploy'}".to_vec(),
        b"{\"type\": \"deploy\",}".to_vec(),
        b"NaN".to_vec(),
        b"{\"a\": 1e999}".to_vec(),
        b"{\"type\": \"\xff\xfe\"}".to_vec(),
        b"{\xef\xbb\xbf\"type\": \"deploy\"}".to_vec(),
        "{\"type\": \"deploy\"}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
        b"{\"actor\": \"\\ud800\"}".to_vec(),
        b"{\"actor\": \"\\udc00\\ud800\"}".to_vec(),
        b"{\"actor\": \"a\tb\"}".to_vec(),
        vec![0; 1_000],
        deep("[", "]", 100_000),
        deep("{\"a\":", "}", 40_000),
        deep("[", "", 200_000),
    ];
    for path in [
        "/webhooks/".to_owned(),
        "/events/".to_owned(),
        "/api-keys/".to_owned(),
        format!("/webhooks/{id}/preview/"),
        format!("/webhooks/{id}/rotate/"),
    ] {
        for (n, body) in bodies.iter().enumerate() {
            let request = app
                .request(Method::POST, &path)
                .header("content-type", "application/json")
                .body(body.clone());
            let answer = app.send(request).await;
            assert_eq!(
                answer.status,
                StatusCode::BAD_REQUEST,
                "{path} {n}: {}",
                answer.text
            );
            assert_eq!(
                answer.body["type"], "urn:carillon:problem:malformed",
                "{path} {n}"
            );
            check_problem(&answer, &format!("{path} {n}"));
        }
    }
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_a_fault() {
    let app = App::start().await;
    for body in [
        r#"{"type": "deploy", "type": "destroy"}"#,
        r#"{"type": "deploy", "details": {"a": "1", "a": "2"}}"#,
        r#"{"events": [{"type": "deploy", "actor": "a", "actor": "b"}]}"#,
        r#"{"type": "deploy", "t\u0079pe": "destroy"}"#,
    ] {
        let request = app
            .request(Method::POST, "/events/")
            .header("content-type", "application/json")
            .body(body);
        let answer = app.send(request).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{body} {}",
            answer.text
        );
        assert!(
            answer.body["detail"].as_str().unwrap().contains("twice"),
            "{}",
            answer.text
        );
    }
    assert_eq!(app.get("/events/").await.results(), [] as [Value; 0]);
}

#[tokio::test]
async fn values_at_the_edge_of_their_type_are_faults_or_taken_but_never_ours() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(18_446_744_073_709_551_615_u64),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{ffff}\u{202e}\u{200b}\u{feff}"),
        json!("💥".repeat(3_000)),
        json!([[]]),
        json!({"": "", "\u{0}": "\u{0}"}),
        json!("a/b~c%00\r\nX-Injected: 1"),
    ];
    let fields: [(&str, Method, &str, Vec<&str>); 4] = [
        (
            "webhook",
            Method::POST,
            "/webhooks/",
            vec![
                "name",
                "type",
                "event_types",
                "filters",
                "configuration",
                "organization",
                "enabled",
                "configuration/token",
                "configuration/channel",
                "configuration/channels",
                "configuration/webhook_url",
                "configuration/username",
                "configuration/icon_emoji",
                "configuration/grouping",
                "configuration/digest",
                "filters/environment",
                "event_types/0",
                "message",
                "message/title",
                "message/text",
                "message/fields",
                "message/links",
                "message/mentions",
            ],
        ),
        (
            "event",
            Method::POST,
            "/events/",
            vec![
                "type",
                "id",
                "status",
                "occurred_at",
                "organization",
                "environment",
                "project",
                "resource",
                "resource/url",
                "resource/type",
                "provider",
                "region",
                "estimated_cost",
                "estimated_cost/amount",
                "estimated_cost/currency",
                "actor",
                "message",
                "correlation_id",
                "dry_run",
                "changes",
                "changes/0",
                "details",
                "details/x",
            ],
        ),
        (
            "key",
            Method::POST,
            "/api-keys/",
            vec!["name", "role", "expires_at", "organization"],
        ),
        (
            "patch",
            Method::PATCH,
            &format!("/webhooks/{id}/"),
            vec![
                "name",
                "type",
                "event_types",
                "filters",
                "configuration",
                "enabled",
                "status",
                "id",
                "configuration/token",
                "configuration/channel",
                "filters/region",
                "message",
                "message/title",
            ],
        ),
    ];
    for (kind, method, path, fields) in fields {
        for field in fields {
            for (n, value) in values.iter().enumerate() {
                let mut body = match kind {
                    "webhook" => slack(&format!("{field} {n}"), &["error"]),
                    "event" => json!({
                        "type": "deploy", "resource": {"type": "x"}, "changes": ["x"], "details": {},
                        "estimated_cost": {"amount": "1", "currency": "USD"}
                    }),
                    "key" => json!({"name": "x", "role": "viewer"}),
                    _ => json!({}),
                };
                let mut place = &mut body;
                for part in field.split('/') {
                    place = match part.parse::<usize>() {
                        Ok(index) => &mut place[index],
                        Err(_) => &mut place[part],
                    };
                }
                *place = value.clone();
                let answer = app
                    .send(app.request(method.clone(), path).json(&body))
                    .await;
                check_problem(&answer, &format!("{kind} {field} {value}"));
            }
        }
    }
}

#[tokio::test]
async fn ids_in_paths_are_decoded_once_and_nothing_else_is_found_by_them() {
    let app = App::start().await;
    let id = app.register(&slack("prod alerts", &["deploy"])).await;
    let encoded: String = id.bytes().map(|byte| format!("%{byte:02x}")).collect();
    assert_eq!(
        app.get(&format!("/webhooks/{encoded}/")).await.status,
        StatusCode::OK
    );
    let twice = encoded.replace('%', "%25");
    let lower = id.to_lowercase();
    let cut = &id[..id.len() - 1];
    for other in [
        twice.as_str(),
        &lower,
        cut,
        &format!("{id}x"),
        &format!("{id}%00"),
        &format!("%20{id}"),
        &format!("{id}%2F"),
        "%ff%fe",
        "%",
        "%zz",
        "..%2f..%2fhealth",
        "wh_",
        "%F0%9F%92%A5",
        &"x".repeat(5_000),
        "*",
        "NAME%23prod%20alerts",
    ] {
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            let request = app.request(method.clone(), &format!("/webhooks/{other}/"));
            let answer = app.send(request.json(&json!({}))).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {other}");
            check_problem(&answer, other);
        }
    }
    assert_eq!(
        app.get(&format!("/webhooks/{id}/")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_thousand_random_requests_get_no_answer_that_is_our_fault() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let random = &mut StdRng::seed_from_u64(seed);
    let app = App::start().await;
    let paths = paths(&app).await;
    for n in 0..1_000 {
        let (path, _) = &paths[random.random_range(0..paths.len())];
        let mut path = path.clone();
        if random.random_bool(0.3) {
            let noise: String = (0..random.random_range(1..20))
                .map(|_| format!("%{:02x}", random.random::<u8>()))
                .collect();
            path = match random.random_range(0..3) {
                0 => format!("{path}{noise}"),
                1 => format!("{path}?{noise}={noise}"),
                _ => format!("{path}?limit={noise}&cursor={noise}&type={noise}&since={noise}"),
            };
        }
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
        // What the tests stand on is left where it is.
        let method = match methods[random.random_range(0..methods.len())] {
            "DELETE" if random.random_bool(0.9) => "POST",
            method => method,
        };
        let mut request = app.request(Method::from_bytes(method.as_bytes()).unwrap(), &path);
        if random.random_bool(0.8) {
            request = request.header("content-type", "application/json");
        }
        if random.random_bool(0.1) {
            request = request.header("if-match", "\"\u{ff}");
        }
        let body = match random.random_range(0..3) {
            0 => (0..random.random_range(0..200))
                .map(|_| random.random())
                .collect(),
            1 => garbage(random, 3).to_string().into_bytes(),
            _ => {
                let mut body = slack("x", &["deploy"]).to_string().into_bytes();
                let at = random.random_range(0..body.len());
                body[at] = random.random();
                body
            }
        };
        let answer = app.send(request.body(body)).await;
        check_problem(
            &answer,
            &format!("seed {seed}, request {n}: {method} {path}"),
        );
    }
    assert_eq!(app.get("/health").await.status, StatusCode::OK);
}

/// Any JSON, with names that the API knows.
fn garbage(random: &mut StdRng, depth: usize) -> Value {
    const NAMES: [&str; 12] = [
        "type",
        "name",
        "events",
        "event_types",
        "configuration",
        "token",
        "channel",
        "filters",
        "organization",
        "id",
        "sample",
        "details",
    ];
    match random.random_range(0..if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(random.random::<bool>()),
        2 => json!(random.random::<f64>() * 1e12),
        3 => json!(NAMES[random.random_range(0..NAMES.len())]),
        4 => json!(random.random::<char>().to_string()),
        5 => (0..random.random_range(0..4))
            .map(|_| garbage(random, depth - 1))
            .collect(),
        _ => {
            let entries = (0..random.random_range(0..5)).map(|_| {
                let name = NAMES[random.random_range(0..NAMES.len())];
                (name.to_owned(), garbage(random, depth - 1))
            });
            Value::Object(entries.collect())
        }
    }
}

/// Sends bytes as they are; gives the answer's first line.
async fn raw(app: &App, request: &[u8]) -> String {
    let address = app.url();
    let mut stream = TcpStream::connect(address.trim_start_matches("http://"))
        .await
        .unwrap();
    // The server may have answered and hung up before all is sent.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn requests_that_no_library_would_send_are_answered_or_hung_up_on() {
    let app = App::start().await;
    let authorized =
        format!("authorization: Bearer {KEY}\r\nhost: localhost\r\nconnection: close\r\n");
    for (line, extra, expected) in [
        ("GET /api/v1/webhooks/ HTTP/1.1", "", "HTTP/1.1 200"),
        ("OPTIONS * HTTP/1.1", "", "HTTP/1.1 404"),
        (
            "GET http://localhost/api/v1/webhooks/ HTTP/1.1",
            "",
            "HTTP/1.1 200",
        ),
        (
            "GET http://elsewhere/api/v1/webhooks/ HTTP/1.1",
            "",
            "HTTP/1.1 403",
        ),
        (
            "GET /api/v1/webhooks/../health HTTP/1.1",
            "",
            "HTTP/1.1 404",
        ),
        ("GET //api/v1/health HTTP/1.1", "", "HTTP/1.1 404"),
        ("GET /api/v1/webhooks/\u{e4}/ HTTP/1.1", "", "HTTP/1.1 40"),
        (
            "POST /api/v1/events/ HTTP/1.1",
            "content-length: 5\r\n",
            "HTTP/1.1 400",
        ),
        (
            "POST /api/v1/events/ HTTP/1.1",
            "transfer-encoding: chunked\r\n",
            "HTTP/1.1 400",
        ),
        (
            "POST /api/v1/events/ HTTP/1.1",
            "content-length: 5\r\ncontent-length: 6\r\n",
            "HTTP/1.1 400",
        ),
        (
            "POST /api/v1/events/ HTTP/1.1",
            "content-length: -1\r\n",
            "HTTP/1.1 400",
        ),
        ("CONNECT elsewhere:443 HTTP/1.1", "", "HTTP/1.1 40"),
        ("nonsense", "", "HTTP/1.1 400"),
    ] {
        let request = format!("{line}\r\n{authorized}{extra}\r\nxxxxx");
        let first = raw(&app, request.as_bytes()).await;
        assert!(first.starts_with(expected), "{line} {extra:?}: {first}");
    }
    let header = format!(
        "GET /api/v1/webhooks/ HTTP/1.1\r\n{authorized}x: {}\r\n\r\n",
        "x".repeat(600_000)
    );
    let first = raw(&app, header.as_bytes()).await;
    assert!(
        first.is_empty() || first.starts_with("HTTP/1.1 431"),
        "{first}"
    );
    assert_eq!(app.get("/health").await.status, StatusCode::OK);
}
