use std::sync::Arc;
use std::time::Duration;

use carillon_domain::Outcome;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use wiremock::ResponseTemplate;

use crate::Reply;
use crate::client::install_crypto;
use crate::client::tests::{client, impatient, post, server};
use crate::testing::{BOT, HOOK, KINDS, secret_part};

/// What comes of a post within a short time.
async fn soon(origin: &str) -> Reply {
    let short = Duration::from_millis(300);
    let client = impatient(origin, short, short * 2);
    post(&client, HOOK).await
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

fn assert_unsent(reply: &Reply, code: &str, hint: &str) {
    assert_eq!(reply.outcome, Outcome::Unavailable, "{reply:?}");
    assert_eq!(reply.code.as_deref(), Some(code));
    assert!(reply.hint.as_deref().unwrap().contains(hint), "{reply:?}");
}

#[tokio::test]
async fn after_a_time_out_the_outcome_is_unknown() {
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
    let server = server(slow).await;
    let short = Duration::from_millis(100);
    let client = impatient(&server.uri(), short, short);
    let reply = post(&client, HOOK).await;
    assert_eq!((reply.outcome, reply.http_status), (Outcome::Unknown, None));
    assert_eq!(reply.code.as_deref(), Some("timeout"));
}

/// A server that reads a request and then hangs up.
#[tokio::test]
async fn after_a_connection_that_broke_the_outcome_is_unknown() {
    use tokio::io::AsyncReadExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1_024]).await;
        }
    });
    let reply = post(&client(&origin), BOT).await;
    assert_eq!(reply.outcome, Outcome::Unknown);
    assert_eq!(reply.code.as_deref(), Some("connection_broken"));
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_posted_and_no_secret_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for kind in KINDS {
        let reply = post(&client(&origin), kind).await;
        assert_eq!(reply.outcome, Outcome::Unavailable);
        assert_eq!(reply.code.as_deref(), Some("connection_refused"));
        assert!(
            !format!("{reply:?}").contains(&secret_part(kind)),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_a_matter_of_dns() {
    let reply = post(&client("http://carillon.invalid"), BOT).await;
    assert_unsent(&reply, "dns_failed", "DNS");
}

#[tokio::test]
async fn a_server_that_never_greets_is_a_matter_of_the_route() {
    // It is accepted by the system, but nobody answers the first message of TLS.
    let (_listener, address) = listen().await;
    let reply = soon(&format!("https://{address}")).await;
    assert_unsent(&reply, "connect_timeout", "NAT gateway");
}

#[tokio::test]
async fn a_server_that_never_answers_may_have_posted() {
    let (_listener, address) = listen().await;
    let reply = soon(&format!("http://{address}")).await;
    assert_eq!(reply.outcome, Outcome::Unknown);
    assert_eq!(reply.code.as_deref(), Some("timeout"));
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_a_matter_of_trust() {
    install_crypto();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
    let port = address.rsplit(':').next().unwrap();
    let client = client(&format!("https://localhost:{port}"));
    let reply = post(&client, BOT).await;
    assert_unsent(&reply, "tls_untrusted", "certificate");
}

#[tokio::test]
async fn an_answer_whose_body_hangs_proves_only_what_its_status_says() {
    for (head, outcome, code) in [
        ("200 OK", Outcome::Unknown, "timeout"),
        ("400 Bad Request", Outcome::Unavailable, "http_400"),
        ("413 Too Large", Outcome::PayloadRefused, "http_413"),
        ("429 Slow Down", Outcome::RateLimited, "ratelimited"),
        ("503 Down", Outcome::Unknown, "http_503"),
    ] {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 65_536]).await;
            let head = format!("HTTP/1.1 {head}\r\nContent-Length: 50\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_secs(30)).await;
        });
        let reply = soon(&format!("http://{address}")).await;
        assert_eq!(reply.outcome, outcome, "{head}");
        assert_eq!(reply.code.as_deref(), Some(code), "{head}");
        assert_eq!(reply.http_status, head[..3].parse().ok(), "{head}");
    }
}

#[test]
fn each_cause_stands_once_and_each_is_there() {
    crate::codes::assert_whole(super::CODES);
    for code in [
        "connect_timeout",
        "connection_broken",
        "connection_failed",
        "connection_refused",
        "dns_failed",
        "timeout",
        "tls_untrusted",
    ] {
        let reply = super::Cause(code).reply("the receiver");
        let hint = reply.hint.unwrap();
        assert!(
            hint.contains("he receiver") && !hint.contains('{'),
            "{hint}"
        );
    }
}
