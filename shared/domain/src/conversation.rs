//! What joins the messages of one operation: the message that began it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::delivery::MessageRef;
use crate::event::{Event, Status};
use crate::ids::EventId;

/// The messages of one correlation id in one channel.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The message that began the thread, or the one that is edited.
    pub message: MessageRef,
    /// The event that the message was posted for.
    pub event_id: Option<EventId>,
    /// Which order to deliver has posted it, or has edited it last.
    pub by: String,
    /// What the message shows: how the operation stands, and since when.
    pub status: Option<Status>,
    pub occurred_at: Timestamp,
}

impl Conversation {
    /// What the message shows once an order has posted this event.
    pub fn showing(event: &Event, message: MessageRef, by: String) -> Self {
        Self {
            message,
            event_id: Some(event.id.clone()),
            by,
            status: event.status,
            occurred_at: event.occurred_at,
        }
    }

    /// Whether the message shows the end of the operation, and the event is from before.
    pub fn is_past(&self, event: &Event) -> bool {
        has_ended(self.status) && !has_ended(event.status) && event.occurred_at <= self.occurred_at
    }

    /// Whether an event is the end of the operation, and neither it nor a later one is shown
    /// already.
    pub fn is_ended_by(&self, event: &Event) -> bool {
        let is_same = self.status == event.status && event.occurred_at == self.occurred_at;
        let is_late = has_ended(self.status) && event.occurred_at < self.occurred_at;
        has_ended(event.status) && !is_same && !is_late
    }

    /// Once its message shows that event as the end.
    #[must_use]
    pub fn ended(&self, event: &Event) -> Self {
        Self {
            status: event.status,
            occurred_at: event.occurred_at,
            ..self.clone()
        }
    }
}

fn has_ended(status: Option<Status>) -> bool {
    matches!(status, Some(Status::Succeeded | Status::Failed))
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

    #[test]
    fn the_last_end_is_what_is_shown() {
        let message = MessageRef {
            id: Some("1".into()),
            channel_id: None,
        };
        let started = Conversation::showing(&event(Status::Started, 0), message, "x".into());
        assert!(!started.is_ended_by(&event(Status::Started, 9)));
        assert!(started.is_ended_by(&event(Status::Failed, 5)));
        let failed = started.ended(&event(Status::Failed, 5));
        assert_eq!(
            (failed.status, failed.by.as_str()),
            (Some(Status::Failed), "x")
        );
        assert!(failed.is_ended_by(&event(Status::Succeeded, 6)));
        assert!(!failed.is_ended_by(&event(Status::Failed, 5)));
        // Sent once more, an older end changes nothing.
        assert!(!failed.is_ended_by(&event(Status::Succeeded, 4)));
    }
}
