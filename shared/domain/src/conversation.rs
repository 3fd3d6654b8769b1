//! What joins the messages of one operation: the message that began it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::delivery::MessageRef;
use crate::event::{Event, Status};

/// The messages of one correlation id in one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The message that began the thread, or the one that is edited.
    pub message: MessageRef,
    /// Which order to deliver has posted it, or has edited it last.
    pub by: String,
    /// What the message shows: how the operation stands, and since when.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<Status>,
    pub occurred_at: Timestamp,
}

impl Conversation {
    /// What the message shows once an order has posted this event.
    pub fn showing(event: &Event, message: MessageRef, by: String) -> Self {
        Self {
            message,
            by,
            status: event.status,
            occurred_at: event.occurred_at,
        }
    }

    /// Whether the message shows the end of the operation, and the event is from before.
    pub fn is_past(&self, event: &Event) -> bool {
        let has_ended =
            |status: Option<Status>| matches!(status, Some(Status::Succeeded | Status::Failed));
        has_ended(self.status) && !has_ended(event.status) && event.occurred_at <= self.occurred_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_type::EventType;
    use crate::sample;
    use std::time::Duration;

    fn event(status: Status, second: u64) -> Event {
        let mut event = sample::event(EventType::Deploy);
        event.status = Some(status);
        event.occurred_at += Duration::from_secs(second);
        event
    }

    #[test]
    fn an_older_start_does_not_take_the_place_of_an_end_but_a_new_run_does() {
        let message = MessageRef {
            id: Some("1".into()),
            channel_id: None,
        };
        let shown = |event: &Event| Conversation::showing(event, message.clone(), "x".into());
        let ended = shown(&event(Status::Failed, 5));
        assert!(ended.is_past(&event(Status::Started, 0)));
        assert!(!ended.is_past(&event(Status::Started, 6)));
        assert!(!ended.is_past(&event(Status::Succeeded, 0)));
        assert!(!shown(&event(Status::Started, 5)).is_past(&event(Status::Started, 0)));
    }
}
