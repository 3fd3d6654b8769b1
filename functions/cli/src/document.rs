//! Files in YAML or JSON, with the place of everything in them.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::error::Error;
use crate::places::{Place, Places};
use crate::yaml;

/// What a file says.
#[derive(Debug)]
pub struct Document {
    pub value: Value,
    pub places: Places,
}

impl Document {
    /// What stands in no file.
    pub fn made(value: Value) -> Self {
        let places = Places::default();
        Self { value, places }
    }

    /// Reads a file; `-` is standard input.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let (shown, read) = match path.as_os_str() == "-" {
            true => {
                let mut bytes = Vec::new();
                let read = std::io::stdin().lock().read_to_end(&mut bytes);
                (Path::new("standard input"), read.map(|_| bytes))
            }
            false => (path, std::fs::read(path)),
        };
        let text = String::from_utf8(read.map_err(Error::file(shown))?)
            .map_err(|_| Error::Input(format!("{}: must be UTF-8", shown.display())))?;
        Self::parse(shown, &text)
    }

    /// Reads a text; JSON where it begins like that, else YAML.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let fault = |place: Option<Place>, what: String| {
            let place = place.map(|(line, column)| format!(":{line}:{column}"));
            let place = place.unwrap_or_default();
            Error::Faults(vec![format!("{}{place}: {what}", path.display())])
        };
        if text.trim().is_empty() {
            return Err(fault(None, "is empty".to_owned()));
        }
        let mut by_pointer = BTreeMap::new();
        let yaml = yaml::read(text, &mut by_pointer);
        let value = match text.trim_start().starts_with(['{', '[']) {
            true => serde_json::from_str(text).map_err(|error| {
                let place = (error.line() as u64, error.column() as u64);
                let what = error.to_string();
                let what = what.split(" at line ").next().unwrap_or_default();
                fault(Some(place), format!("is no JSON: {what}"))
            })?,
            false => yaml.map_err(|error| {
                let place = error
                    .location()
                    .map(|location| (location.line(), location.column()));
                fault(place, complaint(&error, text, place))
            })?,
        };
        Ok(Self {
            value,
            places: Places::new(path, by_pointer),
        })
    }
}

/// What is wrong with the YAML, in one line that quotes nothing of the file.
fn complaint(error: &serde_saphyr::Error, text: &str, place: Option<Place>) -> String {
    let line = place.and_then(|(line, _)| text.lines().nth(usize::try_from(line).ok()? - 1));
    if line.is_some_and(|line| line.contains("[*") || line.trim_end().ends_with(": *")) {
        return "is no YAML: a `*` must be quoted, as in [\"*\"]".to_owned();
    }
    let what = error.to_string();
    let what = what.lines().next().unwrap_or_default();
    let what = what.split(" at line ").next().unwrap_or_default();
    format!("is no YAML: {}", crate::text::clean(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FILE: &str = "\
# A comment
notifications:
  work:
    provider: slack
    channels: [\"#infra\", 0123]
  a/b:
    enabled: yes
";

    fn parse(text: &str) -> Result<Document, String> {
        Document::parse(Path::new("config.yaml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_has_its_place() {
        let document = parse(FILE).unwrap();
        assert_eq!(
            document.value,
            json!({"notifications": {
                "work": {"provider": "slack", "channels": ["#infra", "0123"]},
                "a/b": {"enabled": true},
            }})
        );
        let find = |pointer| document.places.find(pointer);
        assert_eq!(find("/notifications/work/provider"), "config.yaml:4:5");
        assert_eq!(find("/notifications/work/channels/1"), "config.yaml:5:26");
        assert_eq!(find("/notifications/a~1b/enabled"), "config.yaml:7:5");
        // What is not there stands where it would stand.
        assert_eq!(find("/notifications/work/token"), "config.yaml:3:3");
        assert_eq!(find("/elsewhere"), "config.yaml");
        let below = document.places.below("/notifications/work");
        assert_eq!(below.find("/provider"), "config.yaml:4:5");
    }

    #[test]
    fn a_flag_in_words_is_one_unless_it_is_in_quotes() {
        let document = parse("a: {enabled: no}\nb: {enabled: 'no'}\nc: {enabled: Off, x: no}\n");
        assert_eq!(
            document.unwrap().value,
            json!({
                "a": {"enabled": false}, "b": {"enabled": "no"},
                "c": {"enabled": false, "x": "no"}
            })
        );
    }

    #[test]
    fn json_has_its_places_too() {
        let document = parse("{\n  \"type\": \"deploy\",\n  \"status\": \"x\"\n}").unwrap();
        assert_eq!(document.places.find("/status"), "config.yaml:3:3");
        assert_eq!(
            parse("{\"type\": }").unwrap_err(),
            "config.yaml:1:10: is no JSON: expected value"
        );
    }

    #[test]
    fn what_is_no_yaml_is_told_without_quoting_the_file() {
        for text in [
            "a: xoxb-fake\n  b: [",
            "token: 'xoxb-fake",
            "a: 1\na: xoxb-fake\n",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with("config.yaml:"), "{error}");
            assert!(!error.contains("xoxb"), "{error}");
        }
        let error = parse("notifications:\n  a:\n    events: [*]\n").unwrap_err();
        assert!(error.contains("must be quoted"), "{error}");
        assert_eq!(parse(" \n").unwrap_err(), "config.yaml: is empty");
    }
}
