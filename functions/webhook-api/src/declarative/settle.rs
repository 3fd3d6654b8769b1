//! Credentials of several parts, of which a file may give some: compared with those that are kept,
//! part by part, so that a file that changes nothing is seen to change nothing.

use carillon_chat::Kind;
use carillon_domain::{Credential, Faults, Pointer, Webhook};
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

async fn one(api: &Api, mut step: Step) -> Result<Step, Problem> {
    let destination = &step.registration.destination;
    let kind = api.chat.kinds().get(&destination.kind);
    let (Some(kind), Change::Update { read, .. }) = (kind, &step.change) else {
        return Ok(step);
    };
    let is_kept = matches!(destination.credential, Credential::Unchanged);
    if is_kept || read.kind != destination.kind || kind.secret_fields().count() < 2 {
        return Ok(step);
    }
    if let Some(other) = other_parts(api, kind, read, &step).await? {
        step.settle(kind, &other);
    }
    Ok(step)
}

/// The parts that are to be other than they are; none where the old ones are gone.
async fn other_parts(
    api: &Api,
    kind: &dyn Kind,
    read: &Webhook,
    step: &Step,
) -> Result<Option<Vec<&'static str>>, Problem> {
    let before = api.credentials.value(read).await?;
    let given = step.registration.destination.credential.clone();
    let given = registration::completed(api, read, given, &step.at).await?;
    let (Some(before), Credential::New(whole)) = (before, given) else {
        return Ok(None);
    };
    let (before, whole) = (parts(&before), parts(&whole));
    let is_other = |name: &&str| {
        let (before, whole) = (&before[*name], &whole[*name]);
        before != whole && !(is_empty(before) && is_empty(whole))
    };
    let names = kind.secret_fields().map(|field| field.name);
    Ok(Some(names.filter(is_other).collect()))
}

fn parts(secret: &SecretString) -> Value {
    serde_json::from_str(secret.expose_secret()).unwrap_or_default()
}
