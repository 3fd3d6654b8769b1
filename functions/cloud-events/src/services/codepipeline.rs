//! CodePipeline: executions of pipelines.
//!
//! Told: an execution that begins or goes on, succeeded, failed, was stopped or canceled.
//! Quiet (`intermediate-states`): one that is stopping, and one that a newer one overtook.
//! The states of an execution share its id.
//!
//! Facts: CodePipeline user guide, "Monitoring CodePipeline events".

use carillon_domain::{EventType, Status};

use crate::console::{encode, link, person};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};

pub fn execution(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let (pipeline, state) = (detail.required("pipeline"), detail.required("state"));
    let (pipeline, state) = (pipeline?, state?);
    let Some((status, message, noise)) = meaning(&state) else {
        detail.unknown("state", &state);
        return None;
    };
    let execution = detail.text("execution-id");
    let trigger = detail.inside("execution-trigger");
    let trigger_detail = trigger.text("trigger-detail");
    let mut report = Report::new(EventType::Deploy, status);
    // Why somebody stopped it.
    let comment = detail.text("stop-execution-comments");
    let parts: Vec<String> = message
        .map(str::to_owned)
        .into_iter()
        .chain(comment)
        .collect();
    report.message = Some(parts.join(" ")).filter(|text| !text.is_empty());
    report.actor = trigger_detail.as_deref().and_then(person);
    report.correlation = execution.clone().or_else(|| Some(pipeline.clone()));
    report.resource.url = link(envelope.region.as_deref(), |region| {
        let name = encode(&pipeline);
        match &execution {
            Some(execution) => {
                let execution = encode(execution);
                format!(
                    "codesuite/codepipeline/pipelines/{name}/executions/{execution}/visualization?region={region}"
                )
            }
            None => format!("codesuite/codepipeline/pipelines/{name}/view?region={region}"),
        }
    });
    report.detail("execution", execution);
    report.detail("trigger", trigger.text("trigger-type"));
    // The first attempt is not worth a word.
    let attempt = detail.text("pipeline-execution-attempt");
    report.detail("attempt", attempt.filter(|attempt| attempt != "1"));
    report.resource.resource_type = Some("AWS::CodePipeline::Pipeline".into());
    report.resource.id = envelope.resource().map(str::to_owned);
    report.resource.name = Some(pipeline);
    Some(Verdict::of(noise, report))
}

type Meaning = (Status, Option<&'static str>, Option<Noise>);

fn meaning(state: &str) -> Option<Meaning> {
    use Status::{Failed, Started, Succeeded};
    let quiet = Some(Noise::IntermediateStates);
    Some(match state {
        "STARTED" => (Started, None, None),
        "RESUMED" => (Started, Some("Resumed after a failure."), None),
        "SUCCEEDED" => (Succeeded, None, None),
        "FAILED" => (Failed, None, None),
        "STOPPING" => (Started, Some("Stopping."), quiet),
        "STOPPED" => (Failed, Some("Stopped by hand."), None),
        "CANCELED" | "CANCELLED" => (Failed, Some("Canceled: the pipeline was changed."), None),
        "ABANDONED" => (Failed, Some("Abandoned."), None),
        "SUPERSEDED" => (Failed, Some("Superseded by a newer execution."), quiet),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_state_has_its_meaning() {
        use Status::{Failed, Started, Succeeded};
        for (state, status, told) in [
            ("STARTED", Started, true),
            ("RESUMED", Started, true),
            ("SUCCEEDED", Succeeded, true),
            ("FAILED", Failed, true),
            ("STOPPING", Started, false),
            ("STOPPED", Failed, true),
            ("CANCELED", Failed, true),
            ("ABANDONED", Failed, true),
            ("SUPERSEDED", Failed, false),
        ] {
            let (found, _, noise) = meaning(state).unwrap();
            assert_eq!((found, noise.is_none()), (status, told), "{state}");
        }
        assert!(meaning("SOMETHING_NEW").is_none());
    }
}
