//! Words of a webhook's own: what its owner wants its messages to say, and whom to ping.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::event::Event;
use crate::filters::Filters;

/// What a webhook's messages say instead of the standard words. The texts are templates over the
/// fields of an event; whoever renders them knows their language.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageTemplate {
    /// Instead of the headline.
    pub title: Option<String>,
    /// Instead of the event's message.
    pub text: Option<String>,
    /// Which facts are shown, in this order; none where they are the standard ones.
    pub fields: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub links: Vec<LinkTemplate>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mentions: Vec<MentionRule>,
}

/// A link below a message. Both parts are templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTemplate {
    pub label: String,
    /// Its scheme and its host are literal.
    pub url: String,
}

/// Whom to ping, and of which events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionRule {
    #[serde(skip_serializing_if = "Filters::is_empty", default)]
    pub when: Filters,
    /// In the forms of the webhook's kind.
    pub who: Vec<String>,
}

impl MessageTemplate {
    /// Whether it leaves everything as it is.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whom a message with these events pings, each once.
    pub fn mentioned(&self, events: &[&Event]) -> Vec<&str> {
        let mut mentioned: Vec<&str> = Vec::new();
        for rule in &self.mentions {
            if events.iter().any(|event| rule.when.matches(event)) {
                for who in &rule.who {
                    if !mentioned.contains(&who.as_str()) {
                        mentioned.push(who);
                    }
                }
            }
        }
        mentioned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventType, Status, sample};
    use serde_json::json;

    #[test]
    fn a_message_pings_whom_its_events_are_to_ping_and_each_once() {
        let template: MessageTemplate = serde_json::from_value(json!({"mentions": [
            {"when": {"status": ["failed"]}, "who": ["S0FAKE", "U0FAKE"]},
            {"when": {"environment": ["staging"]}, "who": ["here"]},
            {"who": ["U0FAKE", "U1FAKE"]},
        ]}))
        .unwrap();
        let succeeded = sample::event(EventType::Deploy);
        let mut failed = succeeded.clone();
        failed.status = Some(Status::Failed);
        assert_eq!(template.mentioned(&[&succeeded]), ["U0FAKE", "U1FAKE"]);
        let all = ["S0FAKE", "U0FAKE", "U1FAKE"];
        assert_eq!(template.mentioned(&[&succeeded, &failed]), all);
        assert!(MessageTemplate::default().mentioned(&[&failed]).is_empty());
    }
}
