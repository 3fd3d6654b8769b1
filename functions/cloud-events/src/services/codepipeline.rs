//! CodePipeline: executions of pipelines, what made one fail, and who has to approve.
//!
//! Told: an execution that begins or goes on, succeeded, failed, was stopped or canceled; a
//! roll-back, in the thread of the execution that failed; an approval that waits and what came
//! of it. A failed action and its failed execution are one event, which says which action of which
//! stage failed and why, where the action's comes first (as it does). Quiet
//! (`intermediate-states`): an execution that is stopping, one that a newer one overtook, and
//! actions otherwise. The states of an execution share its id. A state that is not
//! documented is told without saying how it stands.
//!
//! Facts: CodePipeline user guide, "Monitoring CodePipeline events"; its API reference,
//! `ExecutionTrigger`.

use carillon_domain::event::{CHANGE, is_web_url};
use carillon_domain::{Event, EventType, Severity, Status};

use crate::console::{page, person};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict, joined};
use crate::story::{Story, Turn};

pub fn execution(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let (pipeline, state) = (detail.required("pipeline"), detail.required("state"));
    let (pipeline, state) = (pipeline?, state?);
    let (status, message, noise) = match meaning(&state) {
        Some((status, message, noise)) => (Some(status), message, noise),
        None => (None, None, None),
    };
    let trigger = detail.inside("execution-trigger");
    let mut report = pipeline_report(envelope, detail, &pipeline, status, state == "FAILED");
    // Why somebody stopped it.
    let comment = detail.text("stop-execution-comments");
    report.message = joined([message.map(str::to_owned), comment], " ");
    let who = trigger.text("trigger-detail");
    let who = who.as_deref().and_then(person);
    report.actor = who.or_else(|| trigger.text("author-display-name"));
    let trigger_type = trigger.text("trigger-type").unwrap_or_default();
    let rolls_back = ["ManualRollback", "AutomatedRollback"].contains(&trigger_type.as_str());
    let of_roll_back = match status.filter(|_| rolls_back) {
        Some(Status::Started) => Some("Rolling back to an earlier execution."),
        Some(Status::Succeeded) => Some(ROLLED_BACK),
        _ => None,
    };
    if let Some(message) = of_roll_back {
        (report.status, report.severity) = (None, Severity::Warning);
        report.message = Some(message.into());
    }
    report.story = story(envelope, detail, &pipeline, status, rolls_back);
    report.detail("state", Some(state));
    report.detail("trigger", Some(trigger_type));
    report.detail("commit", trigger.text("commit-id"));
    report.detail("commit message", trigger.text("commit-message"));
    report.detail("branch", trigger.text("branch-name"));
    report.detail("repository", trigger.text("full-repository-name"));
    Some(Verdict::of(noise, report))
}

pub fn action(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let (pipeline, state) = (detail.required("pipeline"), detail.required("state"));
    let (pipeline, state) = (pipeline?, state?);
    let kind = detail.inside("type");
    let (category, provider) = (kind.text("category"), kind.text("provider"));
    let is_approval =
        category.as_deref() == Some("Approval") || provider.as_deref() == Some("Manual");
    let (stage, action) = (detail.text("stage"), detail.text("action"));
    let failed = Some(Status::Failed);
    let (status, message, noise) = match (state.as_str(), is_approval) {
        ("FAILED", true) => (failed, "Rejected, or nobody approved in time", None),
        ("FAILED", false) => (failed, "Failed", None),
        // It says nothing of how the execution stands.
        ("STARTED", true) => (None, "Waits for an approval", None),
        ("SUCCEEDED", true) => (None, "Approved", None),
        _ => (None, "Goes on", Some(Noise::IntermediateStates)),
    };
    let mut report = pipeline_report(envelope, detail, &pipeline, status, state == "FAILED");
    let place = match (&stage, &action) {
        (Some(stage), Some(action)) => format!(" in action {action} of stage {stage}"),
        (Some(stage), None) => format!(" in stage {stage}"),
        (None, Some(action)) => format!(" in action {action}"),
        (None, None) => String::new(),
    };
    let result = detail.inside("execution-result");
    let reason = result.first(&["external-execution-summary", "error-code"]);
    report.message = Some(match reason {
        Some(reason) => format!("{message}{place}: {reason}"),
        None => format!("{message}{place}."),
    });
    if is_approval && status.is_none() {
        report.detail(CHANGE, Some(message.to_lowercase()));
    }
    if is_approval && state == "STARTED" {
        report.severity = Severity::Warning;
    }
    if status == Some(Status::Failed) {
        report.story = story(envelope, detail, &pipeline, status, false);
        // Where the action itself says more than the pipeline does.
        let url = result.text("external-execution-url");
        report.detail("action's page", url.filter(|url| is_web_url(url)));
        report.detail("error code", result.text("error-code"));
    }
    report.detail("state", Some(state));
    report.detail(STAGE, stage);
    report.detail(ACTION, action);
    report.detail("action provider", provider);
    Some(Verdict::of(noise, report))
}

/// What an action has, and an execution has not.
const STAGE: &str = "stage";
const ACTION: &str = "action";
const ROLLED_BACK: &str = "Rolled back: what an earlier execution deployed is deployed again.";

/// Whether an action says why its execution has failed, which was told already without a reason
/// (EventBridge keeps no order) or with that of another action, which ran beside it.
pub fn says_why(told: &Event, event: &Event) -> bool {
    let place = |event: &Event| [STAGE, ACTION].map(|name| event.details.get(name).cloned());
    event.details.contains_key(STAGE) && place(told) != place(event)
}

/// The key of a pipeline's latest execution, for what knows it by no more than its name.
pub(super) fn latest(envelope: &Envelope, pipeline: &str) -> String {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let (account, region) = (part(&envelope.account), part(&envelope.region));
    format!("codepipeline {account} {region} {pipeline}")
}

fn story(
    envelope: &Envelope,
    detail: &Detail,
    pipeline: &str,
    status: Option<Status>,
    rolls_back: bool,
) -> Option<Story> {
    let execution = detail.text("execution-id")?;
    let latest = latest(envelope, pipeline);
    let failed = format!("{latest} failed");
    let roll_back = format!("{latest} roll-back {execution}");
    Some(match status? {
        Status::Started if rolls_back => Story {
            also: vec![latest, roll_back],
            ..Story::new(failed, Turn::Begins)
        },
        Status::Started => Story::new(latest, Turn::Opens),
        Status::Failed => Story {
            also: vec![failed],
            ..Story::new(roll_back, Turn::Joins)
        },
        // Also where nobody heard it begin.
        Status::Succeeded if rolls_back => Story {
            also: vec![roll_back],
            ..Story::new(failed, Turn::Ends)
        },
        Status::Succeeded => Story {
            // The next roll-back is of what fails next.
            settles: vec![failed],
            within: Some(ROLLED_BACK.into()),
            ..Story::new(roll_back, Turn::Ends)
        },
    })
}

/// What all events of an execution say.
fn pipeline_report(
    envelope: &Envelope,
    detail: &Detail,
    pipeline: &str,
    status: Option<Status>,
    has_failed: bool,
) -> Report {
    let execution = detail.text("execution-id");
    let attempt = detail.text("pipeline-execution-attempt");
    let mut report = Report::new(EventType::Deploy, status);
    report.correlation = execution.clone().or_else(|| Some(pipeline.to_owned()));
    // The execution and the action that made it fail are one event.
    if has_failed {
        let attempt = attempt.as_deref().unwrap_or("1");
        let key = |execution: &String| format!("codepipeline {execution} failed {attempt}");
        report.key = execution.as_ref().map(key);
    }
    let place = match &execution {
        Some(_) => {
            "codesuite/codepipeline/pipelines/{}/executions/{}/visualization?region={region}"
        }
        None => "codesuite/codepipeline/pipelines/{}/view?region={region}",
    };
    let names = [pipeline, execution.as_deref().unwrap_or_default()];
    report.resource.url = page(envelope.region.as_deref(), place, &names);
    report.detail("execution", execution);
    // The first attempt is not worth a word.
    report.detail("attempt", attempt.filter(|attempt| attempt != "1"));
    report.resource.resource_type = Some("AWS::CodePipeline::Pipeline".into());
    report.resource.id = envelope.resource().map(str::to_owned);
    report.resource.name = Some(pipeline.to_owned());
    report
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
