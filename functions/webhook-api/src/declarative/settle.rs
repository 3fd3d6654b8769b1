//! Credentials of several parts, of which a file may give some: compared with those that are kept,
//! part by part, so that a file that changes nothing is seen to change nothing.

use carillon_chat::Kind;
use carillon_domain::{Credential, Faults, Pointer};
use futures::StreamExt;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::document::Document;
use super::plan::{Change, Plan, Step, is_empty};
use crate::problem::Problem;
use crate::writing::AT_ONCE;
use crate::{Api, registration};

/// The same plan, where it is known which parts of such credentials are others than those kept.
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
