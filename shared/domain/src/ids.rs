//! Identifiers. Each is parsed once and then known to be well-formed.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::field::Formed;
use crate::identifier::identifier;

/// How many digits a position has: as many as DynamoDB's sequence numbers have at most.
const DIGITS: usize = 40;

identifier! {
    /// The tenant: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    OrganizationId
}
identifier! {
    /// An event's id, unique in its organization: 1 to 128 of `A-Z a-z 0-9 . _ : -`.
    EventId
}
identifier! {
    /// A webhook's id: `wh_` and a ULID.
    WebhookId "wh_"
}
identifier! {
    /// A delivery's id: `dl_` and a ULID whose time is the event's arrival and whose
    /// random part is the rest of that time, finer than a millisecond, and a digest of
    /// (organization, event, lane).
    /// The same delivery always gets the same id, and ids sort by time.
    DeliveryId
}
identifier! {
    /// A credential's id: `cr_` and a ULID. Names the secret; never used twice, so that a
    /// secret being deleted cannot be confused with one being made.
    CredentialId "cr_"
}
identifier! {
    /// An API key's id: `key_` and a ULID. It is no secret.
    ApiKeyId "key_"
}
identifier! {
    /// Tells whether two credentials of one organization are equal, without telling
    /// what they are: a SHA-256 digest in hexadecimal.
    Fingerprint
}
identifier! {
    /// A lane's id: its webhook's, `-` and the number of the lane in it, from 1. A number is never
    /// used twice.
    LaneId
}
identifier! {
    /// Where something stands in the log: the sequence number of the event's stream record, padded
    /// so that positions compare as texts. DynamoDB's have 21 to 40 digits
    /// (`SequenceNumber`, DynamoDB Streams API reference).
    Position
}

fn is_of(c: char, extra: &str) -> bool {
    c.is_ascii_alphanumeric() || extra.contains(c)
}

fn all_of(text: &str, extra: &str) -> bool {
    text.chars().all(|c| is_of(c, extra))
}

fn is_ulid_behind(prefix: &str, text: &str) -> bool {
    let ulid = text.strip_prefix(prefix);
    ulid.is_some_and(|ulid| ulid.len() == 26 && all_of(ulid, ""))
}

impl OrganizationId {
    /// The rule in words, for error messages.
    pub const RULE: &str = "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -";

    pub fn parse(text: &str) -> Option<Self> {
        ((1..=64).contains(&text.len()) && all_of(text, "._-")).then(|| Self(text.to_owned()))
    }
}

impl EventId {
    /// The rule in words, for error messages.
    pub const RULE: &str =
        "must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -, and more than dots";

    pub const FORM: Formed<Self> = Formed {
        max: 128,
        pattern: r"^\.*[A-Za-z0-9_:-][A-Za-z0-9._:-]*$",
        parse: Self::parse,
        rule: Self::RULE,
    };

    /// Dots alone mean another place where they stand in a path (RFC 3986, section 5.2.4): nobody
    /// could ask for such an event.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = (1..=128).contains(&text.len()) && all_of(text, "._:-");
        (is_id && !text.bytes().all(|b| b == b'.')).then(|| Self(text.to_owned()))
    }

    /// A new id for an event that came without one.
    pub fn generate(ulid: ulid::Ulid) -> Self {
        Self(format!("evt_{ulid}"))
    }

    /// The id of an event that came without one, but with what tells it from others.
    pub fn of_key(parts: &[&str]) -> Self {
        Self(format!("evt_{}", hex(&digest_of(parts), 32)))
    }

    /// An id made from another system's id: characters that ids may not have become `-`,
    /// and what is too long ends in a digest, so that different sources stay different.
    pub fn from_source(prefix: &str, source_id: &str) -> Self {
        let plain = source_id.replace(|c| !is_of(c, "._:-"), "-");
        if plain == source_id && prefix.len() + 1 + plain.len() <= 128 {
            return Self(format!("{prefix}:{plain}"));
        }
        let digest = hex(&Sha256::digest(source_id.as_bytes()), 32);
        let kept: String = plain.chars().take(128 - prefix.len() - 34).collect();
        Self(format!("{prefix}:{kept}-{digest}"))
    }

    /// The id of something else that came under this one: what it says tells it apart.
    #[must_use]
    pub fn apart_by(&self, content: &str) -> Self {
        let digest = hex(&digest_of(&[&self.0, content]), 32);
        let kept: String = self.0.chars().take(128 - 33).collect();
        Self(format!("{kept}-{digest}"))
    }
}

impl DeliveryId {
    pub fn parse(text: &str) -> Option<Self> {
        is_ulid_behind("dl_", text).then(|| Self(text.to_owned()))
    }

    pub fn of(
        organization: &OrganizationId,
        event: &EventId,
        received_at: jiff::Timestamp,
        lane: &LaneId,
    ) -> Self {
        let digest = digest_of(&[organization.as_str(), event.as_str(), lane.as_str()]);
        let mut random = [0; 16];
        random[6..8].copy_from_slice(&within_millisecond(received_at).to_be_bytes());
        random[8..].copy_from_slice(&digest[..8]);
        let milliseconds = u64::try_from(received_at.as_millisecond()).unwrap_or(0);
        let ulid = ulid::Ulid::from_parts(milliseconds, u128::from_be_bytes(random));
        Self(format!("dl_{ulid}"))
    }

    /// The id that a delivery of a moment's events begins with: ids of events that arrived
    /// before are smaller, those of later ones are greater.
    pub fn earliest(time: jiff::Timestamp) -> Self {
        let milliseconds = u64::try_from(time.as_millisecond()).unwrap_or(0);
        Self(format!("dl_{}", ulid::Ulid::from_parts(milliseconds, 0)))
    }

    /// A UUID by which a platform can tell repeats of a post: the same for each
    /// redelivery, and whenever the event arrived, so that a preview can show it.
    pub fn post_id(&self, redelivery: u32) -> String {
        // `dl_`, ten digits of milliseconds, four that have the time within one; the rest,
        // 60 bits, is the digest's.
        let without_time = self.0.get(17..).unwrap_or_default();
        stable_uuid(&[without_time, &redelivery.to_string()])
    }

    /// When its event arrived.
    pub fn time(&self) -> Option<jiff::Timestamp> {
        let ulid = ulid::Ulid::from_string(self.0.strip_prefix("dl_")?).ok()?;
        jiff::Timestamp::from_millisecond(i64::try_from(ulid.timestamp_ms()).ok()?).ok()
    }
}

impl LaneId {
    pub fn of(webhook: &WebhookId, number: u32) -> Self {
        Self(format!("{webhook}-{number}"))
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (webhook, number) = text.rsplit_once('-')?;
        let number: u32 = number.parse().ok()?;
        let id = Self::of(&WebhookId::parse(webhook)?, number);
        (id.0 == text).then_some(id)
    }

    /// The webhook that it belongs to.
    pub fn webhook(&self) -> Option<WebhookId> {
        WebhookId::parse(self.0.rsplit_once('-')?.0)
    }

    /// Its number in the webhook.
    pub fn number(&self) -> Option<u32> {
        self.0.rsplit_once('-')?.1.parse().ok()
    }
}

impl Position {
    pub fn of(sequence_number: &str) -> Self {
        Self(format!("{sequence_number:0>DIGITS$}"))
    }
}

/// How far a time is into its millisecond, in 64ths of a microsecond.
fn within_millisecond(time: jiff::Timestamp) -> u16 {
    let nanoseconds = time.subsec_nanosecond().rem_euclid(1_000_000);
    u16::try_from(nanoseconds * 64 / 1_000).unwrap_or(u16::MAX)
}

impl Fingerprint {
    /// Tokens and webhook URLs have well over 100 bits of randomness, so that their
    /// digest cannot be turned back by guessing.
    pub fn of(organization: &OrganizationId, secret: &SecretString) -> Self {
        let digest = digest_of(&[organization.as_str(), secret.expose_secret()]);
        Self(hex(&digest, 64))
    }
}

/// A digest of several parts, in which no two lists of parts look alike.
pub(crate) fn digest_of(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

/// A UUID that is always the same for the same parts: version 8 (custom), variant of RFC 9562.
pub fn stable_uuid(parts: &[&str]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest_of(parts)[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex(&bytes, 32);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| &digits[part]).join("-")
}

/// The first `digits` hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8], digits: usize) -> String {
    let mut hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.truncate(digits);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_events_id_is_more_than_dots() {
        for (text, is_id) in [(".", false), ("..", false), ("...", false), ("..a", true)] {
            assert_eq!(EventId::parse(text).is_some(), is_id, "{text}");
        }
        assert_eq!(EventId::from_source("ce", "..").as_str(), "ce:..");
    }

    fn lane(number: u32) -> LaneId {
        LaneId::of(
            &WebhookId::parse("wh_01JD0000000000000000000000").unwrap(),
            number,
        )
    }

    fn delivery(number: u32) -> DeliveryId {
        DeliveryId::of(
            &OrganizationId::parse("org_acme").unwrap(),
            &EventId::parse("deploy-1").unwrap(),
            "2026-11-21T10:15:00Z".parse().unwrap(),
            &lane(number),
        )
    }

    #[test]
    fn a_delivery_keeps_its_id_and_another_channel_gets_another() {
        assert_eq!(delivery(1), delivery(1));
        assert_ne!(delivery(1), delivery(2));
        assert_eq!(delivery(1).as_str().len(), 29);
    }

    #[test]
    fn ids_of_one_millisecond_sort_by_when_their_events_arrived() {
        let id = |nanoseconds: i64, event: &str| {
            DeliveryId::of(
                &OrganizationId::parse("org_acme").unwrap(),
                &EventId::parse(event).unwrap(),
                "2026-11-21T10:15:00Z".parse::<jiff::Timestamp>().unwrap()
                    + jiff::SignedDuration::from_nanos(nanoseconds),
                &lane(1),
            )
        };
        let ids: Vec<DeliveryId> = (0..500).map(|n| id(n * 2_000, &format!("e{n}"))).collect();
        assert!(ids.is_sorted());
        assert_ne!(id(0, "a"), id(0, "b"));
        assert!(id(999_999, "a") < id(1_000_000, "a"));
    }

    #[test]
    fn a_uuid_of_parts_is_stable_and_well_formed() {
        let uuid = stable_uuid(&["a", "b"]);
        assert_eq!(uuid, stable_uuid(&["a", "b"]));
        assert_ne!(uuid, stable_uuid(&["ab"]));
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'8');
    }

    #[test]
    fn ids_from_other_systems_stay_distinct_and_well_formed() {
        let long = "x".repeat(300);
        let a = EventId::from_source("aws", &format!("{long}a"));
        let b = EventId::from_source("aws", &format!("{long}b"));
        assert_ne!(a, b);
        for id in [
            a,
            b,
            EventId::from_source("table", "a/b c"),
            EventId::from_source("t", ""),
        ] {
            assert!(EventId::parse(id.as_str()).is_some(), "{id}");
        }
        assert_ne!(
            EventId::from_source("table", "a/b"),
            EventId::from_source("table", "a-b")
        );
    }

    #[test]
    fn equal_credentials_look_alike_only_inside_one_organization() {
        let acme = OrganizationId::parse("acme").unwrap();
        let other = OrganizationId::parse("other").unwrap();
        let secret = SecretString::from("fake");
        assert_eq!(
            Fingerprint::of(&acme, &secret),
            Fingerprint::of(&acme, &secret)
        );
        assert_ne!(
            Fingerprint::of(&acme, &secret),
            Fingerprint::of(&other, &secret)
        );
    }

    #[test]
    fn something_else_under_an_id_gets_one_of_its_own_always_the_same() {
        for id in ["aws:1".to_owned(), "x".repeat(128)] {
            let id = EventId::parse(&id).unwrap();
            let apart = id.apart_by("FAILED");
            assert_eq!(apart, id.apart_by("FAILED"));
            assert_ne!(apart, id.apart_by("STARTED"));
            assert_ne!(apart, id);
            assert_eq!(EventId::parse(apart.as_str()), Some(apart));
        }
    }
}
