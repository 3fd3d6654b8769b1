//! Slack's `conversations.*`: what there is to know of a channel.

use serde_json::{Value, json};

use super::NAME;
use super::chat::addressed;
use super::request::{Request, Trouble};
use crate::chat_sink::{ChatSink, Destination, Standing};

/// As many channels as one answer lists.
const MOST: usize = 1_000;

pub(super) fn answer(request: &Request<'_>) -> Result<Value, Trouble> {
    if request.method == "conversations.list" {
        return Ok(list(request.sink));
    }
    let (place, _) = addressed(request.sink, &request.fields, request.credential)?;
    let standing = request.sink.held().destinations.standing(&place);
    let (id, name) = (&place.channel_id, &place.channel);
    match (request.method, standing) {
        // That there is a private channel is hidden from who is not in it.
        (_, Standing::Gone | Standing::Private) => Err("channel_not_found".into()),
        ("conversations.join", Standing::Archived) => Err("is_archived".into()),
        ("conversations.join", Standing::NotAMember) => {
            request.sink.stand(id, Standing::Open);
            Ok(json!({"channel": show(id, name, Standing::Open)}))
        }
        ("conversations.join", _) => {
            let channel = show(id, name, standing);
            Ok(json!({"channel": channel, "warning": "already_in_channel",
                "response_metadata": {"warnings": ["already_in_channel"]}}))
        }
        _ => Ok(json!({"channel": show(id, name, standing)})),
    }
}

/// The channels that somebody has posted to.
fn list(sink: &ChatSink) -> Value {
    let shown = |known: Destination| {
        let Destination {
            place, standing, ..
        } = known;
        let is_seen =
            place.kind.platform == NAME && !matches!(standing, Standing::Gone | Standing::Private);
        is_seen.then(|| show(&place.channel_id, &place.channel, standing))
    };
    let channels = sink.destinations().into_iter().filter_map(shown);
    let channels: Vec<_> = channels.take(MOST).collect();
    json!({"channels": channels, "response_metadata": {"next_cursor": ""}})
}

fn show(id: &str, name: &str, standing: Standing) -> Value {
    json!({
        "id": id, "name": name, "is_channel": true, "is_private": false,
        "is_archived": standing == Standing::Archived,
        "is_member": standing != Standing::NotAMember,
        "is_general": false, "is_frozen": false, "is_ext_shared": false,
    })
}
