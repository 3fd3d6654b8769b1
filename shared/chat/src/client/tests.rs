use std::sync::Arc;

use super::*;
use crate::testing::{BOT, DISCORD, HOOK, KINDS, TEAMS, draft, secret, secret_part, webhook};
use carillon_domain::{EventType, sample};
use rustls::ServerConfig;
use rustls::pki_types::ServerName;
use serde_json::json;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use wiremock::matchers::{body_partial_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A client with other time-outs.
pub(super) fn impatient(origin: &str, connect: Duration, total: Duration) -> Client {
    let origin = Some(ChatOrigin::parse(origin).unwrap());
    let timeouts = Timeouts { connect, total };
    Client::with(Kinds::default(), origin, timeouts, SystemTime::now).unwrap()
}

/// Posts an event with this client.
pub(super) async fn post(client: &Client, kind: &dyn Kind) -> Reply {
    post_with(client, kind, &secret(kind)).await
}

async fn post_with(client: &Client, kind: &dyn Kind, secret: &SecretString) -> Reply {
    let event = sample::event(EventType::Deploy);
    let draft = draft(kind, &webhook(kind), &event);
    client.send(kind, &draft, secret).await
}

pub(super) fn client(origin: &str) -> Client {
    Client::new(Some(ChatOrigin::parse(origin).unwrap())).unwrap()
}

/// A server that gives every request the same answer.
pub(super) async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_bot_posts_json_with_its_token() {
    let server = MockServer::start().await;
    let token = secret(BOT);
    Mock::given(method("POST"))
        .and(path("/slack.com/api/chat.postMessage"))
        .and(header("Content-Type", "application/json; charset=utf-8"))
        .and(header(
            "Authorization",
            format!("Bearer {}", token.expose_secret()),
        ))
        .and(body_partial_json(
            json!({"channel": "#infra", "mrkdwn": false}),
        ))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({"ok": true, "channel": "C1", "ts": "1.2"})),
        )
        .expect(1)
        .mount(&server)
        .await;
    let reply = post(&client(&server.uri()), BOT).await;
    let received = server.received_requests().await.unwrap();
    let agent = received[0].headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("Carillon/"), "{agent}");
    assert_eq!(
        (reply.outcome, reply.http_status),
        (Outcome::Delivered, Some(200))
    );
    assert_eq!(reply.message.unwrap().id.as_deref(), Some("1.2"));
    assert!(reply.duration > Duration::ZERO);
}

#[tokio::test]
async fn an_incoming_webhook_posts_without_a_token() {
    let server = MockServer::start().await;
    let url = secret(HOOK);
    let there = url.expose_secret().replace("https://", "/");
    Mock::given(method("POST"))
        .and(path(there))
        .respond_with(ResponseTemplate::new(200).set_body_string("ok"))
        .expect(1)
        .mount(&server)
        .await;
    let reply = post(&client(&server.uri()), HOOK).await;
    assert_eq!(reply.outcome, Outcome::Delivered);
    let received = server.received_requests().await.unwrap();
    assert!(!received[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn discord_is_told_who_is_calling_and_asked_to_wait() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(query_param("wait", "true"))
        .and(body_partial_json(
            json!({"allowed_mentions": {"parse": []}}),
        ))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({"id": "1", "channel_id": "2"})),
        )
        .expect(1)
        .mount(&server)
        .await;
    let origin = format!("{}/_local/chat", server.uri());
    let reply = post(&client(&origin), DISCORD).await;
    assert_eq!(reply.outcome, Outcome::Delivered);
    let received = server.received_requests().await.unwrap();
    let agent = received[0].headers["user-agent"].to_str().unwrap();
    assert!(
        agent.starts_with("DiscordBot (https://github.com/"),
        "{agent}"
    );
    let path = received[0].url.path();
    assert!(
        path.starts_with("/_local/chat/discord.com/api/v10/webhooks/"),
        "{path}"
    );
}

#[tokio::test]
async fn a_workflow_is_called_letter_by_letter_as_its_url_was_pasted() {
    let server =
        server(ResponseTemplate::new(202).insert_header("x-ms-workflow-run-id", "08584fake-run"))
            .await;
    let id = "0fa1".repeat(8);
    let new = "x.7f.environment.api.powerplatform.com/powerautomate/automations/direct";
    for (host_and_path, query) in [
        (
            format!(
                "prod-00.westeurope.logic.azure.com/workflows/{id}/triggers/manual/paths/invoke"
            ),
            "sig=fake%2Dsig_-%2b~&sv=1.0&sp=%2Ftriggers%2fmanual%2Frun&api-version=2016-06-01",
        ),
        (
            format!("{new}/cu/04/workflows/{id}/triggers/manual/paths/invoke/"),
            "api-version=1&&sp=a+b&sv=&sig=fake=",
        ),
    ] {
        let url = format!("https://{host_and_path}?{query}");
        let reply = post_with(&client(&server.uri()), TEAMS, &url.clone().into()).await;
        assert_eq!(reply.outcome, Outcome::Delivered);
        assert!(reply.hint.unwrap().contains("accepted the message"));
        let run = reply.message.unwrap();
        assert_eq!(run.id.as_deref(), Some("08584fake-run"));
        let request = server.received_requests().await.unwrap().pop().unwrap();
        assert_eq!(request.url.path(), format!("/{host_and_path}"));
        assert_eq!(request.url.query(), Some(query));
        assert!(!request.headers.contains_key("authorization"));
        assert_eq!(
            request.headers["content-type"],
            "application/json; charset=utf-8"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = server(ResponseTemplate::new(200).set_body_string("ok")).await;
    let server =
        server(ResponseTemplate::new(307).insert_header("Location", elsewhere.uri())).await;
    for kind in KINDS {
        let reply = post(&client(&server.uri()), kind).await;
        assert_eq!(
            (reply.outcome, reply.http_status),
            (Outcome::Unavailable, Some(307))
        );
    }
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn the_longest_answer_that_a_platform_gives_is_read_whole() {
    let echo = "\\u00e9".repeat(30_000);
    let body =
        format!(r#"{{"ok": true, "channel": "C1", "ts": "1.2", "message": {{"text": "{echo}"}}}}"#);
    let server = server(ResponseTemplate::new(200).set_body_string(body)).await;
    let reply = post(&client(&server.uri()), BOT).await;
    assert_eq!(reply.outcome, Outcome::Delivered);
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let server = server(ResponseTemplate::new(200).set_body_string("x".repeat(2_000_000))).await;
    let reply = post(&client(&server.uri()), BOT).await;
    assert_eq!(reply.outcome, Outcome::Unknown);
}

#[tokio::test]
async fn a_stored_url_of_another_host_is_never_called() {
    let server = server(ResponseTemplate::new(200).set_body_string("ok")).await;
    let client = client(&server.uri());
    for (kind, stored) in [
        (HOOK, "https://evil.example/services/T/B/x"),
        (HOOK, "http://hooks.slack.com/services/T/B/x"),
        (HOOK, "https://hooks.slack.com:8443/services/T/B/x"),
        (HOOK, "https://a@hooks.slack.com/services/T/B/x"),
        (HOOK, "no url"),
        (DISCORD, "https://169.254.169.254/api/webhooks/1/x"),
        (BOT, "xoxb-\r\nX-Injected: 1"),
        (
            TEAMS,
            "https://evil.example/workflows/1/triggers/manual/paths/invoke?sig=x",
        ),
        (
            TEAMS,
            "https://x.logic.azure.com:8443/workflows/1/triggers/manual/paths/invoke?sig=x",
        ),
        (TEAMS, "https://x.logic.azure.com/other?sig=x"),
    ] {
        let reply = post_with(&client, kind, &SecretString::from(stored)).await;
        assert_eq!(reply.outcome, Outcome::CredentialDead, "{stored}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_rate_limit_comes_through_with_its_wait() {
    let busy = ResponseTemplate::new(429).insert_header("Retry-After", "7");
    let server = server(busy).await;
    let reply = post(&client(&server.uri()), BOT).await;
    assert_eq!(reply.outcome, Outcome::RateLimited);
    assert_eq!(reply.retry_after, Some(Duration::from_secs(7)));
    let attempt = reply.attempt(jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(
        (attempt.outcome, attempt.http_status),
        (Outcome::RateLimited, Some(429))
    );
}

#[test]
fn a_client_for_the_internet_can_be_built() {
    assert!(Client::new(None).is_ok());
}

/// What a server of Slack's and a client with the roots that `choose` makes of the server's
/// own agree to speak.
async fn agreed(
    choose: impl FnOnce(RootCertStore) -> RootCertStore,
) -> std::io::Result<Option<Vec<u8>>> {
    install_crypto();
    let made = rcgen::generate_simple_self_signed(["slack.com".to_owned()]).unwrap();
    let mut own = RootCertStore::empty();
    own.add(made.cert.der().clone()).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let mut server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    server.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
    let (here, there) = tokio::io::duplex(16_384);
    let name = ServerName::try_from("slack.com").unwrap();
    let accepted = TlsAcceptor::from(Arc::new(server)).accept(there);
    let connected = TlsConnector::from(Arc::new(tls(choose(own)))).connect(name, here);
    let connection = tokio::join!(accepted, connected).1?;
    let protocol = connection.get_ref().1.alpn_protocol();
    Ok(protocol.map(<[u8]>::to_vec))
}

#[tokio::test]
async fn only_a_server_that_somebody_vouches_for_is_talked_to_and_by_http_2_where_it_can() {
    let own = agreed(|own| own).await.unwrap();
    assert_eq!(own.as_deref(), Some(&b"h2"[..]));
    assert!(agreed(|_| bundled_roots()).await.is_err());
    assert!(bundled_roots().len() > 100);
}

#[tokio::test]
async fn what_a_platform_repeats_of_the_credential_is_kept_from_everybody() {
    for kind in KINDS {
        let secret = secret(kind);
        let secret = secret.expose_secret();
        // Cut in its middle, it could no longer be found.
        let said = format!("{} {secret}", "x".repeat(190));
        let mut body = json!({
            "ok": false, "error": format!("odd_{secret}"), "errors": [said],
            "code": 20099, "message": said,
        });
        if kind.id() == TEAMS.id() {
            body["error"] = json!({"code": format!("Odd{secret}"), "message": said});
        }
        let server = server(ResponseTemplate::new(400).set_body_json(body)).await;
        let reply = post(&client(&server.uri()), kind).await;
        assert_eq!(reply.outcome, Outcome::UnknownRefusal, "{reply:?}");
        let secret = secret_part(kind);
        let reply = format!("{reply:?}");
        assert!(
            !reply.contains(&secret[..8]) && reply.contains("xxx"),
            "{reply}"
        );
    }
}

#[tokio::test]
async fn a_time_to_wait_for_counts_from_our_own_clock_where_the_answer_has_none() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 65_536]).await;
            let then = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(1_090));
            let head =
                format!("HTTP/1.1 503 X\r\nRetry-After: {then}\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
        }
    });
    let origin = Some(ChatOrigin::parse(&origin).unwrap());
    let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    let client = Client::with(Kinds::default(), origin, TIMEOUTS, now).unwrap();
    let reply = post(&client, BOT).await;
    assert_eq!(reply.retry_after, Some(Duration::from_secs(90)));
}
