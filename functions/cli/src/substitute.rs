//! `${NAME}` in a file: replaced here, so that secrets need not stand in it.

use std::env;
use std::path::Path;

use serde_json::Value;

use crate::document::Document;
use crate::error::Error;
use crate::yaml::escaped;

/// Reads a file, and replaces what stands in it for variables of the environment.
pub fn read(path: &Path) -> Result<Document, Error> {
    let mut document = Document::read(path)?;
    from_environment(&mut document)?;
    Ok(document)
}

/// [`substitute`], with the variables of the environment.
pub fn from_environment(document: &mut Document) -> Result<(), Error> {
    substitute(document, |name| env::var(name).ok())
}

/// Replaces `${NAME}` and `${NAME:-default}` in every text below the root; `$${` stays `${`.
///
/// # Errors
/// All names that the environment does not have, each with its place.
fn substitute(
    document: &mut Document,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<(), Error> {
    let mut missing = Vec::new();
    below(&mut document.value, "", &lookup, &mut |pointer, what| {
        missing.push(format!("{}: {what}", document.places.find(pointer)));
    });
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::Faults(missing)),
    }
}

fn below(
    value: &mut Value,
    at: &str,
    lookup: &impl Fn(&str) -> Option<String>,
    fault: &mut impl FnMut(&str, String),
) {
    match value {
        Value::String(text) if text.contains("${") => {
            let whole = whole_reference(text);
            let replaced = replaced(text, lookup, &mut |what| fault(at, what));
            // Only a text that is nothing but a reference can have meant a flag.
            *value = match replaced.as_str() {
                "true" if whole => Value::Bool(true),
                "false" if whole => Value::Bool(false),
                _ => Value::String(replaced),
            };
        }
        Value::Array(list) => {
            for (n, entry) in list.iter_mut().enumerate() {
                below(entry, &format!("{at}/{n}"), lookup, fault);
            }
        }
        Value::Object(map) => {
            for (name, entry) in map.iter_mut() {
                below(entry, &format!("{at}/{}", escaped(name)), lookup, fault);
            }
        }
        _ => {}
    }
}

fn whole_reference(text: &str) -> bool {
    text.starts_with("${") && text.find('}') == Some(text.len() - 1)
}

fn replaced(
    text: &str,
    lookup: &impl Fn(&str) -> Option<String>,
    fault: &mut impl FnMut(String),
) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, reference) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            done.push_str(before);
            done.push_str("${");
            rest = &reference[2..];
            continue;
        }
        done.push_str(before);
        let Some((inside, after)) = reference[2..].split_once('}') else {
            fault("`${` is not closed; write `$${` for a literal `${`".to_owned());
            return done;
        };
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let is_name = !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        if !is_name {
            fault("`${…}` must name a variable; write `$${` for a literal `${`".to_owned());
        } else {
            // As in a shell, `:-` also stands in for what is empty.
            let set = lookup(name).filter(|value| default.is_none() || !value.is_empty());
            match set.or(default.map(str::to_owned)) {
                Some(value) => done.push_str(&value),
                None => fault(format!("the environment has no `{name}`")),
            }
        }
        rest = after;
    }
    done.push_str(rest);
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn substituted(yaml: &str) -> Result<Value, String> {
        let mut document = Document::parse(Path::new("f.yaml"), yaml).unwrap();
        let lookup = |name: &str| match name {
            "TOKEN" => Some("xoxb-fake: \"#1\"\nx".to_owned()),
            "ON" => Some("true".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        substitute(&mut document, lookup).map_err(|error| error.to_string())?;
        Ok(document.value)
    }

    #[test]
    fn whatever_a_variable_holds_stays_one_text() {
        assert_eq!(
            substituted("a: ${TOKEN}\nb: [\"<${TOKEN}>\", x]\non: ${ON}\ntext: is ${ON}\n")
                .unwrap(),
            json!({
                "a": "xoxb-fake: \"#1\"\nx", "b": ["<xoxb-fake: \"#1\"\nx>", "x"],
                "on": true, "text": "is true",
            })
        );
    }

    #[test]
    fn defaults_and_literals_are_as_in_a_shell() {
        assert_eq!(
            substituted("a: ${NONE:-b}${EMPTY:-c}${EMPTY}\nb: $${TOKEN} $5\n").unwrap(),
            json!({"a": "bc", "b": "${TOKEN} $5"})
        );
    }

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let error = substituted("a: ${NONE}\nb:\n  - ${ALSO_NONE} ${NONE}\nc: ${a b} ${open\n");
        assert_eq!(
            error.unwrap_err(),
            "f.yaml:1:1: the environment has no `NONE`\n\
             f.yaml:3:5: the environment has no `ALSO_NONE`\n\
             f.yaml:3:5: the environment has no `NONE`\n\
             f.yaml:4:1: `${…}` must name a variable; write `$${` for a literal `${`\n\
             f.yaml:4:1: `${` is not closed; write `$${` for a literal `${`"
        );
    }
}
