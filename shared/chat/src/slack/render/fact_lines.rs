//! Facts as lines, and links below them.

use carillon_domain::text::{Escaped, fit, length};
use serde_json::Value;

use super::super::escape::escaped_url;
use super::super::limits::{MAX_LINK, MAX_SECTION_TEXT};
use super::super::message::{mrkdwn, paragraph, preformatted, runs, section, size};
use crate::facts::Fact;
use crate::layout::{self, Layout};

/// The longest name of a detail.
const MAX_LABEL: usize = 100;

/// Facts as they are shown: each on a line, and those that are URLs below them, where there is room
/// for one more block.
#[derive(Default)]
pub(super) struct Facts {
    pub lines: Vec<Value>,
    /// Lines of markup.
    pub links: Vec<String>,
    pub has_links: bool,
}

impl Facts {
    pub fn length(&self) -> usize {
        let links = self.links.iter().map(|link| length(link) + 1);
        links.chain(self.lines.iter().map(size)).sum()
    }

    /// A quiet label, and its value.
    pub fn add(&mut self, fact: &Fact, most: usize) {
        let label = fact.label.shown(MAX_LABEL.min(most), Escaped::plain);
        let has_room = |url: &str| fact.is_detail() || length(url) <= most;
        if self.has_links
            && fact.url().is_some_and(has_room)
            && let Some(link) = fact.url().and_then(|url| labelled(&label, url))
        {
            self.links.push(link);
            return;
        }
        let value = match fact.url() {
            // Cut, it would lead nowhere.
            Some(url) if fact.is_detail() && length(url) <= MAX_LINK => url,
            _ => &fact.value.shown(most, Escaped::plain),
        };
        let mut line = runs(&format!("{label}:"), Some("italic"));
        if fact.has_lines() {
            self.lines.extend([paragraph(line), lines(value, most)]);
        } else {
            line.extend(runs(&format!(" {value}"), None));
            self.lines.push(paragraph(line));
        }
    }

    /// Adds the first of `facts` that have room, at most `count` of them, and says how many have
    /// none.
    pub fn add_all(&mut self, facts: &[&Fact], count: usize, room: usize, most: usize) -> usize {
        let before = self.length();
        for (n, fact) in facts.iter().enumerate() {
            let (lines, links) = (self.lines.len(), self.links.len());
            self.add(fact, most);
            if n == count || self.length() - before > room {
                self.lines.truncate(lines);
                self.links.truncate(links);
                return facts.len() - n;
            }
        }
        0
    }
}

/// A text with its lines; tables and the like in letters of one width.
pub(super) fn lines(text: &str, most: usize) -> Value {
    let runs = runs(&fit(text, most, Escaped::plain), None);
    match layout::of(text) {
        Layout::Prose => paragraph(runs),
        Layout::Block | Layout::Diff => preformatted(runs),
    }
}

/// A line with a link, if its label has nothing that Slack could take for markup.
fn labelled(label: &str, url: &str) -> Option<String> {
    let is_known = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '.');
    // An underscore within a word means nothing.
    let words = || label.split('_');
    let is_word = |word: &str| {
        word.starts_with(char::is_alphanumeric) && word.ends_with(char::is_alphanumeric)
    };
    let link = format!("<{}>", escaped_url(url));
    let is_plain = words().all(|word| is_word(word) && word.chars().all(is_known));
    (is_plain && length(&link) <= MAX_LINK).then(|| match words().count() {
        1 => format!("_{label}:_ {link}"),
        _ => format!("{label}: {link}"),
    })
}

/// Links below each other, in as many blocks as they need.
pub(super) fn links(links: Vec<String>) -> Vec<Value> {
    let mut texts: Vec<String> = Vec::new();
    for link in links {
        match texts.last_mut() {
            Some(text) if length(text) + length(&link) < MAX_SECTION_TEXT => {
                text.push('\n');
                text.push_str(&link);
            }
            _ => texts.push(link),
        }
    }
    texts.into_iter().map(mrkdwn).map(section).collect()
}
