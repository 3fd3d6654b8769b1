//! What the items of a table are.

use carillon_domain::OrganizationId;

use crate::changes::Ignored;
use crate::path::Path;
use crate::source::{Condition, Entity, Source};

/// One kind of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// What describes it, for people: such as `TABLES /shop/kinds/0`.
    pub described_by: String,
    pub entity: Entity,
    /// What all must fit.
    pub when: Vec<Condition>,
    pub organization: Source,
    /// Whose an item is that names no organization.
    pub default_organization: Option<OrganizationId>,
    pub id: Source,
    pub name: Source,
    pub project: Source,
    pub environment: Source,
    pub actor: Source,
    /// A MODIFY of nothing but these is no event.
    pub ignored: Ignored,
    /// Whether capitals make no difference to words and conditions.
    pub any_case: bool,
}

impl Default for Kind {
    /// Items that call everything as Carillon does.
    fn default() -> Self {
        Self {
            described_by: "the settings".to_owned(),
            entity: Entity::usual(),
            when: Vec::new(),
            organization: Source::attribute("organization"),
            default_organization: None,
            id: Source::attribute("id"),
            name: Source::attribute("name"),
            project: Source::attribute("project"),
            environment: Source::attribute("environment"),
            actor: Source::attribute("actor"),
            ignored: ["modified_at", "updated_at"]
                .map(Path::attribute)
                .into_iter()
                .collect(),
            any_case: false,
        }
    }
}

impl Kind {
    /// Where each of the facts stands, by their names.
    pub fn facts_mut(&mut self) -> [(&'static str, &mut Source); 6] {
        [
            ("organization", &mut self.organization),
            ("id", &mut self.id),
            ("name", &mut self.name),
            ("project", &mut self.project),
            ("environment", &mut self.environment),
            ("actor", &mut self.actor),
        ]
    }
}

/// The kinds of a table's items. The first that fits an item counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub kinds: Vec<Kind>,
}

/// The descriptions of all tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// By a table's name, or the ARN of a table or of a stream.
    pub(crate) named: Vec<(String, Table)>,
    /// Of any other table.
    pub(crate) others: Table,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            named: Vec::new(),
            others: Table {
                kinds: vec![Kind::default()],
            },
        }
    }
}

impl Tables {
    /// The description of the table that a stream is of. What names the stream comes before
    /// what names the table by its ARN, and that before what names it alone.
    pub fn of_stream(&self, arn: &str) -> &Table {
        let table_arn = arn.split("/stream/").next().unwrap_or(arn);
        let name = table_name(arn).unwrap_or(arn);
        let named = |wanted: &str| self.named.iter().find(|(name, _)| name == wanted);
        let found = named(arn)
            .or_else(|| named(table_arn))
            .or_else(|| named(name));
        found.map_or(&self.others, |(_, table)| table)
    }

    /// The same descriptions where tables have other ARNs: an ARN stands for the name in it,
    /// unless that has a description of its own.
    #[must_use]
    pub fn by_name(mut self) -> Self {
        let by_arn: Vec<(String, Table)> = self
            .named
            .iter()
            .filter_map(|(arn, table)| Some((table_name(arn)?.to_owned(), table.clone())))
            .collect();
        self.named.extend(by_arn);
        self
    }

    /// The names and ARNs that are described.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|(name, _)| name.as_str())
    }
}

/// The table's name in its ARN or in that of its stream.
pub fn table_name(arn: &str) -> Option<&str> {
    let (start, rest) = arn.split_once(":table/")?;
    let name = rest.split('/').next()?;
    (start.starts_with("arn:") && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str =
        "arn:aws:dynamodb:eu-west-1:111122223333:table/shop/stream/2026-11-21T10:15:00.000";

    fn described(names: &[&str]) -> Tables {
        let table = |name: &&str| {
            let kind = Kind {
                described_by: (*name).to_owned(),
                ..Kind::default()
            };
            ((*name).to_owned(), Table { kinds: vec![kind] })
        };
        Tables {
            named: names.iter().map(table).collect(),
            ..Tables::default()
        }
    }

    #[test]
    fn the_closest_description_of_a_table_counts() {
        let table = STREAM.split("/stream/").next().unwrap();
        for (names, expected) in [
            (vec!["shop", table, STREAM], STREAM),
            (vec!["shop", table], table),
            (vec!["shop"], "shop"),
            (
                vec!["shops", "arn:aws:dynamodb:eu-west-1:1:table/shop"],
                "the settings",
            ),
        ] {
            let found = described(&names);
            assert_eq!(found.of_stream(STREAM).kinds[0].described_by, expected);
        }
    }

    #[test]
    fn what_is_described_by_its_arn_can_be_found_by_name_where_arns_are_others() {
        let here = "arn:aws:dynamodb:us-east-1:000000000000:table/shop/stream/1";
        let tables = described(&[STREAM]);
        let found = |tables: &Tables| tables.of_stream(here).kinds[0].described_by.clone();
        assert_eq!(found(&tables), "the settings");
        assert_eq!(found(&tables.by_name()), STREAM);
        assert_eq!(found(&described(&[STREAM, "shop"]).by_name()), "shop");
    }
}
