use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Call};
use crate::chat_sink::{ChatSink, Standing};

pub(super) const AGENT: &str = "DiscordBot (https://example.com, 1.0)";
const HOOK: &str = "/discord.com/api/v10/webhooks/112233445566778899/not-a-real-token";

pub(super) fn message(body: &Value) -> Call<'static> {
    Call::post(HOOK, body).header("user-agent", AGENT)
}

async fn post(sink: &ChatSink, query: &str, body: &Value) -> Answer {
    let path = format!("{HOOK}{query}");
    Call::post(&path, body)
        .header("user-agent", AGENT)
        .send(sink)
        .await
}

async fn refusal(body: &Value) -> (u16, Value) {
    let answer = message(body).send(&ChatSink::new()).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_client_that_waits_gets_the_message() {
    let sink = ChatSink::new();
    sink.name_webhook("112233445566778899", "deploy-logs");
    let body = json!({
        "username": "bell", "allowed_mentions": {"parse": []},
        "embeds": [{"title": "Deployed", "color": 1}],
    });
    let answer = post(&sink, "?wait=true", &body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    let reply = answer.json();
    for key in [
        "id",
        "channel_id",
        "webhook_id",
        "type",
        "content",
        "author",
        "timestamp",
        "edited_timestamp",
        "tts",
        "mention_everyone",
        "mentions",
        "mention_roles",
        "attachments",
        "embeds",
        "pinned",
        "flags",
        "components",
    ] {
        assert!(reply.get(key).is_some(), "{key}");
    }
    assert_eq!(reply["embeds"][0]["type"], "rich");
    assert_eq!(reply["author"]["username"], "bell");

    let message = &sink.messages()[0];
    assert_eq!(message.platform, "discord");
    assert_eq!(
        (message.channel.as_str(), &reply["id"]),
        ("deploy-logs", &json!(message.id))
    );
    assert!(message.open_mentions.is_empty());
    assert_eq!(message.payload, body);
}

#[tokio::test]
async fn a_client_that_does_not_wait_gets_an_empty_answer() {
    let sink = ChatSink::new();
    let answer = post(&sink, "", &json!({"content": "hello"})).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(answer.header("content-type"), "");
    assert_eq!(sink.messages()[0].open_mentions, ["users"]);
}

#[tokio::test]
async fn an_example_with_a_placeholder_works_as_it_stands() {
    for (id, status) in [("X".repeat(18), 200), ("Y".repeat(18), 400)] {
        let path = format!("/discord.com/api/v10/webhooks/{id}/xxxxxxxxxxxxxxxxxxxx?wait=true");
        let answer = Call::post(&path, &json!({"content": "hello"}))
            .header("user-agent", AGENT)
            .send(&ChatSink::new())
            .await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test]
async fn every_answer_tells_the_limits() {
    for body in [json!({"content": "hello"}), json!({})] {
        let answer = post(&ChatSink::new(), "", &body).await;
        for name in ["limit", "remaining", "reset", "reset-after", "bucket"] {
            assert_ne!(answer.header(&format!("x-ratelimit-{name}")), "", "{name}");
        }
        assert_ne!(answer.header("via"), "");
    }
}

#[tokio::test]
async fn a_webhook_shows_itself() {
    let call = Call::get(HOOK).header("user-agent", AGENT);
    let shown = call.send(&ChatSink::new()).await.json();
    assert_eq!(
        (&shown["id"], &shown["type"]),
        (&json!("112233445566778899"), &json!(1))
    );
    assert!(shown["channel_id"].is_string() && shown.get("user").is_none());
}

#[tokio::test]
async fn a_message_can_be_edited_and_read() {
    let sink = ChatSink::new();
    let body = json!({"content": "started", "username": "bell", "allowed_mentions": {"parse": []}});
    let id = post(&sink, "?wait=true", &body).await.json()["id"].clone();
    let path = format!("{HOOK}/messages/{}", id.as_str().unwrap());
    let edit = |change: Value| {
        Call::post(&path, &change)
            .method("PATCH")
            .header("user-agent", AGENT)
    };
    let reply = edit(json!({"content": "done", "username": "other"}))
        .send(&sink)
        .await
        .json();
    assert_eq!((&reply["content"], &reply["id"]), (&json!("done"), &id));
    assert!(reply["edited_timestamp"].is_string());
    let message = &sink.messages()[0];
    assert!(message.edited && message.number == 1);
    assert_eq!(
        message.payload,
        json!({"content": "done", "username": "bell"})
    );
    assert_eq!(
        message.open_mentions,
        ["users"],
        "an edit must say again whom it may ping"
    );

    let read = Call::get(&path)
        .header("user-agent", AGENT)
        .send(&sink)
        .await
        .json();
    assert_eq!(read["content"], "done");
    let emptied = edit(json!({"content": null})).send(&sink).await;
    assert_eq!(emptied.json()["code"], 50_006);
    let path = format!("{HOOK}/messages/1");
    let missing = Call::get(&path)
        .header("user-agent", AGENT)
        .send(&sink)
        .await;
    assert_eq!(
        (missing.status.as_u16(), &missing.json()["code"]),
        (404, &json!(10_008))
    );
}

#[tokio::test]
async fn a_message_in_a_thread_is_found_only_there() {
    let sink = ChatSink::new();
    let posted = post(&sink, "?wait=true&thread_id=77", &json!({"content": "x"}))
        .await
        .json();
    assert_eq!(posted["channel_id"], "77");
    assert_eq!(sink.messages()[0].thread.as_deref(), Some("77"));
    let path = format!("{HOOK}/messages/{}", posted["id"].as_str().unwrap());
    for (query, status) in [("", 404), ("?thread_id=77", 200)] {
        let path = format!("{path}{query}");
        let call = Call::post(&path, &json!({"content": "y"})).method("PATCH");
        let answer = call.header("user-agent", AGENT).send(&sink).await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_client_that_does_not_say_what_it_is_is_kept_out() {
    for agent in ["", "Mozilla/5.0 (X11; Linux x86_64)"] {
        let call = message(&json!({"content": "x"})).header("user-agent", agent);
        let answer = call.send(&ChatSink::new()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.json()["code"], 40_333);
    }
}

#[tokio::test]
async fn bad_payloads_are_refused_with_discords_codes() {
    let sink = ChatSink::new();
    assert_eq!(refusal(&json!({})).await.1["code"], 50_006);
    assert_eq!(
        refusal(&json!({"content": " ", "embeds": [{}]})).await.1["code"],
        50_006
    );
    let broken = message(&json!({})).body("{").send(&sink).await;
    assert_eq!(
        (broken.status.as_u16(), &broken.json()["code"]),
        (400, &json!(50_109))
    );
    let call = message(&json!({"content": "x"})).header("content-type", "text/plain");
    assert_eq!(call.send(&sink).await.json()["code"], 50_035);
    let huge = refusal(&json!({"content": "x".repeat(2_000_000)})).await;
    assert_eq!((huge.0, &huge.1["code"]), (413, &json!(40_005)));
}

#[tokio::test]
async fn what_breaks_a_limit_is_named_in_a_tree() {
    let field = |value: String| json!({"embeds": [{"title": "x", "fields": [{"name": "a", "value": value}]}]});
    let (status, reply) = refusal(&field("x".repeat(1_025))).await;
    assert_eq!((status, &reply["code"]), (400, &json!(50_035)));
    let errors = &reply["errors"]["embeds"]["0"]["fields"]["0"]["value"]["_errors"];
    assert_eq!(errors[0]["message"], "Must be 1024 or fewer in length.");

    let described = json!({"description": "x".repeat(4_000)});
    let (_, reply) = refusal(&json!({"embeds": [described, described]})).await;
    let message = &reply["errors"]["embeds"]["_errors"][0]["message"];
    assert_eq!(message, "Embed size exceeds maximum size of 6000");
    let (_, reply) = refusal(&json!({"content": "x", "username": "My Discord"})).await;
    let code = &reply["errors"]["username"]["_errors"][0]["code"];
    assert_eq!(code, "USERNAME_INVALID_CONTAINS");
}

#[tokio::test]
async fn old_versions_answer_in_the_old_way() {
    let sink = ChatSink::new();
    let send = async |path: &str| {
        let call = Call::post(path, &json!({"content": "x".repeat(2_001)}));
        call.header("user-agent", AGENT).send(&sink).await.json()
    };
    let flat = send("/discord.com/api/webhooks/1/not-a-real-token").await;
    assert_eq!(
        flat,
        json!({"content": ["Must be 2000 or fewer in length."]})
    );
    for path in [
        "/discord.com/api/v4/webhooks/1/not-a-real-token",
        "/discord.com/api/v11/webhooks/1/not-a-real-token",
        "/discordapp.com/api/v10/webhooks/1/not-a-real-token",
    ] {
        assert_eq!(send(path).await["code"], 50_041, "{path}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_do_not_exist() {
    let sink = ChatSink::new();
    for (method, path, status) in [
        ("PUT", HOOK, 405),
        ("GET", "/discord.com/api/v10/users/@me", 404),
        (
            "POST",
            "/discord.com/api/v10/webhooks/1/not-a-real-token/github",
            404,
        ),
        (
            "POST",
            "/discord.com/api/v10/webhooks/abc/not-a-real-token",
            400,
        ),
    ] {
        let call = Call::post(path, &json!({"content": "x"})).method(method);
        let answer = call.header("user-agent", AGENT).send(&sink).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert!(answer.json().is_object());
    }
    assert!(sink.messages().is_empty());
}

#[tokio::test]
async fn a_message_can_be_removed() {
    let sink = ChatSink::new();
    let posted = post(&sink, "?wait=true", &json!({"content": "x"}))
        .await
        .json();
    let path = format!("{HOOK}/messages/{}", posted["id"].as_str().unwrap());
    for status in [204, 404] {
        let call = Call::get(&path)
            .method("DELETE")
            .header("user-agent", AGENT);
        assert_eq!(call.send(&sink).await.status.as_u16(), status);
    }
    assert!(sink.messages().is_empty());
}

#[tokio::test]
async fn a_webhook_can_be_renamed_and_removed_by_whoever_has_its_url() {
    let sink = ChatSink::new();
    let rename = message(&json!({"name": "ops"})).method("PATCH");
    assert_eq!(rename.send(&sink).await.json()["name"], "ops");
    let remove = Call::get(HOOK).method("DELETE").header("user-agent", AGENT);
    assert_eq!(remove.send(&sink).await.status, StatusCode::NO_CONTENT);
    let answer = message(&json!({"content": "x"})).send(&sink).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (404, &json!(10_015))
    );
}

#[tokio::test]
async fn a_forum_wants_each_message_in_a_thread() {
    let sink = ChatSink::new();
    sink.stand("112233445566778899", Standing::Forum);
    let code =
        async |query: &str, body: Value| post(&sink, query, &body).await.json()["code"].clone();
    assert_eq!(code("?wait=true", json!({"content": "x"})).await, 220_001);
    let named = json!({"content": "x", "thread_name": "release-42"});
    assert_eq!(
        code("?wait=true&thread_id=77", named.clone()).await,
        220_002
    );
    let begun = post(&sink, "?wait=true", &named).await.json();
    assert_eq!(
        begun["channel_id"], begun["id"],
        "the thread has the id of its first message"
    );
    let query = format!("?wait=true&thread_id={}", begun["id"].as_str().unwrap());
    let next = post(&sink, &query, &json!({"content": "y"})).await.json();
    assert_eq!(next["channel_id"], begun["id"]);
    let messages = sink.messages();
    assert_eq!(messages[0].thread_name.as_deref(), Some("release-42"));
    assert_eq!(messages[1].thread, messages[0].thread);
}

#[tokio::test]
async fn a_thread_can_be_locked_deleted_or_somebody_elses() {
    let sink = ChatSink::new();
    let post = async |thread: &str| {
        let query = format!("?wait=true&thread_id={thread}");
        let answer = post(&sink, &query, &json!({"content": "x"})).await;
        (answer.status.as_u16(), answer.json()["code"].clone())
    };
    assert_eq!(post("77").await.0, 200);
    sink.lock_thread("77");
    assert_eq!(post("77").await, (400, json!(160_005)));
    sink.delete_thread("78");
    assert_eq!(post("78").await, (404, json!(10_003)));
    let other = "/discord.com/api/v10/webhooks/9/not-a-real-token?thread_id=79";
    Call::post(other, &json!({"content": "x"}))
        .header("user-agent", AGENT)
        .send(&sink)
        .await;
    assert_eq!(post("79").await, (404, json!(10_003)));
}

#[tokio::test]
async fn only_a_forum_lets_a_message_begin_a_thread() {
    let (status, reply) = refusal(&json!({"content": "x", "thread_name": "y"})).await;
    assert_eq!((status, &reply["code"]), (400, &json!(220_003)));
    let sink = ChatSink::new();
    sink.stand("112233445566778899", Standing::TaggedForum);
    let named = json!({"content": "x", "thread_name": "y"});
    assert_eq!(post(&sink, "", &named).await.json()["code"], 40_067);
}

#[tokio::test]
async fn components_count_only_where_they_are_asked_for() {
    let components = json!({"components": [{"type": 10, "content": "x"}]});
    assert_eq!(refusal(&components).await.1["code"], 50_006);
    let sink = ChatSink::new();
    assert_eq!(
        post(&sink, "?with_components=true", &components)
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let (_, mixed) =
        refusal(&json!({"flags": 32_768, "content": "x", "components": [{"type": 10}]})).await;
    assert_eq!(mixed["code"], 50_035);
    let (_, unknown) = refusal(&json!({"flags": 1, "content": "x"})).await;
    assert_eq!(unknown["code"], 50_035);
}

#[tokio::test]
async fn a_form_is_taken_as_json_is() {
    let sink = ChatSink::new();
    for body in [
        "content=hello",
        "payload_json=%7B%22content%22%3A%22hello%22%7D",
    ] {
        let call = message(&json!({})).header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(
            call.body(body).send(&sink).await.status,
            StatusCode::NO_CONTENT
        );
    }
    assert!(
        sink.messages()
            .iter()
            .all(|message| message.payload["content"] == "hello")
    );
}
