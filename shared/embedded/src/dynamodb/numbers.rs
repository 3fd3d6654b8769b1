//! Sequence numbers of more digits than the embedded DynamoDB gives them.

use dynoxide::DynoxideError;

use crate::Error;

/// The least and the most digits of a sequence number (`StreamRecord` in the DynamoDB API
/// reference).
const LEAST: usize = 21;
const MOST: usize = 40;

/// How many digits the numbers have from where on, in order.
#[derive(Debug, Default)]
pub(super) struct Numbers(Vec<Stretch>);

#[derive(Debug)]
struct Stretch {
    /// The numbers behind this one, as the embedded DynamoDB has them without the first digit.
    after: String,
    digits: usize,
    /// Smaller from stretch to stretch, so that texts sort the wrong way round.
    first: usize,
}

impl Numbers {
    pub(super) fn stretch(&mut self, after: i64, digits: usize) -> Result<(), Error> {
        let shortest = self.0.last().map_or(LEAST, |last| last.digits + 1);
        if !(shortest..=MOST).contains(&digits) {
            let message =
                format!("a sequence number has {shortest} to {MOST} digits here, not {digits}");
            return Err(DynoxideError::ValidationException(message).into());
        }
        let first = 9_usize.saturating_sub(self.0.len()).max(1);
        self.0.push(Stretch {
            after: format!("{after:020}"),
            digits,
            first,
        });
        Ok(())
    }

    /// The number that readers see. `stored` has 21 digits, the first of which is 1.
    pub(super) fn public(&self, stored: &str) -> String {
        let rest = stored.get(1..).unwrap_or_default();
        let stretch = self.0.iter().rfind(|stretch| rest > stretch.after.as_str());
        match stretch {
            Some(Stretch { digits, first, .. }) => {
                format!("{first}{rest:0>width$}", width = digits - 1)
            }
            None => stored.to_owned(),
        }
    }

    /// What [`public`](Self::public) was made of.
    pub(super) fn stored(&self, public: &str) -> String {
        let is_of = |stretch: &Stretch| {
            stretch.digits == public.len() && public.starts_with(&stretch.first.to_string())
        };
        match public.len().checked_sub(LEAST - 1) {
            Some(start) if self.0.iter().any(is_of) => format!("1{}", &public[start..]),
            _ => public.to_owned(),
        }
    }
}
