//! Slack: its Web API and its incoming webhooks.

mod api;
mod chat;
mod content;
mod conversations;
mod ids;
mod mentions;
mod request;
mod webhook;

use std::time::Duration;

use super::failures::Failure;
use super::pace::Evenly;
use super::platform::{DestinationKind, Platform};
use super::standing::Standing;

const NAME: &str = "slack";

/// Posts to one channel: about one a second. How many may come at once is not published; "short
/// bursts".
const POSTS: Evenly = Evenly {
    every: Duration::from_secs(1),
    burst: 10,
};

pub(super) const API: Platform = Platform {
    takes: |call| matches!(call.host.as_str(), "slack.com" | "slack-gov.com"),
    answer: api::answer,
    failures: || {
        let error = Failure::refusal(NAME, "internal_error");
        vec![
            ("Slack: internal_error", error.clone()),
            (
                "Slack: taken, then internal_error",
                Failure::after_taking(error),
            ),
        ]
    },
};

pub(super) const WEBHOOKS: Platform = Platform {
    takes: |call| {
        matches!(
            call.host.as_str(),
            "hooks.slack.com" | "hooks.slack-gov.com"
        )
    },
    answer: webhook::answer,
    failures: Vec::new,
};

pub(super) static BOT: DestinationKind = DestinationKind {
    id: "slack_bot",
    platform: NAME,
    name: "bot token",
    fails: |standing, scopes| {
        let code = match standing {
            Standing::NotAMember if scopes.iter().any(|it| it == "chat:write.public") => {
                return None;
            }
            Standing::Revoked => "token_revoked",
            Standing::WrongSecret => "invalid_auth",
            Standing::Uninstalled => "account_inactive",
            Standing::Archived => "is_archived",
            Standing::Private | Standing::Gone => "channel_not_found",
            Standing::NotAMember => "not_in_channel",
            Standing::Restricted => "restricted_action",
            other => return other.outage(),
        };
        Some(Failure::refusal(NAME, code))
    },
    of_credential: &[Standing::Revoked, Standing::Uninstalled],
    forums: &[],
    can: |failure| matches!(failure, Failure::RateLimitedWithoutBody(_)),
};

pub(super) static WEBHOOK: DestinationKind = DestinationKind {
    id: "slack_webhook",
    name: "incoming webhook",
    // It is always in its channel.
    fails: |standing, _| {
        let code = match standing {
            Standing::Revoked => "no_active_hooks",
            Standing::WrongSecret => "invalid_token",
            Standing::Uninstalled => "no_service",
            Standing::Archived => "channel_is_archived",
            Standing::Private | Standing::Gone => "channel_not_found",
            Standing::Restricted => "action_prohibited",
            other => return other.outage(),
        };
        Some(Failure::refusal(NAME, code))
    },
    of_credential: &[],
    ..BOT
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_outside_of_a_public_channel_posts_only_with_the_scope_for_it() {
        let failure = |scopes: &[&str]| {
            let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            (BOT.fails)(Standing::NotAMember, &scopes)
        };
        assert_eq!(failure(&["chat:write", "chat:write.public"]), None);
        let refused = Some(Failure::refusal(NAME, "not_in_channel"));
        assert_eq!(failure(&["chat:write"]), refused);
    }

    #[test]
    fn only_a_bot_can_be_left_out_of_a_channel() {
        assert!(BOT.standings().contains(&Standing::NotAMember));
        assert!(!WEBHOOK.standings().contains(&Standing::NotAMember));
        assert!(!WEBHOOK.standings().contains(&Standing::Forum));
    }
}
