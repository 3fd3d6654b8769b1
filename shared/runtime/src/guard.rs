//! Panics over one thing of many must not take the others along.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The work panicked; the log says where. It would do so again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Carillon fails over it: please report it")]
pub struct Panicked;

/// Does work that leaves nothing half done: it only looks at what it is given.
///
/// # Errors
/// Where it panics.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

/// Locks what is never left half changed: a panic of who had it before spoils nothing.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_panics_is_told_from_who_does_not() {
        let third = |numbers: &[i32]| guarded(|| numbers[2]);
        assert_eq!(third(&[1, 2, 3]), Ok(3));
        assert_eq!(third(&[1]), Err(Panicked));
    }
}
