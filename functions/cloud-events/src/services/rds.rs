//! RDS: databases.
//!
//! RDS has hundreds of events, whose meaning is their category and a sentence. Told as
//! `error`: failure, low storage, fail-over, recovery, broken replication and availability
//! (a database that was down); as `deploy` and `destroy`: databases, and snapshots made by
//! hand, that come and go; as `scale`: another class or more storage. Quiet
//! (`database-routine`): all else, such as backups, automated snapshots, maintenance,
//! patches and parameters. RDS names no operation: the events of a database's category
//! on one day share a correlation id.
//!
//! Facts: RDS user guide, "Amazon RDS event categories and event messages", "Monitoring
//! Amazon RDS events"; the detail types are those of the EventBridge events reference.

use carillon_domain::{EventType, Status};

use crate::console::{encode, link};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};

pub fn event(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let arn = detail
        .text("SourceArn")
        .or_else(|| envelope.resource().map(str::to_owned));
    let name = match detail.text("SourceIdentifier") {
        Some(name) => Some(name),
        None if arn.is_none() => detail.required("SourceIdentifier"),
        None => arn
            .as_deref()
            .and_then(|arn| arn.rsplit(':').next())
            .map(str::to_owned),
    };
    let name = name?;
    let source = detail.text("SourceType").unwrap_or_default().to_uppercase();
    let categories = detail.texts("EventCategories");
    let message = detail.text("Message").unwrap_or_default();
    let (event_type, status, told) = meaning(&categories, &source, &message);
    let mut report = Report::new(event_type, status);
    report.resource.url = database(&source, &name, envelope.region.as_deref());
    report.resource.resource_type = Some(resource_type(&source).into());
    let identity = arn.clone().unwrap_or_else(|| name.clone());
    let category = categories.first().map(String::as_str).unwrap_or_default();
    report.correlation = Some(envelope.of_the_day(format!("{identity} {category}").trim_end()));
    report.resource.id = arn;
    report.resource.name = Some(name);
    report.message = Some(message).filter(|text| !text.is_empty());
    report.detail(
        "category",
        Some(categories.join(", ")).filter(|text| !text.is_empty()),
    );
    report.detail("RDS event", detail.text("EventID"));
    report.tags = detail.pairs("Tags");
    let noise = (!told).then_some(Noise::DatabaseRoutine);
    Some(Verdict::of(noise, report))
}

/// What categories and the sentence mean, and whether that is told.
fn meaning(
    categories: &[String],
    source: &str,
    message: &str,
) -> (EventType, Option<Status>, bool) {
    use EventType::{Deploy, Destroy, Error, Scale};
    let is = |category: &str| categories.iter().any(|c| c.eq_ignore_ascii_case(category));
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    // An error's own way to end: it is over, or it is there.
    let over = || match says(&[
        "complet",
        "resumed",
        "recovered",
        "restarted",
        "no longer",
        "has been restored",
        "back to",
    ]) {
        true => Some(Status::Succeeded),
        false => Some(Status::Failed),
    };
    let is_snapshot = source.contains("SNAPSHOT");
    let is_database = matches!(source, "DB_INSTANCE" | "CLUSTER" | "DB_CLUSTER" | "");
    if is("failure") || is("low storage") {
        return (Error, Some(Status::Failed), true);
    }
    if is("failover") || is("global failover") || is("global-failover") || is("recovery") {
        return (Error, over(), true);
    }
    if is("availability") {
        return (Error, over(), true);
    }
    if is("read replica") && says(&["stopped", "terminated", "error", "broken", "resumed"]) {
        return (Error, over(), true);
    }
    let by_hand = is_database || is_snapshot && !says(&["automated"]);
    if is("deletion") {
        return (Destroy, progress(&message, Status::Succeeded), by_hand);
    }
    if is("creation") || is("restoration") {
        return (Deploy, progress(&message, Status::Succeeded), by_hand);
    }
    if is("configuration change")
        && is_database
        && says(&[
            "instance class",
            "allocated storage",
            "storage size",
            "capacity",
        ])
    {
        return (Scale, progress(&message, Status::Succeeded), true);
    }
    if categories.is_empty() && says(&["fail", "error"]) {
        return (Error, Some(Status::Failed), true);
    }
    (Deploy, progress(&message, Status::Succeeded), false)
}

/// How far the sentence says it is.
fn progress(message: &str, otherwise: Status) -> Option<Status> {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    Some(if says(&["fail", "unable", "error"]) {
        Status::Failed
    } else if says(&[
        "finished", "complete", "created", "deleted", "restored", "applied",
    ]) {
        Status::Succeeded
    } else if says(&[
        "start",
        "creating",
        "deleting",
        "applying",
        "begin",
        "in progress",
    ]) {
        Status::Started
    } else {
        otherwise
    })
}

fn resource_type(source: &str) -> &'static str {
    match source {
        "DB_INSTANCE" => "AWS::RDS::DBInstance",
        "CLUSTER" | "DB_CLUSTER" => "AWS::RDS::DBCluster",
        "SNAPSHOT" | "DB_SNAPSHOT" => "AWS::RDS::DBSnapshot",
        "CLUSTER_SNAPSHOT" | "DB_CLUSTER_SNAPSHOT" => "AWS::RDS::DBClusterSnapshot",
        "DB_PARAM" | "DB_PARAMETER_GROUP" => "AWS::RDS::DBParameterGroup",
        "SECURITY_GROUP" | "DB_SECURITY_GROUP" => "AWS::RDS::DBSecurityGroup",
        "DB_PROXY" | "PROXY" => "AWS::RDS::DBProxy",
        "CUSTOM_ENGINE_VERSION" => "AWS::RDS::CustomDBEngineVersion",
        "BLUE_GREEN_DEPLOYMENT" => "AWS::RDS::BlueGreenDeployment",
        _ => "AWS::RDS",
    }
}

fn database(source: &str, name: &str, region: Option<&str>) -> Option<String> {
    let place = match source {
        "DB_INSTANCE" => format!("database:id={};is-cluster=false", encode(name)),
        "CLUSTER" | "DB_CLUSTER" => format!("database:id={};is-cluster=true", encode(name)),
        "SNAPSHOT" | "DB_SNAPSHOT" | "CLUSTER_SNAPSHOT" | "DB_CLUSTER_SNAPSHOT" => {
            "snapshots-list:".to_owned()
        }
        _ => "databases:".to_owned(),
    };
    link(region, |region| format!("rds/home?region={region}#{place}"))
}

#[cfg(test)]
mod tests {
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
                "Updated parameter time_zone",
                (Deploy, Succeeded, false),
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
                (Deploy, Started, false),
            ),
            (
                "notification",
                "CLUSTER",
                "Database cluster has been patched",
                (Deploy, Succeeded, false),
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
}
