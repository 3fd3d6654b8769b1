use super::*;
use carillon_domain::Outcome;

/// The codes in the reference of `chat.postMessage`.
const POST: &str = "access_denied accesslimited account_inactive agent_prompt_display_not_allowed \
    app_access_restricted as_user_not_supported attachment_payload_limit_exceeded \
    cannot_reply_to_message channel_not_found deprecated_endpoint draft_already_deleted \
    draft_already_sent draft_has_conflict draft_not_found duplicate_channel_not_found \
    duplicate_message_not_found ekm_access_denied enterprise_is_restricted fatal_error \
    internal_error invalid_arg_name invalid_arguments invalid_array_arg invalid_auth \
    invalid_blocks invalid_blocks_format invalid_charset invalid_form_data \
    invalid_metadata_format invalid_metadata_schema invalid_post_type is_archived is_bot \
    markdown_text_conflict message_limit_exceeded messages_tab_disabled \
    metadata_must_be_sent_from_app metadata_too_large method_deprecated \
    missing_file_data missing_post_type missing_scope msg_blocks_too_long no_permission \
    no_text not_allowed_token_type not_authed not_in_channel org_login_required \
    rate_limited ratelimited request_timeout restricted_action \
    restricted_action_non_threadable_channel restricted_action_read_only_channel \
    restricted_action_thread_locked restricted_action_thread_only_channel \
    send_on_behalf_not_allowed service_unavailable slack_connect_canvas_sharing_blocked \
    slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked \
    team_access_not_granted team_added_to_org team_not_found token_expired token_revoked \
    too_many_attachments too_many_contact_cards two_factor_setup_required unknown_method";

/// The codes in the reference of `chat.update`.
const UPDATE: &str = "access_denied accesslimited account_inactive as_user_not_supported block_mismatch \
    blocked_file_type cant_broadcast_message cant_update_message channel_not_found \
    deprecated_endpoint edit_window_closed ekm_access_denied enterprise_is_restricted \
    external_channel_migrating fatal_error file_deleted file_is_deleted file_not_found \
    file_share_limit_reached internal_error invalid_arg_name invalid_arguments \
    invalid_array_arg invalid_attachments invalid_auth invalid_blocks \
    invalid_blocks_format invalid_charset invalid_form_data invalid_metadata_format \
    invalid_metadata_schema invalid_post_type is_bot is_inactive markdown_text_conflict \
    max_file_sharing_exceeded message_limit_exceeded message_not_found \
    metadata_must_be_sent_from_app metadata_too_large method_deprecated \
    missing_post_type missing_scope msg_too_long no_dual_broadcast_content_update \
    no_permission no_text not_allowed_token_type not_authed org_login_required \
    posting_to_channel_denied ratelimited request_timeout service_unavailable \
    slack_connect_blocked_file_type slack_connect_canvas_sharing_blocked \
    slack_connect_clip_sharing_blocked slack_connect_file_link_sharing_blocked \
    slack_connect_file_upload_sharing_blocked streaming_state_conflict \
    team_access_not_granted team_added_to_org team_not_found token_expired token_revoked \
    too_many_attachments two_factor_setup_required unable_to_share_files unknown_method \
    update_failed";

/// The codes on the page about incoming webhooks, and those that people have met.
const HOOK: &str = "action_prohibited channel_is_archived channel_not_found invalid_blocks \
    invalid_payload invalid_token missing_text_or_fallback_or_attachments \
    no_active_hooks no_service no_service_id no_team no_text \
    posting_to_general_channel_denied rollup_error team_disabled too_many_attachments \
    user_not_found";

#[test]
fn every_code_that_slack_documents_is_known() {
    for code in POST.split(' ').chain(UPDATE.split(' ')) {
        assert!(meaning(code).is_some(), "{code}");
    }
    for code in HOOK.split(' ') {
        assert!(meaning_to_hook(code).is_some(), "{code}");
    }
}

#[test]
fn each_code_stands_once() {
    codes::assert_whole(CODES);
}

#[test]
fn a_hook_whose_channel_is_gone_needs_another_hook_and_no_invitation() {
    let reply = meaning_to_hook("channel_not_found").unwrap().reply;
    let hint = reply.hint.unwrap();
    assert_eq!(reply.outcome, Outcome::DestinationDead);
    assert!(
        hint.contains("rotate") && !hint.contains("/invite"),
        "{hint}"
    );
    let hint = meaning("channel_not_found").unwrap().reply.hint.unwrap();
    assert!(hint.contains("/invite @"), "{hint}");
}
