//! The setting `TABLES`: a description of each table, in JSON or YAML.
//!
//! An object whose fields are tables, by name or ARN. What a kind does not say is as its table
//! says, and what that does not say as the other settings do.

mod parts;

use carillon_domain::event::MAX_NAME;
use carillon_domain::fields::Fields;
use carillon_domain::json::Unique;
use carillon_domain::values;
use carillon_domain::{FaultCode, Faults, OrganizationId, Pointer};
use serde_json::Value;

use crate::table::{Kind, Table, table_name};
use parts::{MAX_LIST, MAX_PATH, conditions, entity, path, source};

/// Reads the descriptions of tables, which begin with `others`.
///
/// # Errors
/// Says everything that is wrong, with where it stands.
pub fn read(text: &str, others: &Kind) -> Result<Vec<(String, Table)>, Faults> {
    Faults::of(|faults| {
        let root = Pointer::root();
        let value = faults.accept(&root, FaultCode::Malformed, parse(text))?;
        let Some(tables) = value.as_object() else {
            let meant = "an object with a field for each table";
            return values::wrong_type(&value, &root, meant, faults);
        };
        let tables = tables.iter().filter_map(|(name, value)| {
            let at = root.field(name);
            check_name(name, &at, faults);
            Some((name.clone(), table(value, at, others, faults)?))
        });
        Some(tables.collect())
    })
}

/// JSON, or YAML: what begins with a brace can be either.
fn parse(text: &str) -> Result<Value, String> {
    let json = match serde_json::from_str::<Unique>(text) {
        Ok(read) => return Ok(read.0),
        Err(error) => error,
    };
    let options = serde_saphyr::options! {
        // A table may be called `on`.
        strict_booleans: true,
        with_snippet: false,
    };
    let yaml = match serde_saphyr::from_str_with_options::<Unique>(text, options) {
        Ok(read) => return Ok(read.0),
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
    kind.entity = entity(fields, &above.entity);
    kind.when.extend(conditions(fields, kind.any_case));
    for (name, known) in kind.facts_mut() {
        if let Some(source) = source(fields, name) {
            *known = source;
        }
    }
    if let Some(organization) = fields.text("default_organization", MAX_NAME) {
        kind.default_organization = OrganizationId::parse(&organization);
        if kind.default_organization.is_none() {
            let rule = OrganizationId::RULE;
            fields.fault("default_organization", FaultCode::Malformed, rule);
        }
    }
    if let Some(ignored) = fields.texts("ignored", MAX_LIST, MAX_PATH) {
        let paths = ignored
            .into_iter()
            .map(|(at, text)| path(&text, &at, fields.faults()));
        kind.ignored = paths.flatten().collect();
    }
    kind
}

fn list<'v>(value: &'v Value, at: &Pointer, faults: &mut Faults) -> Option<&'v Vec<Value>> {
    let list = value.as_array();
    let list = list.filter(|list| (1..=MAX_LIST).contains(&list.len()));
    list.or_else(|| {
        let detail = format!("must be a list of 1 to {MAX_LIST} kinds");
        faults.reject(at, FaultCode::WrongType, detail)
    })
}

#[cfg(test)]
mod tests;
