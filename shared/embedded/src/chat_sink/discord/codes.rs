//! What Discord says with its error codes.

use axum::http::StatusCode;

/// The status that goes with a code.
pub(super) fn status(code: u32) -> StatusCode {
    match code {
        0 | 40_001 | 50_027 => StatusCode::UNAUTHORIZED,
        10_003 | 10_008 | 10_015 => StatusCode::NOT_FOUND,
        20_009 | 40_333 | 50_001 | 50_013 => StatusCode::FORBIDDEN,
        40_005 => StatusCode::PAYLOAD_TOO_LARGE,
        40_062 => StatusCode::TOO_MANY_REQUESTS,
        130_000 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The message that goes with a code.
pub(super) fn message(code: u32) -> &'static str {
    match code {
        0 => "401: Unauthorized",
        10_003 => "Unknown Channel",
        10_008 => "Unknown Message",
        10_015 => "Unknown Webhook",
        20_009 => "Explicit content cannot be sent to the desired recipient(s)",
        20_031 => "Your channel names contain words that are not allowed",
        40_001 => "Unauthorized",
        40_005 => "Request entity too large",
        40_062 => "Service resource is being rate limited.",
        40_067 => "A tag is required to create a forum post in this channel",
        40_333 => "internal network error",
        50_001 => "Missing Access",
        50_006 => "Cannot send an empty message",
        50_013 => "Missing Permissions",
        50_027 => "Invalid Webhook Token",
        50_041 => "Invalid API version",
        50_083 => "Thread is archived",
        50_109 => "The request body contains invalid JSON.",
        130_000 => "API resource is currently overloaded. Try again a little later.",
        160_005 => "Thread is locked",
        160_006 => "Maximum number of active threads reached",
        160_007 => "Maximum number of active announcement threads reached",
        200_000 => "Message was blocked by automatic moderation",
        200_001 => "Title was blocked by automatic moderation",
        220_001 => "Webhooks posted to forum channels must have a thread_name or thread_id",
        220_002 => "Webhooks posted to forum channels cannot have both a thread_name and thread_id",
        220_003 => "Webhooks can only create threads in forum channels",
        220_004 => "Webhook services cannot be used in forum channels",
        _ => "The request was refused",
    }
}
