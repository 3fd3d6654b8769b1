//! How destinations can stand, and what each platform says of it.

use crate::chat_sink::platform::DestinationKind;
use serde::{Deserialize, Serialize};

use super::plan::{Ban, Failure};

/// How a destination stands, until somebody says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Standing {
    /// All is well.
    #[default]
    Open,
    /// The token was revoked; the webhook was deleted.
    Revoked,
    /// The token, or the secret of the webhook's URL, is not the right one.
    WrongSecret,
    /// The app was removed from the workspace.
    Uninstalled,
    Archived,
    /// The channel is private and the bot is not in it.
    Private,
    /// The channel is public and the bot is not in it; with `chat:write.public` it need not be.
    NotAMember,
    /// There is no such channel.
    Gone,
    /// An administrator forbids it.
    Restricted,
    /// A forum: each message belongs to a thread. Discord only.
    Forum,
    /// A forum that wants a tag for each new thread. Discord only.
    TaggedForum,
    /// Every post gets status 503.
    Down,
    /// No post is ever answered.
    Silent,
    /// Every post gets status 429 and is told to wait half a minute.
    Limited,
    /// The caller's address is kept out. Discord only.
    Banned,
    /// Messages are taken, and the connection breaks off before the answer.
    LosesAnswers,
}

impl Standing {
    /// Whether it is about the credential rather than the channel.
    pub(super) fn is_of_credential(self, kind: DestinationKind) -> bool {
        match self {
            Self::WrongSecret => true,
            Self::Revoked | Self::Uninstalled => kind == DestinationKind::SlackBot,
            _ => false,
        }
    }

    /// Whether nobody should ever call again.
    pub(super) fn is_dead(self) -> bool {
        matches!(self, Self::Revoked | Self::WrongSecret | Self::Uninstalled)
    }

    pub(super) fn is_forum(self) -> bool {
        matches!(self, Self::Forum | Self::TaggedForum)
    }

    /// What the receiver of a signed webhook answers, where that is more than an outage.
    fn receivers_status(self) -> Option<u16> {
        match self {
            Self::Revoked | Self::Uninstalled => Some(410),
            Self::WrongSecret => Some(401),
            Self::Restricted => Some(403),
            Self::Gone | Self::Archived => Some(404),
            _ => None,
        }
    }

    /// What a call gets, where it is not taken. Scopes matter to channels that the bot is not in.
    pub(super) fn failure(self, kind: DestinationKind, scopes: &[String]) -> Option<Failure> {
        if kind == DestinationKind::TeamsWorkflow {
            return self.of_workflow();
        }
        if kind == DestinationKind::SignedWebhook
            && let Some(status) = self.receivers_status()
        {
            return Some(Failure::Status(status));
        }
        let codes = match self {
            Self::Open | Self::Forum | Self::TaggedForum => return None,
            Self::NotAMember if scopes.iter().any(|scope| scope == "chat:write.public") => {
                return None;
            }
            Self::Down => return Some(Failure::Status(503)),
            Self::Silent => return Some(Failure::Hang),
            Self::Limited => return Some(Failure::RateLimited(30.0)),
            Self::LosesAnswers => return Some(Failure::after_taking(Failure::Reset)),
            Self::Banned if kind == DestinationKind::DiscordWebhook => {
                return Some(Failure::Banned(Ban::Text));
            }
            Self::Banned => return None,
            Self::Revoked => ("token_revoked", "no_active_hooks", 10_015),
            Self::WrongSecret => ("invalid_auth", "invalid_token", 50_027),
            Self::Uninstalled => ("account_inactive", "no_service", 10_015),
            Self::Archived => ("is_archived", "channel_is_archived", 10_003),
            Self::Private => ("channel_not_found", "channel_not_found", 50_001),
            Self::NotAMember => ("not_in_channel", "", 0),
            Self::Gone => ("channel_not_found", "channel_not_found", 10_003),
            Self::Restricted => ("restricted_action", "action_prohibited", 50_013),
        };
        match (kind, codes) {
            (DestinationKind::SlackBot, (code, ..)) => Some(Failure::SlackError(code.to_owned())),
            // A webhook is always in its channel.
            (DestinationKind::SlackWebhook, (_, "", _)) => None,
            (DestinationKind::SlackWebhook, (_, code, _)) => {
                Some(Failure::SlackError(code.to_owned()))
            }
            // Told above; signed webhooks have no channels that could stand in any other way.
            (DestinationKind::TeamsWorkflow | DestinationKind::SignedWebhook, _)
            | (DestinationKind::DiscordWebhook, (.., 0)) => None,
            (DestinationKind::DiscordWebhook, (.., code)) => Some(Failure::DiscordError(code)),
        }
    }
}

impl Standing {
    /// What a workflow's trigger says. Of the channel behind it, it knows nothing: a message that
    /// cannot be posted there is taken and lost.
    fn of_workflow(self) -> Option<Failure> {
        let code = match self {
            Self::Open | Self::Forum | Self::TaggedForum | Self::NotAMember | Self::Banned => {
                return None;
            }
            Self::Archived | Self::Private | Self::Gone | Self::Restricted => {
                return Some(Failure::Lost);
            }
            Self::Down => return Some(Failure::Status(503)),
            Self::Silent => return Some(Failure::Hang),
            Self::Limited => return Some(Failure::RateLimited(30.0)),
            Self::LosesAnswers => return Some(Failure::after_taking(Failure::Reset)),
            Self::Revoked => "WorkflowNotFound",
            Self::Uninstalled => "WorkflowTriggerIsNotEnabled",
            Self::WrongSecret => "DirectApiInvalidAuthorizationSignature",
        };
        Some(Failure::TeamsError(code.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_outside_of_a_public_channel_posts_only_with_the_scope_for_it() {
        let failure = |scopes: &[&str]| {
            let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            Standing::NotAMember.failure(DestinationKind::SlackBot, &scopes)
        };
        assert_eq!(failure(&["chat:write", "chat:write.public"]), None);
        let refused = Some(Failure::SlackError("not_in_channel".into()));
        assert_eq!(failure(&["chat:write"]), refused);
    }
}
