//! ECS: deployments of services, and services that need attention.
//!
//! Told: a deployment that begins, is complete or failed; a roll-back, which is neither, in
//! the thread of the deployment that failed; warnings and errors of a service as `error`,
//! and the next steady state as their end; a desired count that Auto Scaling changed as
//! `scale`. Quiet (`service-actions`): tasks that stopped, and service actions that repeat
//! what a deployment's own event says. The states of a deployment share its id; all else of
//! a service is grouped by the day. A name that is not documented is told without saying
//! how it stands.
//!
//! Facts: ECS developer guide, "Amazon ECS service deployment state change events",
//! "Amazon ECS service action events".

use carillon_domain::{EventType, Severity, Status};

use crate::console::{page, resource_part};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};
use crate::story::{Story, Turn};

pub fn deployment(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let name = detail.required("eventName")?;
    let mut report = deployed(envelope, detail, deployment_status(&name));
    report.detail("event", Some(name));
    Some(Verdict::Tell(report))
}

pub fn service_action(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let name = detail.required("eventName")?;
    if let Some(status) = deployment_status(&name) {
        let report = deployed(envelope, detail, Some(status));
        return Some(Verdict::Quiet(Noise::ServiceActions, report));
    }
    if name == "SERVICE_DESIRED_COUNT_UPDATED" {
        let mut report = service(envelope, detail, EventType::Scale, Status::Succeeded);
        report.detail("desired count", detail.text("desiredCount"));
        return Some(Verdict::Tell(report));
    }
    let quiet = Some(Noise::ServiceActions);
    let (status, noise, turn) = match (detail.text("eventType").as_deref(), name.as_str()) {
        (_, "SERVICE_STEADY_STATE") => (Some(Status::Succeeded), None, Some(Turn::EndsOnly)),
        (Some("WARN" | "ERROR"), _) => (Some(Status::Failed), None, Some(Turn::Begins)),
        (Some("INFO"), _) => (None, quiet, None),
        (_, name) if name.ends_with("_STEADY_STATE") => (None, quiet, None),
        // Nobody knows how it stands.
        _ => (None, None, None),
    };
    let mut report = service(envelope, detail, EventType::Error, status);
    let identity = report.resource.id.clone().unwrap_or_default();
    report.story = turn.map(|turn| Story::new(format!("{identity} in trouble"), turn));
    let reason = report.message.take();
    report.message = Some(explained(&name, reason));
    report.detail("event", Some(name));
    Some(Verdict::of(noise, report))
}

fn deployment_status(name: &str) -> Option<Status> {
    Some(match name {
        "SERVICE_DEPLOYMENT_IN_PROGRESS" => Status::Started,
        "SERVICE_DEPLOYMENT_COMPLETED" => Status::Succeeded,
        "SERVICE_DEPLOYMENT_FAILED" => Status::Failed,
        _ => return None,
    })
}

fn deployed(envelope: &Envelope, detail: &Detail, status: Option<Status>) -> Report {
    let mut report = service(envelope, detail, EventType::Deploy, status);
    let deployment = detail.text("deploymentId");
    let back_to = report.message.as_deref().and_then(rolls_back_to);
    let identity = report.resource.id.clone().unwrap_or_default();
    let failed = format!("{identity} failed deployment");
    let roll_back = |deployment: &str| format!("{identity} roll-back {deployment}");
    report.story = match (status, back_to, deployment.as_deref()) {
        // The circuit breaker's: another deployment, of the one before.
        (Some(Status::Started), Some(back_to), own) => {
            report.status = None;
            report.severity = Severity::Warning;
            let keys = own.into_iter().chain([back_to]).map(roll_back);
            Some(Story {
                also: keys.collect(),
                ..Story::new(failed, Turn::Begins)
            })
        }
        (Some(Status::Succeeded), _, Some(own)) => Some(Story {
            within: Some("Rolled back: the version before is in service again.".into()),
            ..Story::new(roll_back(own), Turn::Ends)
        }),
        (Some(Status::Failed), _, Some(own)) => Some(Story {
            also: vec![failed],
            ..Story::new(roll_back(own), Turn::Joins)
        }),
        _ => None,
    };
    report.correlation = deployment.clone().or(report.correlation);
    report.detail("deployment", deployment);
    report
}

/// The deployment that a service goes back to. Nothing but the sentence says so.
fn rolls_back_to(reason: &str) -> Option<&str> {
    let (_, after) = reason.split_once("rolling back to")?;
    let last = after.trim().trim_end_matches('.').rsplit(' ').next();
    last.filter(|id| !id.is_empty())
}

/// What all events of a service say.
fn service(
    envelope: &Envelope,
    detail: &Detail,
    event_type: EventType,
    status: impl Into<Option<Status>>,
) -> Report {
    let mut report = Report::new(event_type, status);
    let arn = envelope.resource().map(str::to_owned);
    // `service/CLUSTER/NAME`; before 2018 without the cluster.
    let part = arn.as_deref().and_then(resource_part).unwrap_or_default();
    let steps: Vec<&str> = part.split('/').skip(1).collect();
    let (cluster, name) = match steps[..] {
        [cluster, name, ..] => (Some(cluster), Some(name)),
        [name] => (None, Some(name)),
        [] => (None, None),
    };
    let named = detail.text("clusterArn");
    let named = named.as_deref().and_then(|arn| arn.rsplit('/').next());
    let cluster = cluster.or(named).map(str::to_owned);
    if let (Some(cluster), Some(name)) = (&cluster, name) {
        let place = "ecs/v2/clusters/{}/services/{}?region={region}";
        report.resource.url = page(envelope.region.as_deref(), place, &[cluster, name]);
    }
    report.resource.resource_type = Some("AWS::ECS::Service".into());
    report.resource.name = name.map(str::to_owned);
    report.resource.id = arn.clone();
    report.correlation = arn.map(|arn| envelope.of_the_day(&arn));
    report.message = detail.text("reason");
    report.detail("cluster", cluster);
    report
}

/// What an action means in plain words, with the reason that it gives.
fn explained(name: &str, reason: Option<String>) -> String {
    let words = match name {
        "SERVICE_STEADY_STATE" | "TASKSET_STEADY_STATE" => "It has all its tasks and is healthy.",
        "CAPACITY_PROVIDER_STEADY_STATE" => "Its capacity provider is steady.",
        "TASKS_STOPPED" => "Tasks were stopped.",
        "SERVICE_TASK_START_IMPAIRED" => "Its tasks do not start.",
        "SERVICE_DISCOVERY_INSTANCE_UNHEALTHY" => "A task is unhealthy for service discovery.",
        "VPC_LATTICE_TARGET_UNHEALTHY" => "A task is unhealthy for VPC Lattice.",
        "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED" => {
            "A task does not meet the placement constraints any more."
        }
        "ECS_OPERATION_THROTTLED" => "AWS throttles its operations.",
        "SERVICE_DISCOVERY_OPERATION_THROTTLED" => "Service discovery throttles its operations.",
        "SERVICE_TASK_PLACEMENT_FAILURE" => "There is no place for a task.",
        "SERVICE_TASK_CONFIGURATION_FAILURE" => "A task's configuration is wrong.",
        _ => name,
    };
    match reason {
        Some(reason) => format!("{words} {reason}"),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_back_says_where_it_goes_back_to() {
        let breaker = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.";
        assert_eq!(rolls_back_to(breaker), Some("ecs-svc/1"));
        assert_eq!(rolls_back_to("ECS deployment ecs-svc/2 in progress."), None);
    }
}
