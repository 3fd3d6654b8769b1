//! JWTs, the second way in: API Gateway checks them and hands their claims over.

use carillon_tests::slack;
use serde_json::{Value, json};

use crate::inside::{ADMIN_KEY, Inside};

fn claims(organization: &str, role: &str) -> Value {
    // What an issuer adds beside.
    json!({
        "organization": organization, "role": role, "sub": "alice", "iss": "https://id.example",
        "aud": "carillon", "exp": "1795256100", "groups": "[admins devs]"
    })
}

#[tokio::test]
async fn the_role_of_a_jwt_allows_what_the_same_role_of_a_key_does() {
    let inside = Inside::start().await;
    let webhook = slack("prod alerts", &["deploy"]);
    let event = json!({"type": "deploy"});
    for (role, reads, writes, publishes, manages) in [
        ("viewer", 200, 403, 403, 403),
        ("publisher", 403, 403, 202, 403),
        ("editor", 200, 201, 202, 403),
        ("admin", 200, 201, 202, 200),
    ] {
        let caller = claims(&format!("org_{role}"), role);
        for (method, path, body, status) in [
            ("GET", "/webhooks/", &Value::Null, reads),
            ("POST", "/webhooks/?verify=false", &webhook, writes),
            ("POST", "/events/", &event, publishes),
            ("GET", "/api-keys/", &Value::Null, manages),
        ] {
            let answer = inside.call(&caller, method, path, body).await;
            assert_eq!(
                answer.status, status,
                "{role} {method} {path} {}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn the_organization_of_a_jwt_is_the_only_one_that_its_bearer_sees() {
    let inside = Inside::start().await;
    let (ours, theirs) = (claims("org_acme", "admin"), claims("org_other", "admin"));
    let webhook = slack("prod alerts", &["deploy"]);
    let path = "/webhooks/?verify=false";
    let made = inside.call(&ours, "POST", path, &webhook).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["organization"], "org_acme");
    let at = format!("/webhooks/{}/", made.body["id"].as_str().unwrap());
    let none = Value::Null;
    assert_eq!(inside.call(&ours, "GET", &at, &none).await.status, 200);
    assert_eq!(inside.call(&theirs, "GET", &at, &none).await.status, 404);
    let list = inside.call(&theirs, "GET", "/webhooks/", &none).await;
    assert_eq!(list.body["results"], json!([]));
    let mut foreign = webhook;
    foreign["organization"] = json!("org_acme");
    let answer = inside.call(&theirs, "POST", path, &foreign).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(
        answer.body["type"],
        "urn:carillon:problem:wrong-organization"
    );
}

#[tokio::test]
async fn a_jwt_that_does_not_say_who_is_calling_is_forbidden() {
    let inside = Inside::start().await;
    for claims in [
        json!({}),
        json!({"organization": "org_acme"}),
        json!({"role": "admin"}),
        json!({"organization": "org_acme", "role": "owner"}),
        json!({"organization": "org_acme", "role": "Admin"}),
        json!({"organization": "", "role": "admin"}),
        // A claim that is a list comes as its text in brackets.
        json!({"organization": "org_acme", "role": "[admin]"}),
        json!({"organization": "[org_acme org_other]", "role": "admin"}),
    ] {
        let answer = inside
            .call(&claims, "GET", "/webhooks/", &Value::Null)
            .await;
        assert_eq!(answer.status, 403, "{claims} {}", answer.body);
        assert_eq!(answer.body["type"], "urn:carillon:problem:bad-claims");
    }
}

#[tokio::test]
async fn without_a_jwt_the_same_function_takes_keys_and_answers_what_needs_none() {
    let inside = Inside::start().await;
    let key = |key: &str| json!({"authorization": format!("Api-Key {key}")});
    for (headers, method, path, status) in [
        (key(ADMIN_KEY), "GET", "/webhooks", 200),
        (key("wrong"), "GET", "/webhooks", 401),
        (json!({}), "GET", "/webhooks", 401),
        (json!({}), "GET", "/health", 200),
        (json!({}), "GET", "/health/", 200),
        (json!({}), "GET", "/openapi.json", 200),
        (json!({}), "OPTIONS", "/webhooks/", 204),
        // Nothing that a caller sends is taken for claims.
        (
            json!({"x-amzn-request-context": "{\"authorizer\": {\"jwt\": {}}}"}),
            "GET",
            "/webhooks",
            401,
        ),
    ] {
        let answer = inside.call_with(headers, method, path).await;
        assert_eq!(answer.status, status, "{method} {path} {}", answer.body);
    }
}

#[test]
fn the_gateway_lets_through_without_a_jwt_what_needs_none() {
    let template = include_str!("../../template.yaml");
    // Each resource begins on its own line, two spaces in.
    let routes: Vec<&str> = template
        .split("\n\n  ")
        .filter(|resource| resource.contains("Type: AWS::ApiGatewayV2::Route\n"))
        .collect();
    let key = |route: &str| {
        let line = route
            .lines()
            .find_map(|line| line.trim().strip_prefix("RouteKey: "));
        line.unwrap_or_default().to_owned()
    };
    let (with, without): (Vec<&str>, Vec<&str>) = routes
        .into_iter()
        .partition(|route| route.contains("AuthorizerId: !Ref JwtAuthorizer"));
    let keys = |routes: Vec<&str>| routes.into_iter().map(key).collect::<Vec<_>>();
    assert_eq!(keys(with), ["$default"]);
    assert_eq!(
        keys(without),
        [
            "ANY /api/v1/health",
            "ANY /api/v1/health/",
            "ANY /api/v1/openapi.json",
            "ANY /api/v1/openapi.json/",
            "GET /",
            "GET /console/{path+}",
            "OPTIONS /{path+}"
        ]
    );
}
