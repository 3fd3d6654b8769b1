//! RDS: databases.
//!
//! RDS has hundreds of events, each with an id. `rds.tsv` says of each what it is (its type and
//! status, none where nothing has begun or ended), whether it is told, and which operation
//! it is of. What is quiet (`database-routine`): chores, steps, offers, automated
//! snapshots. An event without an id, or with one that the table lacks, is told by its
//! category, and by words only where that leaves open whether something is over.
//!
//! RDS names no run of an operation: the events of a database's operation are a story.
//!
//! Facts: RDS and Aurora user guides, "Amazon RDS event categories and event messages"; the
//! detail types are those of the EventBridge events reference.

mod table;
mod wording;

use carillon_domain::event::CHANGE;
use carillon_domain::{EventType, Severity, Status};

use crate::console::{page, resource_part};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};
use crate::story::{Story, Turn};

/// What an event of RDS is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meaning {
    event_type: EventType,
    status: Option<Status>,
    severity: Option<Severity>,
    told: bool,
    /// None of one that stands alone.
    operation: Option<&'static str>,
}

pub fn event(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let arn = detail.text("SourceArn");
    let arn = arn.or_else(|| envelope.resource().map(str::to_owned));
    let source = detail.text("SourceType").unwrap_or_default();
    let source = source.to_uppercase().replace('-', "_");
    let name = match arn.as_deref().and_then(name_of) {
        Some(of_arn) => detail.text("SourceIdentifier").unwrap_or(of_arn),
        None => detail.required("SourceIdentifier")?,
    };
    let name = own_name(&source, name);
    // Double categories may come as one text.
    let categories = detail.texts("EventCategories");
    let categories = categories.iter().flat_map(|text| text.split(','));
    let categories: Vec<&str> = categories.map(str::trim).collect();
    let message = detail.text("Message").unwrap_or_default();
    let id = detail.text("EventID");
    let known = id.as_deref().and_then(table::meaning);
    let mut meaning = known.unwrap_or_else(|| wording::meaning(&categories, &message));
    // Snapshots that AWS Backup or RDS itself makes.
    if source.contains("SNAPSHOT") && (name.starts_with("awsbackup:") || name.starts_with("rds:")) {
        meaning.told &= meaning.status == Some(Status::Failed);
    }
    let mut report = Report::new(meaning.event_type, meaning.status);
    report.severity = meaning.severity.unwrap_or(report.severity);
    report.resource.url = database(&source, &name, envelope.region.as_deref());
    report.resource.resource_type = Some(resource_type(&source).into());
    let identity = arn.clone().unwrap_or_else(|| name.clone());
    let story = |operation| Story::new(format!("{identity} {operation}"), turn(&meaning));
    report.story = meaning.operation.map(story);
    report.resource.id = arn;
    report.resource.name = Some(name);
    report.message = Some(without_value(message));
    report.detail("category", Some(categories.join(", ")));
    report.detail("RDS event", id);
    report.detail("operation", meaning.operation.map(str::to_owned));
    let change = match (meaning.status, meaning.operation) {
        (None, Some("stop")) => Some("stopped"),
        (None, Some("start")) => Some("started"),
        _ => None,
    };
    report.detail(CHANGE, change.map(str::to_owned));
    report.tags = detail.tags("Tags");
    let noise = (!meaning.told).then_some(Noise::DatabaseRoutine);
    Some(Verdict::of(noise, report))
}

fn turn(meaning: &Meaning) -> Turn {
    match (meaning.event_type, meaning.status) {
        // It also runs at first, when a replica is made: that ends nothing.
        (EventType::Error, Some(Status::Succeeded)) if meaning.operation == Some("replication") => {
            Turn::EndsOnly
        }
        (_, Some(Status::Started)) | (EventType::Error, Some(Status::Failed)) => Turn::Begins,
        (_, Some(_)) => Turn::Ends,
        (_, None) => Turn::Joins,
    }
}

/// The sentence of a changed parameter without its value, which may be a secret: "Updated parameter
/// NAME to VALUE with apply method METHOD".
fn without_value(sentence: String) -> String {
    let Some((name, _)) = sentence
        .strip_prefix("Updated parameter ")
        .and_then(|rest| rest.split_once(' '))
    else {
        return sentence;
    };
    let method = sentence.rsplit_once(" with apply method ");
    match method.filter(|(_, method)| method.chars().all(|c| c.is_alphabetic() || c == '-')) {
        Some((_, method)) => format!("Updated parameter {name} with apply method {method}"),
        None => format!("Updated parameter {name}"),
    }
}

/// What an ARN ends with: `TYPE:NAME`.
fn name_of(arn: &str) -> Option<String> {
    Some(resource_part(arn)?.split_once(':')?.1.to_owned())
}

/// Automated snapshots have names that begin with `rds:`; of all else, RDS writes it in
/// front of the name in some events and leaves it out in others.
fn own_name(source: &str, name: String) -> String {
    match name.strip_prefix("rds:") {
        Some(own) if !source.contains("SNAPSHOT") => own.to_owned(),
        _ => name,
    }
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
        "DB_SHARD_GROUP" | "SHARD_GROUP" => "AWS::RDS::DBShardGroup",
        "CUSTOM_ENGINE_VERSION" => "AWS::RDS::CustomDBEngineVersion",
        "BLUE_GREEN_DEPLOYMENT" => "AWS::RDS::BlueGreenDeployment",
        _ => "AWS::RDS",
    }
}

fn database(source: &str, name: &str, region: Option<&str>) -> Option<String> {
    let place = match source {
        "DB_INSTANCE" => "rds/home?region={region}#database:id={};is-cluster=false",
        "CLUSTER" | "DB_CLUSTER" => "rds/home?region={region}#database:id={};is-cluster=true",
        snapshot if snapshot.ends_with("SNAPSHOT") => "rds/home?region={region}#snapshots-list:",
        _ => "rds/home?region={region}#databases:",
    };
    page(region, place, &[name])
}

#[cfg(test)]
mod tests;
