use super::*;

#[test]
fn categories_and_words_say_what_is_told() {
    use EventType::{Deploy, Destroy, Error, Scale};
    use Status::{Failed, Started, Succeeded};
    for (category, source, message, expected) in [
        (
            "failover",
            "DB_INSTANCE",
            "Started cross AZ failover to DB instance.",
            (Error, Failed, true),
        ),
        (
            "failover",
            "DB_INSTANCE",
            "A Multi-AZ failover has completed.",
            (Error, Succeeded, true),
        ),
        (
            "failure",
            "DB_INSTANCE",
            "The DB instance has failed.",
            (Error, Failed, true),
        ),
        (
            "low storage",
            "DB_INSTANCE",
            "The free storage capacity is low at 5%.",
            (Error, Failed, true),
        ),
        (
            "availability",
            "DB_INSTANCE",
            "DB instance shutdown.",
            (Error, Failed, true),
        ),
        (
            "availability",
            "DB_INSTANCE",
            "DB instance restarted.",
            (Error, Succeeded, true),
        ),
        (
            "recovery",
            "DB_INSTANCE",
            "Recovery of the DB instance has started.",
            (Error, Failed, true),
        ),
        (
            "recovery",
            "DB_INSTANCE",
            "Recovery of the DB instance is complete.",
            (Error, Succeeded, true),
        ),
        (
            "read replica",
            "DB_INSTANCE",
            "Replication has stopped.",
            (Error, Failed, true),
        ),
        (
            "read replica",
            "DB_INSTANCE",
            "Replication for the Read Replica resumed",
            (Error, Succeeded, true),
        ),
        (
            "read replica",
            "DB_INSTANCE",
            "Replica switchover is fine.",
            (Deploy, Succeeded, false),
        ),
        (
            "creation",
            "DB_INSTANCE",
            "DB instance created.",
            (Deploy, Succeeded, true),
        ),
        (
            "restoration",
            "DB_INSTANCE",
            "Restored from snapshot x",
            (Deploy, Succeeded, true),
        ),
        (
            "deletion",
            "CLUSTER",
            "DB cluster deleted.",
            (Destroy, Succeeded, true),
        ),
        (
            "deletion",
            "SNAPSHOT",
            "Deleted manual snapshot",
            (Destroy, Succeeded, true),
        ),
        (
            "creation",
            "SNAPSHOT",
            "Automated snapshot created",
            (Deploy, Succeeded, false),
        ),
        (
            "deletion",
            "SNAPSHOT",
            "Deleted automated snapshot",
            (Destroy, Succeeded, false),
        ),
        (
            "configuration change",
            "DB_INSTANCE",
            "Applying modification to database instance class",
            (Scale, Started, true),
        ),
        (
            "configuration change",
            "DB_INSTANCE",
            "Finished applying modification to allocated storage",
            (Scale, Succeeded, true),
        ),
        (
            "configuration change",
            "DB_PARAM",
            "Updated parameter time_zone to UTC",
            (Deploy, Succeeded, true),
        ),
        (
            "backup",
            "DB_INSTANCE",
            "Backing up DB instance",
            (Deploy, Succeeded, false),
        ),
        (
            "maintenance",
            "DB_INSTANCE",
            "Applying offline patches",
            (Deploy, Started, true),
        ),
        (
            "notification",
            "CLUSTER",
            "Database cluster has been patched",
            (Deploy, Succeeded, true),
        ),
        (
            "maintenance",
            "DB_INSTANCE",
            "A minor version upgrade is available",
            (Deploy, Succeeded, false),
        ),
        (
            "maintenance",
            "DB_INSTANCE",
            "The instance is idle",
            (Deploy, Succeeded, false),
        ),
        (
            "backup",
            "CLUSTER_SNAPSHOT",
            "Creating manual cluster snapshot",
            (Deploy, Started, true),
        ),
        (
            "backup",
            "CLUSTER_SNAPSHOT",
            "Creating automated cluster snapshot",
            (Deploy, Started, false),
        ),
        (
            "creation",
            "SNAPSHOT",
            "The automated snapshot failed",
            (Deploy, Failed, true),
        ),
        (
            "read replica",
            "DB_INSTANCE",
            "Read replica creation failed",
            (Error, Failed, true),
        ),
        (
            "backup",
            "DB_INSTANCE",
            "The backup could not be made: internal error",
            (Error, Failed, true),
        ),
        (
            "notification",
            "CLUSTER",
            "Its failover priority is known",
            (Deploy, Succeeded, false),
        ),
        (
            "creation",
            "BLUE_GREEN_DEPLOYMENT",
            "Blue/green deployment tasks completed.",
            (Deploy, Succeeded, true),
        ),
        (
            "notification",
            "BLUE_GREEN_DEPLOYMENT",
            "Switchover from blue to green started.",
            (Deploy, Started, true),
        ),
        (
            "deletion",
            "BLUE_GREEN_DEPLOYMENT",
            "Blue/green deployment deleted.",
            (Destroy, Succeeded, true),
        ),
        (
            "creation",
            "DB_PROXY",
            "The proxy was created",
            (Deploy, Succeeded, true),
        ),
        (
            "something new",
            "DB_INSTANCE",
            "…",
            (Deploy, Succeeded, false),
        ),
    ] {
        let (event_type, status, told) = expected;
        let found = meaning(&[category.to_owned()], source, message);
        assert_eq!(
            found,
            (event_type, Some(status), told),
            "{category}: {message}"
        );
    }
    let found = meaning(&[], "DB_INSTANCE", "Unable to start: error");
    assert_eq!(found, (Error, Some(Failed), true));
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
