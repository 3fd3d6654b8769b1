use std::sync::Mutex;
use std::time::Instant;

use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;
use crate::table::delivery_key;

/// A DynamoDB that leaves out all it is asked for, and notes when it was asked, so many times.
struct Overloaded {
    times: usize,
    asked: Mutex<Vec<Instant>>,
}

impl Respond for &'static Overloaded {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut asked = self.asked.lock().unwrap();
        asked.push(Instant::now());
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let left = match asked.len() > self.times {
            true => json!({}),
            false => body["RequestItems"].clone(),
        };
        let answer = json!({"UnprocessedKeys": left, "UnprocessedItems": left, "Responses": {}});
        ResponseTemplate::new(200).set_body_string(answer.to_string())
    }
}

/// A table of a DynamoDB that leaves out everything in so many answers.
async fn overloaded(times: usize) -> (Table, &'static Overloaded, MockServer) {
    let overloaded = Box::leak(Box::new(Overloaded {
        times,
        asked: Mutex::default(),
    }));
    let overloaded: &'static Overloaded = overloaded;
    let server = MockServer::start().await;
    let mock = Mock::given(method("POST")).respond_with(overloaded);
    mock.mount(&server).await;
    let uri = server.uri();
    let variable = move |name: &str| match name {
        "AWS_ENDPOINT_URL" => Some(uri.clone()),
        "AWS_ENDPOINT_URL_DYNAMODB" => None,
        _ => Some("fake".to_owned()),
    };
    let http = crate::https::http_client();
    let config = crate::environment::config("DYNAMODB", &variable, http);
    let client = aws_sdk_dynamodb::Client::new(&config);
    (Table::new(client, "one".to_owned()), overloaded, server)
}

/// Whether it was asked again only after a while, and each time after a longer one.
fn was_given_time(overloaded: &Overloaded) -> bool {
    let asked = overloaded.asked.lock().unwrap();
    let pauses = asked.windows(2).map(|pair| pair[1] - pair[0]);
    let mut expected = (0..).map(|tries| PAUSE * 2_u32.pow(tries));
    asked.len() == overloaded.times + 1
        && pauses
            .into_iter()
            .all(|pause| Some(pause) >= expected.next())
}

#[tokio::test]
async fn who_leaves_out_what_it_is_asked_for_is_given_time() {
    let key = || delivery_key("one", "two");
    let (table, reads, _server) = overloaded(3).await;
    assert!(
        table
            .read_all("reading", vec![key()])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(was_given_time(reads));

    let (table, writes, _server) = overloaded(3).await;
    let left = table.write_all("writing", vec![key()], Vec::new()).await;
    assert!(left.is_empty());
    assert!(was_given_time(writes));
}
