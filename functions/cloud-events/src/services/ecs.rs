//! ECS: deployments of services, and services that need attention.
//!
//! Told: a deployment that begins, is complete or failed; warnings and errors of a service
//! as `error`; a desired count that Auto Scaling changed as `scale`. Quiet
//! (`service-actions`): a service that is steady, tasks that stopped, and service actions
//! that repeat what a deployment's own event says. The states of a deployment share its id;
//! all else of a service is grouped by the day.
//!
//! Facts: ECS developer guide, "Amazon ECS service deployment state change events",
//! "Amazon ECS service action events".

use carillon_domain::{EventType, Status};

use crate::console::{encode, link, resource_part};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};

pub fn deployment(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let name = detail.required("eventName")?;
    let Some(status) = deployment_status(&name) else {
        detail.unknown("eventName", &name);
        return None;
    };
    Some(Verdict::Tell(deployed(envelope, detail, status)))
}

pub fn service_action(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let name = detail.required("eventName")?;
    if let Some(status) = deployment_status(&name) {
        let report = deployed(envelope, detail, status);
        return Some(Verdict::Quiet(Noise::ServiceActions, report));
    }
    let needs_attention = match detail.text("eventType").as_deref() {
        Some("INFO") => false,
        Some("WARN" | "ERROR") => true,
        // As the names of the known ones are.
        _ => !name.ends_with("_STEADY_STATE"),
    };
    if name == "SERVICE_DESIRED_COUNT_UPDATED" {
        let mut report = service(envelope, detail, EventType::Scale, Status::Succeeded);
        report.detail("desired count", detail.text("desiredCount"));
        return Some(Verdict::Tell(report));
    }
    let status = match needs_attention {
        true => Status::Failed,
        false => Status::Succeeded,
    };
    let mut report = service(envelope, detail, EventType::Error, status);
    let reason = report.message.take();
    report.message = Some(explained(&name, reason));
    report.detail("event", Some(name));
    let noise = (!needs_attention).then_some(Noise::ServiceActions);
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

fn deployed(envelope: &Envelope, detail: &Detail, status: Status) -> Report {
    let mut report = service(envelope, detail, EventType::Deploy, status);
    let deployment = detail.text("deploymentId");
    report.correlation = deployment.clone().or(report.correlation);
    report.detail("deployment", deployment);
    report
}

/// What all events of a service say.
fn service(envelope: &Envelope, detail: &Detail, event_type: EventType, status: Status) -> Report {
    let mut report = Report::new(event_type, status);
    let arn = envelope.resource().map(str::to_owned);
    // `service/CLUSTER/NAME`; before 2018 without the cluster.
    let part = arn.as_deref().and_then(resource_part).unwrap_or_default();
    let mut steps = part.split('/').skip(1);
    let (first, second) = (steps.next(), steps.next());
    let (cluster, name) = match second {
        Some(name) => (first, Some(name)),
        None => (None, first),
    };
    let cluster_arn = detail.text("clusterArn");
    let named = cluster_arn
        .as_deref()
        .and_then(|arn| arn.rsplit('/').next());
    let cluster = cluster.or(named).map(str::to_owned);
    report.resource.url = cluster.as_deref().zip(name).and_then(|(cluster, name)| {
        link(envelope.region.as_deref(), |region| {
            let (cluster, name) = (encode(cluster), encode(name));
            format!("ecs/v2/clusters/{cluster}/services/{name}?region={region}")
        })
    });
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
