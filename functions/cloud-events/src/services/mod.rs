//! What each AWS service's events mean. One module a service; each says what it tells,
//! what it keeps quiet, and where the facts are from.
//!
//! Everything here is pure: an event in, a verdict out.

mod alarm;
mod application_autoscaling;
mod autoscaling;
mod cloudformation;
mod codebuild;
mod codedeploy;
pub mod codepipeline;
mod ecs;
mod health;
mod rds;

use std::cell::RefCell;

use carillon_domain::Faults;

use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::kinds;
use crate::report::Verdict;

/// Reads one kind of event. None where faults say why.
type Reader = fn(&Envelope, &Detail) -> Option<Verdict>;

/// What an event means; none where no service is known by it.
pub(crate) fn read(envelope: &Envelope) -> Option<Result<Verdict, Faults>> {
    let (source, detail_type) = (&envelope.source, &envelope.detail_type);
    let faults = RefCell::default();
    let detail = Detail::of(&envelope.detail, &faults);
    let verdict = match kinds::kind(source, detail_type) {
        Some(kind) => kind.read(envelope, &detail),
        None => reader(source, detail_type)?(envelope, &detail),
    };
    Some(faults.into_inner().into_result(verdict))
}

fn reader(source: &str, detail_type: &str) -> Option<Reader> {
    Some(match (source, detail_type) {
        ("aws.cloudformation", "CloudFormation Stack Status Change") => cloudformation::stack,
        ("aws.cloudformation", "CloudFormation Resource Status Change") => cloudformation::resource,
        ("aws.ecs", "ECS Deployment State Change") => ecs::deployment,
        ("aws.ecs", "ECS Service Action") => ecs::service_action,
        ("aws.codepipeline", "CodePipeline Pipeline Execution State Change") => {
            codepipeline::execution
        }
        ("aws.codepipeline", "CodePipeline Action Execution State Change") => codepipeline::action,
        ("aws.codedeploy", "CodeDeploy Deployment State-change Notification") => {
            codedeploy::deployment
        }
        ("aws.codebuild", "CodeBuild Build State Change") => codebuild::build,
        ("aws.autoscaling", detail_type) => autoscaling::reader(detail_type)?,
        (
            "aws.application-autoscaling",
            "Application Auto Scaling Scaling Activity State Change",
        ) => application_autoscaling::activity,
        ("aws.rds", detail_type) if detail_type.starts_with("RDS ") => rds::event,
        ("aws.health", "AWS Health Event" | "AWS Health Abuse Event") => health::event,
        (
            "aws.cloudwatch",
            "CloudWatch Alarm State Change" | "CloudWatch Alarm Contributor State Change",
        ) => alarm::state,
        _ => return None,
    })
}
