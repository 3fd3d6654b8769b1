//! Codes of refusals that nobody knows here. One is about its message; the same one for
//! several messages in a row is about the place, and what waits there must not be used up.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use carillon_chat::Reply;
use carillon_domain::Outcome;

use crate::pace::Place;

/// How many messages in a row are refused with one code before the place is held.
const HOLDS: u32 = 3;
/// How many places are remembered.
const REMEMBERED: usize = 10_000;

#[derive(Default)]
pub struct Refusals(Mutex<HashMap<Place, (String, u32)>>);

impl Refusals {
    /// The answer to a message of its own, as it counts after those before it.
    pub fn judged(&self, place: Place, reply: Reply) -> Reply {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reply.outcome == Outcome::Delivered {
            places.remove(&place);
        }
        let (Outcome::UnknownRefusal, Some(code)) = (reply.outcome, &reply.code) else {
            return reply;
        };
        if places.len() >= REMEMBERED {
            places.clear();
        }
        let seen = places.entry(place).or_default();
        if seen.0 != *code {
            *seen = (code.clone(), 0);
        }
        seen.1 = seen.1.saturating_add(1);
        match seen.1 < HOLDS {
            true => reply,
            false => held(code, &reply),
        }
    }
}

fn held(code: &str, reply: &Reply) -> Reply {
    Reply {
        outcome: Outcome::Unavailable,
        ..reply.clone()
    }
    .hint(format!(
        "The platform refuses one message after the other with code {code}, which Carillon does \
         not know: the destination seems to be at fault. Its messages wait and are tried again. \
         Please report the code."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::sample;

    fn judged(refusals: &Refusals, reply: Reply) -> Outcome {
        let place = Place::of(&sample::webhook(1, &["*"]), "infra");
        refusals.judged(place, reply).outcome
    }

    #[test]
    fn the_third_message_in_a_row_with_one_unknown_code_holds_its_place() {
        let refusals = Refusals::default();
        let unknown = |code: &str| Reply::new(Outcome::UnknownRefusal).code(code);
        for _ in 0..2 {
            assert_eq!(judged(&refusals, unknown("a")), Outcome::UnknownRefusal);
        }
        assert_eq!(judged(&refusals, unknown("b")), Outcome::UnknownRefusal);
        assert_eq!(judged(&refusals, unknown("b")), Outcome::UnknownRefusal);
        assert_eq!(judged(&refusals, unknown("b")), Outcome::Unavailable);
        assert_eq!(judged(&refusals, unknown("b")), Outcome::Unavailable);
        judged(&refusals, Reply::new(Outcome::Delivered));
        assert_eq!(judged(&refusals, unknown("b")), Outcome::UnknownRefusal);
    }
}
