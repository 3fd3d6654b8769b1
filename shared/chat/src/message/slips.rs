//! The commonest slips in templates, in the words of those who make them.

use carillon_domain::event_type::EventType;
use carillon_domain::fault::{nearest, unknown};
use carillon_domain::text::shorten;
use carillon_domain::{Severity, Status};

use super::offered::{FILTERS, each};
use super::values::{FIELDS, Parts};

/// Why nothing can be called.
pub(super) const NO_CALLS: &str = "there are no functions or methods here: use a filter, such as \
                                   {{ changes | join(\", \") }}";

/// Statements that have an end.
const BLOCKS: [&str; 7] = ["if", "for", "with", "filter", "set", "raw", "autoescape"];

/// What is wrong with a name that is no field's, where it looks like something that is known.
pub(super) fn field(name: &str) -> Option<String> {
    let values = Status::ALL.iter().map(|it| it.as_str());
    let values = values.chain(Severity::ALL.iter().map(|it| it.as_str()));
    let mut values = values.chain(EventType::ALL.iter().map(|it| it.as_str()));
    if values.any(|value| value == name) {
        return Some(format!("a text stands in quotation marks: '{name}'"));
    }
    let detail = name
        .strip_prefix("details_")
        .or(name.strip_prefix("detail_"));
    if let Some(detail) = detail {
        return Some(unknown("field", name, &[&format!("details.{detail}")]));
    }
    let named = FIELDS.iter().flat_map(|(field, parts, _)| match parts {
        Parts::Named(names) => names
            .iter()
            .map(|it| (*it, format!("{field}.{it}")))
            .collect(),
        _ => Vec::new(),
    });
    let (parts, whole): (Vec<&str>, Vec<String>) = named.unzip();
    if let Some(at) = parts.iter().position(|part| *part == name) {
        let meant = &whole[at];
        return Some(format!("unknown field `{name}`; did you mean `{meant}`?"));
    }
    let fields = FIELDS.iter().map(|(field, ..)| *field);
    let known: Vec<&str> = fields.chain(whole.iter().map(String::as_str)).collect();
    nearest(name, known.iter().copied()).map(|_| unknown("field", name, &known))
}

/// What to write instead of a filter that is only offered elsewhere.
pub(super) fn filter(name: &str) -> Option<String> {
    let instead = match name {
        "truncate" => "cut a text with {{ message[:80] }}",
        "tojson" | "json" | "to_json" => "{{ details }} says all of a field",
        "map" | "select" | "selectattr" | "reject" | "rejectattr" | "batch" | "groupby" => {
            "go through a list with {% for name in changes %}…{% endfor %}"
        }
        "safe" | "e" | "escape" => "everything is plain text and is escaped for the platform",
        "date" | "datetimeformat" | "strftime" | "dateformat" | "timeformat" => {
            "cut a time with {{ occurred_at[:10] }}"
        }
        "strip" => "use `trim`",
        _ => return None,
    };
    Some(format!(
        "there is no filter `{name}`: {instead}; filters are {FILTERS}"
    ))
}

/// What to write instead of a call of a method.
pub(super) fn method(name: &str) -> String {
    let instead = match name {
        "strip" => "`| trim`",
        "splitlines" => "`| lines`",
        "startswith" => "`is startingwith('…')`",
        "endswith" => "`is endingwith('…')`",
        "contains" => "`'…' in message`",
        "get" => "`details.name` or `details['name']`",
        "keys" | "values" => "`| items`",
        "len" | "size" => "`| length`",
        name if each(FILTERS).contains(&name) => &format!("the filter `| {name}`"),
        _ => return NO_CALLS.to_owned(),
    };
    format!("there are no methods here: instead of `.{name}()` write {instead}")
}

/// What to write instead of a call of a function.
pub(super) fn function(name: &str) -> String {
    let filter = match name {
        "len" => "length",
        "str" => "string",
        "sorted" => "sort",
        "reversed" => "reverse",
        name if each(FILTERS).contains(&name) => name,
        _ => return NO_CALLS.to_owned(),
    };
    format!("there are no functions here: instead of `{name}(…)` write `… | {filter}`")
}

/// What the parser means by `detail`, which it says of a byte of the template.
pub(super) fn syntax(detail: &str, source: &str, at: usize) -> String {
    if let Some(statement) = detail.strip_prefix("unknown statement ") {
        return unknown_statement(statement, source.get(..at).unwrap_or(source));
    }
    let tag = tag(source, at);
    let slip = tag.and_then(in_tag).map(str::to_owned);
    let slip = slip.or_else(|| {
        Some(match detail {
            "unexpected end of comment" => "`{#` is not closed: `#}` is missing".to_owned(),
            "unexpected end of raw block" => "`{% endraw %}` is missing".to_owned(),
            "unexpected end of string" => "a text has no quotation mark at its end".to_owned(),
            _ if !detail.starts_with("unexpected ") => return None,
            _ => match tag {
                None => format!("`{{% end{} %}}` is missing", open(source).pop()?),
                Some(tag) if tag.starts_with("{{") && !tag.ends_with("}}") => {
                    "`{{` is not closed: `}}` is missing".to_owned()
                }
                Some(tag) if tag.starts_with("{%") && !tag.ends_with("%}") => {
                    "`{%` is not closed: `%}` is missing".to_owned()
                }
                Some(_) if detail.starts_with("unexpected end of input") => {
                    format!("`{{% end{} %}}` is missing", open(source).pop()?)
                }
                Some(_) => return None,
            },
        })
    });
    slip.unwrap_or_else(|| detail.to_owned())
}

/// Of a statement that is none, or none there, and what stands before it.
fn unknown_statement(statement: &str, before: &str) -> String {
    let name = shorten(statement, 100);
    let open = open(before).pop();
    let begun = statement
        .strip_prefix("end")
        .filter(|it| BLOCKS.contains(it));
    match (statement, begun, open) {
        ("else" | "elif", _, None) | ("elif", _, Some("for")) => {
            format!("`{{% {name} %}}` has no `{{% if %}}` before it")
        }
        (_, Some(begun), None) => format!("`{{% {name} %}}` has no `{{% {begun} %}}` before it"),
        ("else" | "elif", _, Some(open)) | (_, Some(_), Some(open)) => {
            format!("`{{% end{open} %}}` is missing before `{{% {name} %}}`")
        }
        _ => format!("there is no statement `{name}`: use if, for, set, with or filter"),
    }
}

/// The statements that a text begins and does not end, the last one at the end.
fn open(source: &str) -> Vec<&'static str> {
    let mut open = Vec::new();
    for tag in source.split("{%").skip(1) {
        let tag = tag.split("%}").next().unwrap_or_default();
        let tag = tag.trim_start_matches(['-', '+']).trim_start();
        let name = tag.split(|c: char| !c.is_ascii_alphabetic()).next();
        let name = name.unwrap_or_default();
        // With a value it has no end.
        let is_short = name == "set" && tag.contains('=');
        let begun = BLOCKS.iter().find(|block| **block == name && !is_short);
        open.extend(begun);
        if let Some(ended) = name.strip_prefix("end")
            && open.last() == Some(&ended)
        {
            open.pop();
        }
    }
    open
}

/// What stands in braces around a byte, with the braces.
fn tag(source: &str, at: usize) -> Option<&str> {
    // The braces themselves may be what is meant.
    let before = source.get(..at + 2).unwrap_or(source);
    let from = before.rfind("{{").max(before.rfind("{%"))?;
    let tag = &source[from..];
    let end = if tag.starts_with("{{") { "}}" } else { "%}" };
    match tag.find(end) {
        Some(length) if from + length + end.len() <= at => None,
        Some(length) => Some(&tag[..length + end.len()]),
        None => Some(tag),
    }
}

/// What is written otherwise in other languages.
fn in_tag(tag: &str) -> Option<&'static str> {
    // What is quoted is no sign.
    let quoted = tag.split(['\'', '"']).step_by(2);
    let signs: String = quoted.collect::<Vec<_>>().join("''");
    let word = signs.trim_start_matches(['{', '%', '-', '+', ' ']);
    let is_value = signs.starts_with("{{");
    let begins = |words: &[&str]| {
        let word = word.split(|c: char| !c.is_ascii_alphabetic()).next();
        word.is_some_and(|word| words.contains(&word))
    };
    let alone = signs
        .replace("==", "")
        .replace("!=", "")
        .replace("<=", "")
        .replace(">=", "");
    Some(if signs.contains("&&") {
        "write `and` instead of `&&`"
    } else if signs.contains("||") {
        "write `or` instead of `||`"
    } else if is_value && (word.starts_with(['#', '/']) || begins(&["if", "for", "else", "end"])) {
        "statements stand in `{% %}`: {% if status %}…{% endif %}"
    } else if signs.contains('?') {
        "choose with {{ 'a' if status == 'failed' else 'b' }}"
    } else if signs.contains('$') {
        "names have no `$` before them"
    } else if word.starts_with('.') {
        "names have no `.` before them"
    } else if alone.contains('!') {
        "write `not` instead of `!`"
    } else if alone.contains('=') && begins(&["if", "elif"]) {
        "compare with `==`"
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::check;
    use super::super::language::Gives;

    fn said(template: &str) -> String {
        let found = check(template, Gives::Text);
        let [(_, detail)] = found.as_slice() else {
            panic!("{template}: {found:?}");
        };
        let (said, place) = detail.rsplit_once(" (").unwrap();
        assert!(place.starts_with("line 1, column "), "{detail}");
        said.to_owned()
    }

    #[test]
    fn a_name_that_is_nearly_right_is_told_how_it_is_written() {
        let directly = "the fields of an event are written directly: ";
        for (template, expected) in [
            ("{{ event.status }}", "`status` instead of `event.status`"),
            (
                "{{ event['status'] }}",
                "`status` instead of `event.status`",
            ),
            (
                "{{ event.resource.name }}",
                "`resource` instead of `event.resource`",
            ),
            ("{{ event }}", "`status` instead of `event.status`"),
        ] {
            assert_eq!(
                said(template),
                format!("{directly}{expected}"),
                "{template}"
            );
        }
        for (written, meant) in [
            ("resource_name", "resource.name"),
            ("resourceName", "resource.name"),
            ("resource_type", "resource.type"),
            ("url", "resource.url"),
            ("amount", "estimated_cost.amount"),
            ("details_commit", "details.commit"),
            ("event.enviroment", "environment"),
        ] {
            let said = said(&format!("{{{{ {written} }}}}"));
            assert!(
                said.ends_with(&format!("did you mean `{meant}`?")),
                "{said}"
            );
        }
        assert_eq!(
            said("{% if status == failed %}x{% endif %}"),
            "a text stands in quotation marks: 'failed'"
        );
        assert_eq!(
            said("{{ resource.name.x }}"),
            "`resource.name` has no part `x`"
        );
    }

    #[test]
    fn what_is_offered_elsewhere_is_told_what_to_use_here() {
        for (template, expected) in [
            (
                "{{ message | truncate(9) }}",
                "there is no filter `truncate`: cut a text with {{ message[:80] }}; filters are abs, ",
            ),
            (
                "{{ details | tojson }}",
                "there is no filter `tojson`: {{ details }} says all",
            ),
            (
                "{{ changes | map('upper') }}",
                "there is no filter `map`: go through a list with {% for ",
            ),
            (
                "{{ message.split(',') }}",
                "there are no methods here: instead of `.split()` write the filter `| split`",
            ),
            (
                "{{ message.strip() }}",
                "there are no methods here: instead of `.strip()` write `| trim`",
            ),
            (
                "{{ message.foo() }}",
                "there are no functions or methods here: use a filter",
            ),
            (
                "{{ len(changes) }}",
                "there are no functions here: instead of `len(…)` write `… | length`",
            ),
            (
                "{{ now() }}",
                "there are no functions or methods here: use a filter",
            ),
        ] {
            let said = said(template);
            assert!(said.starts_with(expected), "{said}");
        }
    }

    #[test]
    fn what_is_not_ended_is_named() {
        for (template, expected) in [
            ("{% if status %}x", "`{% endif %}` is missing"),
            ("{%- if status %}{% else %}", "`{% endif %}` is missing"),
            ("{% for c in changes %}x", "`{% endfor %}` is missing"),
            ("{% set x %}a", "`{% endset %}` is missing"),
            ("{% set x = 1 %}{% if x %}a", "`{% endif %}` is missing"),
            (
                "{% if status %}{% for c in changes %}x{% endif %}",
                "`{% endfor %}` is missing before `{% endif %}`",
            ),
            (
                "{% if status %}x{% endfor %}",
                "`{% endif %}` is missing before `{% endfor %}`",
            ),
            ("x{% endif %}", "`{% endif %}` has no `{% if %}` before it"),
            ("{% else %}", "`{% else %}` has no `{% if %}` before it"),
            (
                "{% include 'x' %}",
                "there is no statement `include`: use if, for, set, with or filter",
            ),
            ("{{ status ", "`{{` is not closed: `}}` is missing"),
            ("{{ status }", "`{{` is not closed: `}}` is missing"),
            ("{{", "`{{` is not closed: `}}` is missing"),
            ("{% if status", "`{%` is not closed: `%}` is missing"),
            ("{% if status }x", "`{%` is not closed: `%}` is missing"),
            ("{# x", "`{#` is not closed: `#}` is missing"),
            ("{{ 'x }}", "a text has no quotation mark at its end"),
        ] {
            assert_eq!(said(template), expected, "{template}");
        }
    }

    #[test]
    fn signs_of_other_languages_are_told_apart() {
        for (template, expected) in [
            (
                "{% if status = 'failed' %}x{% endif %}",
                "compare with `==`",
            ),
            (
                "{% if status === 'failed' %}x{% endif %}",
                "compare with `==`",
            ),
            (
                "{% if status == 'a' && dry_run %}x{% endif %}",
                "write `and` instead of `&&`",
            ),
            (
                "{% if status || dry_run %}x{% endif %}",
                "write `or` instead of `||`",
            ),
            (
                "{% if !dry_run %}x{% endif %}",
                "write `not` instead of `!`",
            ),
            (
                "{{ status ? 'a' : 'b' }}",
                "choose with {{ 'a' if status == 'failed' else 'b' }}",
            ),
            ("{{ $status }}", "names have no `$` before them"),
            ("{{ .status }}", "names have no `.` before them"),
            (
                "{{#if status}}x{{/if}}",
                "statements stand in `{% %}`: {% if status %}…{% endif %}",
            ),
        ] {
            assert_eq!(said(template), expected, "{template}");
        }
    }
}
