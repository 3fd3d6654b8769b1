//! How destinations can stand.

use serde::{Deserialize, Serialize};

use super::failures::Failure;

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
    /// All, with what people call them: the most common of those that look alike first.
    pub(super) const ALL: [(Self, &str); 16] = [
        (Self::Open, "all is well"),
        (Self::Revoked, "credential revoked"),
        (Self::WrongSecret, "wrong credential"),
        (Self::Uninstalled, "app removed"),
        (Self::Gone, "channel gone"),
        (Self::Archived, "channel archived"),
        (Self::Private, "channel private"),
        (Self::NotAMember, "bot not invited"),
        (Self::Restricted, "posting forbidden"),
        (Self::Forum, "is a forum"),
        (Self::TaggedForum, "is a forum with tags"),
        (Self::Down, "outage (503)"),
        (Self::Silent, "never answers"),
        (Self::Limited, "rate limited (429)"),
        (Self::Banned, "address banned"),
        (Self::LosesAnswers, "takes it, loses the answer"),
    ];

    /// What people call it.
    pub(super) fn words(self) -> &'static str {
        let known = Self::ALL.iter().find(|(standing, _)| *standing == self);
        known.map_or("", |(_, words)| words)
    }

    /// Whether nobody should ever call again.
    pub(super) fn is_dead(self) -> bool {
        matches!(self, Self::Revoked | Self::WrongSecret | Self::Uninstalled)
    }

    pub(super) fn is_forum(self) -> bool {
        matches!(self, Self::Forum | Self::TaggedForum)
    }

    /// What a call gets, of what is the same everywhere.
    pub(super) fn outage(self) -> Option<Failure> {
        match self {
            Self::Down => Some(Failure::Status(503)),
            Self::Silent => Some(Failure::Hang),
            Self::Limited => Some(Failure::RateLimited(30.0)),
            Self::LosesAnswers => Some(Failure::after_taking(Failure::Reset)),
            _ => None,
        }
    }
}
