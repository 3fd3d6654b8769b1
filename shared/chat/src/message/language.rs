//! The language of templates: Jinja's, with an event's fields and a few filters.

use std::sync::{Arc, LazyLock};

use carillon_domain::text::shorten;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value, filters,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::slips;

/// How much work a rendering may make: instructions, and 64 bytes that are read or written for
/// each. Ten times what a template needs that goes through an event of the largest size.
const FUEL: u64 = 10_000;
/// The longest output, in bytes: twice the largest event.
const MAX_OUTPUT: usize = 32 * 1_024;
/// How deep a loop may call itself.
const MAX_DEPTH: usize = 20;
/// The longest that the reason of a failure gets.
const MAX_REASON: usize = 200;

/// What in a URL is no part of a value.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a template gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    Text,
    /// A URL: each value in it is percent-encoded.
    Url,
}

impl Gives {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Url => "url",
        }
    }
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(MAX_DEPTH);
    // Which names there are is found out before; what an event does not have is empty.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    for filter in ["safe", "escape", "e"] {
        environment.remove_filter(filter);
    }
    for function in ["range", "dict", "debug", "namespace"] {
        environment.remove_global(function);
    }
    environment.add_filter("urlencode", urlencode);
    environment.add_filter(
        "split",
        |value: &Value, by: Option<Arc<str>>, most: Option<i64>| {
            if_there(value, || filters::split(value, by, most))
        },
    );
    environment.add_filter("lines", |value: &Value| {
        if_there(value, || filters::lines(value))
    });
    environment.add_filter("dictsort", |value: &Value, how: Kwargs| {
        if_there(value, || filters::dictsort(value, how))
    });
    environment.set_auto_escape_callback(|name| match name == Gives::Url.name() {
        true => AutoEscape::Custom("url".into()),
        false => AutoEscape::None,
    });
    environment.set_formatter(|output, state, value| {
        let text = match bool::try_from(value.clone()) {
            Ok(flag) if value.kind() == ValueKind::Bool => flag.to_string(),
            // A part of what is not there.
            _ if value.kind() == ValueKind::Seq && value.len() == Some(0) => String::new(),
            _ => value.to_string(),
        };
        let text = match is_url(state) {
            true => encoded(&text),
            false => text,
        };
        output.write_str(&text).map_err(Error::from)
    });
    environment
}

/// What a filter of the library's gives, and nothing of what is not there.
fn if_there(value: &Value, filter: impl FnOnce() -> Result<Value, Error>) -> Result<Value, Error> {
    match value.is_undefined() {
        true => Ok(Value::from(Vec::<Value>::new())),
        false => filter(),
    }
}

/// In a URL everything is encoded when it is written, and must not be twice.
fn urlencode(state: &State<'_, '_>, value: &Value) -> String {
    let text = value.to_string();
    match is_url(state) {
        true => text,
        false => encoded(&text),
    }
}

fn is_url(state: &State<'_, '_>) -> bool {
    *state.auto_escape() != AutoEscape::None
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Renders a template, one that was [checked](super::check::check), over an event's
/// [values](super::values::of).
///
/// # Errors
/// Why it fails, for people: something that cannot be done with a value, or a limit.
pub(super) fn render(source: &str, gives: Gives, values: &Value) -> Result<String, String> {
    let rendered = ENVIRONMENT.render_named_str(gives.name(), source, values.clone());
    let rendered = rendered.map_err(|error| reason(&error, source))?;
    match rendered.len() > MAX_OUTPUT {
        true => Err(format!("it gives more than {MAX_OUTPUT} bytes")),
        false => Ok(rendered),
    }
}

/// Why a template fails, with the place where that is known.
pub(super) fn reason(error: &Error, source: &str) -> String {
    let said = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too much work".to_owned(),
        (ErrorKind::SyntaxError, Some(detail)) => slips::syntax(
            detail,
            source,
            error.range().map_or(source.len(), |range| range.start),
        ),
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    };
    let said = shorten(&said, MAX_REASON);
    match (error.range(), error.line()) {
        (Some(range), _) => format!("{said} ({})", place(source, range.start)),
        (None, Some(line)) => format!("{said} (line {line})"),
        (None, None) => said,
    }
}

/// "line 1, column 4", both counted from 1, of a byte.
pub(super) fn place(source: &str, offset: usize) -> String {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("line {line}, column {column}")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use carillon_domain::{EventType, sample};

    use super::super::offered::{FILTERS, TESTS, each};
    use super::super::values;
    use super::*;

    fn rendered(source: &str) -> Result<String, String> {
        let event = sample::event(EventType::Deploy);
        render(source, Gives::Text, &values::of(&event))
    }

    fn url(source: &str) -> String {
        let mut event = sample::event(EventType::Deploy);
        event.project = Some("a/b?c=d&e #é".into());
        render(source, Gives::Url, &values::of(&event)).unwrap()
    }

    #[test]
    fn the_language_says_what_teams_want_to_say() {
        for (template, expected) in [
            (
                "{{ resource.name }} {{ status }} in {{ environment }}",
                "billing-db succeeded in production",
            ),
            ("{{ severity }}{{ resource.url }}!", "!"),
            (
                "{% for name, value in account | dictsort %}{{ name }}{% endfor %}!",
                "!",
            ),
            ("{{ details.none[:7] }}{{ account[:3] }}!", "!"),
            (
                "{{ account | split('-') | last }}{{ account | lines | first }}!",
                "!",
            ),
            ("{{ estimated_cost }}", "41.20 USD / month"),
            ("{{ estimated_cost.amount }}", "41.20"),
            (
                "{{ details.commit[:4] }} {{ details }}",
                "9fce commit: 9fceb02",
            ),
            (
                "{% if status == 'failed' %}broke{% else %}fine{% endif %}",
                "fine",
            ),
            ("{{ actor | default('nobody') | upper }}", "ALICE"),
            ("{{ account | default('nobody') }}", "nobody"),
            (
                "{% for name, value in details | items %}{{ name }}={{ value }}{% endfor %}",
                "commit=9fceb02",
            ),
            ("{{ dry_run }} {{ resource }}", "false billing-db"),
            ("{{ 'a b&c/' | urlencode }}", "a%20b%26c%2F"),
            ("{% set x = project %}{{ x }}", "billing"),
        ] {
            assert_eq!(rendered(template).as_deref(), Ok(expected), "{template}");
        }
        let mut event = sample::event(EventType::ParameterUpdated);
        event.changes = vec!["size".into(), "rotation".into()];
        let values = values::of(&event);
        for (template, expected) in [
            ("{{ changes }}", "size, rotation"),
            ("{{ changes | length }} {{ changes[0] }}", "2 size"),
            ("{% if 'rotation' in changes %}yes{% endif %}", "yes"),
            ("{{ changes | sort | join('+') }}", "rotation+size"),
        ] {
            let rendered = render(template, Gives::Text, &values);
            assert_eq!(rendered.as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn values_are_encoded_once_in_a_url_and_its_own_text_is_not() {
        let encoded = "a%2Fb%3Fc%3Dd%26e%20%23%C3%A9";
        for template in [
            "https://x.example/?q={{ project }}&b=c",
            "https://x.example/?q={{ project | urlencode }}&b=c",
        ] {
            let expected = format!("https://x.example/?q={encoded}&b=c");
            assert_eq!(url(template), expected);
        }
        assert_eq!(url("{{ project ~ '/' }}"), format!("{encoded}%2F"));
    }

    #[test]
    fn every_filter_and_test_that_is_named_is_there() {
        for filter in each(FILTERS) {
            let template = format!("{{% if false %}}{{{{ '1' | {filter} }}}}{{% endif %}}");
            assert!(rendered(&template).is_ok(), "{filter}");
            let error = rendered(&format!("{{{{ '1' | {filter} }}}}")).err();
            let unknown = error.is_some_and(|error| error.contains("unknown"));
            assert!(!unknown, "{filter}");
        }
        for test in each(TESTS) {
            let error = rendered(&format!("{{{{ 1 is {test} }}}}")).err();
            let unknown = error.is_some_and(|error| error.contains("unknown"));
            assert!(!unknown, "{test}");
        }
    }

    #[test]
    fn a_failure_says_why_and_where() {
        for (template, expected) in [
            ("{{ status ", "line 1, column"),
            ("a\n{{ status / 2 }}", "line 2, column 4"),
            ("{{ details.commit | int }}", "line 1, column"),
            ("{% for x in changes %}", "line 1, column"),
        ] {
            let error = rendered(template).unwrap_err();
            assert!(error.contains(expected), "{template}: {error}");
        }
    }

    #[test]
    fn nothing_loops_for_ever_or_grows_without_bound() {
        let nested = "{% for a in message %}{% for b in message %}{% for c in message %}{% for d \
                      in message %}{% for e in message %}x{% endfor %}{% endfor %}{% endfor \
                      %}{% endfor %}{% endfor %}";
        for template in [
            nested,
            "{{ 'x' * 100000000 }}",
            "{% set x = message * 1000 %}{% set y = x * 1000 %}{{ y }}",
            "{{ '%1000000000d' | format(1) }}",
            "{{ 'x' * 40000 }}",
            "{{ message | replace('', message * 500) | replace('', message * 500) }}",
            "{{ 'a' | indent(1000000000) }}",
            "{{ 1.5 | round(1000000000) }}",
            "{{ 10 ** 1000000000 }}",
        ] {
            let begun = Instant::now();
            let rendered = rendered(template);
            assert!(
                rendered.as_ref().is_err() || rendered.as_ref().unwrap().len() < 400,
                "{template}"
            );
            assert!(begun.elapsed() < Duration::from_secs(2), "{template}");
        }
        let why = rendered(nested).unwrap_err();
        assert!(why.starts_with("it takes too much work (line 1, "), "{why}");
    }
}
