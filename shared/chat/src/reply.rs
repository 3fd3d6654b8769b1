//! What came of a post.

use std::time::Duration;

use carillon_domain::delivery::MessageRef;
use carillon_domain::text::shorten;
use carillon_domain::{Attempt, Outcome};
use jiff::Timestamp;

use crate::answer::Answer;

/// How much of a platform's own sentence is shown.
const LONGEST_SENTENCE: usize = 200;

/// How long a whole platform must be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// The platform says how long.
    For(Duration),
    /// It says nothing: at least this long, and longer each time.
    Growing(Duration),
}

/// What to leave out so that a message may be taken after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The webhook's own name and picture.
    Appearance,
    /// The message that it was to answer, or to take the place of: that one is gone or closed.
    Place,
    /// The links of these events' titles: bit N stands for the event of that index.
    Link(u16),
    /// What the thread that it opens would be called by its event.
    ThreadName,
    /// The tags that the thread which it opens would have.
    Tags,
}

/// How a post ended, in the words of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub outcome: Outcome,
    pub http_status: Option<u16>,
    /// The platform's error code.
    pub code: Option<String>,
    /// What to do, in plain words.
    pub hint: Option<String>,
    /// How long this message must wait before it is tried again.
    pub retry_after: Option<Duration>,
    /// How long the destination must rest before its next message, whatever came of
    /// this one: the platform's limit is used up.
    pub pause_after: Option<Duration>,
    /// Where everybody must rest, whatever the destination: the platform limits or blocks
    /// our address.
    pub platform_pause: Option<Pause>,
    /// What to leave out so that the message may be taken after all.
    pub remedy: Option<Remedy>,
    /// Whether the credential is of no use to anybody, wherever they post.
    pub condemns: bool,
    pub message: Option<MessageRef>,
    /// Whether the platform shows the message as one of a thread; none where it shows nothing.
    pub in_thread: Option<bool>,
    pub duration: Duration,
}

impl Reply {
    pub fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            http_status: None,
            code: None,
            hint: None,
            retry_after: None,
            pause_after: None,
            platform_pause: None,
            remedy: None,
            condemns: false,
            message: None,
            in_thread: None,
            duration: Duration::ZERO,
        }
    }

    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn remedy(mut self, remedy: Option<Remedy>) -> Self {
        self.remedy = remedy;
        self
    }

    /// Whether the platform's own API has refused this very message, for good. It says nothing
    /// about others.
    pub fn is_definite(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::PayloadRefused | Outcome::UnknownRefusal | Outcome::OurFault
        )
    }

    /// Adds what the platform itself says, where it has refused this very message.
    pub fn saying(mut self, name: &str, sentence: Option<&str>) -> Self {
        let sentence = sentence.filter(|_| self.is_definite()).and_then(quoted);
        if let (Some(hint), Some(sentence)) = (&mut self.hint, sentence) {
            hint.push_str(&format!(" {name} says: {sentence}."));
        }
        self
    }

    /// The attempt as the ledger keeps it, begun at `at`.
    pub fn attempt(&self, at: Timestamp) -> Attempt {
        Attempt {
            at,
            outcome: self.outcome,
            http_status: self.http_status,
            code: self.code.clone(),
            hint: self.hint.clone(),
            duration_ms: milliseconds(self.duration),
            retry_after_ms: self.retry_after.map(milliseconds),
            is_followed: false,
        }
    }

    /// Keeps the longest of the waits that this message has been asked for.
    pub fn waiting(mut self, asked: impl IntoIterator<Item = Duration>) -> Self {
        self.retry_after = self.retry_after.into_iter().chain(asked).max();
        self
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// An answer that is not in the platform's own words. What a server's error, or a success
/// that proves nothing, leaves behind is unknown; before anything else nothing was posted.
pub fn unreadable(answer: &Answer, name: &str) -> Reply {
    let outcome = match answer.status {
        200..300 | 500.. => Outcome::Unknown,
        413 => Outcome::PayloadRefused,
        _ => Outcome::Unavailable,
    };
    let hint = match answer.status {
        200..300 => format!(
            "The answer does not come from {name}, or is no proof: the message may have arrived. A \
             proxy in between?"
        ),
        413 => format!(
            "{name} finds the message too large. This is a fault of Carillon: please report it."
        ),
        500.. => format!("{name} has a problem of its own; the message may have arrived."),
        _ => format!("{name} did not answer in its usual way. A proxy in between?"),
    };
    Reply::new(outcome)
        .code(format!("http_{}", answer.status))
        .hint(hint)
}

/// A refusal in the platform's own words, with a code that is in no list.
pub fn unknown_refusal(name: &str, code: &str, sentence: Option<&str>) -> Reply {
    let code = shorten(code, 100);
    let said = sentence.and_then(quoted);
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    Reply::new(Outcome::UnknownRefusal)
        .hint(format!(
            "{name} refuses the message with code {code}{said}. Carillon does not know this code, \
             so that it gives up this message alone: please report it with the code."
        ))
        .code(code)
}

/// A sentence of somebody else's, made safe to show. None where there is nothing to see.
fn quoted(sentence: &str) -> Option<String> {
    let sentence = shorten(&sentence.replace('"', "'"), LONGEST_SENTENCE);
    (!sentence.is_empty()).then(|| format!("\"{sentence}\""))
}

#[cfg(test)]
mod tests;
