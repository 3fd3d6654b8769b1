//! Where an attribute is, as settings say it: in the notation that messages show.
//!
//! `tags.owner` is inside a map, `rules[0].port` inside an element of a list, `rules[*].port`
//! or just `rules.port` inside all of them. A name with a character that means something
//! here is quoted: `"a.b"`, with `\"` for a quote in it.

use std::fmt;

use serde_dynamo::{AttributeValue, Item};

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Name(String),
    Index(usize),
    /// Any element.
    Each,
}

/// One step of where something was found.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    Name(&'a str),
    Index(usize),
}

/// A path; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// As it was written.
    text: String,
    steps: Vec<Step>,
}

impl Path {
    /// The attribute of this very name.
    pub fn attribute(name: &str) -> Self {
        Self {
            text: name.to_owned(),
            steps: vec![Step::Name(name.to_owned())],
        }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let steps = Reader { rest: text }.path();
        let steps = steps.map_err(|reason| format!("`{text}`: {reason}"))?;
        Ok(Self {
            text: text.to_owned(),
            steps,
        })
    }

    /// Whether it leads to exactly one value.
    pub fn is_one(&self) -> bool {
        !self.steps.contains(&Step::Each)
    }

    /// What an item has there. An attribute whose name is the path as it was written comes
    /// first.
    pub fn find<'i>(&self, item: &'i Item) -> Option<&'i AttributeValue> {
        if let Some(value) = item.get(&self.text) {
            return Some(value);
        }
        let mut steps = self.steps.iter();
        let Some(Step::Name(first)) = steps.next() else {
            return None;
        };
        steps.try_fold(item.get(first)?, |value, step| match (value, step) {
            (AttributeValue::M(map), Step::Name(name)) => map.get(name),
            (AttributeValue::L(list), Step::Index(index)) => list.get(*index),
            _ => None,
        })
    }

    /// Whether it is this place. A path that says nothing of positions means all of them.
    pub fn is(&self, places: &[Place]) -> bool {
        if let [Place::Name(name)] = places
            && *name == self.text
        {
            return true;
        }
        let mut steps = self.steps.iter().peekable();
        for place in places {
            match (place, steps.peek()) {
                (Place::Name(name), Some(Step::Name(wanted))) if name == wanted => {}
                (Place::Index(index), Some(Step::Index(wanted))) if index == wanted => {}
                (Place::Index(_), Some(Step::Each)) => {}
                (Place::Index(_), None | Some(Step::Name(_))) => continue,
                _ => return false,
            }
            steps.next();
        }
        steps.next().is_none()
    }
}

/// As it was written.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn path(mut self) -> Result<Vec<Step>, &'static str> {
        let mut steps = vec![self.name()?];
        while !self.rest.is_empty() {
            if self.takes('.') {
                steps.push(self.name()?);
            } else if self.takes('[') {
                steps.push(self.index()?);
            } else {
                return Err("`.` or `[` must follow a quote or a position");
            }
        }
        Ok(steps)
    }

    fn takes(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn name(&mut self) -> Result<Step, &'static str> {
        if self.takes('"') {
            return self.quoted();
        }
        let end = self.rest.find(['.', '[']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.is_empty() {
            return Err("a step of the path is empty");
        }
        if name.contains(|c: char| c.is_whitespace() || matches!(c, ';' | '"' | ']')) {
            return Err("a name with spaces, `;`, `]` or quotes must be in quotes");
        }
        Ok(Step::Name(name.to_owned()))
    }

    fn quoted(&mut self) -> Result<Step, &'static str> {
        let mut name = String::new();
        let mut characters = self.rest.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(Step::Name(name));
                }
                '\\' if characters.next_if(|(_, next)| *next == '"').is_some() => name.push('"'),
                c => name.push(c),
            }
        }
        Err("a quote is not closed")
    }

    fn index(&mut self) -> Result<Step, &'static str> {
        const RULE: &str = "a position is a number or `*` in brackets";
        let (inside, rest) = self.rest.split_once(']').ok_or(RULE)?;
        self.rest = rest;
        match inside {
            "*" => Ok(Step::Each),
            number if number.bytes().all(|b| b.is_ascii_digit()) => {
                number.parse().map(Step::Index).map_err(|_| RULE)
            }
            _ => Err(RULE),
        }
    }
}

/// The entries of a list that commas separate, but for commas in quotes. Blank ones are
/// left out.
pub fn entries(text: &str) -> Vec<&str> {
    let mut entries = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            ',' if !quoted => {
                entries.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    entries.push(&text[start..]);
    let entries = entries.into_iter().map(str::trim);
    entries.filter(|entry| !entry.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_path_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "is empty"),
            ("tags.", "is empty"),
            (".tags", "is empty"),
            ("a..b", "is empty"),
            ("a.[0]", "is empty"),
            ("[0]", "is empty"),
            ("modified_at;updated_at", "must be in quotes"),
            ("seen at", "must be in quotes"),
            ("a\"b", "must be in quotes"),
            ("a]", "must be in quotes"),
            ("\"a.b", "is not closed"),
            ("\"a\"b", "must follow"),
            ("a[0]b", "must follow"),
            ("a[", "a position is"),
            ("a[x]", "a position is"),
            ("a[-1]", "a position is"),
            ("a[]", "a position is"),
        ] {
            let fault = Path::parse(text).unwrap_err();
            assert!(fault.contains(reason), "{fault}");
        }
    }

    #[test]
    fn a_path_is_the_places_that_it_names() {
        use Place::{Index, Name};
        let port: &[Place] = &[Name("rules"), Index(0), Name("port")];
        for (path, places, is) in [
            ("rules[0].port", port, true),
            ("rules[*].port", port, true),
            ("rules.port", port, true),
            ("rules[1].port", port, false),
            ("rules", port, false),
            ("port", port, false),
            ("rules[0]", &[Name("rules")], false),
            ("rules[*]", &[Name("rules"), Index(7)], true),
            ("\"a.b\"", &[Name("a.b")], true),
            ("a.b", &[Name("a.b")], true),
            ("a.b", &[Name("a"), Name("b")], true),
            ("\"a.b\"", &[Name("a"), Name("b")], false),
            ("a.\"b.c\"", &[Name("a"), Name("b.c")], true),
            ("\"q\\\"\"", &[Name("q\"")], true),
        ] {
            assert_eq!(
                Path::parse(path).unwrap().is(places),
                is,
                "{path} {places:?}"
            );
        }
    }

    #[test]
    fn a_path_finds_what_is_there_and_an_attribute_of_that_very_name_comes_first() {
        let item: Item = serde_json::from_value(json!({
            "meta": {"M": {"kinds": {"L": [{"S": "x"}, {"S": "parameter"}]}}},
            "a.b": {"S": "itself"}, "a": {"M": {"b": {"S": "nested"}}}
        }))
        .unwrap();
        let find = |path: &str| match Path::parse(path).unwrap().find(&item) {
            Some(AttributeValue::S(text)) => Some(text.clone()),
            _ => None,
        };
        assert_eq!(find("meta.kinds[1]").as_deref(), Some("parameter"));
        assert_eq!(find("a.b").as_deref(), Some("itself"));
        assert_eq!(find("\"a.b\"").as_deref(), Some("itself"));
        assert_eq!(find("a.\"b\"").as_deref(), Some("nested"));
        for missing in [
            "meta",
            "meta.kinds",
            "meta.kinds[2]",
            "meta.kinds.x",
            "x.y",
            "a[0]",
        ] {
            assert_eq!(find(missing), None, "{missing}");
        }
    }

    #[test]
    fn commas_separate_but_those_in_quotes() {
        assert_eq!(
            entries(" a, ,b\"c,d\",\"e\\\",f\","),
            ["a", "b\"c,d\"", "\"e\\\",f\""]
        );
        assert_eq!(entries(""), [""; 0]);
    }
}
