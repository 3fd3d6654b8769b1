use super::*;
use axum::body::Body;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

fn header(value: &str) -> Result<String, Presented> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, value.parse().unwrap());
    presented(&headers).map(|key| key.expose_secret().to_owned())
}

/// A request as API Gateway hands it over.
fn with_context(authorizer: Value) -> Request {
    let context = json!({
        "accountId": "111122223333", "apiId": "a1", "domainName": "example.com",
        "domainPrefix": "example", "stage": "$default", "requestId": "r1", "routeKey": "$default",
        "time": "21/Nov/2026:10:15:00 +0000", "timeEpoch": 1,
        "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1",
                 "sourceIp": "192.0.2.1", "userAgent": "test"},
        "authorizer": authorizer,
    });
    let context = serde_json::from_value(context).unwrap();
    let mut request = Request::new(Body::empty());
    request
        .extensions_mut()
        .insert(RequestContext::ApiGatewayV2(context));
    request
}

#[test]
fn a_key_is_taken_from_both_schemes_and_no_other() {
    assert_eq!(header("Api-Key abc"), Ok("abc".into()));
    assert_eq!(header("bearer  abc"), Ok("abc".into()));
    for unreadable in ["Basic abc", "Bearer ", "abc", ""] {
        assert_eq!(header(unreadable), Err(Presented::NoKey), "{unreadable}");
    }
    assert_eq!(
        presented(&HeaderMap::new()).map(drop),
        Err(Presented::Nothing)
    );
}

#[test]
fn organization_and_role_come_from_the_claims_that_the_gateway_has_checked() {
    let request = with_context(json!({
        "jwt": {"claims": {"organization": "org_acme", "role": "editor", "sub": "x"}}
    }));
    let identity = claimed(&request).unwrap().unwrap();
    assert_eq!(identity.organization.as_str(), "org_acme");
    assert_eq!(identity.role, Role::Editor);
    assert_eq!(identity.actor.id, "x");
    assert_eq!(identity.actor.actor_type, ActorType::Jwt);
}

#[test]
fn a_jwt_without_the_claims_is_refused_and_no_jwt_leaves_it_to_the_key() {
    for claims in [
        json!({}),
        json!({"organization": "org_acme"}),
        json!({"organization": "org_acme", "role": "owner"}),
        json!({"organization": "a b", "role": "admin"}),
    ] {
        let request = with_context(json!({"jwt": {"claims": claims}}));
        assert!(matches!(claimed(&request), Err(Problem::BadClaims)));
    }
    assert!(matches!(claimed(&with_context(Value::Null)), Ok(None)));
    assert!(matches!(claimed(&Request::new(Body::empty())), Ok(None)));
}
