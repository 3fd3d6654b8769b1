//! What a receiver's answer means (Standard Webhooks, "Deliverability and reliability").

use carillon_domain::Outcome;

use crate::answer::Answer;
use crate::codes;
use crate::reply::Reply;

/// What statuses mean; those of a kind that none of them is have a name.
const CODES: &str = include_str!("codes.tsv");

pub(super) fn answered(answer: &Answer) -> Reply {
    let of_kind = match answer.status {
        200..300 => return Reply::new(Outcome::Delivered),
        300..400 => "redirect",
        500.. => "failing",
        _ => "other",
    };
    let code = format!("http_{}", answer.status);
    let known = codes::meaning(CODES, &code).map(|meaning| meaning.reply);
    known
        .unwrap_or_else(|| codes::named(CODES, of_kind))
        .code(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_stands_once_and_each_name_is_there() {
        codes::assert_whole(CODES);
        for name in ["redirect", "failing", "other"] {
            assert!(codes::meaning(CODES, name).is_some(), "{name}");
        }
    }
}
