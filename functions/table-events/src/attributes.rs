//! What an item's attributes are called, and what the items are.

use std::collections::HashMap;

use carillon_domain::fault::nearest;
use carillon_runtime::Settings;
use serde_dynamo::{AttributeValue, Item};

use crate::changes::Ignored;

/// What Carillon has events for.
pub const ENTITIES: [&str; 4] = ["parameter", "project", "environment", "value"];

/// The longest an attribute's name may be, in bytes (DynamoDB's quotas).
const MAX_ATTRIBUTE: usize = 65_535;

/// Names of attributes, by what they mean. Each can be changed by a deployment. A name
/// that no attribute has is taken as a path: `meta.kind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    pub entity: String,
    pub organization: String,
    pub id: String,
    pub name: String,
    pub project: String,
    pub environment: String,
    pub actor: String,
    /// A MODIFY of nothing but these is no event.
    pub ignored: Ignored,
    /// What the items call an entity, beside its own name.
    pub entities: HashMap<String, &'static str>,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            entity: "entity".into(),
            organization: "organization".into(),
            id: "id".into(),
            name: "name".into(),
            project: "project".into(),
            environment: "environment".into(),
            actor: "actor".into(),
            ignored: ["modified_at", "updated_at"].into_iter().collect(),
            entities: HashMap::new(),
        }
    }
}

impl Attributes {
    /// Reads `ATTRIBUTE_NAMES` (such as `entity=kind,name=title`), `ENTITY_NAMES` (such as
    /// `param=parameter,env=environment`) and `IGNORED_ATTRIBUTES` (such as
    /// `modified_at,tags.seen_at`).
    pub fn from_settings(settings: &mut Settings) -> Self {
        let mut attributes = settings
            .checked("ATTRIBUTE_NAMES", Self::renamed)
            .unwrap_or_default();
        if let Some(entities) = settings.checked("ENTITY_NAMES", entities) {
            attributes.entities = entities;
        }
        if let Some(ignored) = settings.optional("IGNORED_ATTRIBUTES") {
            attributes.ignored = list(&ignored).collect();
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
            }
            *field = name.to_owned();
        }
        all_or_faults(attributes, &faults)
    }
}

/// `their word=our entity`.
fn entities(text: &str) -> Result<HashMap<String, &'static str>, String> {
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
    for entry in list(text) {
        match entry.split_once('=').map(|(a, b)| (a.trim(), b.trim())) {
            Some((left, right)) if !left.is_empty() && !right.is_empty() => {
                pairs.push((left, right));
            }
            _ => faults.push(format!("`{entry}` is not of the form {form}")),
        }
    }
    pairs
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}

/// A text or a number of an item, by its attribute's name or else by its path.
pub fn text(item: &Item, name: &str) -> Option<String> {
    let value = item.get(name).or_else(|| {
        let mut steps = name.split('.');
        let first = item.get(steps.next()?)?;
        steps.try_fold(first, |value, step| match value {
            AttributeValue::M(map) => map.get(step),
            _ => None,
        })
    })?;
    match value {
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
        assert_eq!(attributes.entity, "kind");
        assert_eq!(attributes.name, "title");
        assert_eq!(attributes.id, "id");
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
        ] {
            assert!(faults.contains(fault), "{fault} in {faults}");
        }
    }

    #[test]
    fn a_name_can_be_a_path_but_an_attribute_of_that_very_name_comes_first() {
        let item: Item = serde_json::from_value(json!({
            "meta": {"M": {"kind": {"S": "parameter"}, "n": {"N": "7"}}},
            "a.b": {"S": "itself"}, "a": {"M": {"b": {"S": "nested"}}}
        }))
        .unwrap();
        assert_eq!(text(&item, "meta.kind").as_deref(), Some("parameter"));
        assert_eq!(text(&item, "meta.n").as_deref(), Some("7"));
        assert_eq!(text(&item, "a.b").as_deref(), Some("itself"));
        for missing in ["meta", "meta.kind.x", "", ".", "meta."] {
            assert_eq!(text(&item, missing), None, "{missing}");
        }
    }
}
