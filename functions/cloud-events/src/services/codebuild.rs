//! CodeBuild: builds.
//!
//! Told as `deploy`: one that begins, succeeded, failed, was stopped or took too long, a
//! failed one with the phase that failed and what it said. Never told: the build's
//! environment variables. The states of a build share its id.
//!
//! Facts: CodeBuild user guide, "Build notifications input format reference".

use carillon_domain::{EventType, Status};

use crate::console::{encode, link};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::report::{Report, Verdict};

pub fn build(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let (project, code) = (
        detail.required("project-name"),
        detail.required("build-status"),
    );
    let (project, code) = (project?, code?);
    let Some(status) = meaning(&code) else {
        detail.unknown("build-status", &code);
        return None;
    };
    let more = detail.inside("additional-information");
    let build = detail
        .text("build-id")
        .or_else(|| envelope.resource().map(str::to_owned));
    let mut report = Report::new(EventType::Deploy, status);
    if status == Status::Failed {
        report.message = failed_phase(&more).or_else(|| ended(&code).map(str::to_owned));
    }
    report.actor = more.text("initiator");
    report.correlation = build.clone().or_else(|| Some(project.clone()));
    // `arn:aws:codebuild:REGION:ACCOUNT:build/PROJECT:ID`.
    let id = build
        .as_deref()
        .and_then(|arn| arn.split_once("build/"))
        .map(|(_, id)| id);
    report.resource.url = envelope
        .account
        .as_deref()
        .zip(id)
        .and_then(|(account, id)| {
            link(envelope.region.as_deref(), |region| {
                let (account, project, id) = (encode(account), encode(&project), encode(id));
                format!(
                    "codesuite/codebuild/{account}/projects/{project}/build/{id}/?region={region}"
                )
            })
        });
    report.detail("build status", Some(code));
    report.detail("build number", more.text("build-number"));
    report.detail("source version", more.text("source-version"));
    report.resource.resource_type = Some("AWS::CodeBuild::Project".into());
    report.resource.id = build;
    report.resource.name = Some(project);
    Some(Verdict::Tell(report))
}

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
        let status = phase.text("phase-status");
        matches!(
            status.as_deref(),
            Some("FAILED" | "FAULT" | "TIMED_OUT" | "CLIENT_ERROR")
        )
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
