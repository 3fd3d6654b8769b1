//! Carrying a plan out.

use std::collections::HashMap;
use std::time::Duration;

use carillon_aws::Quota;
use carillon_chat::Verification;
use carillon_domain::webhook::{Made, Update};
use carillon_domain::{Faults, OrganizationId, Webhook, WebhookId};
use futures::StreamExt;
use secrecy::ExposeSecret;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::document::Document;
use super::plan::{Change, Plan, Step};
use crate::problem::Problem;
use crate::{Api, registration};

/// How often in a row a file may be compared anew without anything having been done, because
/// others change the same webhooks at the same time.
const TRIES: u32 = 8;

/// How many credentials are verified at once.
const VERIFY_AT_ONCE: usize = 16;

/// How long all credentials may take together; a caller behind API Gateway waits for 30 s
/// at most. What is not verified by then is taken unverified.
const VERIFY_WITHIN: Duration = Duration::from_secs(10);

/// How a file is applied.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Says what would be done, and does nothing.
    pub dry_run: bool,
    /// Removes the webhooks that the file does not name.
    pub prune: bool,
    /// Asks the platforms about credentials that are new, or used in a new way.
    pub verify: bool,
}

/// What became of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    Created,
    Updated,
    Unchanged,
    Removed,
}

/// What became of one name, or would become of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = NotificationResult)]
pub struct Outcome {
    name: String,
    result: Done,
    /// The fields of the file that are other than they were.
    changed: Vec<&'static str>,
    /// Null where a dry run would create it.
    #[schema(required)]
    id: Option<String>,
    /// What could not be verified, or will go wrong later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
    /// The parts of the credential that were made as the file does not have them, such as
    /// `secret`, in full: they are shown this once.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "in_full")]
    #[schema(value_type = std::collections::BTreeMap<String, String>, required = false)]
    made: Made,
}

fn in_full<S: Serializer>(made: &Made, serializer: S) -> Result<S::Ok, S::Error> {
    let parts = made.iter();
    serializer.collect_map(parts.map(|(field, secret)| (field, secret.expose_secret())))
}

impl Outcome {
    fn new(name: &str, result: Done, id: Option<&WebhookId>) -> Self {
        Self {
            name: name.to_owned(),
            result,
            changed: Vec::new(),
            id: id.map(ToString::to_string),
            warnings: Vec::new(),
            made: Made::new(),
        }
    }

    /// What a step does, before it is done.
    fn of(step: &Step) -> Self {
        let name = &step.registration.name;
        match &step.change {
            Change::Create => Self::new(name, Done::Created, None),
            Change::Keep(webhook) => Self::new(name, Done::Unchanged, Some(&webhook.id)),
            Change::Update { read, changed } => Self {
                changed: changed.clone(),
                ..Self::new(name, Done::Updated, Some(&read.id))
            },
        }
    }
}

/// Makes the organization's webhooks what the file says. Nothing is changed where the file
/// has a fault, or a platform refuses a credential.
pub async fn apply(
    api: &Api,
    organization: &OrganizationId,
    document: &Document,
    options: Options,
) -> Result<Vec<Outcome>, Problem> {
    let mut warnings = None;
    // What was done before somebody else came in between.
    let mut done: HashMap<String, Outcome> = HashMap::new();
    let mut removed: Vec<Outcome> = Vec::new();
    let mut tries = 0;
    while tries < TRIES {
        let existing = api
            .registry
            .webhooks(organization)
            .await
            .map_err(Problem::internal("listing webhooks"))?;
        let plan = Plan::of(
            api.chat.kinds(),
            document,
            existing,
            organization,
            options.prune,
        )
        .map_err(Problem::Invalid)?;
        let removals_first = check_quota(api, organization, &plan).await?;
        if options.verify && warnings.is_none() {
            warnings = Some(verified(api, document, &plan).await?);
        }
        let names: Vec<Outcome> = plan.steps.iter().map(Outcome::of).collect();
        let before = done.len() + removed.len();
        let is_done = match options.dry_run {
            true => {
                removed.extend(plan.removals.iter().map(outcome_of_removal));
                true
            }
            false if removals_first => {
                remove(api, organization, &plan.removals, &mut removed).await?
                    && write(api, organization, plan.steps, &mut done).await?
            }
            // Webhooks that share a credential with one that goes keep its secret.
            false => {
                write(api, organization, plan.steps, &mut done).await?
                    & remove(api, organization, &plan.removals, &mut removed).await?
            }
        };
        if is_done {
            let mut warnings = warnings.unwrap_or_default();
            let outcomes = names.into_iter().map(|planned| {
                let outcome = done.remove(&planned.name).unwrap_or(planned);
                Outcome {
                    warnings: warnings.remove(&outcome.name).unwrap_or_default(),
                    ..outcome
                }
            });
            return Ok(outcomes.chain(removed).collect());
        }
        if done.len() + removed.len() == before {
            registration::pause(tries).await;
            tries += 1;
        }
    }
    Err(Problem::Contended)
}

fn outcome_of_removal(webhook: &Webhook) -> Outcome {
    Outcome::new(&webhook.name, Done::Removed, Some(&webhook.id))
}

/// Whether the plan must remove before it creates, so that the organization never has more
/// webhooks than it can have.
///
/// # Errors
/// Where it would have too many in the end. Only the writes themselves can be sure.
async fn check_quota(
    api: &Api,
    organization: &OrganizationId,
    plan: &Plan,
) -> Result<bool, Problem> {
    let created = plan.steps.iter();
    let created = created.filter(|step| matches!(step.change, Change::Create));
    let created = created.count();
    if created == 0 {
        return Ok(false);
    }
    let count = api
        .registry
        .count(organization, Quota::Webhooks)
        .await
        .map_err(Problem::internal("applying a file"))?;
    let limit = api.registry.quotas().limit(Quota::Webhooks);
    let (count, room) = (count as usize + created, limit as usize);
    match count.saturating_sub(plan.removals.len()) > room {
        true => Err(Problem::quota_exceeded(Quota::Webhooks, limit)),
        false => Ok(count > room),
    }
}

/// Creates and updates what it can. False where somebody else was faster with some of it, which
/// has to be planned anew.
async fn write(
    api: &Api,
    organization: &OrganizationId,
    steps: Vec<Step>,
    done: &mut HashMap<String, Outcome>,
) -> Result<bool, Problem> {
    let mut is_done = true;
    for mut step in steps {
        let mut outcome = Outcome::of(&step);
        let made = std::mem::take(&mut step.registration.destination.made);
        let written = match step.change {
            Change::Keep(_) => continue,
            Change::Create => {
                match registration::register(api, organization, &step.registration).await {
                    Ok(webhook) => Some(webhook),
                    Err(Problem::NameTaken { .. }) => None,
                    Err(problem) => return Err(problem),
                }
            }
            Change::Update { read, .. } => {
                let mut wanted = step.registration;
                let given = wanted.destination.credential;
                wanted.destination.credential =
                    registration::completed(api, &read, given, &step.at).await?;
                registration::change(api, &read, Update::Patch, wanted).await?
            }
        };
        let Some(webhook) = written else {
            is_done = false;
            continue;
        };
        outcome.id = Some(webhook.id.to_string());
        outcome.made = match done.remove(&outcome.name) {
            // It was made at the try before.
            Some(before) if made.is_empty() => before.made,
            _ => made,
        };
        done.insert(outcome.name.clone(), outcome);
    }
    Ok(is_done)
}

/// Removes what it can. False where somebody else was faster with some of it.
async fn remove(
    api: &Api,
    organization: &OrganizationId,
    removals: &[Webhook],
    removed: &mut Vec<Outcome>,
) -> Result<bool, Problem> {
    let mut is_done = true;
    for webhook in removals {
        let has_its_name = |found: &Webhook| found.name == webhook.name;
        let id = webhook.id.as_str();
        match registration::remove(api, organization, id, has_its_name).await {
            Ok(()) => removed.push(outcome_of_removal(webhook)),
            // Somebody else has removed it, or given it another name.
            Err(Problem::NotFound | Problem::PreconditionFailed) => is_done = false,
            Err(problem) => return Err(problem),
        }
    }
    Ok(is_done)
}

/// Asks the platforms about the plan's credentials; gives the warnings by name.
async fn verified(
    api: &Api,
    document: &Document,
    plan: &Plan,
) -> Result<HashMap<String, Vec<String>>, Problem> {
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
    let mut warnings: HashMap<String, Vec<String>> = plan
        .steps
        .iter()
        .filter(|step| step.unverified.is_some())
        .map(|step| (step.registration.name.clone(), vec![unasked.to_owned()]))
        .collect();
    let mut faults = Faults::default();
    let mut answers = futures::stream::iter(asked).buffered(VERIFY_AT_ONCE);
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
