//! What Slack asks of a message's content, whichever way the message comes.

use carillon_chat::slack::limits;
use serde_json::{Map, Value};

use crate::chat_sink::limits::Violation;

/// Beyond this many characters of `text`, Slack keeps the start and says nothing.
const MAX_TEXT: usize = 40_000;

const CONTENT: [&str; 4] = ["text", "blocks", "attachments", "markdown_text"];

/// Why a message is refused.
#[derive(Debug, PartialEq)]
pub(super) struct Refused {
    pub code: &'static str,
    /// The limits it breaks.
    pub violations: Vec<Violation>,
}

/// Whether a message names any kind of content at all, be it empty.
pub(super) fn has_content_key(message: &Map<String, Value>) -> bool {
    CONTENT.iter().any(|key| message.contains_key(*key))
}

/// Checks a new message and cuts what Slack cuts.
pub(super) fn accept(message: &mut Map<String, Value>) -> Result<(), Refused> {
    has_content(message)?;
    if let Some(Value::String(text)) = message.get_mut("text")
        && let Some((end, _)) = text.char_indices().nth(MAX_TEXT)
    {
        text.truncate(end);
    }
    // Only an edit is refused for its text; a new message's is cut.
    within_limits(message, |violation| violation.code != "msg_too_long")
}

/// Checks what a message is to become.
pub(super) fn accept_edit(message: &Map<String, Value>) -> Result<(), Refused> {
    has_content(message)?;
    within_limits(message, |_| true)
}

fn has_content(message: &Map<String, Value>) -> Result<(), Refused> {
    let filled = CONTENT.iter().any(|key| is_filled(message.get(*key)));
    if filled {
        return Ok(());
    }
    Err(Refused {
        code: "no_text",
        violations: Vec::new(),
    })
}

fn within_limits(
    message: &Map<String, Value>,
    counts: impl Fn(&Violation) -> bool,
) -> Result<(), Refused> {
    let mut violations = limits::violations(&Value::Object(message.clone()));
    violations.retain(counts);
    match violations.first() {
        None => Ok(()),
        Some(first) => Err(Refused {
            code: code(first),
            violations,
        }),
    }
}

fn code(violation: &Violation) -> &'static str {
    // Of a block inside an attachment, Slack complains as of the attachment (slackapi/bolt-js#717).
    match violation.pointer.as_str().starts_with("/attachments/") {
        true => "invalid_attachments",
        false => violation.code,
    }
}

fn is_filled(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        // Something else than there should be: for the limits to say.
        Some(Value::Object(_)) => true,
        _ => false,
    }
}
