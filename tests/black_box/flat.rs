//! What a call costs does not depend on how many webhooks an organization has.

use carillon_aws::Change;
use carillon_domain::{OrganizationId, Webhook, WebhookId};
use carillon_tests::slack;
use serde_json::{Value, json};

use crate::inside::Inside;

const FEW: u128 = 10;
const MANY: u128 = 2_000;

/// An organization with so many webhooks, all with one credential.
struct Sized {
    inside: Inside,
    /// What each call has cost.
    costs: Vec<(&'static str, Vec<String>)>,
}

impl Sized {
    async fn new(webhooks: u128) -> Self {
        let sized = Self {
            inside: Inside::start().await,
            costs: Vec::new(),
        };
        let first = sized.register("the first", &["deploy"]).await;
        let organization = OrganizationId::parse("org_acme").unwrap();
        let id = WebhookId::parse(&first).unwrap();
        let registry = &sized.inside.registry;
        let first = registry.webhook(&organization, &id).await.unwrap().unwrap();
        for number in 1..webhooks {
            let webhook = Webhook {
                id: WebhookId::generate(ulid::Ulid::generate()),
                name: format!("webhook {number}"),
                event_types: serde_json::from_value(json!(["scale"])).unwrap(),
                ..first.clone()
            };
            let change = Change::new(None, Some(&webhook));
            registry.change_together(&[change]).await.unwrap();
        }
        sized.inside.calls();
        sized
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let claims = json!({"organization": "org_acme", "role": "admin"});
        let answer = self.inside.call(&claims, method, path, body).await;
        let is_good = (200..300).contains(&answer.status);
        assert!(is_good, "{method} {path}: {}", answer.body);
        answer.body
    }

    async fn register(&self, name: &str, event_types: &[&str]) -> String {
        let body = slack(name, event_types);
        let answer = self.call("POST", "/webhooks/?verify=false", &body).await;
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Notes what has been called since the last time.
    fn note(&mut self, what: &'static str) {
        self.costs.push((what, self.inside.calls()));
    }

    async fn all_calls(mut self) -> Vec<(&'static str, Vec<String>)> {
        let nothing = Value::Null;
        for (what, path) in [
            ("one of a list", "/webhooks/?limit=1"),
            ("one of a filtered list", "/webhooks/?type=slack&limit=1"),
            ("one by its name", "/webhooks/?name=webhook%205"),
            ("one key of a list", "/api-keys/?limit=1"),
        ] {
            let page = self.call("GET", path, &nothing).await;
            assert!(page["results"].as_array().unwrap().len() <= 1, "{page}");
            self.note(what);
        }
        let id = self.register("new", &["deploy"]).await;
        self.note("register");
        let at = format!("/webhooks/{id}/");
        self.call("GET", &at, &nothing).await;
        self.note("read");
        self.call("PATCH", &at, &json!({"name": "renamed"})).await;
        self.note("rename");
        let file = json!({"notifications": {"applied": {
            "provider": "slack", "token": "xoxb-fake-token-for-tests-wxyz", "channel": "infra",
            "events": ["scale"]
        }}});
        self.call("PUT", "/notifications/?verify=false", &file)
            .await;
        self.note("apply a file");
        let other = json!({"configuration": {"token": "xoxb-fake-other-token-for-tests"}});
        self.call("PATCH", &format!("{at}?verify=false"), &other)
            .await;
        self.note("give another credential");
        let token = json!({"token": "xoxb-fake-third-token-for-tests"});
        self.call("POST", &format!("{at}rotate/?verify=false"), &token)
            .await;
        self.note("rotate");
        self.call("POST", "/events/", &json!({"type": "deploy", "id": "e1"}))
            .await;
        self.note("publish");
        self.inside.dispatch().await;
        self.inside.calls();
        let event = self.call("GET", "/events/e1/", &nothing).await;
        assert_eq!(event["matched"], 2, "{event}");
        self.note("one event");
        self.call("GET", "/events/?limit=1", &nothing).await;
        self.note("one event of a list");
        self.call("DELETE", &at, &nothing).await;
        self.note("remove");
        self.costs
    }
}

#[tokio::test]
async fn a_call_costs_the_same_whatever_the_size_of_the_organization() {
    let few = Sized::new(FEW).await.all_calls().await;
    let many = Sized::new(MANY).await.all_calls().await;
    for ((what, few), (_, many)) in few.iter().zip(&many) {
        assert!(!few.is_empty(), "{what}");
        assert_eq!(few, many, "{what}");
        assert!(few.len() <= 15, "{what}: {few:?}");
    }
}

#[tokio::test]
async fn an_event_is_matched_with_a_read_for_each_page_of_webhooks() {
    let sized = Sized::new(1_200).await;
    let events: Vec<Value> = (0..20).map(|_| json!({"type": "scale"})).collect();
    sized
        .call("POST", "/events/", &json!({"events": events}))
        .await;
    sized.inside.calls();
    sized.inside.dispatch().await;
    let calls = sized.inside.calls();
    let reads = calls.iter().filter(|call| *call == "DynamoDb Query");
    // Once for the first event, which tells how many there are, and once for all others.
    assert!(reads.count() <= 6, "{calls:?}");
    let list = sized.call("GET", "/events/?limit=1", &Value::Null).await;
    let id = list["results"][0]["id"].as_str().unwrap().to_owned();
    let event = sized
        .call("GET", &format!("/events/{id}/"), &Value::Null)
        .await;
    assert_eq!(event["matched"], 1_199);
    assert_eq!(event["deliveries"].as_array().unwrap().len(), 1_199);
}

#[tokio::test]
async fn those_that_do_not_get_an_event_are_told_also_behind_many_that_do() {
    let sized = Sized::new(40).await;
    sized.register("the last", &["deploy"]).await;
    let scale = json!({"type": "scale", "id": "s1"});
    sized.call("POST", "/events/", &scale).await;
    sized
        .call("POST", "/events/", &json!({"type": "deploy", "id": "d1"}))
        .await;
    sized.inside.dispatch().await;
    let event = sized.call("GET", "/events/s1/", &Value::Null).await;
    let unmatched = event["unmatched"].as_array().unwrap().iter();
    let names: Vec<&str> = unmatched.map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["the first", "the last"]);
    let event = sized.call("GET", "/events/d1/", &Value::Null).await;
    assert_eq!(
        event["unmatched"].as_array().unwrap().len(),
        10,
        "no more than ten"
    );
}
