//! What Slack's error codes mean, and what people can do about them.
//!
//! The codes of the Web API come from the method reference of `chat.postMessage`; those of
//! incoming webhooks from docs.slack.dev (incoming webhooks), Slack's changelog of
//! 2016-05-17 and reports of users. Both lists are one here: no code means one thing
//! there and another here, though people may have to do something else about it.

use std::time::Duration;

use carillon_domain::Outcome::{
    self, Blocked, CredentialDead, DestinationDead, OurFault, PayloadRefused, RateLimited,
    Unavailable, Unknown,
};

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
        "channel_not_found" | "user_not_found" => Some((DestinationDead, HOOK_CHANNEL)),
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

const LATER: &str = "Slack has a problem of its own.";
const MAYBE: &str = "Slack failed half-way: the message may have arrived.";
const REFUSED: &str = "Slack refuses the message itself. This is a fault of Carillon: please report it with the code.";
const OUR_FAULT: &str = "Slack does not understand how it is called. This is a fault of Carillon: please report it with the code.";
const NEW_HOOK: &str = "The incoming webhook was removed or switched off: create a new one in the Slack app and rotate the webhook's credential.";
const NEW_TOKEN: &str = "The token no longer works: reinstall the Slack app, or create a new token, and rotate the webhook's credential.";
const ADMIN: &str =
    "A setting of the Slack workspace forbids it: ask an administrator of the workspace.";
const SHARED: &str = "The message shares a file, a canvas or a list of Slack's by a link, which Slack or an administrator of the workspace does not allow there: leave the link out of the event.";
const EDIT: &str = "The earlier message can no longer be changed.";

/// Codes, with a blank between them, what they mean, and a hint.
const CODES: &[(&str, Outcome, &str)] = &[
    // Later.
    (
        "ratelimited rate_limited",
        RateLimited,
        "Slack asks to slow down.",
    ),
    (
        "message_limit_exceeded",
        Unavailable,
        "The workspace has reached the message limit of its Slack plan.",
    ),
    ("internal_error fatal_error rollup_error", Unknown, MAYBE),
    (
        // About `client_msg_id`: the first post of this message was seen, but not what came of it.
        "duplicate_message_not_found duplicate_channel_not_found",
        Unknown,
        MAYBE,
    ),
    (
        "service_unavailable request_timeout update_failed",
        Unavailable,
        LATER,
    ),
    (
        "team_added_to_org org_login_required external_channel_migrating",
        Unavailable,
        "Slack is moving the workspace or the channel.",
    ),
    (
        "accesslimited",
        Blocked,
        "Slack does not accept requests from this network: ask an administrator of the workspace.",
    ),
    // The credential.
    (
        "invalid_auth",
        CredentialDead,
        "Slack does not accept the token, or not from this address: check the app's allowed IP \
         addresses, or create a new token and rotate the webhook's credential.",
    ),
    ("not_authed", CredentialDead, NEW_TOKEN),
    (
        "token_expired",
        CredentialDead,
        "The token has expired: its app has token rotation, which cannot be switched off again. \
         Create a Slack app without it, and rotate the webhook's credential.",
    ),
    (
        "token_revoked",
        CredentialDead,
        "The token was revoked: create a new one and rotate the webhook's credential.",
    ),
    (
        "account_inactive",
        CredentialDead,
        "The Slack app was removed from the workspace, or the workspace was deleted: install the \
         app again and rotate the webhook's credential.",
    ),
    (
        "missing_scope",
        CredentialDead,
        "The token lacks a permission: add the scope chat:write to the Slack app (and \
         chat:write.customize for a name or icon), and reinstall it.",
    ),
    (
        "not_allowed_token_type is_bot",
        CredentialDead,
        "This kind of token cannot post: use the app's bot token, which begins with xoxb-.",
    ),
    (
        "no_permission access_denied team_access_not_granted two_factor_setup_required \
         app_access_restricted enterprise_is_restricted action_prohibited \
         posting_to_general_channel_denied",
        CredentialDead,
        ADMIN,
    ),
    (
        "invalid_token no_active_hooks no_service no_service_id no_team",
        CredentialDead,
        NEW_HOOK,
    ),
    (
        "team_disabled",
        CredentialDead,
        "The Slack workspace is no longer active.",
    ),
    // The destination.
    (
        "not_in_channel",
        DestinationDead,
        "Invite the bot to the channel: /invite @ and its name. For public channels, the scope \
         chat:write.public does it for all.",
    ),
    (
        "channel_not_found",
        DestinationDead,
        "There is no such channel, or it is private and the bot is not in it. Invite the bot: \
         /invite @ and its name; or check the channel's name or id.",
    ),
    (
        "is_archived channel_is_archived is_inactive",
        DestinationDead,
        "The channel is archived: unarchive it or choose another one.",
    ),
    (
        "team_not_found",
        DestinationDead,
        "A token for a whole organization needs the channel's id, not its name.",
    ),
    (
        "user_not_found messages_tab_disabled",
        DestinationDead,
        "Slack cannot deliver to this person or app: choose a channel.",
    ),
    (
        "channel_is_limited_access method_not_supported_for_channel_type",
        DestinationDead,
        "The bot cannot post to this kind of channel: choose another one.",
    ),
    (
        "restricted_action restricted_action_read_only_channel \
         restricted_action_thread_only_channel restricted_action_non_threadable_channel \
         restricted_action_thread_locked ekm_access_denied",
        DestinationDead,
        "Posting to this channel is restricted: ask an administrator of the workspace.",
    ),
    (
        "cannot_reply_to_message thread_not_found",
        DestinationDead,
        "The thread's first message takes no replies.",
    ),
    // The message.
    (
        "no_text invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long \
         too_many_attachments attachment_payload_limit_exceeded invalid_attachments \
         too_many_contact_cards metadata_too_large invalid_payload \
         missing_text_or_fallback_or_attachments",
        PayloadRefused,
        REFUSED,
    ),
    (
        // Slack shares what a link in a text leads to.
        "slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked \
         slack_connect_lists_sharing_blocked slack_connect_blocked_file_type \
         slack_connect_clip_sharing_blocked slack_connect_file_upload_sharing_blocked \
         blocked_file_type file_deleted file_is_deleted file_not_found \
         file_share_limit_reached max_file_sharing_exceeded missing_file_data \
         posting_to_channel_denied unable_to_share_files",
        PayloadRefused,
        SHARED,
    ),
    // How it is asked.
    (
        "invalid_metadata_format invalid_metadata_schema markdown_text_conflict \
         invalid_arguments invalid_arg_name invalid_array_arg invalid_charset \
         invalid_form_data invalid_post_type missing_post_type invalid_json json_not_object \
         deprecated_endpoint method_deprecated unknown_method",
        OurFault,
        OUR_FAULT,
    ),
    (
        // Of arguments that are never sent.
        "agent_prompt_display_not_allowed as_user_not_supported cant_broadcast_message \
         draft_already_deleted draft_already_sent draft_has_conflict draft_not_found \
         metadata_must_be_sent_from_app no_dual_broadcast_content_update \
         send_on_behalf_not_allowed",
        OurFault,
        OUR_FAULT,
    ),
    (
        "message_not_found cant_update_message edit_window_closed block_mismatch \
         streaming_state_conflict",
        PayloadRefused,
        EDIT,
    ),
];

#[cfg(test)]
mod tests;
