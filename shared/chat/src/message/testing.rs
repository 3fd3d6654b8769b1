//! Templates for the tests of the renderers.

use std::ops::RangeInclusive;

use carillon_domain::{Event, EventType, MessageTemplate, Status, sample};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use regex::Regex;
use serde_json::{Value, json};

use super::MentionForm;
use crate::kind::Kind;
use crate::post::Place;
use crate::testing::{any_event, draft_at, webhook};

pub(crate) fn template(template: Value) -> MessageTemplate {
    serde_json::from_value(template).unwrap()
}

/// Words with something of everything. Of what fails, the first of these people is told, too.
pub(crate) fn words(of_failures: &str, of_all: &str) -> MessageTemplate {
    template(json!({
        "title": "{{ resource.name }} {{ status }} in {{ environment }}",
        "text": "By {{ actor }}: *{{ message }}*",
        "fields": ["environment", "details.commit"],
        "links": [
            {"label": "Run_book_", "url": "https://wiki.example.com/{{ resource.type }}"},
            {"label": "Logs", "url": "https://logs.example.com/?id={{ correlation_id }}"},
        ],
        "mentions": [
            {"when": {"status": ["failed"]}, "who": [of_failures, of_all]},
            {"who": [of_all]},
        ],
    }))
}

/// A deployment, and one that failed.
pub(crate) fn deployments() -> [Event; 2] {
    let succeeded = sample::event(EventType::Deploy);
    let mut failed = succeeded.clone();
    failed.status = Some(Status::Failed);
    [succeeded, failed]
}

/// The payload in an owner's words.
pub(crate) fn posted(kind: &dyn Kind, template: &MessageTemplate, events: &[&Event]) -> Value {
    posted_at(&Place::Channel, kind, template, events)
}

pub(crate) fn posted_at(
    place: &Place,
    kind: &dyn Kind,
    template: &MessageTemplate,
    events: &[&Event],
) -> Value {
    let mut webhook = webhook(kind);
    webhook.message = Some(template.clone());
    draft_at(place, kind, &webhook, events).json()
}

/// Tries any words, with mentions of these people, over so many events of any kind.
pub(crate) fn try_words(
    kind: &dyn Kind,
    people: &'static [&'static str],
    count: RangeInclusive<usize>,
    check: impl Fn(&Value, &MessageTemplate, &[&Event]) -> Result<(), TestCaseError>,
) {
    let config = ProptestConfig {
        failure_persistence: None,
        // Several events take as much longer.
        cases: ProptestConfig::default().cases / u32::try_from(count.end() / 2 + 1).unwrap(),
        ..ProptestConfig::default()
    };
    let events = proptest::collection::vec(any_event(), count);
    let tried =
        TestRunner::new(config).run(&(any_template(people), events), |(template, events)| {
            let events: Vec<&Event> = events.iter().collect();
            check(&posted(kind, &template, &events), &template, &events)
        });
    tried.unwrap();
}

/// Whether a text is nothing but links in Markdown whose labels mean nothing, and a note.
pub(crate) fn is_links(text: &str, is_live: impl Fn(&str) -> bool) -> bool {
    let mut rest = text;
    while let Some(link) = rest.strip_prefix('[') {
        let mut end = 0;
        let mut escaped = false;
        for (at, c) in link.char_indices() {
            if c == ']' && !escaped {
                end = at;
                break;
            }
            escaped = c == '\\' && !escaped;
        }
        let (label, after) = link.split_at(end);
        let Some((url, after)) = after.strip_prefix("](").and_then(|it| it.split_once(')')) else {
            return false;
        };
        if is_live(label) || label.is_empty() || !url.starts_with("http") {
            return false;
        }
        if label.contains("://") || url.contains([' ', '<', '(', '\\', '"']) {
            return false;
        }
        rest = after.strip_prefix(" · ").unwrap_or(after);
    }
    rest.is_empty() || rest.ends_with("left out")
}

/// Holds what the document says of mentions against what is read.
pub(crate) fn agree(forms: &[MentionForm], texts: &[&str]) {
    let patterns: Vec<&str> = forms.iter().map(|form| form.pattern).collect();
    let pattern = Regex::new(&format!("^(?:{})$", patterns.join("|"))).unwrap();
    for text in texts {
        let is_read = forms.iter().any(|form| (form.is)(text));
        assert_eq!(pattern.is_match(text), is_read, "{text}");
    }
}

/// Any words of an owner's: also such as would be refused, as another version of Carillon may
/// have stored them. Of these people some are mentioned.
fn any_template(people: &'static [&'static str]) -> impl Strategy<Value = MessageTemplate> {
    let link = (source(), url()).prop_map(|(label, url)| json!({"label": label, "url": url}));
    let who = proptest::sample::subsequence(people, 0..=people.len());
    let when = proptest::sample::select(vec![
        json!({}),
        json!({"status": ["failed"]}),
        json!({"status": ["started", "succeeded"]}),
    ]);
    let mention = (when, who).prop_map(|(when, who)| json!({"when": when, "who": who}));
    let fields = proptest::collection::vec(proptest::sample::select(NAMES), 0..30);
    (
        proptest::option::of(source()),
        proptest::option::of(source()),
        proptest::option::of(fields),
        proptest::collection::vec(link, 0..5),
        proptest::collection::vec(mention, 0..4),
    )
        .prop_map(|(title, text, fields, links, mentions)| {
            template(json!({
                "title": title, "text": text, "fields": fields, "links": links,
                "mentions": mentions,
            }))
        })
}

const NAMES: &[&str] = &[
    "resource",
    "resource.name",
    "status",
    "environment",
    "estimated_cost",
    "changes",
    "actor",
    "details",
    "details.x0",
    "nothing",
];

fn source() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.concat())
}

fn url() -> impl Strategy<Value = String> {
    let begin = prop_oneof![
        4 => Just("https://wiki.example.com/"),
        1 => Just("https://wiki.example.com/a(b)?c="),
        1 => Just(""),
    ];
    (begin, source()).prop_map(|(begin, rest)| format!("{begin}{rest}"))
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => proptest::sample::select(EXPRESSIONS).prop_map(str::to_owned),
        3 => proptest::sample::select(LITERALS).prop_map(str::to_owned),
        1 => ".{0,12}",
    ]
}

/// What templates put together, take apart and repeat.
const EXPRESSIONS: &[&str] = &[
    "{{ message }}",
    "{{ message[1:] }}",
    "{{ message[:-1] }}",
    "{{ message | replace('@', '@') | upper }}",
    "{{ message | reverse }}",
    "{{ resource }}",
    "{{ resource.name ~ actor }}",
    "{{ resource.url }}",
    "{{ environment | default('x') }}",
    "{{ project | urlencode }}",
    "{{ details }}",
    "{% for name, value in details | items %}{{ name }}{{ value }}\n{% endfor %}",
    "{% for c in message %}{{ c }}{% endfor %}",
    "{% for a in message %}{% for b in message %}{{ b }}{% endfor %}{% endfor %}",
    "{{ changes | join('') }}",
    "{{ changes | join('\n') }}",
    "{% if status %}{{ status }}{% endif %}",
    "{{ message * 50 }}",
    "{{ details.x0 | int }}",
    "{{ status / 2 }}",
    "{{ '<' ~ '@U1>' }}",
    "{{ '@' }}everyone",
    "{{ '<!' ~ 'here>' }}",
    "{{ '<at>' ~ actor ~ '</at>' }}",
    "{{ '{' }}{ DATE(x) }}",
    "{{ 'x' * 3000 }}",
    "{{ nothing }}",
    "{{",
];

/// What platforms read as markup, in an owner's own words.
const LITERALS: &[&str] = &[
    "<!channel>",
    "<@U1>",
    "<@123456789012345678>",
    "@everyone",
    "*bold* _it_ ~s~ `c` ||x||",
    "[a](https://evil.example)",
    "<https://evil.example|bank>",
    "https://x.example/a_b",
    "https://$HOST/a_b",
    "https://*",
    "HTTPS://_x_",
    "\n# x\n- y\n> z\n1. q\n",
    "```",
    "\\",
    ":tada:",
    "|",
    "..",
    "../",
    "/",
    ")",
    " ",
    "&amp; & < >",
    "<at>x</at>",
];
