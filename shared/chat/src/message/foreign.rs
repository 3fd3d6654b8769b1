//! Templates of anybody: each is taken or refused with reasons, and what is taken ends.

use carillon_domain::{EventType, sample};
use carillon_fuzzing::mangled_bytes;
use proptest::prelude::*;
use proptest::sample::select;

use super::check::check;
use super::language::{Gives, render};
use super::read::MAX_TEXT;
use super::values;

fn templates() -> Vec<String> {
    [
        "{{ resource.name }} {{ status }} in {{ environment | default('nowhere') | upper }}",
        "{% if status == 'failed' and not dry_run %}broke{% elif changes[0] is defined %}{% endif %}",
        "{% for name, value in details | dictsort %}{{ loop.index }}: {{ name }}={{ value }}\n{% endfor %}",
        "{% set x = (project ~ '-' ~ account)[:7] %}{{ x | replace('a', 'b') | urlencode }}",
        "https://a.example/{{ id }}?q={{ details.commit if details else [1, {'a': -2.5}] }}",
        "{# c #}{% raw %}{{ x }}{% endraw %}{% with a = 1 + 2 * 3 // 4 %}{{- a -}}{% endwith %}",
    ]
    .map(str::to_owned)
    .into()
}

/// What a parser may go into for each time it stands there.
fn repeated() -> impl Strategy<Value = String> {
    let parts = vec![
        "(",
        "[",
        "{",
        "{'a':",
        "-",
        "- ",
        "+",
        "not ",
        "a.",
        "a|",
        "a[",
        "a(",
        "a if a else ",
        "a~",
        "a**",
        "a and ",
        "a in ",
        "a is ",
        "a is not ",
        "{{",
        "{%",
        "{% if a %}",
        "{% for x in a %}",
        "{% set x %}",
        "{% filter upper %}",
        "{% else %}",
        "{% with %}",
        "{% raw %}",
        "{#",
        "a == ",
        "a,",
        "'",
        "\"",
        "\\",
        "a:",
        "*",
        "**",
    ];
    (select(parts), 0_usize..3_000).prop_map(|(part, times)| part.repeat(times))
}

proptest! {
    #[test]
    fn a_foreign_template_is_refused_with_reasons_or_comes_to_an_end(
        source in mangled_bytes(templates()),
        before in select(vec!["", "{{ ", "{% if ", "{% for x in "]),
        repeated in proptest::option::weighted(0.1, repeated()),
    ) {
        let source = String::from_utf8_lossy(&source);
        let source = match repeated {
            Some(repeated) => format!("{before}{repeated}{source}"),
            None => source.into_owned(),
        };
        // A longer one is refused unread.
        let source: String = source.chars().take(MAX_TEXT).collect();
        let event = values::of(&sample::event(EventType::Deploy));
        for gives in [Gives::Text, Gives::Url] {
            match check(&source, gives).as_slice() {
                [] => drop(render(&source, gives, &event)),
                refused => prop_assert!(refused.iter().all(|it| !it.1.is_empty())),
            }
        }
    }
}
