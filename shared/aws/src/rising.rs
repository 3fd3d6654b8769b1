//! Ids by the time at which they are made.

use std::sync::{Mutex, PoisonError};

use ulid::{Generator, Ulid};

/// A new id that comes after all that this process has made before, also in the same millisecond:
/// lists that are sorted by ids then have what was made together in the order of its making.
pub fn rising_ulid() -> Ulid {
    static LAST: Mutex<Generator> = Mutex::new(Generator::new());
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    // It can only run over where one millisecond has made 2^80 of them.
    last.generate().unwrap_or_else(|_| Ulid::generate())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_id_is_a_greater_one() {
        let ids: Vec<Ulid> = std::iter::repeat_with(rising_ulid).take(1_000).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
    }
}
