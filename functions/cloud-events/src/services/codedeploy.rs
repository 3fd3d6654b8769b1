//! CodeDeploy: deployments.
//!
//! Told: one that begins, succeeded, failed or was stopped. Quiet (`intermediate-states`):
//! one that waits, and one whose replacements are ready. The states of a deployment share its id.
//!
//! Facts: CodeDeploy user guide, "Monitoring deployments with Amazon CloudWatch Events".

use carillon_domain::{EventType, Status};

use crate::console::page;
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};

pub fn deployment(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let (deployment, state) = (detail.required("deploymentId"), detail.required("state"));
    let (deployment, state) = (deployment?, state?);
    // One that is not documented is told without saying how it stands.
    let (status, message, noise) = match meaning(&state) {
        Some((status, message, noise)) => (Some(status), message, noise),
        None => (None, None, None),
    };
    let (application, group) = (detail.text("application"), detail.text("deploymentGroup"));
    let name = match (&application, &group) {
        (Some(application), Some(group)) => Some(format!("{application}/{group}")),
        _ => application.or(group),
    };
    let region = detail.text("region").or_else(|| envelope.region.clone());
    let mut report = Report::new(EventType::Deploy, status);
    report.message = message.map(str::to_owned);
    report.correlation = Some(deployment.clone());
    let place = "codesuite/codedeploy/deployments/{}?region={region}";
    report.resource.url = page(region.as_deref(), place, &[&deployment]);
    report.resource.resource_type = Some("AWS::CodeDeploy::DeploymentGroup".into());
    let mut arns = envelope.resources.iter();
    report.resource.id = arns.find(|arn| arn.contains(":deploymentgroup:")).cloned();
    report.resource.name = name;
    report.detail("deployment", Some(deployment));
    report.detail("state", Some(state));
    Some(Verdict::of(noise, report))
}

type Meaning = (Status, Option<&'static str>, Option<Noise>);

fn meaning(state: &str) -> Option<Meaning> {
    use Status::{Failed, Started, Succeeded};
    let quiet = Some(Noise::IntermediateStates);
    Some(match state {
        "START" => (Started, None, None),
        "SUCCESS" => (Succeeded, None, None),
        "FAILURE" => (Failed, None, None),
        "STOP" => (Failed, Some("Stopped."), None),
        "QUEUED" => (Started, Some("Waits for another deployment."), quiet),
        "READY" => {
            let message = "The replacements are ready for traffic.";
            (Started, Some(message), quiet)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_state_has_its_meaning() {
        for (state, status, told) in [
            ("START", Status::Started, true),
            ("SUCCESS", Status::Succeeded, true),
            ("FAILURE", Status::Failed, true),
            ("STOP", Status::Failed, true),
            ("READY", Status::Started, false),
            ("QUEUED", Status::Started, false),
        ] {
            let (found, _, noise) = meaning(state).unwrap();
            assert_eq!((found, noise.is_none()), (status, told), "{state}");
        }
        assert!(meaning("SOMETHING_NEW").is_none());
    }
}
