//! Whom a Teams card can mention: users, by the names that they sign in with (msteams-docs,
//! cards-format, "Mention support within Adaptive Cards").

use serde_json::Value;

use super::card;
use crate::form::is_of;
use crate::message::MentionForm;

/// How much of a user's name is shown.
const MAX_NAME: usize = 24;

pub(super) const FORMS: &[MentionForm] = &[MentionForm {
    name: "user: and a user's sign-in name (user:alice@example.com)",
    pattern: "user:[A-Za-z0-9!#$%&'*+=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,46}[A-Za-z0-9])",
    is: |who| upn(who).is_some(),
}];

/// The name that a user signs in with: at most 64 characters, `@`, and at most 48 (learn.microsoft.com,
/// Entra ID, "userPrincipalName").
fn upn(who: &str) -> Option<&str> {
    let upn = who.strip_prefix("user:")?;
    let (user, domain) = upn.split_once('@')?;
    let of_user = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+=?^_`{|}~.-".contains(&byte);
    let of_domain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let is_upn = is_of(user, 1..=64, of_user)
        && is_of(domain, 2..=48, of_domain)
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-']);
    is_upn.then_some(upn)
}

/// The mentions as they stand in a card's text, and the entities that make them live. What has
/// no known form, as another version of Carillon may have stored it, mentions nobody.
pub(super) fn markup(mentioned: &[&str]) -> (Option<String>, Vec<Value>) {
    let mut entities: Vec<Value> = Vec::new();
    for (n, upn) in mentioned.iter().filter_map(|who| upn(who)).enumerate() {
        let named = card::mention(upn, &name(upn));
        // Each text has to tell which entity is meant.
        let is_taken = entities
            .iter()
            .any(|entity| entity["text"] == named["text"]);
        entities.push(match is_taken {
            true => card::mention(upn, &format!("{} ({})", name(upn), n + 1)),
            false => named,
        });
    }
    let texts = entities.iter().filter_map(|entity| entity["text"].as_str());
    let texts: Vec<&str> = texts.collect();
    ((!texts.is_empty()).then(|| texts.join(" ")), entities)
}

/// A user as people know them, without what Teams would read as Markdown: the text and the
/// entity's must be the same.
fn name(upn: &str) -> String {
    let user = upn.split('@').next().unwrap_or_default();
    let plain = |c: char| match c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
        true => c,
        false => ' ',
    };
    user.chars().take(MAX_NAME).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mention_is_a_text_and_the_entity_that_explains_it() {
        let mentioned = [
            "user:alice@acme.example",
            "here",
            "user:bob_b@acme.example",
            "user:alice@other.example",
        ];
        let (text, entities) = markup(&mentioned);
        assert_eq!(
            text.unwrap(),
            "<at>alice</at> <at>bob b</at> <at>alice (3)</at>"
        );
        assert_eq!(
            serde_json::to_value(&entities).unwrap()[0],
            json!({
                "type": "mention", "text": "<at>alice</at>",
                "mentioned": {"id": "alice@acme.example", "name": "alice"}
            })
        );
        assert_eq!(markup(&["channel"]).0, None);
    }

    #[test]
    fn the_document_says_what_is_read() {
        crate::message::testing::agree(
            FORMS,
            &[
                "user:alice@acme.example",
                "user:a.o'neil+x@acme-corp.example",
                "user:alice",
                "user:@acme.example",
                "user:alice@-acme.example",
                "user:alice@acme.example.",
                "user:<at>@acme.example",
                "user:a b@acme.example",
                "alice@acme.example",
                "user:a@b@c",
                "here",
                "",
            ],
        );
    }
}
