use super::*;

#[test]
fn a_platforms_own_sentence_is_cleaned_and_cut() {
    let sentence = format!("no\u{0}\u{202e}pe\n\"{}\" end", "x".repeat(1_000));
    let reply = unknown_refusal("Discord", "20099", Some(&sentence));
    assert_eq!(reply.code.as_deref(), Some("20099"));
    let hint = reply.hint.unwrap();
    assert!(
        hint.starts_with("Discord refuses the message with code 20099: \"nope 'xxx"),
        "{hint}"
    );
    assert!(
        hint.contains("end\". Carillon does not know this code"),
        "{hint}"
    );
    assert!(hint.len() < 400, "{hint}");
    assert!(!hint.contains(char::is_control), "{hint}");
}

#[test]
fn a_refusal_without_a_sentence_names_its_code() {
    for sentence in [None, Some(""), Some(" \n")] {
        let hint = unknown_refusal("Slack", "no_luck", sentence).hint;
        let hint = hint.unwrap();
        assert!(
            hint.starts_with("Slack refuses the message with code no_luck. "),
            "{hint}"
        );
    }
}

#[test]
fn a_refusal_of_the_message_is_definite_and_nothing_else_is() {
    use Outcome::*;
    for (outcome, is_definite) in [
        (PayloadRefused, true),
        (UnknownRefusal, true),
        (OurFault, true),
        (Delivered, false),
        (RateLimited, false),
        (Unavailable, false),
        (Unknown, false),
        (CredentialDead, false),
        (DestinationDead, false),
        (Blocked, false),
    ] {
        assert_eq!(
            Reply::new(outcome).is_definite(),
            is_definite,
            "{outcome:?}"
        );
    }
}
