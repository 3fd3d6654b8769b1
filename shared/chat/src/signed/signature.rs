//! Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// What a secret begins with; its key follows, in Base64.
pub(super) const PREFIX: &str = "whsec_";

/// How long keys are, in bytes.
pub(super) const KEY: std::ops::RangeInclusive<usize> = 24..=64;

/// What our ids begin with, so that our own API knows its own messages.
const OURS: &str = "carillon_";

/// The `webhook-id` of a message.
pub(super) fn webhook_id(post_id: &str) -> String {
    format!("{OURS}{post_id}")
}

/// Whether a `webhook-id` is one of Carillon's.
pub fn is_ours(webhook_id: &str) -> bool {
    webhook_id.starts_with(OURS)
}

/// The key of a secret; none where that is no `whsec_` with a key of 24 to 64 bytes. Padding may
/// be left out.
pub(super) fn key(secret: &str) -> Option<Vec<u8>> {
    let text = secret.strip_prefix(PREFIX)?.trim_end_matches('=');
    let key = STANDARD_NO_PAD.decode(text).ok()?;
    KEY.contains(&key.len()).then_some(key)
}

/// The secret of a key.
pub(super) fn secret(key: &[u8]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(key))
}

/// The entry of `webhook-signature` for one secret, such as `v1,…`. None where it is no secret.
pub fn sign(secret: &str, webhook_id: &str, now: Timestamp, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key(secret)?).ok()?;
    mac.update(format!("{webhook_id}.{}.{body}", now.as_second()).as_bytes());
    Some(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_specification_shows() {
        // Its own example; put together here, as it looks like a secret.
        let secret = format!("{PREFIX}{}", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let now = Timestamp::from_second(1_649_367_553).unwrap();
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let signature = sign(&secret, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", now, body);
        let expected = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(signature.as_deref(), Some(expected));
    }

    #[test]
    fn keys_are_of_24_to_64_bytes_and_padding_may_be_left_out() {
        for (length, expected) in [(23, false), (24, true), (25, true), (64, true), (65, false)] {
            let secret = secret(&vec![7; length]);
            assert_eq!(key(&secret).is_some(), expected, "{length}");
            assert_eq!(key(secret.trim_end_matches('=')), key(&secret));
        }
        let urls_alphabet = format!("{PREFIX}{}", "-_".repeat(16));
        assert!(key(&urls_alphabet).is_none());
        assert!(key("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz").is_none());
    }
}
