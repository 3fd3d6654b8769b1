//! Names whose addresses change: what was judged is what is called.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use carillon_domain::{EventType, Outcome, sample};
use secrecy::SecretString;
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::addresses::is_public;
use super::destination::Reach;
use super::resolver::Resolver;
use crate::client::Client;
use crate::kinds::Kinds;
use crate::reply::Reply;
use crate::testing;

/// Stands for an address of the internet.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Stands for one of the function's own network.
const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Two servers at one port, and a name whose look-ups get these answers, in turn.
struct Network {
    port: u16,
    public: MockServer,
    inside: MockServer,
    asked: Arc<AtomicUsize>,
    client: Client,
}

impl Network {
    async fn of(answers: &'static [&'static [IpAddr]], is_allowed: fn(IpAddr) -> bool) -> Self {
        let listener = std::net::TcpListener::bind((INSIDE, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let inside = server(listener).await;
        let public = server(std::net::TcpListener::bind((PUBLIC, port)).unwrap()).await;
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let resolver = Resolver::new(
            move |_| {
                let number = counter.fetch_add(1, Ordering::Relaxed);
                let answer = answers.get(number).or(answers.last()).unwrap().to_vec();
                Box::pin(async move { Ok(answer) })
            },
            is_allowed,
        );
        // The rules over URLs are lifted, for the port; those over addresses are not.
        let reach = Reach::parse("true", None).unwrap();
        let kinds = Kinds::default().replacing(super::Webhook::with(reach, resolver));
        Self {
            port,
            public,
            inside,
            asked,
            client: Client::of(kinds, None).unwrap(),
        }
    }

    async fn post(&self) -> Reply {
        let url = format!("http://rebind.example:{}/hook", self.port);
        let secret = super::signature::secret(&[1; 32]);
        let secret = SecretString::from(json!({"url": url, "secret": secret}).to_string());
        let kind = carillon_domain::KindId::new("webhook");
        let kind = self.client.kinds().get(&kind).unwrap();
        let event = sample::event(EventType::Deploy);
        let draft = testing::draft(kind, &testing::webhook(testing::DISCORD), &event);
        self.client.send(kind, &draft, &secret).await
    }

    async fn calls(&self) -> (usize, usize) {
        let count = async |server: &MockServer| server.received_requests().await.unwrap().len();
        (count(&self.public).await, count(&self.inside).await)
    }
}

async fn server(listener: std::net::TcpListener) -> MockServer {
    let server = MockServer::builder().listener(listener).start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    server
}

fn is_stand_in(address: IpAddr) -> bool {
    address == PUBLIC
}

#[tokio::test]
async fn the_address_that_was_judged_is_the_one_that_is_called() {
    let network = Network::of(&[&[PUBLIC], &[INSIDE]], is_stand_in).await;
    let reply = network.post().await;
    assert_eq!(reply.outcome, Outcome::Delivered, "{reply:?}");
    assert_eq!(network.asked.load(Ordering::Relaxed), 1, "one look-up");
    assert_eq!(network.calls().await, (1, 0));
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_refused_when_it_is_looked_up_again() {
    let network = Network::of(&[&[INSIDE]], is_stand_in).await;
    let reply = network.post().await;
    assert_eq!(reply.outcome, Outcome::Unavailable);
    assert_eq!(reply.code.as_deref(), Some("dns_failed"));
    assert_eq!(network.calls().await, (0, 0));
}

#[tokio::test]
async fn one_wrong_address_among_several_spoils_the_name() {
    const MIXED: [&[&[IpAddr]]; 2] = [&[&[PUBLIC, INSIDE]], &[&[INSIDE, PUBLIC]]];
    for answers in MIXED {
        let network = Network::of(answers, is_stand_in).await;
        let reply = network.post().await;
        assert_eq!(reply.code.as_deref(), Some("dns_failed"));
        assert_eq!(network.calls().await, (0, 0));
    }
}

#[tokio::test]
async fn a_public_name_of_an_inner_address_reaches_nothing() {
    let network = Network::of(&[&[INSIDE]], is_public).await;
    let reply = network.post().await;
    assert_eq!(reply.outcome, Outcome::Unavailable);
    assert_eq!(reply.code.as_deref(), Some("dns_failed"));
    let hint = reply.hint.unwrap_or_default();
    assert!(!hint.contains("127.") && !hint.contains("rebind"), "{hint}");
    assert_eq!(network.calls().await, (0, 0));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let network = Network::of(&[&[PUBLIC]], is_stand_in).await;
    network.public.reset().await;
    let target = format!("http://127.0.0.1:{}/", network.port);
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(307).insert_header("location", target))
        .mount(&network.public)
        .await;
    let reply = network.post().await;
    assert_eq!(reply.outcome, Outcome::Unavailable);
    assert_eq!(reply.code.as_deref(), Some("http_307"));
    assert_eq!(network.calls().await.1, 0);
}
