//! Whom a Discord message can mention (discord-api-docs, reference, "Message Formatting").

use super::message::AllowedMentions;
use super::texts::is_snowflake;
use crate::message::MentionForm;

pub(super) const FORMS: &[MentionForm] = &[
    MentionForm {
        name: "user: and a user's id (user:123456789012345678)",
        pattern: "user:[0-9]{15,20}",
        is: |who| id(who, "user:").is_some(),
    },
    MentionForm {
        name: "role: and a role's id (role:123456789012345678)",
        pattern: "role:[0-9]{15,20}",
        is: |who| id(who, "role:").is_some(),
    },
    MentionForm::word("here", |who| who == "here"),
    MentionForm::word("everyone", |who| who == "everyone"),
];

fn id<'w>(who: &'w str, kind: &str) -> Option<&'w str> {
    who.strip_prefix(kind).filter(|id| is_snowflake(id))
}

/// The mentions as they stand in a message's content, and what makes them live, and nobody else.
/// What has no known form, as another version of Carillon may have stored it, mentions nobody.
pub(super) fn markup(mentioned: &[&str]) -> (Option<String>, AllowedMentions) {
    let mut allowed = AllowedMentions::default();
    let mut mentions = Vec::new();
    for who in mentioned {
        if let Some(id) = id(who, "user:") {
            mentions.push(format!("<@{id}>"));
            allowed.users.push(id.to_owned());
        } else if let Some(id) = id(who, "role:") {
            mentions.push(format!("<@&{id}>"));
            allowed.roles.push(id.to_owned());
        } else if matches!(*who, "here" | "everyone") {
            // Discord has one word for both.
            mentions.push(format!("@{who}"));
            allowed.parse = vec!["everyone"];
        }
    }
    ((!mentions.is_empty()).then(|| mentions.join(" ")), allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn exactly_those_are_allowed_that_are_mentioned() {
        let (user, role) = ("user:123456789012345678", "role:223456789012345678");
        let (text, allowed) = markup(&[user, role, "user:x", "channel"]);
        assert_eq!(
            text.unwrap(),
            "<@123456789012345678> <@&223456789012345678>"
        );
        let expected = json!({
            "parse": [], "roles": ["223456789012345678"], "users": ["123456789012345678"]
        });
        assert_eq!(serde_json::to_value(allowed).unwrap(), expected);
        let (text, allowed) = markup(&["here", "everyone"]);
        assert_eq!(text.unwrap(), "@here @everyone");
        assert_eq!(
            serde_json::to_value(allowed).unwrap(),
            json!({"parse": ["everyone"]})
        );
        let (text, allowed) = markup(&[]);
        assert_eq!(text, None);
        assert_eq!(serde_json::to_value(allowed).unwrap(), json!({"parse": []}));
    }

    #[test]
    fn the_document_says_what_is_read() {
        crate::message::testing::agree(
            FORMS,
            &[
                "user:123456789012345678",
                "role:123456789012345",
                "here",
                "everyone",
                "user:12",
                "user:alice",
                "@here",
                "",
            ],
        );
    }
}
