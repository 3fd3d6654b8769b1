//! Templates for the tests of the renderers.

use carillon_domain::MessageTemplate;
use proptest::prelude::*;
use regex::Regex;
use serde_json::json;

use super::MentionForm;

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
pub(crate) fn any_template(
    people: &'static [&'static str],
) -> impl Strategy<Value = MessageTemplate> {
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
            serde_json::from_value(json!({
                "title": title, "text": text, "fields": fields, "links": links,
                "mentions": mentions,
            }))
            .unwrap()
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
