//! Ids that platforms give: made up, but always the same for the same name.

/// FNV-1a: short, and the same on every machine and in every version of Rust.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
