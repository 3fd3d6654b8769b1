//! Asking a platform, without posting anything, whether a credential works and can do what
//! its configuration wants.

use std::collections::BTreeMap;

use carillon_domain::text::shorten;
use carillon_domain::{FaultCode, Faults, Pointer};
use serde::Serialize;

use crate::answer::Answer;

/// What the platform says of a credential. No text of it names the credential.
#[derive(Debug, Clone, PartialEq)]
pub enum Verification {
    Verified(Verified),
    /// What is wrong, by pointers into the configuration.
    Refused(Faults),
    /// The platform could not be asked: nothing is known about the credential.
    Unreachable {
        hint: String,
    },
}

/// A credential that works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// What it leads to, by the platform's own names, such as `team`, `bot` and `guild_id`.
    pub facts: BTreeMap<&'static str, String>,
    /// What could not be found out, or will go wrong later, in plain words.
    pub warnings: Vec<String>,
}

impl Verified {
    /// Keeps what the platform names, cut to a length that can be shown.
    pub fn fact(&mut self, name: &'static str, value: &serde_json::Value) {
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            self.facts.insert(name, shorten(text, 200));
        }
    }
}

/// Whether the secret part is what documentation writes in its place, such as `XXXXXXXX`.
pub(crate) fn is_placeholder(credential: &str) -> bool {
    let last = credential.rsplit(['/', '-']).next().unwrap_or_default();
    last.len() >= 4 && last.bytes().all(|b| matches!(b, b'X' | b'x'))
}

pub fn refused(field: &str, detail: impl Into<String>) -> Verification {
    let at = Pointer::root().field(field);
    Verification::Refused(Faults::only(at, FaultCode::Refused, detail))
}

/// The platform was not to be asked, for a reason such as "did not answer in time".
pub fn unreachable(name: &str, reason: &str) -> Verification {
    Verification::Unreachable {
        hint: format!(
            "{name} {reason}, so that the credential could not be verified: send a test message \
             later."
        ),
    }
}

/// What an answer means that says nothing about the credential.
pub fn unreadable(name: &str, answer: &Answer) -> Verification {
    let reason = match answer.status {
        429 => "asks to slow down".to_owned(),
        500.. => format!("has a problem of its own (HTTP {})", answer.status),
        status => format!("did not answer in its usual way (HTTP {status}; a proxy in between?)"),
    };
    unreachable(name, &reason)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::{BOT, DISCORD, HOOK, answer, read};
    use serde_json::{Value, json};

    /// How a verification ended: `verified`, `unreachable`, or each fault.
    pub(crate) fn ending(verification: &Verification) -> Vec<(String, String)> {
        match verification {
            Verification::Verified(_) => vec![("verified".into(), String::new())],
            Verification::Unreachable { hint } => vec![("unreachable".into(), hint.clone())],
            Verification::Refused(faults) => faults
                .iter()
                .map(|fault| (fault.pointer.to_string(), fault.detail.clone()))
                .collect(),
        }
    }

    #[test]
    fn a_placeholder_that_is_refused_is_called_one() {
        let (slack, discord) = ("hooks.slack.com", "discord.com");
        let slack = format!(
            "https://{slack}/services/T00000000/B00000000/{}",
            "X".repeat(24)
        );
        let discord = format!(
            "https://{discord}/api/webhooks/{}/{}",
            "X".repeat(18),
            "x".repeat(20)
        );
        for (kind, configuration, refusal) in [
            (
                HOOK,
                json!({ "webhook_url": slack }),
                answer(404, &[], "no_team"),
            ),
            (
                DISCORD,
                json!({ "webhook_url": discord }),
                answer(
                    400,
                    &[],
                    r#"{"code": 50035, "message": "Invalid Form Body"}"#,
                ),
            ),
            (
                BOT,
                json!({"token": "xoxb-XXXXXXXX-XXXXXXXX", "channel": "infra"}),
                answer(200, &[], r#"{"ok": false, "error": "invalid_auth"}"#),
            ),
        ] {
            let (configuration, credential) = read(kind.id().api_type(), &configuration).unwrap();
            let faults = ending(&kind.verification(&configuration, &credential, &refusal));
            assert_eq!(faults.len(), 1);
            assert!(
                faults[0].1.contains("placeholder of an example"),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn what_does_not_come_from_the_platform_says_nothing() {
        for kind in crate::testing::ASKED {
            let value: Value = crate::testing::configuration(kind);
            let (configuration, credential) = read(kind.id().api_type(), &value).unwrap();
            for (status, body) in [
                (200, ""),
                (200, "<html>Sign in to the Wi-Fi</html>"),
                (200, "[]"),
                (204, ""),
                (302, ""),
                (403, "<html>"),
                (404, "<html>"),
                (429, ""),
                (429, "error code: 1015"),
                (500, ""),
                (502, "<html>"),
                (503, "{}"),
            ] {
                let verification =
                    kind.verification(&configuration, &credential, &answer(status, &[], body));
                let ending = ending(&verification);
                assert_eq!(ending[0].0, "unreachable", "{kind:?} {status} {body}");
            }
        }
    }
}
