//! What Slack asks of a message's content, whichever way the message comes.

use carillon_domain::Platform;
use serde_json::{Map, Value};

use super::limits::{self, Violation};

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

/// Checks a message and cuts what Slack cuts.
pub(super) fn accept(message: &mut Map<String, Value>) -> Result<(), Refused> {
    let plain = |code| Refused {
        code,
        violations: Vec::new(),
    };
    for (key, code) in [
        ("blocks", "invalid_blocks_format"),
        ("attachments", "invalid_attachments"),
    ] {
        if !matches!(message.get(key), None | Some(Value::Null | Value::Array(_))) {
            return Err(plain(code));
        }
    }
    if !CONTENT.iter().any(|key| is_filled(message.get(*key))) {
        return Err(plain("no_text"));
    }
    if let Some(Value::String(text)) = message.get_mut("text")
        && let Some((end, _)) = text.char_indices().nth(MAX_TEXT)
    {
        text.truncate(end);
    }
    let mut violations = limits::violations(Platform::Slack, &Value::Object(message.clone()));
    // Long text is cut, never refused.
    violations.retain(|violation| violation.pointer != "/text");
    match violations.first() {
        None => Ok(()),
        Some(first) => Err(Refused {
            code: code_for(&first.pointer),
            violations,
        }),
    }
}

fn code_for(pointer: &str) -> &'static str {
    if pointer == "/attachments" {
        "too_many_attachments"
    } else if pointer.starts_with("/attachments/") {
        // Slack's code for everything inside, broken blocks included.
        "invalid_attachments"
    } else {
        "invalid_blocks"
    }
}

fn is_filled(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        _ => false,
    }
}
