use super::*;
use crate::kind::Kind;
use crate::testing::{BOT, DISCORD, TEAMS};
use serde_json::json;

fn read(kind: &dyn Kind, value: Value) -> Result<MessageTemplate, Vec<(String, String)>> {
    let mut faults = Faults::default();
    let at = Pointer::root().field("message");
    let reading = Reading {
        forms: Some(kind.about().mentions),
        edits: false,
    };
    let read = super::read(reading, &value, &at, &mut faults);
    faults.into_result(Some(read)).map_err(|faults| {
        let faults = faults.iter();
        faults
            .map(|fault| {
                let at = fault.pointer.as_str().replacen("/message", "", 1);
                (at, fault.detail.clone())
            })
            .collect()
    })
}

fn wrong(kind: &dyn Kind, value: Value) -> Vec<String> {
    let faults = read(kind, value).err().unwrap_or_default();
    faults.into_iter().map(|(at, _)| at).collect()
}

#[test]
fn the_example_of_the_documentation_is_taken_as_it_is() {
    let example = json!({
        "title": "{{ resource.name }} {{ status }} in {{ environment }}",
        "text": "{{ message }}",
        "fields": ["environment", "status", "estimated_cost"],
        "links": [{
            "label": "Runbook",
            "url": "https://wiki.example.com/{{ resource.type | urlencode }}"
        }],
        "mentions": [{
            "when": {"status": ["failed"], "environment": ["production"]},
            "who": ["S0123ABCD"]
        }]
    });
    let read = read(BOT, example.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), example);
}

#[test]
fn every_fault_is_found_at_once_at_its_place() {
    let value = json!({
        "title": "{{ nmae }}", "text": 7, "colour": "red",
        "fields": ["status", "enviroment", "status"],
        "links": [
            {"label": "{{", "url": "https://{{ project }}/"},
            {"url": " "},
            "x",
        ],
        "mentions": [
            {"who": ["U0FAKE", "everyone"], "when": {"stat": ["failed"]}},
            {"who": []},
            {"when": {}},
        ],
    });
    assert_eq!(
        wrong(BOT, value),
        [
            "/title",
            "/text",
            "/fields/1",
            "/fields/2",
            "/links/0/label",
            "/links/0/url",
            "/links/1/label",
            "/links/1/url",
            "/links/2",
            "/mentions/0/when/stat",
            "/mentions/0/who/1",
            "/mentions/1/who",
            "/mentions/2/who",
            "/colour",
        ]
    );
}

#[test]
fn a_template_that_fails_over_a_sample_is_refused_with_the_reason() {
    let faults = read(BOT, json!({"title": "{{ details.commit | int }}"})).unwrap_err();
    let (at, detail) = &faults[0];
    assert_eq!(at, "/title");
    assert!(detail.starts_with("fails over the sample of `"), "{detail}");
}

#[test]
fn each_kind_says_how_its_mentions_are_written() {
    for (kind, taken, refused) in [
        (
            BOT,
            vec!["U0FAKE", "W0FAKE", "S0FAKE", "here", "channel"],
            vec![
                "@here",
                "everyone",
                "u0fake",
                "<@U0FAKE>",
                "alice",
                "C0FAKE",
                "U0 FAKE",
            ],
        ),
        (
            DISCORD,
            vec![
                "user:123456789012345678",
                "role:123456789012345678",
                "here",
                "everyone",
            ],
            vec![
                "channel",
                "user:alice",
                "123456789012345678",
                "role:1",
                "U0FAKE",
            ],
        ),
        (
            TEAMS,
            vec!["user:alice@acme.example", "user:alice.o'neil@acme.example"],
            vec![
                "here",
                "user:alice",
                "alice@acme.example",
                "user:<at>@acme.example",
                "user:a b@acme.example",
            ],
        ),
    ] {
        for who in taken {
            let read = read(kind, json!({"mentions": [{"who": [who]}]}));
            assert!(read.is_ok(), "{kind:?} {who} {read:?}");
        }
        for who in refused {
            let faults = wrong(kind, json!({"mentions": [{"who": [who]}]}));
            assert_eq!(faults, ["/mentions/0/who/0"], "{kind:?} {who}");
        }
    }
    let said = |kind, who: &str| {
        let faults = read(kind, json!({"mentions": [{"who": [who]}]})).unwrap_err();
        faults[0].1.clone()
    };
    assert_eq!(
        said(TEAMS, "here"),
        "must be user: and a user's sign-in name (user:alice@example.com)"
    );
    for (kind, who, end) in [
        (BOT, "@alice", ": a name mentions nobody"),
        (BOT, "@here", "; did you mean `here`?"),
        (BOT, "<@U0FAKE>", "; did you mean `U0FAKE`?"),
        (BOT, "<!subteam^S0FAKE>", "; did you mean `S0FAKE`?"),
        (
            DISCORD,
            "<@&123456789012345678>",
            "; did you mean `role:123456789012345678`?",
        ),
        (
            DISCORD,
            "123456789012345678",
            "; did you mean `user:123456789012345678`?",
        ),
        (
            TEAMS,
            "alice@acme.example",
            "; did you mean `user:alice@acme.example`?",
        ),
    ] {
        let said = said(kind, who);
        assert!(said.ends_with(end), "{said}");
    }
}

#[test]
fn an_edit_pings_nobody() {
    let mut faults = Faults::default();
    let reading = Reading {
        forms: Some(BOT.about().mentions),
        edits: true,
    };
    let value = json!({"mentions": [{"who": ["here"]}]});
    super::read(reading, &value, &Pointer::root(), &mut faults);
    assert_eq!(faults.iter().next().unwrap().pointer.as_str(), "/mentions");
}

#[test]
fn no_more_can_be_mentioned_than_a_message_can_name() {
    let who = |from: usize| (from..from + 15).map(|n| format!("U0FAKE{n}"));
    let rules = |second: usize| {
        let (first, second): (Vec<_>, Vec<_>) = (who(0).collect(), who(second).collect());
        json!({"mentions": [{"who": first}, {"who": second}]})
    };
    assert!(read(BOT, rules(5)).is_ok());
    assert_eq!(wrong(BOT, rules(6)), ["/mentions"]);
}

#[test]
fn a_credential_is_no_word_to_show() {
    let value = json!({"text": "curl https://hooks.slack.com/services/T0/B0/fake"});
    assert_eq!(wrong(BOT, value), ["/text"]);
}
