//! What destinations answer that do not stand well.

use serde_json::{Value, json};

use super::{Answer, Call, discord, slack_api};
use crate::chat_sink::{ChatSink, Standing};

const HOOK: &str = "/hooks.slack.com/services/T0EXAMPLE/B0EXAMPLE/not-a-real-secret";

async fn bot(sink: &ChatSink) -> String {
    let reply = slack_api::post(sink, &json!({"channel": "infra", "text": "x"})).await;
    reply.json()["error"].as_str().unwrap_or("ok").to_owned()
}

async fn hook(sink: &ChatSink, body: &str) -> (u16, String) {
    let answer = Call::post(HOOK, &json!({})).body(body).send(sink).await;
    (answer.status.as_u16(), answer.body)
}

async fn discord(sink: &ChatSink) -> (u16, Value) {
    let answer: Answer = discord::message(&json!({"content": "x"})).send(sink).await;
    let code = match answer.body.as_str() {
        "" => Value::Null,
        _ => answer.json()["code"].clone(),
    };
    (answer.status.as_u16(), code)
}

#[tokio::test]
async fn each_platform_has_its_own_words_for_how_a_destination_stands() {
    for (standing, by_bot, by_hook, by_discord) in [
        (
            Standing::Revoked,
            "token_revoked",
            (404, "no_active_hooks"),
            (404, 10_015),
        ),
        (
            Standing::WrongSecret,
            "invalid_auth",
            (403, "invalid_token"),
            (401, 50_027),
        ),
        (
            Standing::Uninstalled,
            "account_inactive",
            (404, "no_service"),
            (404, 10_015),
        ),
        (
            Standing::Archived,
            "is_archived",
            (410, "channel_is_archived"),
            (404, 10_003),
        ),
        (
            Standing::Private,
            "channel_not_found",
            (404, "channel_not_found"),
            (403, 50_001),
        ),
        (
            Standing::Restricted,
            "restricted_action",
            (403, "action_prohibited"),
            (403, 50_013),
        ),
    ] {
        let sink = ChatSink::new();
        for channel in ["infra", "B0EXAMPLE", "112233445566778899"] {
            sink.stand(channel, standing);
        }
        assert_eq!(bot(&sink).await, by_bot);
        let (status, body) = hook(&sink, r#"{"text": "x"}"#).await;
        assert_eq!((status, body.as_str()), by_hook);
        assert_eq!(discord(&sink).await, (by_discord.0, json!(by_discord.1)));
        assert!(sink.messages().is_empty());
        for channel in ["infra", "B0EXAMPLE", "112233445566778899"] {
            sink.stand(channel, Standing::Open);
        }
        assert_eq!(bot(&sink).await, "ok");
        assert_eq!(hook(&sink, r#"{"text": "x"}"#).await.1, "ok");
        assert_eq!(discord(&sink).await.0, 204);
    }
}

#[tokio::test]
async fn a_bot_outside_of_a_public_channel_needs_the_scope_for_it() {
    let sink = ChatSink::new();
    sink.stand("infra", Standing::NotAMember);
    assert_eq!(bot(&sink).await, "ok");
    sink.grant_scopes(&["chat:write"]);
    assert_eq!(bot(&sink).await, "not_in_channel");
}

#[tokio::test]
async fn an_incoming_webhook_can_be_probed_without_a_message() {
    let sink = ChatSink::new();
    assert_eq!(hook(&sink, "{").await, (400, "invalid_payload".into()));
    sink.stand("B0EXAMPLE", Standing::Revoked);
    assert_eq!(hook(&sink, "{").await, (404, "no_active_hooks".into()));
    assert!(sink.messages().is_empty());
}

#[tokio::test]
async fn a_dead_token_fails_every_method_and_another_one_works() {
    let sink = ChatSink::new();
    sink.refuse_credential("xoxb-old", Standing::Uninstalled);
    let test = async |token: &str| {
        let call = Call::post("/slack.com/api/auth.test", &json!({}));
        let call = call.header("authorization", &format!("Bearer {token}"));
        call.send(&sink).await.json()["error"].clone()
    };
    assert_eq!(test("xoxb-old").await, "account_inactive");
    assert_eq!(test("xoxb-new").await, Value::Null);
    sink.refuse_credential("xoxb-old", Standing::Open);
    assert_eq!(test("xoxb-old").await, Value::Null);
}

#[tokio::test]
async fn calls_to_what_is_dead_are_counted() {
    let sink = ChatSink::new();
    discord(&sink).await;
    sink.stand("112233445566778899", Standing::Revoked);
    for _ in 0..3 {
        discord(&sink).await;
    }
    let [destination] = &sink.destinations()[..] else {
        panic!("one destination");
    };
    let tally = destination.tally;
    assert_eq!((tally.calls, tally.taken, tally.after_death), (4, 1, 2));
    assert_eq!(
        destination.place.webhook.as_deref(),
        Some("112233445566778899")
    );
}

#[tokio::test]
async fn an_update_in_an_archived_channel_has_a_code_of_its_own() {
    let sink = ChatSink::new();
    let posted = slack_api::post(&sink, &json!({"channel": "infra", "text": "x"})).await;
    let posted = posted.json();
    sink.stand("infra", Standing::Archived);
    let change = json!({"channel": posted["channel"], "ts": posted["ts"], "text": "y"});
    let call = Call::post("/slack.com/api/chat.update", &change);
    let answer = call
        .header("authorization", slack_api::TOKEN)
        .send(&sink)
        .await;
    assert_eq!(answer.json()["error"], "is_inactive");
}
