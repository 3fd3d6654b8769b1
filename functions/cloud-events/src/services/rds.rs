//! RDS: databases.
//!
//! RDS has hundreds of events, whose meaning is their category and a sentence. Told as
//! `error`: failure, low storage, fail-over, recovery, broken replication, availability
//! (a database that was down) and whatever else says that it failed; as `deploy` and
//! `destroy`: what comes and goes but automated snapshots, changes of a configuration,
//! patches, upgrades, and all of a blue/green deployment; as `scale`: another class or more
//! storage. Quiet (`database-routine`): all else, such as backups, automated snapshots,
//! maintenance and notices. RDS names no operation: the events of a database's category on
//! one day share a correlation id.
//!
//! Facts: RDS user guide, "Amazon RDS event categories and event messages", "Monitoring
//! Amazon RDS events"; the detail types are those of the EventBridge events reference.

use carillon_domain::{EventType, Status};

use crate::console::{encode, link, resource_part};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};

pub fn event(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let arn = detail
        .text("SourceArn")
        .or_else(|| envelope.resource().map(str::to_owned));
    let source = detail.text("SourceType").unwrap_or_default().to_uppercase();
    let name = match arn.as_deref().and_then(name_of) {
        Some(of_arn) => detail.text("SourceIdentifier").unwrap_or(of_arn),
        None => detail.required("SourceIdentifier")?,
    };
    let name = own_name(&source, name);
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
    let is_blue_green = source.contains("BLUE_GREEN");
    // What nobody did by hand, and what repeats every day.
    let is_routine = is_snapshot && says(&["automated"]);
    if is("failure") || is("low storage") {
        return (Error, Some(Status::Failed), true);
    }
    if is("failover") || is("global failover") || is("global-failover") || is("recovery") {
        return (Error, over(), true);
    }
    if is("availability") {
        return (Error, over(), true);
    }
    if is("read replica") && says(&["stopped", "terminated", "broken", "resumed"]) {
        return (Error, over(), true);
    }
    let failed = says_failed(&message);
    if is("deletion") {
        let told = failed || !is_routine;
        return (Destroy, progress(&message, Status::Succeeded), told);
    }
    if is("creation") || is("restoration") {
        let told = failed || !is_routine;
        return (Deploy, progress(&message, Status::Succeeded), told);
    }
    if failed {
        return (Error, Some(Status::Failed), true);
    }
    if is("configuration change") {
        let scales = says(&[
            "instance class",
            "allocated storage",
            "storage size",
            "capacity",
        ]);
        let event_type = if scales { Scale } else { Deploy };
        return (event_type, progress(&message, Status::Succeeded), true);
    }
    // One that is offered is no news yet.
    let is_upgrade = says(&["patch", "upgrad"]) && !says(&["available", "pending"]);
    let by_hand = is_snapshot && says(&["manual"]);
    let told = is_blue_green || is_upgrade || by_hand;
    (Deploy, progress(&message, Status::Succeeded), told)
}

/// Whether a sentence in small letters tells of a failure. A fail-over is none.
fn says_failed(message: &str) -> bool {
    let message = message.replace("failover", "").replace("failed over", "");
    ["fail", "error", "unable"]
        .iter()
        .any(|word| message.contains(word))
}

/// How far the sentence says it is.
fn progress(message: &str, otherwise: Status) -> Option<Status> {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    Some(if says_failed(message) {
        Status::Failed
    } else if says(&[
        "finished", "complete", "created", "deleted", "restored", "applied", "patched", "upgraded",
    ]) {
        Status::Succeeded
    } else if says(&[
        "start",
        "creating",
        "deleting",
        "applying",
        "begin",
        "initiated",
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
mod tests;
