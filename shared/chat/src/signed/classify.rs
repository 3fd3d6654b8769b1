//! What a receiver's answer means (Standard Webhooks, "Deliverability and reliability").

use carillon_domain::Outcome;

use crate::answer::Answer;
use crate::reply::Reply;

pub(super) fn answered(answer: &Answer) -> Reply {
    let (outcome, hint) = match answer.status {
        200..300 => return Reply::new(Outcome::Delivered),
        410 => (
            Outcome::CredentialDead,
            "The receiver says that this endpoint is gone for good. Where it is not, put it \
             right and enable the webhook again; else give the webhook another URL.",
        ),
        400 | 413 | 415 | 422 => (
            Outcome::PayloadRefused,
            "The receiver refuses this message: its log should say why.",
        ),
        429 => (
            Outcome::RateLimited,
            "The receiver asks to slow down; the message waits.",
        ),
        300..400 => (
            Outcome::Unavailable,
            "The receiver answers with a redirect, which is never followed: give the webhook the \
             URL that it leads to.",
        ),
        401 | 403 => (
            Outcome::Unavailable,
            "The receiver turns the request away: check that it verifies with the webhook's \
             secret, and that the webhook's headers are the right ones.",
        ),
        404 | 405 => (
            Outcome::Unavailable,
            "Nothing takes a POST at this URL: check that the receiver is deployed, and the URL.",
        ),
        503 => (
            Outcome::Unavailable,
            "The receiver cannot serve at the moment; the message waits.",
        ),
        500.. => (
            Outcome::Unknown,
            "The receiver has a problem of its own; the message may have been worked on. It is \
             sent again with the same webhook-id.",
        ),
        _ => (
            Outcome::Unavailable,
            "The receiver did not take the message, which waits: only an answer from 200 to 299 \
             says that it is done.",
        ),
    };
    Reply {
        condemns: answer.status == 410,
        ..Reply::new(outcome)
    }
    .code(format!("http_{}", answer.status))
    .hint(hint)
}
