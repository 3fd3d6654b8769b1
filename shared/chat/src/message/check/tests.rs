use super::*;

fn faults(source: &str, gives: Gives) -> Vec<String> {
    let found = check(source, gives).into_iter();
    found.map(|(_, detail)| detail).collect()
}

#[test]
fn an_unknown_name_is_found_with_the_nearest_one_and_its_place() {
    for (template, expected) in [
        (
            "{{ resorce.name }}",
            "unknown field `resorce`; did you mean `resource`? (line 1, column 4)",
        ),
        (
            "a\n  {{ resource.nmae }}",
            "unknown field `resource.nmae`; did you mean `resource.name`? (line 2, column 6)",
        ),
        (
            "{{ resource['nmae'] }}",
            "unknown field `resource.nmae`; did you mean `resource.name`? (line 1, column 4)",
        ),
        (
            "{% if false %}{{ status | uper }}{% endif %}",
            "unknown filter `uper`; did you mean `upper`? (line 1, column 18)",
        ),
        (
            "{{ status is definde }}",
            "unknown test `definde`; did you mean `defined`? (line 1, column 4)",
        ),
        (
            "{{ status.name }}",
            "`status` has no part `name` (line 1, column 4)",
        ),
    ] {
        let found = faults(template, Gives::Text);
        let [found] = found.as_slice() else {
            panic!("{template}: {found:?}");
        };
        // Where something begins is the library's to say; that it is said is ours.
        let (said, place) = found.split_at(found.find("(line").unwrap());
        assert!(expected.starts_with(said), "{found}");
        let line = &expected[expected.find("(line").unwrap()..];
        let line = &line[..line.find(',').unwrap()];
        assert!(place.starts_with(line), "{found}");
    }
}

#[test]
fn no_template_is_deeper_than_the_stack() {
    let signs = format!("{{{{ {}1 }}}}", "- ".repeat(3_900));
    assert_eq!(faults(&signs, Gives::Text).len(), 1);
    let few = format!("{{{{ {}1 }}}}", "-".repeat(100));
    assert_eq!(faults(&few, Gives::Text), [""; 0]);
}

#[test]
fn all_that_is_wrong_is_found_at_once() {
    let template = "{{ a }} {{ b | c }} {{ range(3) }} {{ status.upper() }} \
                    {% autoescape true %}{% endautoescape %}";
    assert_eq!(faults(template, Gives::Text).len(), 6);
    for template in [
        "{{",
        "{% if %}",
        "{% macro x() %}{% endmacro %}",
        "{% include 'x' %}",
    ] {
        let found = faults(template, Gives::Text);
        assert!(
            found.len() == 1 && found[0].contains("(line 1"),
            "{found:?}"
        );
    }
}

#[test]
fn what_a_template_names_itself_is_known() {
    for template in [
        "{% for name, value in details | items %}{{ loop.index }} {{ name }} {{ value }}{% endfor %}",
        "{% set x = status %}{{ x.y }}",
        "{% with a = project %}{{ a }}{% endwith %}",
        "{% set x %}{{ status }}{% endset %}{{ x }}",
        "{% filter upper %}{{ status }}{% endfilter %}",
        "{{ details['any thing'] }} {{ changes[0] }} {{ actor if actor else 'x' }}",
        "{{ estimated_cost.amount | float * 12 }} {{ 'a' + actor + details.x }}",
        "{% if status in ['failed', 'started'] %}{{ loop.index + 1 }}{% endif %}",
        "plain",
        "",
    ] {
        assert_eq!(
            faults(template, Gives::Text),
            Vec::<String>::new(),
            "{template}"
        );
    }
}

#[test]
fn lists_cannot_be_multiplied() {
    for template in [
        "{{ [1] * 100 }}",
        "{% set a = changes + changes %}",
        "{% set a = [changes, changes] %}",
        "{% set a = ([1], [2]) %}",
        "{% set a = {'b': [1]} %}",
        "{% set a = status %}{{ a * 2 }}",
        "{{ (changes | list) * 3 }}",
        "{{ [[1]] }}",
    ] {
        assert_eq!(faults(template, Gives::Text).len(), 1, "{template}");
    }
}

#[test]
fn where_a_url_leads_is_literal() {
    for template in [
        "https://wiki.example.com/{{ resource.type | urlencode }}",
        "http://wiki.example.com:8080?q={{ project }}",
        "https://wiki.example.com",
        "https://wiki.example.com/{% if status %}a{% endif %}",
    ] {
        assert_eq!(
            faults(template, Gives::Url),
            Vec::<String>::new(),
            "{template}"
        );
    }
    for template in [
        "{{ resource.url }}",
        "https://{{ project }}.example.com/",
        "https://wiki.example.com{{ project }}",
        "https://wiki.{# x #}example.com/",
        "ftp://wiki.example.com/",
        "//wiki.example.com/",
        "javascript:alert(1)",
        "https://a@wiki.example.com/",
        "https://a:b@wiki.example.com/",
        "https:///x",
        "{% if status %}https://a.example/{% endif %}",
        "https://",
    ] {
        assert_eq!(faults(template, Gives::Url).len(), 1, "{template}");
    }
}
