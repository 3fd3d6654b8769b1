//! Words of a webhook's own: its `message`.
//!
//! Its texts are templates, in the language of Jinja, over the fields of one event. A template
//! sees nothing else, and has a limit of work that ends every loop. What it gives is plain text,
//! made literal by each renderer like an event's own text, so that no template can bring markup
//! to life. Whom a message pings is said beside the templates, in the forms that each kind of
//! destination says.

mod check;
mod content;
mod facts;
mod language;
mod link;
mod offered;
mod read;
mod slips;
mod values;

#[cfg(test)]
mod foreign;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use content::{Content, standard_form};
pub(crate) use link::Link;
pub use read::schema;
pub(crate) use read::{Reading, read};

/// A form in which a kind of destination takes whom to mention.
#[derive(Debug, Clone, Copy)]
pub struct MentionForm {
    /// As people are told: "a user's id (U… or W…)".
    pub name: &'static str,
    /// The regular expression that the document describes it by.
    pub pattern: &'static str,
    /// Whether a text has it.
    pub is: fn(&str) -> bool,
}

impl MentionForm {
    /// A word, which stands for itself.
    pub(crate) const fn word(word: &'static str, is: fn(&str) -> bool) -> Self {
        Self {
            name: word,
            pattern: word,
            is,
        }
    }
}
