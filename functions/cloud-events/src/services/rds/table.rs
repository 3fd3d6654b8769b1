//! What each of RDS's event ids means.

use std::collections::HashMap;
use std::sync::LazyLock;

use carillon_domain::{EventType, Severity, Status};

use super::Meaning;

const TABLE: &str = include_str!("rds.tsv");

static MEANINGS: LazyLock<HashMap<&'static str, Meaning>> = LazyLock::new(|| {
    rows()
        .filter_map(|row| Some((*row.first()?, read(&row)?)))
        .collect()
});

/// The meaning of an id such as `RDS-EVENT-0006`; none where it is unknown.
pub fn meaning(id: &str) -> Option<Meaning> {
    MEANINGS.get(id.strip_prefix("RDS-EVENT-")?).copied()
}

/// The columns of each row: id, source, class, told, operation, severity.
pub(super) fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.skip(1).map(|line| line.split('\t').collect())
}

fn read(row: &[&'static str]) -> Option<Meaning> {
    let [_, _, class, told, operation, severity] = row else {
        return None;
    };
    let (event_type, status) = class.split_once('/')?;
    let named = |text: &&str| *text != "-";
    Some(Meaning {
        event_type: EventType::parse(event_type)?,
        status: Status::parse(status),
        severity: Severity::parse(severity),
        told: *told == "told",
        operation: Some(*operation).filter(named),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_as_it_stands() {
        let mut count = 0;
        for row in rows() {
            let found = read(&row).unwrap_or_else(|| panic!("{row:?}"));
            let status = found.status.map_or("none", Status::as_str);
            assert_eq!(row[2], format!("{}/{status}", found.event_type), "{row:?}");
            assert!(["told", "quiet"].contains(&row[3]), "{row:?}");
            assert_eq!(row[4], found.operation.unwrap_or("-"), "{row:?}");
            assert_eq!(
                row[5],
                found.severity.map_or("-", Severity::as_str),
                "{row:?}"
            );
            assert_eq!(meaning(&format!("RDS-EVENT-{}", row[0])), Some(found));
            count += 1;
        }
        assert_eq!(count, 335);
        assert_eq!(MEANINGS.len(), count, "an id is there twice");
        assert_eq!(meaning("RDS-EVENT-9999"), None);
        assert_eq!(meaning("0006"), None);
    }

    #[test]
    fn an_operation_that_can_begin_can_end() {
        let mut ends: HashMap<&str, bool> = HashMap::new();
        for found in MEANINGS.values() {
            let Some(operation) = found.operation else {
                continue;
            };
            let is_end = matches!(found.status, Some(Status::Succeeded | Status::Failed));
            *ends.entry(operation).or_default() |= is_end;
        }
        let endless = ends.into_iter().filter(|(_, has_end)| !has_end);
        let mut endless: Vec<_> = endless.map(|(operation, _)| operation).collect();
        endless.sort_unstable();
        assert_eq!(endless, ["cert-rotation", "replica-switchover", "start"]);
    }
}
