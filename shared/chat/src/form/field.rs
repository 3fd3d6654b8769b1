//! What a field may be.

use std::ops::RangeInclusive;

use carillon_domain::FaultCode;
use carillon_domain::masking::{LOOKS_LIKE_CREDENTIAL, is_masked, looks_like_credential};
use carillon_domain::pattern;
use carillon_domain::text::clean_line;

/// Why something is refused: for programs and for people.
pub type Refusal = (FaultCode, String);

pub fn malformed(detail: impl Into<String>) -> Refusal {
    (FaultCode::Malformed, detail.into())
}

pub fn not_allowed(detail: impl Into<String>) -> Refusal {
    (FaultCode::NotAllowed, detail.into())
}

/// Refuses what reads show in the place of a credential, such as a "URL".
pub fn unmasked<'t>(text: &'t str, what: &str) -> Result<&'t str, Refusal> {
    match is_masked(text) {
        true => Err(malformed(format!(
            "this is a masked {what}, which is only for showing; send the whole one"
        ))),
        false => Ok(text),
    }
}

/// Whether a text has so many characters, each of which is such a one of ASCII.
pub fn is_of(text: &str, length: RangeInclusive<usize>, is_known: impl Fn(u8) -> bool) -> bool {
    length.contains(&text.len()) && text.bytes().all(is_known)
}

/// Whether a text is a label of a host's name (RFC 1123, 2.1).
pub fn is_label(text: &str) -> bool {
    is_of(text, 1..=63, |b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A field of a configuration.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    /// What it is for, in the API's document.
    pub about: &'static str,
    pub rule: Rule,
    /// What is said where it is left out; none where it may be.
    pub required: Option<&'static str>,
}

impl Field {
    /// One that may be left out.
    pub const fn optional(name: &'static str, about: &'static str, rule: Rule) -> Self {
        Self {
            name,
            about,
            rule,
            required: None,
        }
    }

    /// One that this kind does not take, and why: other kinds of its type do.
    pub const fn refused(name: &'static str, why: &'static str) -> Self {
        Self::optional(name, why, Rule::Not(why))
    }

    /// Whether it is a part of the credential.
    pub fn is_secret(&self) -> bool {
        matches!(self.rule, Rule::Secret(_) | Rule::Secrets(_))
    }
}

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    Text(Text),
    List(List),
    /// Texts by these names.
    Texts(Texts),
    /// One of these names.
    Choice(&'static [&'static str]),
    Flag,
    /// A part of the credential.
    Secret(Secret),
    /// Parts of the credential, by names that the client chooses.
    Secrets(Secrets),
    /// Nothing, and why.
    Not(&'static str),
}

/// A text. Blank is a fault.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// How many characters it may have.
    pub max: usize,
    /// The regular expression that the document describes it by.
    pub pattern: fn() -> String,
    /// Brings it into the form in which it is stored.
    pub read: fn(&str) -> Result<String, Refusal>,
}

impl Text {
    /// One line.
    pub const fn line(max: usize) -> Self {
        Self {
            max,
            pattern: pattern::line,
            read: one_line,
        }
    }
}

/// A list of texts, none of them twice.
#[derive(Debug, Clone, Copy)]
pub struct List {
    pub item: Text,
    pub least: usize,
    pub most: usize,
    /// What is said where there are more, if that is more than the number.
    pub too_many: Option<&'static str>,
    /// Whether two texts mean one thing.
    pub is_same: fn(&str, &str) -> bool,
    /// What is said of one that is there twice.
    pub repeated: &'static str,
}

/// Texts by fixed names, each of which may be left out.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    pub names: &'static [&'static str],
    pub item: Text,
}

/// A part of the credential: stored as a secret, and shown masked everywhere else.
#[derive(Debug, Clone, Copy)]
pub struct Secret {
    /// How many characters it may have.
    pub max: usize,
    /// The regular expression that the document describes it by, apart from the white space
    /// around it.
    pub form: &'static str,
    /// Brings it into the form in which it is stored.
    pub read: fn(&str) -> Result<String, Refusal>,
    /// How the stored form may be shown.
    pub mask: fn(&str) -> String,
    /// Makes one of random bytes where a new registration leaves it out.
    pub make: Option<fn([u8; 32]) -> String>,
}

/// Parts of the credential by names, such as headers.
#[derive(Debug, Clone, Copy)]
pub struct Secrets {
    pub most: usize,
    /// The names: they are no secret.
    pub name: Text,
    pub value: Secret,
}

/// Two fields that mean the same in two forms.
#[derive(Debug, Clone, Copy)]
pub struct Either {
    pub one: &'static str,
    pub other: &'static str,
    /// What is said where neither is there; none where that is fine.
    pub needed: Option<&'static str>,
    /// What is said where both are.
    pub both: &'static str,
}

/// A text that people may see, trimmed.
pub fn shown(text: &str) -> Result<&str, Refusal> {
    let trimmed = text.trim();
    match looks_like_credential(trimmed) {
        true => Err(not_allowed(LOOKS_LIKE_CREDENTIAL)),
        false => Ok(trimmed),
    }
}

/// A text of one line, trimmed.
fn one_line(text: &str) -> Result<String, Refusal> {
    let trimmed = shown(text)?;
    if clean_line(trimmed) == trimmed {
        return Ok(trimmed.to_owned());
    }
    Err(malformed(
        "must be one line, without control or invisible characters and without runs of spaces",
    ))
}
