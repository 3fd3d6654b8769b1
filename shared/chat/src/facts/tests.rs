use super::*;
use carillon_domain::{EventType, Severity, sample};

fn shown(facts: &[Fact]) -> Vec<(String, String)> {
    let text = |words: &Words| match words {
        Words::Ours(text) | Words::Theirs(text) => text.clone(),
    };
    facts
        .iter()
        .map(|fact| (text(&fact.label), text(&fact.value)))
        .collect()
}

#[test]
fn the_facts_stand_in_the_order_of_the_contract() {
    let mut event = sample::event(EventType::Deploy);
    event.changes = vec!["size".into()];
    event.account = Some("111122223333".into());
    event.severity = Some(Severity::Info);
    let labels: Vec<_> = shown(&fixed(&event))
        .into_iter()
        .map(|fact| fact.0)
        .collect();
    assert_eq!(labels, FIXED.map(|(_, label, _)| label));
    assert!(shown(&fixed(&event)).contains(&(
        "Resource".into(),
        "aws_rds_cluster db-1 (billing-db)".into()
    )));
    assert!(shown(&fixed(&event)).contains(&("Estimated cost".into(), "41.20 USD / month".into())));
}

#[test]
fn what_is_blank_once_cleaned_is_no_fact() {
    let mut event = sample::event(EventType::Ping);
    event.project = Some("\u{200b}\u{202e}".into());
    event.environment = Some("\u{200d}\u{fe0f}".into());
    event.changes = vec![" ".into()];
    event.details = [("\u{0}".into(), "x".into()), ("x".into(), "\n".into())].into();
    assert_eq!(fixed(&event), []);
    assert_eq!(details(&event), []);
}

#[test]
fn a_detail_cannot_pass_itself_off_as_one_of_our_own_facts() {
    let mut event = sample::event(EventType::Ping);
    event.details = [("status".into(), "Succeeded".into())].into();
    assert_eq!(
        shown(&details(&event)),
        [("status (detail)".into(), "Succeeded".into())]
    );
}

#[test]
fn a_link_is_a_web_url_that_nothing_can_end_early() {
    let linked = |url: &str| {
        let mut event = sample::event(EventType::Deploy);
        event.resource.get_or_insert_default().url = Some(url.to_owned());
        link(&event).map(String::from)
    };
    assert_eq!(
        linked("https://example.com/a|b>c d?e=<f>&g=`h`&i={j}").as_deref(),
        Some("https://example.com/a%7Cb%3Ec%20d?e=%3Cf%3E&g=%60h%60&i=%7Bj%7D")
    );
    for url in [
        "javascript:alert(1)",
        "no url",
        "https://slack.com@evil.example/",
        "https://",
        "https://{host}/",
        "https://x.y`z.com/",
    ] {
        assert_eq!(linked(url), None, "{url}");
    }
    assert!(is_link("https://example.com/a|b"));
    assert!(!is_link("https://example.com/{id}") && !is_link("HTTPS://example.com/"));
}

#[test]
fn a_long_list_of_changes_says_how_many_there_are_in_all() {
    let mut event = sample::event(EventType::ParameterUpdated);
    event.changes = (0..100).map(|n| format!("attribute-{n:02}")).collect();
    let text = changes(&event);
    assert!(text.starts_with("attribute-00, attribute-01, "), "{text}");
    assert!(text.ends_with(", … (100 in all)"), "{text}");
    // Those that the event itself has no room for count, too, and are told once.
    event.details.insert(CHANGES_LEFT_OUT.into(), "1900".into());
    assert!(changes(&event).ends_with(", … (2000 in all)"));
    assert_eq!(changed(&event), 2_000);
    assert_eq!(details(&event), []);
    event.changes.truncate(2);
    event.details.clear();
    assert_eq!(changes(&event), "attribute-00, attribute-01");
}

#[test]
fn a_detail_keeps_its_lines_and_columns_and_may_be_a_url() {
    let mut event = sample::event(EventType::Ping);
    event.details = [
        ("diff".into(), "- old\n+ new".into()),
        ("run".into(), "https://ci.example.com/9?a=1".into()),
        ("table".into(), "a\tb\nccc\td".into()),
    ]
    .into();
    let facts = details(&event);
    let values: Vec<_> = shown(&facts).into_iter().map(|fact| fact.1).collect();
    assert_eq!(
        values,
        [
            "- old\n+ new",
            "https://ci.example.com/9?a=1",
            "a    b\nccc  d"
        ]
    );
    assert!(facts[0].has_lines() && !facts[1].has_lines());
    assert_eq!(facts[1].url(), Some("https://ci.example.com/9?a=1"));
    assert_eq!(facts[0].url(), None);
}

#[test]
fn what_fits_is_kept_in_order_and_the_rest_counted() {
    let sizes = |list: &[usize], most, room| that_fit(list.iter().copied(), most, room, |n| *n);
    assert_eq!(sizes(&[3, 3, 3], 5, 9), (vec![3, 3, 3], 0));
    assert_eq!(sizes(&[3, 3, 3], 5, 8), (vec![3, 3], 1));
    assert_eq!(sizes(&[3, 9, 1], 5, 8), (vec![3], 2));
    assert_eq!(sizes(&[1, 1, 1], 2, 8), (vec![1, 1], 1));
}
