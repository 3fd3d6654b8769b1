//! Discord's forum channels.

use carillon_embedded::chat_sink::Standing;
use carillon_tests::{App, discord};
use serde_json::json;

const WEBHOOK: &str = "123456789012345678";

#[tokio::test]
async fn the_events_of_one_operation_share_a_thread_of_a_forum() {
    let app = App::start().await;
    let mut webhook = discord("forum", &["deploy"]);
    webhook["configuration"]["grouping"] = json!("thread");
    let id = app.register(&webhook).await;
    app.sink().stand(WEBHOOK, Standing::Forum);
    for (status, operation) in [
        ("started", "release-42"),
        ("succeeded", "release-42"),
        ("started", "release-43"),
    ] {
        app.publish(&json!({
            "type": "deploy", "status": status, "correlation_id": operation,
        }))
        .await;
    }
    let messages = app.messages(3).await;
    assert!(messages[0].thread_name.is_some(), "it begins a thread");
    assert_eq!(messages[1].thread, messages[0].thread);
    assert_eq!(messages[1].thread_name, None);
    assert!(messages[2].thread_name.is_some());
    assert_ne!(messages[2].thread, messages[0].thread);

    // A thread that was deleted begins anew.
    app.sink()
        .delete_thread(messages[0].thread.as_deref().unwrap());
    app.publish(&json!({
        "type": "deploy", "actor": "the-last-one", "correlation_id": "release-42",
    }))
    .await;
    let messages = app
        .messages_until(|messages| {
            messages
                .iter()
                .any(|message| message.payload.to_string().contains("the-last-one"))
        })
        .await;
    let last = messages.last().unwrap();
    assert!(last.thread_name.is_some(), "{last:?}");
    let listed = app.get(&format!("/webhooks/{id}/deliveries/")).await;
    let newest = &listed.results()[0];
    assert_eq!(newest["status"], "delivered", "{newest}");
}
