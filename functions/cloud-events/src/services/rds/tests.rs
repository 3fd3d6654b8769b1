use super::*;
use serde_json::json;

/// What an id becomes, as a class, and whether it is told.
fn class(id: &str) -> (String, bool, Option<Turn>) {
    let event = json!({
        "id": "1", "source": "aws.rds", "detail-type": "RDS DB Instance Event",
        "detail": {
            // Words and categories that mean something else: the id decides.
            "EventCategories": ["failure"], "Message": "It failed and was completed.",
            "SourceType": "DB_INSTANCE", "SourceIdentifier": "billing-db", "EventID": id
        }
    });
    let envelope = Envelope::read(event).unwrap();
    let (report, told) = match crate::services::read(&envelope).unwrap().unwrap() {
        Verdict::Tell(report) => (report, true),
        Verdict::Quiet(_, report) => (report, false),
        Verdict::Repeats(reason) => panic!("{reason}"),
    };
    let status = report.status.map_or("none", Status::as_str);
    let class = format!("{}/{status}", report.event_type);
    (class, told, report.story.map(|story| story.turn))
}

#[test]
fn the_id_decides_whatever_the_sentence_says() {
    for (id, expected, told, turn) in [
        // The recovery has started.
        ("0020", "error/started", true, Some(Turn::Begins)),
        ("0021", "error/succeeded", true, Some(Turn::Ends)),
        // It is no end yet: a failover or an activation follows.
        ("0053", "error/started", true, Some(Turn::Begins)),
        ("0015", "error/succeeded", true, Some(Turn::Ends)),
        ("0049", "error/succeeded", true, Some(Turn::Ends)),
        // A stopped and a started database are neither trouble nor deployed.
        ("0087", "deploy/none", true, Some(Turn::Joins)),
        ("0088", "deploy/none", true, Some(Turn::Joins)),
        ("0150", "deploy/none", true, Some(Turn::Joins)),
        ("0151", "deploy/none", true, Some(Turn::Joins)),
        ("0152", "deploy/failed", true, Some(Turn::Ends)),
        // Backups were switched off.
        ("0028", "deploy/none", true, None),
        // A pre-check that is done is a step.
        ("0265", "deploy/started", false, Some(Turn::Begins)),
        ("0268", "deploy/succeeded", true, Some(Turn::Ends)),
        ("0045", "error/failed", true, Some(Turn::Begins)),
        ("0046", "error/succeeded", true, Some(Turn::EndsOnly)),
        ("0003", "destroy/succeeded", true, None),
        ("0012", "scale/started", true, Some(Turn::Begins)),
        ("0002", "deploy/succeeded", false, Some(Turn::Ends)),
        ("0034", "error/none", true, None),
        ("0409", "deploy/none", true, Some(Turn::Joins)),
    ] {
        let found = class(&format!("RDS-EVENT-{id}"));
        assert_eq!(found, (expected.to_owned(), told, turn), "{id}");
    }
}

#[test]
fn only_a_snapshots_name_begins_with_the_services_own() {
    for (source, name, own) in [
        ("DB_INSTANCE", "rds:billing", "billing"),
        ("DB_PARAM", "rds:billing-parameters", "billing-parameters"),
        ("CLUSTER", "billing", "billing"),
        (
            "SNAPSHOT",
            "rds:billing-2026-11-21",
            "rds:billing-2026-11-21",
        ),
        ("CLUSTER_SNAPSHOT", "rds:billing-1", "rds:billing-1"),
    ] {
        assert_eq!(own_name(source, name.to_owned()), own);
    }
    let arn = "arn:aws:rds:eu-west-1:111122223333:snapshot:rds:billing-1";
    assert_eq!(name_of(arn).as_deref(), Some("rds:billing-1"));
    assert_eq!(name_of("no arn"), None);
}

#[test]
fn every_id_becomes_what_the_table_says() {
    for row in table::rows() {
        let (found, told, _) = class(&format!("RDS-EVENT-{}", row[0]));
        assert_eq!(
            (found.as_str(), told),
            (row[2], row[3] == "told"),
            "{row:?}"
        );
    }
}

#[test]
fn the_value_of_a_parameter_is_told_nowhere() {
    for (sentence, said) in [
        (
            "Updated parameter time_zone to UTC with apply method immediate",
            "Updated parameter time_zone with apply method immediate",
        ),
        (
            "Updated parameter init_connect to SET @secret=\"canary\" with apply method canary=1",
            "Updated parameter init_connect",
        ),
        ("Updated parameter group a", "Updated parameter group"),
        ("The backup was disabled", "The backup was disabled"),
    ] {
        assert_eq!(without_value(sentence.to_owned()), said);
    }
}
