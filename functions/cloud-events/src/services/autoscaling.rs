//! Auto Scaling: instances that come and go, and their replacement.
//!
//! Told: a launch, a termination or a detachment as `scale`, with its cause; an instance
//! refresh as `deploy`. Quiet: lifecycle hooks (`lifecycle-actions`), checkpoints of a
//! refresh and its wait at the end (`intermediate-states`). The states of an activity share its request, those of a refresh
//! its id.
//!
//! Facts: EC2 Auto Scaling user guide, "Amazon EC2 Auto Scaling event reference", "Instance
//! refresh example events and patterns".

use carillon_domain::event::CHANGE;
use carillon_domain::{EventType, Status};

use super::Reader;
use crate::console::page;
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict, joined};

const REFRESH: &str = "EC2 Auto Scaling Instance Refresh ";

pub fn reader(detail_type: &str) -> Option<Reader> {
    Some(match detail_type {
        "EC2 Instance Launch Successful" | "EC2 Instance Launch Unsuccessful" => activity,
        "EC2 Instance Terminate Successful" | "EC2 Instance Terminate Unsuccessful" => activity,
        "EC2 Instance Detach Successful" | "EC2 Instance Detach Unsuccessful" => activity,
        "EC2 Instance-launch Lifecycle Action" | "EC2 Instance-terminate Lifecycle Action" => {
            lifecycle
        }
        _ if detail_type.starts_with(REFRESH) => refresh,
        _ => return None,
    })
}

fn activity(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let status = match envelope.detail_type.ends_with("Unsuccessful") {
        true => Status::Failed,
        false => Status::Succeeded,
    };
    let mut report = group(envelope, detail, EventType::Scale, status)?;
    let (verb, change) = match envelope.detail_type.as_str() {
        launch if launch.contains("Launch") => ("Launching", "launch"),
        detach if detach.contains("Detach") => ("Detaching", "detachment"),
        _ => ("Terminating", "termination"),
    };
    let (origin, destination) = (detail.text("Origin"), detail.text("Destination"));
    let change = match (origin.as_deref(), destination.as_deref()) {
        (_, Some("WarmPool")) => format!("{change}, into the warm pool"),
        (Some("WarmPool"), _) => format!("{change}, from the warm pool"),
        _ => change.to_owned(),
    };
    report.detail(CHANGE, Some(change));
    report.detail("from", origin);
    report.detail("to", destination);
    let what = detail.text("Description").or_else(|| {
        let instance = detail.text("EC2InstanceId")?;
        Some(format!("{verb} EC2 instance: {instance}"))
    });
    // Of a failure, its own words come last: the end of a long text is never cut.
    let parts = [what, detail.text("Cause"), detail.text("StatusMessage")];
    report.message = joined(parts, "\n");
    let activity = detail.first(&["RequestId", "ActivityId"]);
    report.correlation = activity.or(report.correlation);
    report.detail(
        "availability zone",
        detail.text("Details.Availability Zone"),
    );
    Some(Verdict::Tell(report))
}

fn lifecycle(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let mut report = group(envelope, detail, EventType::Scale, Status::Started)?;
    report.correlation = detail.text("LifecycleActionToken").or(report.correlation);
    let verb = match envelope.detail_type.contains("launch") {
        true => "launch",
        false => "termination",
    };
    report.message = Some(format!("An instance's {verb} waits for a lifecycle hook."));
    report.detail("lifecycle hook", detail.text("LifecycleHookName"));
    Some(Verdict::Quiet(Noise::LifecycleActions, report))
}

fn refresh(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let event = envelope.detail_type.strip_prefix(REFRESH)?;
    // One that is not documented is told without saying how it stands.
    let (status, message, noise) = match refresh_meaning(event) {
        Some((status, message, noise)) => (Some(status), message.to_owned(), noise),
        None => (None, format!("Instance refresh: {event}."), None),
    };
    let mut report = group(envelope, detail, EventType::Deploy, status)?;
    let refresh = detail.text("InstanceRefreshId");
    report.correlation = refresh.clone().or(report.correlation);
    report.message = detail.text("StatusReason").or(Some(message));
    report.detail("instance refresh", refresh);
    report.detail("checkpoint, percent", detail.text("CheckpointPercentage"));
    Some(Verdict::of(noise, report))
}

type Meaning = (Status, &'static str, Option<Noise>);

fn refresh_meaning(event: &str) -> Option<Meaning> {
    use Status::{Failed, Started, Succeeded};
    let quiet = Some(Noise::IntermediateStates);
    Some(match event {
        "Started" => (Started, "Instance refresh.", None),
        "Succeeded" => (Succeeded, "Instance refresh.", None),
        "Failed" => (Failed, "The instance refresh failed.", None),
        "Cancelled" => (Failed, "The instance refresh was cancelled.", None),
        "Rollback Started" => (Failed, "The instance refresh is being rolled back.", None),
        "Rollback Succeeded" => (Failed, "The instance refresh was rolled back.", None),
        "Rollback Failed" => {
            let message = "The roll-back of the instance refresh failed.";
            (Failed, message, None)
        }
        "Checkpoint Reached" => {
            let message = "The instance refresh reached a checkpoint.";
            (Started, message, quiet)
        }
        "Started Baking" => {
            let message = "All instances are replaced; the refresh waits before it is complete.";
            (Started, message, quiet)
        }
        _ => return None,
    })
}

/// What all events of a group say.
fn group(
    envelope: &Envelope,
    detail: &Detail,
    event_type: EventType,
    status: impl Into<Option<Status>>,
) -> Option<Report> {
    let name = detail.required("AutoScalingGroupName")?;
    let mut report = Report::new(event_type, status);
    let place = "ec2/home?region={region}#AutoScalingGroupDetails:id={};view=activity";
    report.resource.url = page(envelope.region.as_deref(), place, &[&name]);
    let mut arns = envelope.resources.iter();
    let arn = arns.find(|arn| arn.contains(":autoscaling:"));
    report.resource.resource_type = Some("AWS::AutoScaling::AutoScalingGroup".into());
    report.resource.id = arn.cloned();
    report.correlation = Some(name.clone());
    report.resource.name = Some(name);
    report.detail("instance", detail.text("EC2InstanceId"));
    Some(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_event_of_a_refresh_has_its_meaning() {
        use Status::{Failed, Started, Succeeded};
        for (event, status) in [
            ("Started", Started),
            ("Succeeded", Succeeded),
            ("Failed", Failed),
            ("Cancelled", Failed),
            ("Rollback Started", Failed),
            ("Rollback Succeeded", Failed),
            ("Rollback Failed", Failed),
            ("Checkpoint Reached", Started),
            ("Started Baking", Started),
        ] {
            assert_eq!(refresh_meaning(event).unwrap().0, status, "{event}");
            assert!(reader(&format!("{REFRESH}{event}")).is_some());
        }
        assert!(refresh_meaning("Weather").is_none());
        assert!(reader(&format!("{REFRESH}Weather")).is_some());
        assert!(reader("EC2 Weather").is_none());
    }
}
