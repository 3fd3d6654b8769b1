//! What Discord says with its error codes.

use axum::http::StatusCode;

/// The status and the message that go with a code.
pub(super) fn describe(code: u32) -> (StatusCode, &'static str) {
    match code {
        0 => (StatusCode::UNAUTHORIZED, "401: Unauthorized"),
        10_003 => (StatusCode::NOT_FOUND, "Unknown Channel"),
        10_008 => (StatusCode::NOT_FOUND, "Unknown Message"),
        10_015 => (StatusCode::NOT_FOUND, "Unknown Webhook"),
        20_009 => (
            StatusCode::FORBIDDEN,
            "Explicit content cannot be sent to the desired recipient(s)",
        ),
        20_031 => (
            StatusCode::BAD_REQUEST,
            "Your channel names contain words that are not allowed",
        ),
        40_001 => (StatusCode::UNAUTHORIZED, "Unauthorized"),
        40_005 => (StatusCode::PAYLOAD_TOO_LARGE, "Request entity too large"),
        40_062 => (
            StatusCode::TOO_MANY_REQUESTS,
            "Service resource is being rate limited.",
        ),
        40_067 => (
            StatusCode::BAD_REQUEST,
            "A tag is required to create a forum post in this channel",
        ),
        40_333 => (StatusCode::FORBIDDEN, "internal network error"),
        50_001 => (StatusCode::FORBIDDEN, "Missing Access"),
        50_006 => (StatusCode::BAD_REQUEST, "Cannot send an empty message"),
        50_013 => (StatusCode::FORBIDDEN, "Missing Permissions"),
        50_027 => (StatusCode::UNAUTHORIZED, "Invalid Webhook Token"),
        50_041 => (StatusCode::BAD_REQUEST, "Invalid API version"),
        50_083 => (StatusCode::BAD_REQUEST, "Thread is archived"),
        50_109 => (
            StatusCode::BAD_REQUEST,
            "The request body contains invalid JSON.",
        ),
        130_000 => (
            StatusCode::SERVICE_UNAVAILABLE,
            "API resource is currently overloaded. Try again a little later.",
        ),
        160_005 => (StatusCode::BAD_REQUEST, "Thread is locked"),
        160_006 => (
            StatusCode::BAD_REQUEST,
            "Maximum number of active threads reached",
        ),
        160_007 => (
            StatusCode::BAD_REQUEST,
            "Maximum number of active announcement threads reached",
        ),
        200_000 => (
            StatusCode::BAD_REQUEST,
            "Message was blocked by automatic moderation",
        ),
        200_001 => (
            StatusCode::BAD_REQUEST,
            "Title was blocked by automatic moderation",
        ),
        220_001 => (
            StatusCode::BAD_REQUEST,
            "Webhooks posted to forum channels must have a thread_name or thread_id",
        ),
        220_002 => (
            StatusCode::BAD_REQUEST,
            "Webhooks posted to forum channels cannot have both a thread_name and thread_id",
        ),
        220_003 => (
            StatusCode::BAD_REQUEST,
            "Webhooks can only create threads in forum channels",
        ),
        220_004 => (
            StatusCode::BAD_REQUEST,
            "Webhook services cannot be used in forum channels",
        ),
        _ => (StatusCode::BAD_REQUEST, "The request was refused"),
    }
}
