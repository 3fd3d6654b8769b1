//! Where what an event says stands in an item.

use std::fmt;

use carillon_domain::fault::nearest;
use serde_dynamo::{AttributeValue, Item};

use crate::path::Path;
use crate::pattern::Pattern;

/// What Carillon has events for.
pub const ENTITIES: [&str; 4] = ["parameter", "project", "environment", "value"];

/// Where one fact stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Attribute(Path),
    /// What a pattern means of an attribute.
    Part(Path, Pattern),
    /// The same for each item.
    Constant(String),
}

impl Source {
    pub fn attribute(name: &str) -> Self {
        Self::Attribute(Path::attribute(name))
    }

    /// The fact, from the first of the images that has the attribute.
    pub fn read(&self, images: &[&Item]) -> Option<String> {
        match self {
            Self::Attribute(path) => text(images, path),
            Self::Part(path, pattern) => {
                let text = text(images, path)?;
                let part = pattern.part_of(&text)?;
                (!part.trim().is_empty()).then(|| part.to_owned())
            }
            Self::Constant(value) => Some(value.clone()),
        }
    }
}

/// For people: such as 'part of `PK`, by `PROJECT#(.+)`'.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(path) => write!(f, "`{path}`"),
            Self::Part(path, pattern) => {
                write!(f, "part of `{path}`, by `{}`", pattern.as_str())
            }
            Self::Constant(_) => f.write_str("said by the description"),
        }
    }
}

/// What says which entity an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entity {
    Constant(&'static str),
    /// An attribute, whose value is an entity's own name or one of these words.
    Word {
        path: Path,
        words: Vec<(Pattern, &'static str)>,
    },
    /// The items that fit are left out.
    LeftOut,
}

impl Entity {
    /// The attribute `entity` with Carillon's own names.
    pub fn usual() -> Self {
        Self::Word {
            path: Path::attribute("entity"),
            words: Vec::new(),
        }
    }
}

/// The entity that a word means: what it is mapped to, or its own meaning.
pub fn entity_of(
    word: &str,
    words: &[(Pattern, &'static str)],
    any_case: bool,
) -> Option<&'static str> {
    let mapped = words
        .iter()
        .find(|(pattern, _)| pattern.fits(word, any_case));
    let own = |entity: &&str| *entity == word || any_case && entity.eq_ignore_ascii_case(word);
    mapped
        .map(|(_, entity)| *entity)
        .or_else(|| ENTITIES.into_iter().find(own))
}

/// One of Carillon's entities, or what is wrong and which was meant.
pub fn known_entity(name: &str) -> Result<&'static str, String> {
    let known = ENTITIES.into_iter().find(|known| *known == name);
    known.ok_or_else(|| {
        let hint = nearest(name, ENTITIES).map(|meant| format!("; did you mean `{meant}`?"));
        let hint = hint.unwrap_or_default();
        format!("`{name}` is none of {}{hint}", ENTITIES.join(", "))
    })
}

/// What an item must have to be of a kind: an attribute that fits one of the patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub path: Path,
    pub patterns: Vec<Pattern>,
    pub any_case: bool,
}

impl Condition {
    pub fn fits(&self, images: &[&Item]) -> bool {
        let text = text(images, &self.path);
        let fits = |pattern: &Pattern, text: &str| pattern.fits(text, self.any_case);
        text.is_some_and(|text| self.patterns.iter().any(|pattern| fits(pattern, &text)))
    }

    /// What the item has there and what it should fit, for people.
    pub fn told(&self, images: &[&Item]) -> String {
        let patterns: Vec<_> = self
            .patterns
            .iter()
            .map(|p| format!("`{}`", p.as_str()))
            .collect();
        let patterns = patterns.join(" or ");
        let path = &self.path;
        match text(images, path) {
            None => format!("there is no text or number at `{path}`"),
            Some(text) if self.fits(images) => {
                format!("`{path}` is `{text}`, which fits {patterns}")
            }
            Some(text) => format!("`{path}` is `{text}`, which does not fit {patterns}"),
        }
    }
}

/// A text or a number, from the first of the images that has one there.
pub fn text(images: &[&Item], path: &Path) -> Option<String> {
    images.iter().find_map(|image| match path.find(image)? {
        AttributeValue::S(text) if !text.trim().is_empty() => Some(text.clone()),
        AttributeValue::N(number) => Some(number.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_and_numbers_are_read_and_nothing_else() {
        let item: Item = serde_json::from_value(json!({
            "meta": {"M": {"kind": {"S": "parameter"}, "n": {"N": "7"}, "blank": {"S": " "}}},
        }))
        .unwrap();
        let read = |path: &str| text(&[&item], &Path::parse(path).unwrap());
        assert_eq!(read("meta.kind").as_deref(), Some("parameter"));
        assert_eq!(read("meta.n").as_deref(), Some("7"));
        for missing in ["meta", "meta.kind.x", "meta.blank", "other"] {
            assert_eq!(read(missing), None, "{missing}");
        }
    }

    #[test]
    fn what_a_word_is_mapped_to_wins_over_its_own_meaning() {
        let words = [
            (Pattern::parse("parameter").unwrap(), "value"),
            (Pattern::parse("PROJECT#*").unwrap(), "project"),
        ];
        assert_eq!(entity_of("parameter", &words, false), Some("value"));
        assert_eq!(entity_of("PROJECT#1", &words, false), Some("project"));
        assert_eq!(entity_of("project#1", &words, false), None);
        assert_eq!(entity_of("project#1", &words, true), Some("project"));
        assert_eq!(entity_of("Environment", &words, false), None);
        assert_eq!(entity_of("Environment", &words, true), Some("environment"));
    }

    #[test]
    fn a_part_that_is_not_there_or_blank_is_no_fact() {
        let item: Item = serde_json::from_value(json!({"PK": {"S": "PROJECT# "}})).unwrap();
        let source =
            |pattern: &str| Source::Part(Path::attribute("PK"), Pattern::parse(pattern).unwrap());
        for pattern in ["PROJECT#(*)", "PARAM#(.+)"] {
            assert_eq!(source(pattern).read(&[&item]), None, "{pattern}");
        }
        let constant = Source::Constant("org_acme".into());
        assert_eq!(constant.read(&[]).as_deref(), Some("org_acme"));
    }
}
