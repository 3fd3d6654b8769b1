use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Call};
use crate::chat_sink::{ChatSink, Standing};

pub(super) const TOKEN: &str = "Bearer xoxb-not-a-real-token";
const POST: &str = "/slack.com/api/chat.postMessage";

pub(super) fn message(body: &Value) -> Call<'static> {
    Call::post(POST, body).header("authorization", TOKEN)
}

pub(super) async fn post(sink: &ChatSink, body: &Value) -> Answer {
    message(body).send(sink).await
}

fn hello() -> Value {
    json!({"channel": "#infra", "text": "hello"})
}

async fn error_of(call: Call<'_>) -> Value {
    let answer = call.send(&ChatSink::new()).await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "whatever is wrong, the status is 200"
    );
    assert_eq!(answer.json()["ok"], false);
    answer.json()["error"].clone()
}

#[tokio::test]
async fn a_message_is_taken_and_shown_back() {
    let sink = ChatSink::new();
    let body = json!({"channel": "#infra", "text": "a &amp; b", "username": "bell"});
    let answer = post(&sink, &body).await;
    let reply = answer.json();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert!(
        answer
            .header("x-oauth-scopes")
            .contains("chat:write.public")
    );
    assert_eq!(answer.header("x-accepted-oauth-scopes"), "chat:write");
    assert_eq!(reply["ok"], true);
    assert_eq!(reply["message"]["text"], "a &amp; b");
    assert!(reply.get("warning").is_none());

    let message = &sink.messages()[0];
    assert_eq!(message.platform, "slack");
    assert_eq!((message.number, message.channel.as_str()), (1, "infra"));
    assert_eq!(
        (message.sender.as_deref(), message.thread.as_deref()),
        (Some("bell"), None)
    );
    assert_eq!(message.host, "slack.com");
    assert_eq!(message.payload, body);
    assert_eq!(reply["ts"], message.id);
}

#[tokio::test]
async fn a_channel_always_has_the_same_id_and_the_id_works_as_well() {
    let sink = ChatSink::new();
    let first = post(&sink, &hello()).await.json();
    let second = post(&sink, &json!({"channel": "infra", "text": "x"}))
        .await
        .json();
    assert_eq!(first["channel"], second["channel"]);
    assert!(first["ts"].as_str().unwrap() < second["ts"].as_str().unwrap());
    let by_id = post(&sink, &json!({"channel": first["channel"], "text": "x"}))
        .await
        .json();
    assert_eq!(by_id["channel"], first["channel"]);
    assert_eq!(sink.messages()[2].channel, "infra");
}

#[tokio::test]
async fn a_reply_is_in_the_thread_of_its_parent() {
    let sink = ChatSink::new();
    let parent = post(&sink, &hello()).await.json()["ts"].clone();
    let mut body = json!({"channel": "infra", "text": "x", "thread_ts": parent});
    let reply = post(&sink, &body).await.json();
    assert_eq!(reply["message"]["thread_ts"], parent);
    assert_eq!(sink.messages()[1].thread.as_deref(), parent.as_str());
    body["thread_ts"] = reply["ts"].clone();
    let refused = post(&sink, &body).await.json();
    assert_eq!(refused["error"], "cannot_reply_to_message");
}

#[tokio::test]
async fn a_reply_whose_parent_is_gone_is_posted_to_the_channel() {
    let sink = ChatSink::new();
    let parent = post(&sink, &hello()).await.json();
    let gone = json!({"channel": parent["channel"], "ts": parent["ts"]});
    let delete = Call::post("/slack.com/api/chat.delete", &gone).header("authorization", TOKEN);
    assert_eq!(delete.send(&sink).await.json()["ok"], true);
    assert!(sink.messages().is_empty());
    let body = json!({"channel": "infra", "text": "x", "thread_ts": parent["ts"]});
    let reply = post(&sink, &body).await.json();
    assert_eq!(reply["ok"], true);
    assert!(reply["message"].get("thread_ts").is_none());
    assert_eq!(sink.messages()[0].thread, None);
}

#[tokio::test]
async fn a_repeated_client_msg_id_gets_the_first_answer_where_that_is_switched_on() {
    let sink = ChatSink::new();
    let body = json!({"channel": "infra", "text": "x", "client_msg_id": "one"});
    for _ in 0..2 {
        post(&sink, &body).await;
    }
    assert_eq!(sink.messages().len(), 2, "it is not documented");
    sink.behave(|behaviour| behaviour.deduplicates = true);
    let reply = post(&sink, &body).await.json();
    assert_eq!(reply["is_duplicate"], true);
    assert_eq!(reply["ts"], sink.messages()[0].id);
    assert_eq!(sink.messages().len(), 2);
}

#[tokio::test]
async fn channels_can_be_asked_about_with_the_scopes_for_it() {
    let sink = ChatSink::new();
    let id = post(&sink, &hello()).await.json()["channel"].clone();
    let info = format!(
        "/slack.com/api/conversations.info?channel={}",
        id.as_str().unwrap()
    );
    let ask = async || {
        let call = Call::get(&info).header("authorization", TOKEN);
        call.send(&sink).await.json()
    };
    let refused = ask().await;
    assert_eq!(
        (&refused["error"], &refused["needed"]),
        (&json!("missing_scope"), &json!("channels:read"))
    );
    sink.grant_scopes(&["chat:write", "channels:read", "channels:join"]);
    let channel = ask().await["channel"].clone();
    assert_eq!(
        (
            &channel["name"],
            &channel["is_member"],
            &channel["is_archived"]
        ),
        (&json!("infra"), &json!(true), &json!(false))
    );
    sink.stand("infra", Standing::NotAMember);
    assert_eq!(ask().await["channel"]["is_member"], false);
    let join = Call::post("/slack.com/api/conversations.join", &json!({"channel": id}));
    assert_eq!(
        join.header("authorization", TOKEN).send(&sink).await.json()["ok"],
        true
    );
    assert_eq!(ask().await["channel"]["is_member"], true);
    sink.stand("infra", Standing::Private);
    assert_eq!(ask().await["error"], "channel_not_found");
    let list = Call::get("/slack.com/api/conversations.list").header("authorization", TOKEN);
    assert_eq!(list.send(&sink).await.json()["channels"], json!([]));
}

#[tokio::test]
async fn an_update_edits_the_message_and_keeps_its_name() {
    let sink = ChatSink::new();
    let body = json!({"channel": "infra", "text": "started", "username": "bell"});
    let posted = post(&sink, &body).await.json();
    let mut change = json!({"channel": posted["channel"], "ts": posted["ts"], "text": "done"});
    let update = |change: &Value| {
        Call::post("/slack.com/api/chat.update", change).header("authorization", TOKEN)
    };
    let reply = update(&change).send(&sink).await.json();
    assert_eq!(
        (&reply["ok"], &reply["ts"], &reply["text"]),
        (&json!(true), &posted["ts"], &json!("done"))
    );
    let message = &sink.messages()[0];
    assert!(message.edited && message.number == 1);
    assert_eq!(message.payload["text"], "done");
    assert_eq!(message.payload["username"], "bell");

    change["ts"] = json!("1.000000");
    assert_eq!(
        update(&change).send(&sink).await.json()["error"],
        "message_not_found"
    );
    change["channel"] = json!("infra");
    assert_eq!(
        update(&change).send(&sink).await.json()["error"],
        "channel_not_found"
    );
}

#[tokio::test]
async fn a_token_is_looked_for_where_slack_looks() {
    assert_eq!(error_of(Call::post(POST, &hello())).await, "not_authed");
    assert_eq!(
        error_of(message(&hello()).header("authorization", "Bearer wrong")).await,
        "invalid_auth"
    );
    let mut inside = hello();
    inside["token"] = json!("xoxb-not-a-real-token");
    assert_eq!(error_of(Call::post(POST, &inside)).await, "not_authed");
    let in_query = format!("{POST}?token=xoxb-not-a-real-token");
    assert_eq!(
        error_of(Call::post(&in_query, &hello())).await,
        "not_authed"
    );

    let form = Call::post(POST, &json!({}))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("token=xoxb-not-a-real-token&channel=infra&blocks=[{\"type\":\"divider\"}]");
    let sink = ChatSink::new();
    assert_eq!(form.send(&sink).await.json()["ok"], true);
    assert_eq!(
        sink.messages()[0].payload,
        json!({"channel": "infra", "blocks": [{"type": "divider"}]})
    );
}

#[tokio::test]
async fn auth_test_says_who_the_bot_is() {
    let call = Call::post("/slack.com/api/auth.test", &json!({})).header("authorization", TOKEN);
    let answer = call.send(&ChatSink::new()).await;
    assert_eq!(answer.json()["ok"], true);
    assert!(answer.json()["team_id"].is_string() && answer.json()["bot_id"].is_string());
    assert!(answer.header("x-oauth-scopes").contains("chat:write"));
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let sink = ChatSink::new();
    sink.grant_scopes(&["channels:read"]);
    let reply = post(&sink, &hello()).await.json();
    assert_eq!(reply["error"], "missing_scope");
    assert_eq!(
        (&reply["needed"], &reply["provided"]),
        (&json!("chat:write"), &json!("channels:read"))
    );
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_with_its_code() {
    let with_type = |content_type: &str| message(&hello()).header("content-type", content_type);
    assert_eq!(error_of(message(&hello()).body("{")).await, "invalid_json");
    assert_eq!(error_of(message(&json!([1]))).await, "json_not_object");
    assert_eq!(error_of(with_type("")).await, "missing_post_type");
    assert_eq!(
        error_of(with_type("application/xml")).await,
        "invalid_post_type"
    );
    assert_eq!(
        error_of(with_type("application/json; charset=klingon")).await,
        "invalid_charset"
    );
    assert_eq!(
        error_of(message(&json!({"channel": "infra"}))).await,
        "no_text"
    );
    assert_eq!(
        error_of(message(&json!({"text": "x"}))).await,
        "channel_not_found"
    );
    assert_eq!(
        error_of(message(&json!({"text": "x", "channel": "no such"}))).await,
        "channel_not_found"
    );
    let unknown = Call::post("/slack.com/api/chat.shout", &hello()).header("authorization", TOKEN);
    assert_eq!(error_of(unknown).await, "unknown_method");
    let huge = json!({"channel": "infra", "text": "x".repeat(2_000_000)});
    assert_eq!(error_of(message(&huge)).await, "request_timeout");
}

#[tokio::test]
async fn json_without_a_charset_is_taken_with_a_warning() {
    let call = message(&hello()).header("content-type", "application/json");
    let reply = call.send(&ChatSink::new()).await.json();
    assert_eq!(
        (&reply["ok"], &reply["warning"]),
        (&json!(true), &json!("missing_charset"))
    );
    assert_eq!(
        reply["response_metadata"]["warnings"],
        json!(["missing_charset"])
    );
}

#[tokio::test]
async fn what_breaks_a_limit_is_refused_and_pointed_at() {
    let section = json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(3_001)}});
    let sink = ChatSink::new();
    let reply = post(&sink, &json!({"channel": "infra", "blocks": [section]}))
        .await
        .json();
    assert_eq!(reply["error"], "invalid_blocks");
    let detail = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]";
    assert_eq!(reply["errors"], json!([detail]));
    assert_eq!(
        reply["response_metadata"]["messages"],
        json!([format!("[ERROR] {detail}")])
    );

    let inside = json!({"channel": "infra", "attachments": [{"blocks": [section]}]});
    assert_eq!(
        post(&sink, &inside).await.json()["error"],
        "invalid_attachments"
    );
    let many = json!({"channel": "infra", "attachments": vec![json!({"text": "x"}); 101]});
    assert_eq!(
        post(&sink, &many).await.json()["error"],
        "too_many_attachments"
    );
    assert!(sink.messages().is_empty());
}

#[tokio::test]
async fn long_text_is_cut_without_a_word() {
    let sink = ChatSink::new();
    let reply = post(
        &sink,
        &json!({"channel": "infra", "text": "é".repeat(40_001)}),
    )
    .await
    .json();
    assert_eq!(reply["ok"], true);
    let kept = sink.messages()[0].payload["text"]
        .as_str()
        .unwrap()
        .chars()
        .count();
    assert_eq!(kept, 40_000);
}
