//! What lanes and the places in them are called.

use crate::identifier::identifier;
use crate::ids::WebhookId;

/// How many digits a position has: as many as DynamoDB's sequence numbers have at most.
const DIGITS: usize = 40;

identifier! {
    /// A lane's id: its webhook's, `-` and the number of the lane in it, from 1. A number is never
    /// used twice.
    LaneId
}

impl LaneId {
    pub fn of(webhook: &WebhookId, number: u32) -> Self {
        Self(format!("{webhook}-{number}"))
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (webhook, number) = text.rsplit_once('-')?;
        let number: u32 = number.parse().ok()?;
        let id = Self::of(&WebhookId::parse(webhook)?, number);
        (id.0 == text).then_some(id)
    }

    /// The webhook that it belongs to.
    pub fn webhook(&self) -> Option<WebhookId> {
        WebhookId::parse(self.0.rsplit_once('-')?.0)
    }

    /// Its number in the webhook.
    pub fn number(&self) -> Option<u32> {
        self.0.rsplit_once('-')?.1.parse().ok()
    }
}

identifier! {
    /// Where something stands in the log: the sequence number of the event's stream record, padded
    /// so that positions compare as texts. DynamoDB's have 21 to 40 digits
    /// (`SequenceNumber`, DynamoDB Streams API reference).
    Position
}

impl Position {
    pub fn of(sequence_number: &str) -> Self {
        Self(format!("{sequence_number:0>DIGITS$}"))
    }
}
