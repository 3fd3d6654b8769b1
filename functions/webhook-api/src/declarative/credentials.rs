//! A plan's credentials: completed, compared with those that are kept, and shown to the platforms.

use std::time::Duration;

use carillon_chat::{Kind, Verification};
use carillon_domain::{Credential, Faults, Pointer};
use futures::StreamExt;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::document::Document;
use super::plan::{Change, Plan, Step, Warnings, is_empty};
use crate::problem::Problem;
use crate::writing::AT_ONCE;
use crate::{Api, registration};

/// How long all credentials may take together; a caller behind API Gateway waits for 30 s
/// at most. What is not verified by then is taken unverified.
const VERIFY_WITHIN: Duration = Duration::from_secs(10);

/// The same plan, with credentials as they will be kept. Of one of several parts, a file may give
/// some: they are compared with those that are kept, part by part, so that a file that changes
/// nothing is seen to change nothing.
///
/// # Errors
/// Where parts that are to stay are gone, of all entries at once.
pub(super) async fn settled(api: &Api, document: &Document, plan: Plan) -> Result<Plan, Problem> {
    let steps: Vec<_> = plan.steps.into_iter().map(|step| one(api, step)).collect();
    let mut answers = futures::stream::iter(steps).buffered(AT_ONCE);
    let (mut steps, mut faults) = (Vec::new(), Faults::default());
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(step) => steps.push(step),
            Err(Problem::Invalid(found)) => faults.add_below(&Pointer::root(), found),
            Err(problem) => return Err(problem),
        }
    }
    let plan = Plan {
        steps,
        removals: plan.removals,
    };
    let settled = faults.into_result(Some(plan));
    settled.map_err(|faults| Problem::Invalid(document.located(faults)))
}

/// A step with the whole of its new credential, parts that stay included.
async fn one(api: &Api, mut step: Step) -> Result<Step, Problem> {
    let destination = &mut step.registration.destination;
    let Change::Update { read, .. } = &step.change else {
        return Ok(step);
    };
    if matches!(destination.credential, Credential::Unchanged) {
        return Ok(step);
    }
    let given = destination.credential.clone();
    destination.credential = registration::completed(api, read, given, &step.at).await?;
    let is_same_kind = read.kind == destination.kind && registration::has_parts(api, read);
    if let Some(kind) = api.chat.kinds().get(&read.kind).filter(|_| is_same_kind)
        && let Credential::New(whole) = &destination.credential
        && let Some(before) = api.credentials.value(read).await?
    {
        let other = other_parts(kind, &before, whole);
        step.settle(kind, &other);
    }
    Ok(step)
}

/// The parts that are to be other than they are.
fn other_parts(kind: &dyn Kind, before: &SecretString, whole: &SecretString) -> Vec<&'static str> {
    let parts = |secret: &SecretString| -> Value {
        serde_json::from_str(secret.expose_secret()).unwrap_or_default()
    };
    let (before, whole) = (parts(before), parts(whole));
    let is_other = |name: &&str| {
        let (before, whole) = (&before[*name], &whole[*name]);
        before != whole && !(is_empty(before) && is_empty(whole))
    };
    let names = kind.secret_fields().map(|field| field.name);
    names.filter(is_other).collect()
}

/// Asks the platforms about the plan's credentials; gives the warnings by name.
pub(super) async fn verified(
    api: &Api,
    document: &Document,
    plan: &Plan,
) -> Result<Warnings, Problem> {
    let mut asked = Vec::new();
    for step in &plan.steps {
        if let Some(secret) = &step.unverified {
            let destination = &step.registration.destination;
            let Some(kind) = api.chat.kinds().get(&destination.kind) else {
                continue;
            };
            let configuration = &destination.configuration;
            asked.push(async move { (step, api.chat.verify(kind, configuration, secret).await) });
        }
    }
    // Nobody knows which ones the time will not be enough for.
    let unasked = "there was no time to verify the credential: send a test message";
    let mut warnings: Warnings = plan
        .steps
        .iter()
        .filter(|step| step.unverified.is_some())
        .map(|step| (step.registration.name.clone(), vec![unasked.to_owned()]))
        .collect();
    let mut faults = Faults::default();
    let mut answers = futures::stream::iter(asked).buffered(AT_ONCE);
    let deadline = tokio::time::Instant::now() + VERIFY_WITHIN;
    while let Ok(Some((step, answer))) = tokio::time::timeout_at(deadline, answers.next()).await {
        let said = match answer {
            Verification::Verified(verified) => verified.warnings,
            Verification::Unreachable { hint } => vec![hint],
            Verification::Refused(refused) => {
                faults.add_below(&step.at, refused);
                Vec::new()
            }
        };
        warnings.insert(step.registration.name.clone(), said);
    }
    faults
        .into_result(Some(warnings))
        .map_err(|faults| Problem::Invalid(document.located(faults)))
}
