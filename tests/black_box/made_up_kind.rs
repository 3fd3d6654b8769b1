//! A kind of destination that only this test has: whoever adds one writes it down in one place,
//! and everything else goes on as with the others.

use std::time::Duration;

use carillon_chat::form::{Field, Refusal, Rule, Secret, Secrets, Text, malformed};
use carillon_chat::limits::Gauge;
use carillon_chat::{
    About, Answer, ChatOrigin, Draft, Kind, Kinds, Post, Reply, Sealed, Verification, Verified,
};
use carillon_domain::{Configuration, Grouping, Outcome, masking, pattern};
use carillon_embedded::chat_sink::Standing;
use carillon_tests::App;
use jiff::Timestamp;
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wiremock::matchers::{header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const HOST: &str = "bells.example";

const FIELDS: &[Field] = &[
    Field {
        required: Some("`url` is required"),
        ..Field::optional(
            "url",
            "Of the tower",
            Rule::Secret(Secret {
                max: 200,
                form: "https://bells\\.example/[a-z-]+",
                read: url,
                mask: |url| format!("https://{HOST}/{}", masking::tail(url)),
                make: None,
            }),
        )
    },
    Field::optional(
        "key",
        "Signs what is sent",
        Rule::Secret(Secret {
            max: 200,
            form: "key_[0-9a-f]{64}",
            read: |text| Ok(text.to_owned()),
            mask: |key| format!("key_{}", masking::tail(key)),
            make: Some(|random| {
                let digits = random.map(|byte| format!("{byte:02x}"));
                format!("key_{}", digits.concat())
            }),
        }),
    ),
    Field::optional(
        "headers",
        "Sent along",
        Rule::Secrets(Secrets {
            most: 2,
            name: Text {
                max: 40,
                pattern: || "^[a-z-]+$".to_owned(),
                read: |name| Ok(name.to_owned()),
            },
            value: Secret {
                max: 100,
                form: "[!-~]+",
                read: |text| Ok(text.to_owned()),
                mask: |_| "\u{2026}".to_owned(),
                make: None,
            },
        }),
    ),
    Field::optional("tune", "What is rung", Rule::Text(Text::line(20))),
    Field::optional("loud", "How", Rule::Choice(&["soft", "loud"])),
];

fn url(text: &str) -> Result<String, Refusal> {
    match text.strip_prefix("https://bells.example/") {
        Some(rest) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err(malformed("must begin with https://bells.example/")),
    }
}

/// What is stored as the secret.
#[derive(Deserialize)]
struct Credential {
    url: String,
    key: String,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    /// The key before the last rotation.
    #[serde(default)]
    previous: Option<String>,
}

#[derive(Serialize)]
struct Ring<'a> {
    events: Vec<&'a str>,
    tune: Option<&'a str>,
}

/// Rings the bells of a tower.
struct Tower;

fn signature(key: &str, id: &str, now: Timestamp, body: &str) -> String {
    let signed = format!("{key}.{id}.{}.{body}", now.as_second());
    let digest = Sha256::digest(signed.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn classify(answer: &Answer) -> Reply {
    match answer.status {
        200..300 => Reply::new(Outcome::Delivered),
        410 => Reply::new(Outcome::CredentialDead)
            .code("torn_down")
            .hint("The tower was torn down."),
        _ => Reply::new(Outcome::Unavailable)
            .code("asleep")
            .hint("It sleeps."),
    }
}

const ABOUT: About = About {
    id: "tower",
    name: "The tower",
    title: "Bells of a tower",
    schema_name: "Tower",
    fields: FIELDS,
    either: &[],
    groupings: &[Grouping::None],
    cannot_group: "this destination can neither thread nor update",
    mentions: Err("the messages of this destination have no words of their own: leave it out"),
    between: Duration::ZERO,
    by_channel: true,
    has_pauses: false,
    classify,
    limits: |_| Gauge::default(),
};

impl Kind for Tower {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn channels(&self, _: &Configuration) -> Vec<String> {
        vec!["bell-1".into(), "bell-2".into()]
    }

    fn rotated(&self, old: &SecretString, new: SecretString, _: Timestamp) -> SecretString {
        let parse = |secret: &SecretString| -> Value {
            serde_json::from_str(secret.expose_secret()).unwrap()
        };
        let (old, mut whole) = (parse(old), parse(&new));
        whole["previous"] = old["key"].clone();
        SecretString::from(whole.to_string())
    }

    fn draft(&self, post: &Post<'_>) -> Draft {
        let configuration = &post.webhook.configuration;
        let ring = Ring {
            events: post
                .events
                .iter()
                .map(|event| event.event_type.as_str())
                .collect(),
            tune: configuration.text("tune"),
        };
        Draft::post(configuration.text("url").unwrap_or_default(), &ring)
            .rest(format!("/{}", post.channel))
            .id(post.post_id)
            .header("User-Agent", "Ringer")
            .masked_header("tower-signature", "\u{2026}")
    }

    fn seal(&self, draft: &Draft, secret: &SecretString, now: Timestamp) -> Option<Sealed> {
        let stored: Credential = serde_json::from_str(secret.expose_secret()).ok()?;
        let body = draft.body.as_deref().unwrap_or_default();
        let keys = [Some(&stored.key), stored.previous.as_ref()];
        let signatures = keys.into_iter().flatten();
        let signatures: Vec<String> = signatures
            .map(|key| signature(key, &draft.id, now, body))
            .collect();
        let sealed = Sealed::to(format!("{}{}", stored.url, draft.rest))
            .header("tower-id", draft.id.clone())
            .header("tower-timestamp", now.as_second().to_string())
            .header("tower-signature", signatures.join(" "));
        let more = stored.headers.into_iter();
        Some(more.fold(sealed, |sealed, (name, value)| sealed.header(name, value)))
    }

    fn may_call(&self, url: &Url) -> bool {
        url.host_str() == Some(HOST)
    }

    fn question(&self, _: &Configuration) -> Result<Draft, Verified> {
        Err(Verified {
            warnings: vec!["towers cannot be asked: send a test message".into()],
            ..Verified::default()
        })
    }

    fn verified(&self, _: &Configuration, _: &Answer) -> Verification {
        unreachable!("nothing was asked")
    }
}

fn kinds() -> Kinds {
    Kinds::default().with(Tower)
}

async fn app(tower: &MockServer) -> App {
    let origin = ChatOrigin::parse(&tower.uri()).unwrap();
    App::start_of(kinds(), Some(origin)).await
}

async fn tower(status: u16) -> MockServer {
    let server = MockServer::start().await;
    for bell in ["bell-1", "bell-2"] {
        Mock::given(method("POST"))
            .and(path(format!("/{HOST}/north-tower-of-tests/{bell}")))
            .and(header_exists("x-token"))
            .respond_with(ResponseTemplate::new(status))
            .mount(&server)
            .await;
    }
    server
}

fn webhook() -> Value {
    json!({
        "name": "north tower", "type": "tower", "event_types": ["deploy"],
        "configuration": {
            "url": "https://bells.example/north-tower-of-tests", "tune": "Ding dong",
            "headers": {"x-token": "fake-token-of-tests"}, "loud": "soft", "digest": "off"
        }
    })
}

/// Checks what the tower got, and gives which of its bells it was for.
fn heard(request: &wiremock::Request, keys: &[&str]) -> String {
    let header = |name: &str| request.headers[name].to_str().unwrap();
    let body = String::from_utf8(request.body.clone()).unwrap();
    let time = header("tower-timestamp").parse().unwrap();
    let time = Timestamp::from_second(time).unwrap();
    let signatures = keys
        .iter()
        .map(|key| signature(key, header("tower-id"), time, &body));
    let signatures: Vec<String> = signatures.collect();
    assert_eq!(header("tower-signature"), signatures.join(" "));
    assert_eq!(header("x-token"), "fake-token-of-tests");
    assert_eq!(header("user-agent"), "Ringer");
    assert_eq!(body, r#"{"events":["deploy"],"tune":"Ding dong"}"#);
    request.url.path().rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_kind_that_is_added_is_registered_previewed_delivered_and_noted() {
    let tower = tower(200).await;
    let app = app(&tower).await;

    let made = app.post("/webhooks/", &webhook()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let shown = &made.body["configuration"];
    assert_eq!(shown["url"], "https://bells.example/\u{2026}ests");
    assert_eq!(shown["headers"]["x-token"], "\u{2026}");
    let key = shown["key"].as_str().unwrap().to_owned();
    assert_eq!(key.len(), 68, "made, and shown once");
    let warning = &made.body["verification"]["warnings"][0];
    assert_eq!(warning, "towers cannot be asked: send a test message");

    let id = made.body["id"].as_str().unwrap();
    let at = format!("/webhooks/{id}/");
    let read = app.get(&at).await.body;
    assert_eq!(read["type"], "tower");
    assert_ne!(read["configuration"]["key"], key);
    assert_eq!(app.get("/webhooks/?type=tower").await.results().len(), 1);

    let sample = json!({"sample": "deploy"});
    let preview = app.post(&format!("{at}preview/"), &sample).await;
    assert_eq!(preview.body["type"], "tower");
    let request = &preview.body["request"];
    assert_eq!(request["url"], "https://bells.example/\u{2026}ests/bell-1");
    assert_eq!(request["headers"]["tower-signature"], "\u{2026}");
    assert_eq!(request["body"]["tune"], "Ding dong");
    assert!(!preview.text.contains("fake-token"), "{}", preview.text);

    app.publish(&json!({"type": "deploy"})).await;
    carillon_tests::until("both bells", async || {
        tower.received_requests().await.unwrap().len() == 2
    })
    .await;
    let requests = tower.received_requests().await.unwrap();
    let mut bells: Vec<String> = requests.iter().map(|it| heard(it, &[&key])).collect();
    bells.sort();
    assert_eq!(bells, ["bell-1", "bell-2"]);
    let delivered = app.delivery(id, "delivered").await;
    assert_eq!(delivered["attempts"][0]["http_status"], 200, "{delivered}");

    // A masked part stays, the other is new: only that one.
    let patch = json!({"configuration": {"headers": {"x-token": "\u{2026}"}, "loud": "loud"}});
    let patched = app.patch(&at, &patch).await;
    assert_eq!(patched.status, StatusCode::OK, "{}", patched.text);

    // The new key is made and shown; what the old one has signed is still signed by it, too.
    let rotated = app.post(&format!("{at}rotate/"), &json!({})).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
    let new = rotated.body["configuration"]["key"].as_str().unwrap();
    assert_ne!(new, key);
    tower.reset().await;
    for bell in ["bell-1", "bell-2"] {
        Mock::given(path(format!("/{HOST}/north-tower-of-tests/{bell}")))
            .respond_with(ResponseTemplate::new(200))
            .mount(&tower)
            .await;
    }
    app.publish(&json!({"type": "deploy"})).await;
    carillon_tests::until("both bells again", async || {
        tower.received_requests().await.unwrap().len() == 2
    })
    .await;
    for request in tower.received_requests().await.unwrap() {
        heard(&request, &[new, &key]);
    }
}

#[tokio::test]
async fn the_console_asks_for_what_a_kind_that_is_added_takes() {
    let tower = tower(200).await;
    let app = app(&tower).await;
    let url = format!("{}/console/any/kinds/all.js", app.url());
    let module = reqwest::get(url).await.unwrap().text().await.unwrap();
    let kinds = module.split("export const kinds = ").nth(1).unwrap();
    let kinds: Value = serde_json::from_str(kinds.trim().trim_end_matches(';')).unwrap();
    let tower = kinds.as_array().unwrap().last().unwrap();
    assert_eq!(tower["title"], "Bells of a tower");
    assert_eq!(tower["asks"][0]["name"], "url");
    assert_eq!(tower["asks"][1]["is_made"], true);
    let document = app.get("/openapi.json").await.body;
    let schema = tower["schema"].as_str().unwrap();
    assert!(document["components"]["schemas"][schema].is_object());
}

#[tokio::test]
async fn what_a_kind_refuses_is_told_by_its_own_words_and_fields() {
    let tower = tower(200).await;
    let app = app(&tower).await;
    let mut wrong = webhook();
    wrong["configuration"] = json!({
        "url": "https://elsewhere.example/x", "loud": "deafening", "tunes": "x",
        "headers": {"a": "1", "b": "2", "c": "3"}, "grouping": "thread"
    });
    let refused = app.post("/webhooks/", &wrong).await;
    assert_eq!(
        refused.pointers(),
        [
            "/configuration/url",
            "/configuration/headers",
            "/configuration/loud",
            "/configuration/grouping",
            "/configuration/tunes"
        ],
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn a_dead_credential_of_a_kind_suspends_the_webhook_in_its_own_words() {
    let tower = tower(410).await;
    let app = app(&tower).await;
    let made = app.post("/webhooks/", &webhook()).await;
    let id = made.body["id"].as_str().unwrap();
    app.publish(&json!({"type": "deploy"})).await;
    carillon_tests::until("it is suspended", async || {
        app.get(&format!("/webhooks/{id}/")).await.body["status"] == "suspended"
    })
    .await;
    let read = app.get(&format!("/webhooks/{id}/")).await.body;
    assert_eq!(read["status_reason"], "The tower was torn down.");
}

#[tokio::test]
async fn a_file_and_the_document_have_the_kind_too() {
    let tower = tower(200).await;
    let app = app(&tower).await;
    let mut entry = webhook()["configuration"].clone();
    entry["provider"] = "tower".into();
    entry["events"] = json!(["deploy"]);
    let file = json!({"notifications": {"north tower": entry}});
    let applied = app.put("/notifications/", &file).await;
    assert_eq!(
        applied.body["results"][0]["result"], "created",
        "{}",
        applied.text
    );
    let again = app.get("/notifications/").await.body;
    let applied = app.put("/notifications/", &again).await;
    assert_eq!(
        applied.body["results"][0]["result"], "unchanged",
        "{}",
        applied.text
    );

    let document = app.get("/openapi.json").await.body;
    let schema = &document["components"]["schemas"]["TowerConfiguration"];
    assert_eq!(schema["description"], "Bells of a tower");
    assert_eq!(schema["required"], json!(["url"]));
    let types = &document["components"]["schemas"]["DestinationType"]["enum"];
    let expected = json!(["slack", "discord", "teams", "webhook", "tower"]);
    assert_eq!(*types, expected);
    let pattern = &schema["properties"]["url"]["pattern"];
    assert_eq!(*pattern, pattern::whole("https://bells\\.example/[a-z-]+"));
}

#[tokio::test]
async fn the_chat_sink_takes_the_messages_of_a_kind_that_it_knows_nothing_else_of() {
    let app = App::start_of(kinds(), None).await;
    let made = app.post("/webhooks/", &webhook()).await;
    let id = made.body["id"].as_str().unwrap();
    app.publish(&json!({"type": "deploy"})).await;
    let messages = app.messages(2).await;
    for message in &messages {
        assert_eq!(message.platform, "tower");
        assert_eq!(message.payload["tune"], "Ding dong");
        assert!(!message.channel.contains("north"), "{}", message.channel);
    }
    assert_ne!(messages[0].channel, messages[1].channel, "a place each");
    app.delivery(id, "delivered").await;

    let places = app.sink().destinations().into_iter();
    let places: Vec<_> = places.map(|known| known.place).collect();
    assert_eq!(places.len(), 2);
    let kind = places[0].kind;
    assert_eq!(kind.name, "Bells of a tower");
    assert!(kind.standings().contains(&Standing::Revoked));
    let url = format!(
        "{}/_local/chat/{HOST}/north-tower-of-tests/bell-1",
        app.url()
    );
    assert_eq!(reqwest::get(&url).await.unwrap().status(), StatusCode::OK);
    for place in &places {
        app.sink().stand(&place.channel, Standing::Revoked);
    }
    // What asks whether it is well learns it, too, and posts nothing.
    assert_eq!(reqwest::get(&url).await.unwrap().status(), StatusCode::GONE);
    assert_eq!(app.sink().messages().len(), 2);
    app.publish(&json!({"type": "deploy"})).await;
    carillon_tests::until("it is suspended", async || {
        app.get(&format!("/webhooks/{id}/")).await.body["status"] == "suspended"
    })
    .await;
}
