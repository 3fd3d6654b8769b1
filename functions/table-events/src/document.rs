//! The setting `TABLES`: a description of each table, in JSON or YAML.
//!
//! An object whose fields are tables, by name or ARN. What a kind does not say is as its table
//! says, and what that does not say as the other settings do.

use carillon_domain::fault::{FaultCode, Faults, Pointer};
use carillon_domain::fields::{self, Fields};
use carillon_domain::unique::Unique;
use carillon_domain::{OrganizationId, event::MAX_NAME};
use serde_json::Value;

use crate::path::Path;
use crate::pattern::Pattern;
use crate::source::{Condition, Entity, Source, known_entity};
use crate::table::{Kind, Table, table_name};

/// The longest a path may be, in characters.
const MAX_PATH: usize = 1_024;
/// How many kinds a table can have, words an attribute, patterns a condition, and so on.
const MAX_LIST: usize = 100;

/// Reads the descriptions of tables, which begin with `others`.
///
/// # Errors
/// Says everything that is wrong, with where it stands.
pub fn read(text: &str, others: &Kind) -> Result<Vec<(String, Table)>, Faults> {
    let mut faults = Faults::default();
    let value = match parse(text) {
        Ok(value) => value,
        Err(detail) => {
            faults.add(Pointer::root(), FaultCode::Malformed, detail);
            return Err(faults);
        }
    };
    let tables = match value.as_object() {
        None => {
            let detail = format!(
                "must be an object with a field for each table, not {}",
                fields::kind(&value)
            );
            faults.add(Pointer::root(), FaultCode::WrongType, detail);
            Vec::new()
        }
        Some(tables) => tables
            .iter()
            .filter_map(|(name, value)| {
                let at = Pointer::root().field(name);
                check_name(name, &at, &mut faults);
                Some((name.clone(), table(value, at, others, &mut faults)?))
            })
            .collect(),
    };
    faults.into_result(Some(tables))
}

/// JSON, or YAML: what begins with a brace can be either.
fn parse(text: &str) -> Result<Value, String> {
    let json = match serde_json::from_str::<Unique>(text) {
        Ok(Unique(value)) => return Ok(value),
        Err(error) => error,
    };
    let options = serde_saphyr::options! {
        // A table may be called `on`.
        strict_booleans: true,
        with_snippet: false,
    };
    let yaml = match serde_saphyr::from_str_with_options::<Unique>(text, options) {
        Ok(Unique(value)) => return Ok(value),
        Err(error) => error,
    };
    // The reader of YAML knows less of what is wrong with JSON.
    let is_json = text.trim_start().starts_with("{\"") || text.trim_start().starts_with("{\n");
    Err(match is_json {
        true => format!("cannot be read as JSON: {json}"),
        false => format!("cannot be read as YAML: {yaml}"),
    })
}

fn check_name(name: &str, at: &Pointer, faults: &mut Faults) {
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let is_name = |name: &str| (3..=255).contains(&name.len()) && name.chars().all(of_a_name);
    let is_known = match name.starts_with("arn:") {
        true => name.contains(":dynamodb:") && table_name(name).is_some_and(is_name),
        false => is_name(name),
    };
    if !is_known {
        let detail = "must be the name of a table, its ARN, or the ARN of its stream";
        faults.add(at.clone(), FaultCode::Malformed, detail);
    }
}

fn table(value: &Value, at: Pointer, others: &Kind, faults: &mut Faults) -> Option<Table> {
    let mut fields = Fields::of(value, at.clone(), faults)?;
    let whole = kind(&mut fields, &at, others);
    let kinds = fields.value("kinds");
    fields.finish();
    let Some(kinds) = kinds else {
        return Some(Table { kinds: vec![whole] });
    };
    let at = at.field("kinds");
    let kinds = list(kinds, &at, faults)?.iter().enumerate();
    let kinds = kinds.filter_map(|(index, value)| {
        let at = at.index(index);
        let mut fields = Fields::of(value, at.clone(), faults)?;
        let kind = kind(&mut fields, &at, &whole);
        fields.finish();
        Some(kind)
    });
    Some(Table {
        kinds: kinds.collect(),
    })
}

/// Reads a kind at `at` that begins with what is said above it.
fn kind(fields: &mut Fields, at: &Pointer, above: &Kind) -> Kind {
    let mut kind = Kind {
        described_by: format!("TABLES {at}"),
        any_case: fields.boolean("ignore_case").unwrap_or(above.any_case),
        ..above.clone()
    };
    kind.entity = entity(fields, &above.entity, kind.any_case);
    kind.when.extend(conditions(fields, kind.any_case));
    for (name, known) in [
        ("organization", &mut kind.organization),
        ("id", &mut kind.id),
        ("name", &mut kind.name),
        ("project", &mut kind.project),
        ("environment", &mut kind.environment),
        ("actor", &mut kind.actor),
    ] {
        if let Some(source) = source(fields, name) {
            *known = source;
        }
    }
    if let Some(organization) = fields.text("default_organization", MAX_NAME) {
        kind.default_organization = OrganizationId::parse(&organization);
        if kind.default_organization.is_none() {
            fields.fault(
                "default_organization",
                FaultCode::Malformed,
                OrganizationId::RULE,
            );
        }
    }
    if let Some(ignored) = fields.texts("ignored", MAX_LIST, MAX_PATH) {
        let paths = ignored
            .into_iter()
            .map(|(at, text)| path(&text, at, fields.faults()));
        kind.ignored = paths.flatten().collect();
    }
    kind
}

/// What says which entity the items are: its name, or an object that says where it stands.
fn entity(fields: &mut Fields, above: &Entity, any_case: bool) -> Entity {
    let mut entity = above.clone();
    if let Entity::Word {
        any_case: known, ..
    } = &mut entity
    {
        *known = any_case;
    }
    let leaves_out = fields.boolean("skip") == Some(true);
    let at = fields.at("entity");
    match fields.value("entity") {
        Some(_) if leaves_out => {
            let detail = "what is skipped is no entity: leave out one of the two";
            fields.faults().add(at, FaultCode::NotAllowed, detail);
        }
        None if leaves_out => return Entity::LeftOut,
        None => {}
        Some(Value::String(name)) => match known_entity(name) {
            Ok(known) => return Entity::Constant(known),
            Err(fault) => {
                let detail =
                    format!("{fault}; where an attribute says it: {{\"attribute\": \"{name}\"}}");
                fields.faults().add(at, FaultCode::UnknownValue, detail);
            }
        },
        Some(value) => {
            return word(value, at, any_case, fields.faults()).unwrap_or(entity);
        }
    }
    entity
}

fn word(value: &Value, at: Pointer, any_case: bool, faults: &mut Faults) -> Option<Entity> {
    let mut fields = Fields::of(value, at.clone(), faults)?;
    let attribute = fields.required_text("attribute", MAX_PATH);
    let words = fields.value("words");
    fields.finish();
    let path = one_path(&attribute?, at.field("attribute"), faults)?;
    let at = at.field("words");
    let words = words.map_or(Some(Vec::new()), |words| {
        let words = object(words, &at, faults)?
            .iter()
            .filter_map(|(word, entity)| {
                let at = at.field(word);
                let pattern = whole_pattern(word, at.clone(), faults)?;
                let entity = fields::text_of(entity, at.clone(), MAX_NAME, faults)?;
                let known = known_entity(&entity);
                let known = known.map_err(|fault| faults.add(at, FaultCode::UnknownValue, fault));
                Some((pattern, known.ok()?))
            });
        Some(words.collect())
    })?;
    Some(Entity::Word {
        path,
        words,
        any_case,
    })
}

/// `{"SK": "PROJECT#*"}`, with a list where one of several patterns must fit.
fn conditions(fields: &mut Fields, any_case: bool) -> Vec<Condition> {
    let at = fields.at("when");
    let Some(when) = fields.value("when") else {
        return Vec::new();
    };
    let faults = fields.faults();
    let Some(when) = object(when, &at, faults) else {
        return Vec::new();
    };
    let conditions = when.iter().filter_map(|(attribute, patterns)| {
        let at = at.field(attribute);
        let path = one_path(attribute, at.clone(), faults)?;
        let texts = match patterns {
            Value::String(text) => vec![(at, text.clone())],
            list => fields::texts_of(list, at, MAX_LIST, MAX_PATH, faults)?,
        };
        let patterns = texts.into_iter();
        let patterns = patterns.filter_map(|(at, text)| whole_pattern(&text, at, faults));
        Some(Condition {
            path,
            patterns: patterns.collect(),
            any_case,
        })
    });
    conditions.collect()
}

/// Where a fact stands: an attribute, or an object with `attribute` and perhaps `pattern`, or
/// with `value`.
fn source(fields: &mut Fields, name: &'static str) -> Option<Source> {
    let at = fields.at(name);
    let value = fields.value(name)?;
    let faults = fields.faults();
    if let Value::String(attribute) = value {
        return one_path(attribute, at, faults).map(Source::Attribute);
    }
    let mut inner = Fields::of(value, at.clone(), faults)?;
    let attribute = inner.text("attribute", MAX_PATH);
    let pattern = inner.text("pattern", MAX_PATH);
    let constant = inner.text("value", MAX_NAME);
    inner.finish();
    match (attribute, pattern, constant) {
        (Some(attribute), None, None) => {
            one_path(&attribute, at.field("attribute"), faults).map(Source::Attribute)
        }
        (Some(attribute), Some(pattern), None) => {
            let path = one_path(&attribute, at.field("attribute"), faults);
            let pattern = part_pattern(&pattern, at.field("pattern"), faults);
            Some(Source::Part(path?, pattern?))
        }
        (None, None, Some(value)) => {
            if name == "organization" && OrganizationId::parse(&value).is_none() {
                let at = at.field("value");
                faults.add(at, FaultCode::Malformed, OrganizationId::RULE);
            }
            Some(Source::Constant(value))
        }
        _ => {
            let detail = "must have `attribute`, `attribute` and `pattern`, or `value` alone";
            faults.add(at, FaultCode::Required, detail);
            None
        }
    }
}

fn path(text: &str, at: Pointer, faults: &mut Faults) -> Option<Path> {
    let path = Path::parse(text);
    path.map_err(|fault| faults.add(at, FaultCode::Malformed, fault))
        .ok()
}

/// A path to one value.
fn one_path(text: &str, at: Pointer, faults: &mut Faults) -> Option<Path> {
    let path = path(text, at.clone(), faults)?;
    if !path.is_one() {
        let detail = format!("`{text}` is many attributes, not one");
        faults.add(at, FaultCode::NotAllowed, detail);
        return None;
    }
    Some(path)
}

fn pattern(text: &str, at: Pointer, faults: &mut Faults) -> Option<Pattern> {
    let pattern = Pattern::parse(text);
    pattern
        .map_err(|fault| faults.add(at, FaultCode::Malformed, fault))
        .ok()
}

/// A pattern that says which part is meant.
fn part_pattern(text: &str, at: Pointer, faults: &mut Faults) -> Option<Pattern> {
    let pattern = pattern(text, at.clone(), faults)?;
    if !pattern.has_part() {
        let detail = format!("`{text}` does not say which part is meant: put it in `(…)`");
        faults.add(at, FaultCode::Malformed, detail);
        return None;
    }
    Some(pattern)
}

/// A pattern that only has to fit.
fn whole_pattern(text: &str, at: Pointer, faults: &mut Faults) -> Option<Pattern> {
    let pattern = pattern(text, at.clone(), faults)?;
    if pattern.has_part() {
        let detail = format!(
            "`{text}` takes a part, and here it only has to fit: `id` and the like take parts; \
             a bracket as it is is `\\(`"
        );
        faults.add(at, FaultCode::NotAllowed, detail);
        return None;
    }
    Some(pattern)
}

fn list<'v>(value: &'v Value, at: &Pointer, faults: &mut Faults) -> Option<&'v Vec<Value>> {
    let list = value
        .as_array()
        .filter(|list| (1..=MAX_LIST).contains(&list.len()));
    if list.is_none() {
        let detail = format!("must be a list of 1 to {MAX_LIST} kinds");
        faults.add(at.clone(), FaultCode::WrongType, detail);
    }
    list
}

fn object<'v>(
    value: &'v Value,
    at: &Pointer,
    faults: &mut Faults,
) -> Option<&'v serde_json::Map<String, Value>> {
    let object = value
        .as_object()
        .filter(|object| (1..=MAX_LIST).contains(&object.len()));
    if object.is_none() {
        let detail = format!("must be an object with 1 to {MAX_LIST} fields");
        faults.add(at.clone(), FaultCode::WrongType, detail);
    }
    object
}

#[cfg(test)]
mod tests;
