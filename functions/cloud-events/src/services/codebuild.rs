//! CodeBuild: builds.
//!
//! Told as `deploy`: one that begins, succeeded, failed, was stopped or took too long, a
//! failed one with the phase that failed and what it said. Never told: the build's
//! environment variables. The states of a build share its id. Quiet (`pipeline-builds`): a
//! build of a pipeline, which tells it itself, unless it failed; that stands in the thread of
//! the pipeline's latest execution.
//!
//! Facts: CodeBuild user guide, "Build notifications input format reference".

use carillon_domain::event::BUILD;
use carillon_domain::{EventType, Status};

use super::codepipeline;
use crate::console::page;
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};
use crate::story::{Story, Turn};

pub fn build(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let project = detail.required("project-name");
    let code = detail.required("build-status");
    let (project, code) = (project?, code?);
    let status = meaning(&code);
    let more = detail.inside("additional-information");
    let build = detail.text("build-id");
    let build = build.or_else(|| envelope.resource().map(str::to_owned));
    let mut report = Report::new(EventType::Deploy, status);
    if status == Some(Status::Failed) {
        report.message = failed_phase(&more).or_else(|| ended(&code).map(str::to_owned));
    }
    let initiator = more.text("initiator");
    let pipeline = initiator.as_deref();
    let pipeline = pipeline.and_then(|initiator| initiator.strip_prefix("codepipeline/"));
    report.story =
        pipeline.map(|name| Story::new(codepipeline::latest(envelope, name), Turn::Joins));
    let is_told = pipeline.is_none() || status == Some(Status::Failed);
    let noise = (!is_told).then_some(Noise::PipelineBuilds);
    report.actor = initiator;
    report.correlation = build.clone().or_else(|| Some(project.clone()));
    // `arn:aws:codebuild:REGION:ACCOUNT:build/PROJECT:ID`.
    let parts = build.as_deref().and_then(|arn| arn.split_once("build/"));
    if let (Some(account), Some((_, id))) = (&envelope.account, parts) {
        let place = "codesuite/codebuild/{}/projects/{}/build/{}/?region={region}";
        let names = [account, &project, id];
        report.resource.url = page(envelope.region.as_deref(), place, &names);
    }
    report.detail("build status", Some(code));
    report.detail("build number", more.text("build-number"));
    report.detail("source version", more.text("source-version"));
    report.resource.resource_type = Some(BUILD.into());
    report.resource.id = build;
    report.resource.name = Some(project);
    Some(Verdict::of(noise, report))
}

/// None of a status that is not documented.
fn meaning(code: &str) -> Option<Status> {
    Some(match code {
        "IN_PROGRESS" => Status::Started,
        "SUCCEEDED" => Status::Succeeded,
        "FAILED" | "FAULT" | "STOPPED" | "TIMED_OUT" => Status::Failed,
        _ => return None,
    })
}

fn ended(code: &str) -> Option<&'static str> {
    Some(match code {
        "FAULT" => "CodeBuild itself failed.",
        "STOPPED" => "Stopped.",
        "TIMED_OUT" => "It took longer than it may.",
        _ => return None,
    })
}

/// "Phase BUILD: COMMAND_EXECUTION_ERROR: …".
fn failed_phase(more: &Detail) -> Option<String> {
    let phases = more.entries("phases");
    let failed = phases.iter().find(|phase| {
        let status = phase.text("phase-status").unwrap_or_default();
        ["FAILED", "FAULT", "TIMED_OUT", "CLIENT_ERROR"].contains(&&*status)
    })?;
    let name = failed.text("phase-type")?;
    // A context without anything to say is a lone colon.
    let contexts = failed.texts("phase-context");
    let context = contexts.into_iter().find(|context| context != ":");
    Some(match context {
        Some(context) => format!("Phase {name}: {context}"),
        None => format!("Phase {name} failed."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_status_has_its_meaning() {
        for (code, expected) in [
            ("IN_PROGRESS", Some(Status::Started)),
            ("SUCCEEDED", Some(Status::Succeeded)),
            ("FAILED", Some(Status::Failed)),
            ("FAULT", Some(Status::Failed)),
            ("STOPPED", Some(Status::Failed)),
            ("TIMED_OUT", Some(Status::Failed)),
            ("SOMETHING_NEW", None),
        ] {
            assert_eq!(meaning(code), expected, "{code}");
        }
    }
}
