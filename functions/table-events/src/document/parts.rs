//! The parts of a description: what says which entity the items are, what must fit, and where
//! each fact stands.

use carillon_domain::event::MAX_NAME;
use carillon_domain::fields::Fields;
use carillon_domain::values;
use carillon_domain::{FaultCode, Faults, OrganizationId, Pointer};
use serde_json::{Map, Value};

use crate::path::Path;
use crate::pattern::Pattern;
use crate::source::{Condition, Entity, Source, known_entity};

/// The longest a path may be, in characters.
pub const MAX_PATH: usize = 1_024;
/// How many kinds a table can have, words an attribute, patterns a condition, and so on.
pub const MAX_LIST: usize = 100;

/// What says which entity the items are: its name, or an object that says where it stands.
pub fn entity(fields: &mut Fields, above: &Entity) -> Entity {
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
            return word(value, at, fields.faults()).unwrap_or_else(|| above.clone());
        }
    }
    above.clone()
}

fn word(value: &Value, at: Pointer, faults: &mut Faults) -> Option<Entity> {
    let mut fields = Fields::of(value, at.clone(), faults)?;
    let attribute = fields.required_text("attribute", MAX_PATH);
    let words = fields.value("words");
    fields.finish();
    let path = one_path(&attribute?, &at.field("attribute"), faults)?;
    let at = at.field("words");
    let words = words.map_or(Some(Vec::new()), |words| {
        let words = object(words, &at, faults)?
            .iter()
            .filter_map(|(word, entity)| {
                let at = at.field(word);
                let pattern = whole_pattern(word, &at, faults)?;
                let entity = values::text_of(entity, at.clone(), MAX_NAME, faults)?;
                let known = known_entity(&entity);
                let known = faults.accept(&at, FaultCode::UnknownValue, known)?;
                Some((pattern, known))
            });
        Some(words.collect())
    })?;
    Some(Entity::Word { path, words })
}

/// `{"SK": "PROJECT#*"}`, with a list where one of several patterns must fit.
pub fn conditions(fields: &mut Fields, any_case: bool) -> Vec<Condition> {
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
        let path = one_path(attribute, &at, faults)?;
        let texts = match patterns {
            Value::String(text) => vec![(at, text.clone())],
            list => values::texts_of(list, at, MAX_LIST, MAX_PATH, faults)?,
        };
        let patterns = texts.into_iter();
        let patterns = patterns.filter_map(|(at, text)| whole_pattern(&text, &at, faults));
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
pub fn source(fields: &mut Fields, name: &'static str) -> Option<Source> {
    let at = fields.at(name);
    let value = fields.value(name)?;
    let faults = fields.faults();
    if let Value::String(attribute) = value {
        return one_path(attribute, &at, faults).map(Source::Attribute);
    }
    let mut inner = Fields::of(value, at.clone(), faults)?;
    let attribute = inner.text("attribute", MAX_PATH);
    let pattern = inner.text("pattern", MAX_PATH);
    let constant = inner.text("value", MAX_NAME);
    inner.finish();
    match (attribute, pattern, constant) {
        (Some(attribute), None, None) => {
            one_path(&attribute, &at.field("attribute"), faults).map(Source::Attribute)
        }
        (Some(attribute), Some(pattern), None) => {
            let path = one_path(&attribute, &at.field("attribute"), faults);
            let pattern = part_pattern(&pattern, &at.field("pattern"), faults);
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
            faults.reject(&at, FaultCode::Required, detail)
        }
    }
}

pub fn path(text: &str, at: &Pointer, faults: &mut Faults) -> Option<Path> {
    faults.accept(at, FaultCode::Malformed, Path::parse(text))
}

/// A path to one value.
fn one_path(text: &str, at: &Pointer, faults: &mut Faults) -> Option<Path> {
    let path = path(text, at, faults)?;
    if !path.is_one() {
        let detail = format!("`{text}` is many attributes, not one");
        return faults.reject(at, FaultCode::NotAllowed, detail);
    }
    Some(path)
}

fn pattern(text: &str, at: &Pointer, faults: &mut Faults) -> Option<Pattern> {
    faults.accept(at, FaultCode::Malformed, Pattern::parse(text))
}

/// A pattern that says which part is meant.
fn part_pattern(text: &str, at: &Pointer, faults: &mut Faults) -> Option<Pattern> {
    let pattern = pattern(text, at, faults)?;
    if !pattern.has_part() {
        let detail = format!("`{text}` does not say which part is meant: put it in `(…)`");
        return faults.reject(at, FaultCode::Malformed, detail);
    }
    Some(pattern)
}

/// A pattern that only has to fit.
fn whole_pattern(text: &str, at: &Pointer, faults: &mut Faults) -> Option<Pattern> {
    let pattern = pattern(text, at, faults)?;
    if pattern.has_part() {
        let detail = format!(
            "`{text}` takes a part, and here it only has to fit: `id` and the like take parts; \
             a bracket as it is is `\\(`"
        );
        return faults.reject(at, FaultCode::NotAllowed, detail);
    }
    Some(pattern)
}

fn object<'v>(
    value: &'v Value,
    at: &Pointer,
    faults: &mut Faults,
) -> Option<&'v Map<String, Value>> {
    let object = value.as_object();
    let object = object.filter(|object| (1..=MAX_LIST).contains(&object.len()));
    object.or_else(|| {
        let detail = format!("must be an object with 1 to {MAX_LIST} fields");
        faults.reject(at, FaultCode::WrongType, detail)
    })
}
