//! What Slack's error codes mean, and what people can do about them.
//!
//! The codes of the Web API come from the method reference of `chat.postMessage`; those of
//! incoming webhooks from docs.slack.dev (incoming webhooks), Slack's changelog of
//! 2016-05-17 and reports of users. Both lists are one here: no code means one thing
//! there and another here, though people may have to do something else about it.

mod table;

use std::time::Duration;

use carillon_domain::Outcome;

use self::table::CODES;
use crate::reply::Remedy;

/// What a code of the Web API means, if it is known. Slack says that codes may come that are
/// not in its lists.
pub(super) fn meaning(code: &str) -> Option<(Outcome, &'static str)> {
    let mut known = CODES.iter().filter(|(codes, ..)| is_among(codes, code));
    known.next().map(|(_, outcome, hint)| (*outcome, *hint))
}

fn is_among(codes: &str, code: &str) -> bool {
    codes.split(' ').any(|known| known == code)
}

/// What a code of an incoming webhook means, which posts to one channel and needs no invitation.
pub(super) fn meaning_to_hook(code: &str) -> Option<(Outcome, &'static str)> {
    match code {
        "channel_not_found" | "user_not_found" => Some((Outcome::DestinationDead, HOOK_CHANNEL)),
        _ => meaning(code),
    }
}

const HOOK_CHANNEL: &str = "The channel of the incoming webhook is gone: create a new incoming \
                            webhook for another channel in the Slack app and rotate the \
                            webhook's credential.";

/// What to leave out of a message that is refused like this: the thread's first message, or
/// the message to change, is gone or closed.
pub(super) fn remedy(code: &str) -> Option<Remedy> {
    const PLACE: &str = "message_not_found thread_not_found cannot_reply_to_message \
                         cant_update_message edit_window_closed block_mismatch \
                         streaming_state_conflict restricted_action_thread_locked \
                         restricted_action_non_threadable_channel";
    is_among(PLACE, code).then_some(Remedy::Place)
}

/// Whether a code is about the token or the webhook itself, wherever it is used. Most that
/// need another credential depend on the channel or on what is done, too.
pub(super) fn condemns_secret(code: &str) -> bool {
    const SECRET: &str = "account_inactive invalid_auth invalid_token no_active_hooks no_service \
                          no_service_id no_team not_allowed_token_type not_authed team_disabled \
                          token_expired token_revoked";
    is_among(SECRET, code)
}

/// How long to wait at least where it is people who must do something first, or a move that
/// takes a while.
pub(super) fn least_wait(code: &str) -> Option<Duration> {
    const SLOW: &str = "message_limit_exceeded team_added_to_org org_login_required \
                        external_channel_migrating accesslimited";
    is_among(SLOW, code).then_some(Duration::from_secs(600))
}

#[cfg(test)]
mod tests;
