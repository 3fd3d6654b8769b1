//! A file in YAML as a text: read, and looked at where the parser does not tell how something
//! was written. And where everything is in it.

use std::collections::BTreeMap;
use std::fmt;

use carillon_domain::{Faults, Pointer};
use serde::de::DeserializeOwned;
use serde_saphyr::Error;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

/// How deep a document may be nested; the block itself needs four levels.
const MAX_DEPTH: usize = 64;
/// How many values a document may have, those that aliases repeat included: more than a body
/// of the largest size has, unless it was made to have them.
const MAX_VALUES: usize = 50_000;

/// A place in the file; both count from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub line: u64,
    pub column: u64,
}

/// The beginning of what is said about it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)
    }
}

/// Where everything is, by pointer.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<String, Place>);

impl Lines {
    pub fn add(&mut self, at: &Pointer, place: Option<Place>) {
        if let Some(place) = place {
            self.0.insert(at.as_str().to_owned(), place);
        }
    }

    pub fn of(&self, at: &Pointer) -> Option<Place> {
        self.0.get(at.as_str()).copied()
    }

    /// The faults with the places of what they are about, or of what that would stand in.
    pub fn located(&self, mut faults: Faults) -> Faults {
        for fault in faults.iter_mut() {
            let place = self.nearest(&fault.pointer);
            if let Some(place) = place.filter(|_| !fault.detail.starts_with("line ")) {
                fault.detail = format!("{place}{}", fault.detail);
            }
        }
        faults
    }

    fn nearest(&self, at: &Pointer) -> Option<Place> {
        let mut path = at.as_str();
        loop {
            if let Some(place) = self.0.get(path) {
                return Some(*place);
            }
            path = &path[..path.rfind('/')?];
        }
    }
}

/// The text of a file in YAML; empty for one in JSON.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Source<'t>(&'t str);

impl<'t> Source<'t> {
    /// None where it is no UTF-8.
    pub fn of(bytes: &'t [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        // Some editors put it before a text, and it says nothing.
        Some(Self(text.strip_prefix('\u{feff}').unwrap_or(text)))
    }

    /// What the document says.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, String> {
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: MAX_DEPTH,
                max_documents: 2,
                max_events: 4 * MAX_VALUES,
                max_nodes: 2 * MAX_VALUES,
                max_recorded_anchor_events: MAX_VALUES,
            },
            alias_limits: serde_saphyr::alias_limits! {
                max_total_replayed_events: MAX_VALUES,
                max_replay_stack_depth: MAX_DEPTH,
            },
            // All of them are found, each with its pointer.
            duplicate_keys: DuplicateKeyPolicy::PassThrough,
            // A channel may be called `on`, and a key `null`.
            strict_booleans: true,
            null_as_string: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            non_finite_float_policy: NonFiniteFloatPolicy::AsString,
            // It would quote the file, which has secrets in it.
            with_snippet: false,
        };
        let text = self.without_empty_end();
        serde_saphyr::from_str_with_options::<T>(text, options)
            .map_err(|error| self.complaint(&error))
    }

    /// The text without a last `---` behind which nothing comes: what some tools put between
    /// documents, they put behind the last one, too.
    fn without_empty_end(self) -> &'t str {
        let is_empty = |text: &str| {
            text.lines()
                .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
        };
        let mut text = self.0;
        while let Some(at) = text.rfind("\n---") {
            let (before, marker) = text.split_at(at);
            let behind = &marker["\n---".len()..];
            let is_marker = behind.is_empty() || behind.starts_with(char::is_whitespace);
            if !is_marker || !is_empty(behind) || is_empty(before) {
                break;
            }
            text = &text[..=at];
        }
        text
    }

    /// Whether it is a single line that has this key and others: as curl sends a file that it
    /// was not told to leave as it is.
    pub fn has_lost_its_lines(self, key: &str) -> bool {
        let text = self.0.trim();
        !text.contains('\n') && !text.starts_with('{') && text.contains(&format!("{key}:"))
    }

    /// Whether the text that is written there is in quotes.
    pub fn is_quoted(self, offset: usize) -> bool {
        let written = self.0.get(offset..);
        written.is_some_and(|text| text.starts_with(['\'', '"']))
    }

    /// The tag of what is written there, such as `!vault`; none where it has one of YAML's own.
    pub fn tag_before(self, offset: usize) -> Option<&'t str> {
        let mut before = self.0.get(..offset)?.trim_end();
        // A text over several lines begins behind a header, such as `|-`.
        let (rest, last) = split_last(before);
        if last.starts_with(['|', '>']) {
            before = rest;
        }
        let (rest, last) = split_last(before);
        let last = match last.starts_with('&') {
            true => split_last(rest).1,
            false => last,
        };
        let is_tag = last.len() > 1 && last.starts_with('!') && !last.starts_with("!!");
        (is_tag && !last.ends_with([',', ':'])).then_some(last)
    }

    /// What is wrong with the YAML, and where, in words that quote nothing of the file.
    fn complaint(self, error: &Error) -> String {
        let mut inner = error;
        // Where the complaint is about what an alias stands for.
        while let Error::AliasError { error, .. } = inner {
            inner = error;
        }
        let place = error.location().filter(|place| place.line() > 0);
        let place = place.map(|place| (place.line(), place.column()));
        let what = match inner {
            Error::MultipleDocuments { .. } => "only one document is taken".to_owned(),
            Error::AliasReplayCounterOverflow { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. }
            | Error::AliasReplayStackDepthExceeded { .. }
            | Error::Budget { .. } => format!(
                "the document is nested too deeply, or has more than {MAX_VALUES} values, those \
                 that aliases repeat included"
            ),
            other => match place.and_then(|place| self.mistake(place)) {
                Some(mistake) => format!("cannot be read as YAML: {mistake}"),
                None => {
                    let text = other.to_string();
                    let end = text.rfind(" at line ").unwrap_or(text.len());
                    format!("cannot be read as YAML: {}", &text[..end])
                }
            },
        };
        match place {
            Some((line, column)) => format!("{}{what}", Place { line, column }),
            None => what,
        }
    }

    /// What people often write that is no YAML, by what stands where the parser stopped.
    fn mistake(self, (line, column): (u64, u64)) -> Option<&'static str> {
        let line = self.0.lines().nth(usize::try_from(line).ok()? - 1)?;
        let column = usize::try_from(column).ok()? - 1;
        let here: String = line.chars().skip(column).collect();
        let before: String = line.chars().take(column).collect();
        if here.starts_with('*') {
            return Some(
                "a `*` begins an alias, and there is no anchor of this name: what begins with `*` \
                 must be in quotes, as in [\"*\"]",
            );
        }
        if here.starts_with('{') && before.ends_with('$') {
            return Some(
                "between brackets, `${…}` must be in quotes; it is `carillon apply` that replaces \
                 it, not the API",
            );
        }
        if here.starts_with('#') {
            return Some("a `#` begins a comment: what begins with it must be in quotes");
        }
        if before.trim_end().ends_with('{') && here.starts_with('{') || here.starts_with("{{") {
            return Some(
                "`{{ … }}` of a template is not replaced here: put the value itself in its place, \
                 or ${NAME}, which `carillon apply` replaces",
            );
        }
        here.starts_with(['@', '`', '%'])
            .then_some("what begins with this character must be in quotes")
    }
}

/// The last word of a text, and what is before it.
fn split_last(text: &str) -> (&str, &str) {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '[' | '{');
    let last = text.rsplit(is_end).next().unwrap_or_default();
    let rest = &text[..text.len() - last.len()];
    (rest.trim_end(), last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_before_what_it_stands_at() {
        for (text, at, tag) in [
            ("a: !vault x", "x", Some("!vault")),
            ("a: !vault |\n  x", "x", Some("!vault")),
            ("a: !v &n >-\n  x", "x", Some("!v")),
            ("a: !v &n x", "x", Some("!v")),
            ("a: &n !v x", "x", Some("!v")),
            ("a: [!v x]", "x", Some("!v")),
            ("a: [!v, x]", "x", None),
            ("a: !!str x", "x", None),
            ("a!: x", "x", None),
            ("a:\u{a0}!v\u{a0}x", "x", Some("!v")),
            ("- x", "x", None),
            ("x", "x", None),
        ] {
            let offset = text.rfind(at).unwrap();
            let found = Source(text).tag_before(offset);
            assert_eq!(found, tag, "{text}");
        }
    }

    #[test]
    fn a_last_marker_begins_no_document() {
        for (text, without) in [
            ("a: 1\n---\n", "a: 1\n"),
            ("a: 1\n---\n---\n# end\n", "a: 1\n"),
            ("---\na: 1\n", "---\na: 1\n"),
            ("a: 1\n---\nb: 2\n", "a: 1\n---\nb: 2\n"),
            ("a: 1\n----\n", "a: 1\n----\n"),
            ("# only\n---\n", "# only\n---\n"),
        ] {
            assert_eq!(Source(text).without_empty_end(), without, "{text:?}");
        }
    }
}
