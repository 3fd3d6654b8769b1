//! What the environment says of tables: a description of each in `TABLES`, and settings for
//! all that are not described there.

use carillon_domain::OrganizationId;
use carillon_runtime::Settings;

use crate::changes::Ignored;
use crate::document;
use crate::path::{Path, entries};
use crate::pattern::Pattern;
use crate::source::{Entity, Source, known_entity};
use crate::table::{Kind, Table, Tables};

/// Says that nothing is ignored.
const NONE: &str = "none";

impl Tables {
    /// Reads `ATTRIBUTE_NAMES` (such as `entity=meta.kind,name=title`), `ENTITY_NAMES` (such
    /// as `param=parameter,PROJECT#*=project`), `IGNORED_ATTRIBUTES` (such as
    /// `modified_at,tags.seen_at`, or `none`), `DEFAULT_ORGANIZATION`, and the descriptions
    /// in `TABLES`, which begin with what the others say.
    pub fn from_settings(settings: &mut Settings) -> Self {
        let mut kind = settings
            .checked("ATTRIBUTE_NAMES", renamed)
            .unwrap_or_default();
        let named = settings.checked("ENTITY_NAMES", entity_names);
        if let (Some(named), Entity::Word { words, .. }) = (named, &mut kind.entity) {
            *words = named;
        }
        if let Some(ignored) = settings.checked("IGNORED_ATTRIBUTES", ignored) {
            kind.ignored = ignored;
        }
        kind.default_organization = settings.checked("DEFAULT_ORGANIZATION", organization);
        let named = settings.checked("TABLES", |text| {
            document::read(text, &kind).map_err(|faults| faults.to_string())
        });
        Self {
            named: named.unwrap_or_default(),
            others: Table { kinds: vec![kind] },
        }
    }
}

fn organization(text: &str) -> Result<OrganizationId, String> {
    OrganizationId::parse(text).ok_or_else(|| format!("`{text}` {}", OrganizationId::RULE))
}

/// Kinds of items whose attributes are called like this.
fn renamed(text: &str) -> Result<Kind, String> {
    let mut kind = Kind::default();
    let mut faults = Vec::new();
    let mut seen = Vec::new();
    for (meaning, name) in pairs(text, "meaning=attribute", &mut faults) {
        if seen.contains(&meaning) {
            faults.push(format!("`{meaning}` is named twice"));
        }
        seen.push(meaning);
        let path = match Path::parse(name) {
            Ok(path) if path.is_one() => path,
            Ok(_) => {
                faults.push(format!("`{name}`: `{meaning}` is one attribute, not many"));
                continue;
            }
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        if let ("entity", Entity::Word { path: known, .. }) = (meaning, &mut kind.entity) {
            *known = path;
            continue;
        }
        let mut facts = kind.facts_mut().into_iter();
        match facts.find(|(fact, _)| *fact == meaning) {
            Some((_, known)) => *known = Source::Attribute(path),
            None => faults.push(format!(
                "`{meaning}` is none of entity, organization, id, name, project, environment, actor"
            )),
        }
    }
    all_or_faults(kind, &faults)
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

/// `their word=our entity`; the word can be a pattern.
fn entity_names(text: &str) -> Result<Vec<(Pattern, &'static str)>, String> {
    let mut entities: Vec<(Pattern, &'static str)> = Vec::new();
    let mut faults = Vec::new();
    for (word, entity) in pairs(text, "word=entity", &mut faults) {
        let known = known_entity(entity).map_err(|fault| faults.push(fault));
        let pattern = Pattern::parse(word).map_err(|fault| faults.push(fault));
        if entities.iter().any(|(known, _)| known.as_str() == word) {
            faults.push(format!("`{word}` is named twice"));
        }
        entities.extend(pattern.ok().zip(known.ok()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::source::entity_of;

    fn others(tables: &Tables) -> &Kind {
        &tables.others.kinds[0]
    }

    fn read(variables: &[(&str, &str)]) -> Result<Tables, String> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::of(variables);
        let tables = Tables::from_settings(&mut settings);
        settings.finish(tables).map_err(|faults| faults.to_string())
    }

    #[test]
    fn names_can_be_changed_one_by_one() {
        let tables = read(&[
            ("ATTRIBUTE_NAMES", "entity=kind, name = title"),
            ("ENTITY_NAMES", "param=parameter,env=environment"),
        ])
        .unwrap();
        let kind = others(&tables);
        assert_eq!(kind.name, Source::attribute("title"));
        assert_eq!(kind.id, Source::attribute("id"));
        let Entity::Word { path, words, .. } = &kind.entity else {
            panic!("{:?}", kind.entity);
        };
        assert_eq!(*path, Path::attribute("kind"));
        let entity = |word: &str| entity_of(word, words, false);
        assert_eq!(entity("param"), Some("parameter"));
        assert_eq!(entity("value"), Some("value"));
        assert_eq!(entity("invoice"), None);
    }

    #[test]
    fn a_word_can_be_a_pattern() {
        let tables = read(&[("ENTITY_NAMES", "PROJECT#*=project")]).unwrap();
        let Entity::Word { words, .. } = &others(&tables).entity else {
            panic!("{tables:?}");
        };
        assert_eq!(entity_of("PROJECT#1", words, false), Some("project"));
    }

    #[test]
    fn what_is_described_begins_with_the_settings_for_all() {
        let tables = read(&[
            ("ATTRIBUTE_NAMES", "name=title"),
            ("IGNORED_ATTRIBUTES", "seen_at"),
            ("DEFAULT_ORGANIZATION", "org_acme"),
            ("TABLES", r#"{"shop": {"entity": "parameter", "id": "PK"}}"#),
        ])
        .unwrap();
        let kind = &tables.named[0].1.kinds[0];
        assert_eq!(kind.name, Source::attribute("title"));
        assert_eq!(kind.id, Source::attribute("PK"));
        assert_eq!(kind.ignored, others(&tables).ignored);
        let organization = kind.default_organization.as_ref().unwrap();
        assert_eq!(organization.as_str(), "org_acme");
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
            ("DEFAULT_ORGANIZATION", "acme corp"),
            ("TABLES", r#"{"shop": {"entity": "paramter"}}"#),
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
            "DEFAULT_ORGANIZATION: `acme corp` must be",
            "TABLES: /shop/entity: `paramter` is none of",
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
        let name = others(&quoted).name.read(&[&item]);
        assert_eq!(name.as_deref(), Some("x"));
    }

    #[test]
    fn what_is_ignored_can_be_nothing_and_is_the_usual_where_nothing_is_said() {
        let ignored = |text| {
            let tables = read(&[("IGNORED_ATTRIBUTES", text)]).unwrap();
            others(&tables).ignored.clone()
        };
        assert_eq!(ignored("none"), Ignored::default());
        assert_eq!(ignored(""), Kind::default().ignored);
        let quoted: Ignored = [Path::parse(r#""none""#).unwrap()].into_iter().collect();
        assert_eq!(ignored(r#""none""#), quoted);
    }
}
