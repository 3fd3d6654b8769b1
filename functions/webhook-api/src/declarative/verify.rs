//! Asking the platforms about a plan's credentials.

use std::time::Duration;

use carillon_chat::Verification;
use carillon_domain::Faults;
use futures::StreamExt;

use super::document::Document;
use super::plan::{Plan, Warnings};
use crate::Api;
use crate::problem::Problem;
use crate::writing::AT_ONCE;

/// How long all credentials may take together; a caller behind API Gateway waits for 30 s
/// at most. What is not verified by then is taken unverified.
const VERIFY_WITHIN: Duration = Duration::from_secs(10);

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
