//! What an item's attributes are called, and what the items are.

use std::collections::HashMap;

use carillon_domain::fault::nearest;
use carillon_runtime::Settings;
use serde_dynamo::{AttributeValue, Item};

use crate::changes::Ignored;
use crate::path::{Path, entries};

/// Says that nothing is ignored.
const NONE: &str = "none";

/// What Carillon has events for.
pub const ENTITIES: [&str; 4] = ["parameter", "project", "environment", "value"];

/// The longest an attribute's name may be, in bytes (DynamoDB's quotas).
const MAX_ATTRIBUTE: usize = 65_535;

/// Where attributes are, by what they mean. Each can be changed by a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    pub entity: Path,
    pub organization: Path,
    pub id: Path,
    pub name: Path,
    pub project: Path,
    pub environment: Path,
    pub actor: Path,
    /// A MODIFY of nothing but these is no event.
    pub ignored: Ignored,
    /// What the items call an entity, beside its own name.
    pub entities: HashMap<String, &'static str>,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            entity: Path::attribute("entity"),
            organization: Path::attribute("organization"),
            id: Path::attribute("id"),
            name: Path::attribute("name"),
            project: Path::attribute("project"),
            environment: Path::attribute("environment"),
            actor: Path::attribute("actor"),
            ignored: ["modified_at", "updated_at"]
                .map(Path::attribute)
                .into_iter()
                .collect(),
            entities: HashMap::new(),
        }
    }
}

impl Attributes {
    /// Reads `ATTRIBUTE_NAMES` (such as `entity=meta.kind,name=title`), `ENTITY_NAMES` (such
    /// as `param=parameter,env=environment`) and `IGNORED_ATTRIBUTES` (such as
    /// `modified_at,tags.seen_at`, or `none`).
    pub fn from_settings(settings: &mut Settings) -> Self {
        let mut attributes = settings
            .checked("ATTRIBUTE_NAMES", Self::renamed)
            .unwrap_or_default();
        if let Some(entities) = settings.checked("ENTITY_NAMES", entity_names) {
            attributes.entities = entities;
        }
        if let Some(ignored) = settings.checked("IGNORED_ATTRIBUTES", ignored) {
            attributes.ignored = ignored;
        }
        attributes
    }

    /// The entity that an item's own word for it means.
    pub fn entity_of(&self, word: &str) -> Option<&'static str> {
        let mapped = self.entities.get(word).copied();
        mapped.or_else(|| ENTITIES.into_iter().find(|entity| *entity == word))
    }

    fn renamed(text: &str) -> Result<Self, String> {
        let mut attributes = Self::default();
        let mut faults = Vec::new();
        let mut seen = Vec::new();
        for (meaning, name) in pairs(text, "meaning=attribute", &mut faults) {
            let field = match meaning {
                "entity" => &mut attributes.entity,
                "organization" => &mut attributes.organization,
                "id" => &mut attributes.id,
                "name" => &mut attributes.name,
                "project" => &mut attributes.project,
                "environment" => &mut attributes.environment,
                "actor" => &mut attributes.actor,
                other => {
                    faults.push(format!(
                        "`{other}` is none of entity, organization, id, name, project, environment, actor"
                    ));
                    continue;
                }
            };
            if seen.contains(&meaning) {
                faults.push(format!("`{meaning}` is named twice"));
            }
            seen.push(meaning);
            if name.len() > MAX_ATTRIBUTE {
                faults.push(format!("`{meaning}`: no attribute has so long a name"));
                continue;
            }
            match Path::parse(name) {
                Ok(path) if path.is_one() => *field = path,
                Ok(_) => faults.push(format!("`{name}`: `{meaning}` is one attribute, not many")),
                Err(fault) => faults.push(fault),
            }
        }
        all_or_faults(attributes, &faults)
    }
}

/// Paths, or the word that there are none: an empty setting counts as unset.
fn ignored(text: &str) -> Result<Ignored, String> {
    if text.trim() == NONE {
        return Ok(Ignored::default());
    }
    let mut faults = Vec::new();
    let ignored = entries(text).into_iter().filter_map(|entry| match entry {
        NONE => {
            faults.push(format!(
                "`{NONE}` stands alone, or in quotes for an attribute"
            ));
            None
        }
        path => Path::parse(path).map_err(|fault| faults.push(fault)).ok(),
    });
    let ignored = ignored.collect();
    all_or_faults(ignored, &faults)
}

/// `their word=our entity`.
fn entity_names(text: &str) -> Result<HashMap<String, &'static str>, String> {
    let mut entities = HashMap::new();
    let mut faults = Vec::new();
    for (word, entity) in pairs(text, "word=entity", &mut faults) {
        let Some(known) = ENTITIES.into_iter().find(|known| *known == entity) else {
            let hint = nearest(entity, ENTITIES).map(|meant| format!("; did you mean `{meant}`?"));
            let hint = hint.unwrap_or_default();
            faults.push(format!(
                "`{entity}` is none of {}{hint}",
                ENTITIES.join(", ")
            ));
            continue;
        };
        if entities.insert(word.to_owned(), known).is_some() {
            faults.push(format!("`{word}` is named twice"));
        }
    }
    all_or_faults(entities, &faults)
}

fn all_or_faults<T>(read: T, faults: &[String]) -> Result<T, String> {
    if faults.is_empty() {
        Ok(read)
    } else {
        Err(faults.join(", "))
    }
}

/// The entries of `a=b,c=d`; those of another form are faults.
fn pairs<'t>(text: &'t str, form: &str, faults: &mut Vec<String>) -> Vec<(&'t str, &'t str)> {
    let mut pairs = Vec::new();
    for entry in entries(text) {
        match entry.split_once('=').map(|(a, b)| (a.trim(), b.trim())) {
            Some((left, right)) if !left.is_empty() && !right.is_empty() => {
                pairs.push((left, right));
            }
            _ => faults.push(format!("`{entry}` is not of the form {form}")),
        }
    }
    pairs
}

/// A text or a number of an item.
pub fn text(item: &Item, path: &Path) -> Option<String> {
    match path.find(item)? {
        AttributeValue::S(text) if !text.trim().is_empty() => Some(text.clone()),
        AttributeValue::N(number) => Some(number.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(variables: &[(&str, &str)]) -> Result<Attributes, String> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::of(variables);
        let attributes = Attributes::from_settings(&mut settings);
        settings
            .finish(attributes)
            .map_err(|faults| faults.to_string())
    }

    #[test]
    fn names_can_be_changed_one_by_one() {
        let attributes = read(&[
            ("ATTRIBUTE_NAMES", "entity=kind, name = title"),
            ("ENTITY_NAMES", "param=parameter,env=environment"),
        ])
        .unwrap();
        assert_eq!(attributes.entity, Path::attribute("kind"));
        assert_eq!(attributes.name, Path::attribute("title"));
        assert_eq!(attributes.id, Path::attribute("id"));
        assert_eq!(attributes.entity_of("param"), Some("parameter"));
        assert_eq!(attributes.entity_of("value"), Some("value"));
        assert_eq!(attributes.entity_of("invoice"), None);
    }

    #[test]
    fn what_a_word_is_mapped_to_wins_over_its_own_meaning() {
        let attributes = read(&[("ENTITY_NAMES", "parameter=value")]).unwrap();
        assert_eq!(attributes.entity_of("parameter"), Some("value"));
    }

    #[test]
    fn every_fault_of_every_setting_is_named_at_once() {
        let faults = read(&[
            ("ATTRIBUTE_NAMES", "colour=red,entity,id=,name=a,name=b"),
            ("ENTITY_NAMES", "param=paramter,=value,x=invoice,y"),
            (
                "IGNORED_ATTRIBUTES",
                "tags.,a..b,modified_at;updated_at,none",
            ),
        ])
        .unwrap_err();
        for fault in [
            "`colour` is none of",
            "`entity` is not of the form",
            "`id=` is not of the form",
            "`name` is named twice",
            "did you mean `parameter`?",
            "`=value` is not of the form",
            "`invoice` is none of",
            "`y` is not of the form",
            "`tags.`: a step of the path is empty",
            "`a..b`: a step of the path is empty",
            "`modified_at;updated_at`: a name with",
            "`none` stands alone",
        ] {
            assert!(faults.contains(fault), "{fault} in {faults}");
        }
    }

    #[test]
    fn a_name_that_no_item_can_have_is_refused_at_start() {
        for (name, fault) in [
            (
                "entity=meta..kind",
                "`meta..kind`: a step of the path is empty",
            ),
            ("entity=kinds[*]", "`entity` is one attribute, not many"),
            ("name=the title", "`the title`: a name with"),
        ] {
            let faults = read(&[("ATTRIBUTE_NAMES", name)]).unwrap_err();
            assert!(faults.contains(fault), "{fault} in {faults}");
        }
        let quoted = read(&[("ATTRIBUTE_NAMES", r#"name="the title""#)]).unwrap();
        let item = serde_json::from_value(json!({"the title": {"S": "x"}})).unwrap();
        assert_eq!(text(&item, &quoted.name).as_deref(), Some("x"));
    }

    #[test]
    fn what_is_ignored_can_be_nothing_and_is_the_usual_where_nothing_is_said() {
        let ignored = |text| read(&[("IGNORED_ATTRIBUTES", text)]).unwrap().ignored;
        assert_eq!(ignored("none"), Ignored::default());
        assert_eq!(ignored(""), Attributes::default().ignored);
        let quoted: Ignored = [Path::parse(r#""none""#).unwrap()].into_iter().collect();
        assert_eq!(ignored(r#""none""#), quoted);
    }

    #[test]
    fn texts_and_numbers_are_read_and_nothing_else() {
        let item: Item = serde_json::from_value(json!({
            "meta": {"M": {"kind": {"S": "parameter"}, "n": {"N": "7"}, "blank": {"S": " "}}},
        }))
        .unwrap();
        let read = |path: &str| text(&item, &Path::parse(path).unwrap());
        assert_eq!(read("meta.kind").as_deref(), Some("parameter"));
        assert_eq!(read("meta.n").as_deref(), Some("7"));
        for missing in ["meta", "meta.kind.x", "meta.blank", "other"] {
            assert_eq!(read(missing), None, "{missing}");
        }
    }
}
