//! A link of the owner's, and what it is called.

use carillon_domain::text::{length, shorten};
use url::{Host, Url};

use crate::facts::{self, visible_line};

/// The longest label of a link, in characters.
const MAX_LABEL: usize = 60;
/// A label with less room than this beside the host says nothing.
const LEAST_LABEL: usize = 8;
/// The longest URL of a link, in bytes: what every platform takes.
const MAX_URL: usize = 1_000;

/// A link of the owner's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// One line, never blank, without a URL in it, and never the name of another host alone.
    pub label: String,
    /// With everything encoded that could end it inside a message.
    pub url: String,
}

impl Link {
    /// None where it would lead nowhere, or elsewhere.
    pub(super) fn of(label: &str, url: &str) -> Option<Self> {
        let written = url.trim();
        let path = written.split(['?', '#']).next().unwrap_or_default();
        // No event's value leads up the path.
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return None;
        }
        let url = facts::web_url(written)?;
        let label = label_of(label, &url)?;
        // What ends a link in Markdown.
        let url = url.as_str().replace('(', "%28").replace(')', "%29");
        (url.len() <= MAX_URL).then(|| Self {
            label: shorten(&label, MAX_LABEL),
            url,
        })
    }
}

/// What a link is called. Where its label names another place, such as `db.example` or `main.tf`,
/// the host stands behind it, so that nobody is sent elsewhere; in the place of another URL it
/// stands alone.
fn label_of(label: &str, url: &Url) -> Option<String> {
    let host = url.host()?.to_owned();
    let Some(label) = visible_line(label) else {
        return Some(host.to_string());
    };
    let words = label.split(' ').map(plain_signs);
    let elsewhere: Vec<String> = words.filter(|word| names_another(word, &host)).collect();
    if elsewhere.is_empty() {
        // In a label, a URL would be a link of its own.
        return Some(label.replace("://", ":\u{2044}\u{2044}"));
    }
    let is_url = elsewhere.iter().any(|word| word.contains("://"));
    let behind = format!(" ({host})");
    let room = MAX_LABEL.saturating_sub(length(&behind));
    Some(match is_url || room < LEAST_LABEL {
        true => host.to_string(),
        false => shorten(&label, room) + &behind,
    })
}

/// With the signs of URLs in the place of those that look like them.
fn plain_signs(word: &str) -> String {
    let plain = |c: char| match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' | '\u{a4f8}' => '.',
        '\u{2044}' | '\u{2215}' | '\u{ff0f}' | '\u{29f8}' | '\u{2571}' => '/',
        '\u{ff1a}' | '\u{2236}' | '\u{a789}' => ':',
        c => c,
    };
    word.chars().map(plain).collect()
}

/// Whether a word looks like a URL or a host, and not like this one. Letters of another script that
/// look the same make another host.
fn names_another(word: &str, host: &Host) -> bool {
    let (is_url, rest) = match word.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, word),
    };
    let begin = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let known = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let named: Vec<&str> = begin
        .split(|c| !known(c))
        .map(|name| name.trim_matches('.'))
        .filter(|name| is_url && !name.is_empty() || is_host(name))
        .collect();
    let is_same = |name: &&str| Host::parse(without_www(name)).is_ok_and(|it| it == bare(host));
    match is_url {
        true => !named.first().is_some_and(is_same),
        false => !named.iter().all(is_same),
    }
}

fn bare(host: &Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(without_www(name).to_owned()),
        address => address.clone(),
    }
}

fn without_www(name: &str) -> &str {
    name.strip_prefix("www.").unwrap_or(name)
}

/// Whether people would take a name for a host's: it has dots, and ends with letters or is an
/// address.
fn is_host(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    let is_number = |part: &&str| part.parse::<u8>().is_ok();
    let is_address = parts.len() == 4 && parts.iter().all(is_number);
    let ends_with_letters = parts.last().is_some_and(|last| {
        last.chars().nth(1).is_some()
            && (last.starts_with("xn--") || last.chars().all(char::is_alphabetic))
    });
    let is_whole = parts.len() > 1 && parts.iter().all(|part| !part.is_empty());
    is_whole && (is_address || ends_with_letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(label: &str) -> String {
        Link::of(label, "https://wiki.example.com/x").unwrap().label
    }

    #[test]
    fn links_lead_where_their_owner_said() {
        let link = Link::of("Runbook", "https://wiki.example.com/a%2Fb%20(c)?(x)").unwrap();
        assert_eq!(link.label, "Runbook");
        assert_eq!(link.url, "https://wiki.example.com/a%2Fb%20%28c%29?%28x%29");
        let long = format!("https://wiki.example.com/{}", "x".repeat(2_000));
        for url in ["https://wiki.example.com/x/..", &long, "no url"] {
            assert_eq!(Link::of("x", url), None, "{url}");
        }
    }

    #[test]
    fn no_label_passes_a_link_off_as_one_to_another_host() {
        for text in [
            "google.com",
            "g\u{43e}\u{43e}gle.com",
            "google\u{3002}com",
            "google\u{2024}com/search",
            "www.google.com",
            "(google.com)",
            "10.0.0.1",
            "wiki.example.com@google.com",
            "Logs of db.prod",
            "main.tf",
        ] {
            assert_eq!(label(text), format!("{text} (wiki.example.com)"));
        }
        for text in [
            "http://google.com",
            "https:\u{2044}\u{2044}google.com",
            "http://localhost",
            "http://10.0.0.1",
            "see https://evil.example",
            "",
        ] {
            assert_eq!(label(text), "wiki.example.com", "{text}");
        }
        let long = label(&format!("main.tf {}", "x".repeat(80)));
        assert!(long.starts_with("main.tf x") && long.ends_with("x (wiki.example.com)"));
        assert!(length(&long) <= MAX_LABEL, "{long}");
    }

    #[test]
    fn a_label_that_is_honest_stays() {
        for text in [
            "wiki.example.com",
            "Wiki.Example.com/x",
            "www.wiki.example.com",
            "Runbook v1.2.3",
            "docs/main.rs",
            "billing-db",
            "Retry, 5.5 s",
            "e.g. this",
        ] {
            assert_eq!(label(text), text);
        }
        assert_eq!(
            label("https://wiki.example.com/y"),
            "https:⁄⁄wiki.example.com/y"
        );
        let url = "https://b\u{fc}cher.example/";
        assert_eq!(
            Link::of("b\u{fc}cher.example", url).unwrap().label,
            "b\u{fc}cher.example"
        );
    }
}
