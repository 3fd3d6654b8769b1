//! Whom a Slack message can mention (docs.slack.dev, formatting).

use super::texts::is_of_id;
use crate::form::is_of;
use crate::message::MentionForm;

pub(super) const FORMS: &[MentionForm] = &[
    MentionForm {
        name: "a user's id (U\u{2026} or W\u{2026})",
        pattern: "[UW][A-Z0-9]{5,20}",
        is: |who| is_id(who, &['U', 'W']),
    },
    MentionForm {
        name: "a user group's id (S\u{2026})",
        pattern: "S[A-Z0-9]{5,20}",
        is: |who| is_id(who, &['S']),
    },
    MentionForm::word("here", |who| who == "here"),
    MentionForm::word("channel", |who| who == "channel"),
];

fn is_id(who: &str, kinds: &[char]) -> bool {
    let rest = who.strip_prefix(kinds);
    rest.is_some_and(|rest| is_of(rest, 5..=20, is_of_id))
}

/// The mentions as mrkdwn; none where nobody is mentioned. What has no known form, as another
/// version of Carillon may have stored it, mentions nobody.
pub(super) fn markup(mentioned: &[&str]) -> Option<String> {
    let mentions = mentioned.iter().filter_map(|who| {
        let form = FORMS.iter().position(|form| (form.is)(who))?;
        Some(match form {
            0 => format!("<@{who}>"),
            1 => format!("<!subteam^{who}>"),
            _ => format!("<!{who}>"),
        })
    });
    let mentions: Vec<String> = mentions.collect();
    (!mentions.is_empty()).then(|| mentions.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_its_markup() {
        let mentioned = [
            "U0FAKE", "W0FAKE", "S0FAKE", "here", "channel", "everyone", "<!x>",
        ];
        assert_eq!(
            markup(&mentioned).unwrap(),
            "<@U0FAKE> <@W0FAKE> <!subteam^S0FAKE> <!here> <!channel>"
        );
        assert_eq!(markup(&["everyone"]), None);
    }

    #[test]
    fn the_document_says_what_is_read() {
        crate::message::testing::agree(
            FORMS,
            &[
                "U0FAKE", "W0FAKE1", "S0FAKE", "here", "channel", "U0", "u0fake", "U0FAKE ", "",
            ],
        );
    }
}
