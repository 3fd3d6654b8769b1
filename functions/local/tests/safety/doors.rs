//! A web page of somebody else, and the program on a person's machine: requests as a browser
//! sends them, on every port.

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::program::Program;

const EVIL: &str = "https://evil.example";

/// A request as a page of `origin` would have a browser send it.
fn of_a_page(request: RequestBuilder, origin: &str, site: &str) -> RequestBuilder {
    request
        .header("Origin", origin)
        .header("Sec-Fetch-Site", site)
        .header("Sec-Fetch-Mode", "cors")
        .header("Sec-Fetch-Dest", "empty")
}

fn event() -> String {
    let detail = json!({"deploymentId": "d-1", "state": "SUCCESS", "application": "shop"});
    let event = json!({
        "version": "0", "id": "0d1c6a5e-0000-4000-8000-000000000001", "source": "aws.codedeploy",
        "detail-type": "CodeDeploy Deployment State-change Notification",
        "account": "111122223333", "region": "eu-west-1", "time": "2026-11-21T10:15:00Z",
        "resources": [], "detail": detail,
    });
    event.to_string()
}

fn refused(answer: &Response) {
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{}", answer.url());
    let allowed = answer.headers().get("access-control-allow-origin");
    assert_eq!(allowed, None, "{}", answer.url());
}

#[tokio::test]
async fn a_page_elsewhere_reaches_nothing_on_the_api_s_port() {
    let program = Program::start(&[]);
    let paths = [
        (Method::POST, "/_local/eventbridge"),
        (Method::POST, "/_local/eventbridge/"),
        (Method::POST, "/_local/tables/try"),
        (Method::POST, "/_local/chat-plan"),
        (Method::POST, "/_local/chat/slack.com/api/chat.postMessage"),
        (Method::GET, "/_local/messages"),
        (Method::GET, "/_local/messages/stream"),
        (Method::GET, "/_local/failures"),
        (Method::GET, "/console/any/place.js"),
        (Method::GET, "/api/v1/event-types/"),
        (Method::POST, "/api/v1/events/"),
        (Method::OPTIONS, "/api/v1/events/"),
        (Method::GET, "/"),
        (Method::GET, "/docs/"),
    ];
    for (method, path) in paths {
        for (origin, site) in [(EVIL, "cross-site"), ("http://localhost:3000", "same-site")] {
            let request = program.request(method.clone(), path).body(event());
            let request = request.header("Content-Type", "text/plain");
            refused(&of_a_page(request, origin, site).send().await.unwrap());
        }
        // A plain read, such as of an image, has no origin.
        let read = program.request(method.clone(), path);
        refused(
            &read
                .header("Sec-Fetch-Site", "cross-site")
                .send()
                .await
                .unwrap(),
        );
        // A name of theirs that now points here.
        let rebound = program.request(method.clone(), path);
        refused(
            &rebound
                .header("Host", "evil.example:8787")
                .send()
                .await
                .unwrap(),
        );
    }
    let events = program.get("/api/v1/events/").await;
    assert_eq!(events["results"], json!([]));
}

#[tokio::test]
async fn a_page_elsewhere_can_neither_write_nor_read_the_tables() {
    let program = Program::start(&[]);
    let item = json!({"TableName": "registry", "Item": {"pk": {"S": "x"}, "sk": {"S": "x"}}});
    let call = |operation: &str, body: &Value| {
        program
            .dynamodb(operation)
            .header("Content-Type", "application/x-amz-json-1.0")
            .body(body.to_string())
    };
    let put = of_a_page(call("PutItem", &item), EVIL, "cross-site");
    refused(&put.send().await.unwrap());
    let preflight = program
        .request_at(Method::OPTIONS, &program.dynamodb_url)
        .header("Origin", EVIL)
        .header("Access-Control-Request-Method", "POST")
        .header(
            "Access-Control-Request-Headers",
            "x-amz-target,content-type",
        );
    refused(&preflight.send().await.unwrap());
    let scan = json!({"TableName": "registry"});
    let rebound = call("Scan", &scan).header("Host", "evil.example:8788");
    refused(&rebound.send().await.unwrap());
    let scanned = call("Scan", &scan).send().await.unwrap();
    assert_eq!(scanned.status(), StatusCode::OK);
    let scanned: Value = scanned.json().await.unwrap();
    let items = scanned["Items"].as_array().unwrap();
    assert!(items.iter().all(|item| item["pk"]["S"] != "x"), "{scanned}");
}

#[tokio::test]
async fn what_is_sent_without_a_key_must_be_json() {
    let program = Program::start(&[]);
    for (content_type, status) in [
        (None, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Some("text/plain"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (
            Some("application/x-www-form-urlencoded"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            Some("application/json; charset=utf-8"),
            StatusCode::ACCEPTED,
        ),
    ] {
        let mut request = program.request(Method::POST, "/_local/eventbridge");
        if let Some(content_type) = content_type {
            request = request.header("Content-Type", content_type);
        }
        let answer = request.body(event()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{content_type:?}");
    }
    let unsaid = program
        .dynamodb("ListTables")
        .header("Content-Type", "text/plain");
    let answer = unsaid.body("{}").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn its_own_pages_and_links_to_them_work() {
    let program = Program::start(&[]);
    let own = program.request(Method::GET, "/_local/messages");
    let own = of_a_page(own, &program.url, "same-origin");
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
    for path in ["/", "/docs/"] {
        let link = program
            .request(Method::GET, path)
            .header("Sec-Fetch-Site", "cross-site")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document");
        assert_eq!(
            link.send().await.unwrap().status(),
            StatusCode::OK,
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_page_has_the_same_strict_policy() {
    let program = Program::start(&[]);
    let policy = async |path: &str| {
        let answer = program.request(Method::GET, path).send().await.unwrap();
        assert_eq!(
            answer.headers()["x-content-type-options"],
            "nosniff",
            "{path}"
        );
        let policy = answer.headers()["content-security-policy"].to_str();
        policy.unwrap().to_owned()
    };
    let strict = policy("/").await;
    assert!(strict.starts_with("default-src 'none'") && !strict.contains("unsafe"));
    for path in [
        "/docs/",
        "/docs/swagger-initializer.js",
        "/docs/nothing",
        "/_local/messages",
        "/api/v1/openapi.json",
        "/nothing",
    ] {
        assert_eq!(policy(path).await, strict, "{path}");
    }
}

#[tokio::test]
async fn a_name_is_answered_once_it_is_allowed() {
    let ask = async |program: &Program| {
        let request = program.request(Method::GET, "/_local/messages");
        let request = request.header("Host", "carillon.internal");
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (status, text) = ask(&Program::start(&[])).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        text.contains("--allow-host") && text.contains("carillon.internal"),
        "{text}"
    );
    let allowed = Program::start(&["--allow-host", "carillon.internal"]);
    assert_eq!(ask(&allowed).await.0, StatusCode::OK);
}

#[tokio::test]
async fn it_listens_elsewhere_where_it_is_told_to_and_says_so() {
    let program = Program::start(&["--listen", "0.0.0.0"]);
    assert!(
        program.banner.contains("to whoever reaches 0.0.0.0"),
        "{}",
        program.banner
    );
    assert!(program.url.starts_with("http://127.0.0.1:"));
    program.get("/_local/messages").await;
    let rebound = program.request(Method::GET, "/_local/messages");
    refused(&rebound.header("Host", "evil.example").send().await.unwrap());
    let usual = Program::start(&[]);
    assert!(!usual.banner.contains("whoever"), "{}", usual.banner);
}

#[tokio::test]
async fn that_messages_leave_the_machine_is_said_in_red_and_nothing_says_otherwise() {
    let stays = "nothing leaves this machine";
    let usual = Program::start(&[]);
    assert!(usual.banner.contains(stays));
    let place = place(&usual).await;
    assert!(
        place.contains(r#""live":false"#) && place.contains(stays),
        "{place}"
    );
    for live in [
        Program::start_with(&["--live"], &[("CLICOLOR_FORCE", "1")]),
        Program::start_with(
            &[],
            &[
                ("CARILLON_CHAT_ORIGIN", "http://127.0.0.1:9"),
                ("CLICOLOR_FORCE", "1"),
            ],
        ),
    ] {
        let red = live
            .banner
            .lines()
            .find(|line| line.contains("LIVE"))
            .unwrap();
        assert!(red.contains("\u{1b}[31m"), "{red:?}");
        assert!(!live.banner.contains(stays), "{}", live.banner);
        let place = self::place(&live).await;
        assert!(
            place.contains(r#""live":true"#) && place.contains("LIVE"),
            "{place}"
        );
        assert!(!place.contains(stays), "{place}");
    }
}

/// What the console is told of where it runs.
async fn place(program: &Program) -> String {
    let request = program.request(Method::GET, "/console/any/place.js");
    request.send().await.unwrap().text().await.unwrap()
}
