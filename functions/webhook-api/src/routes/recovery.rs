//! Sending once more what was not delivered: of a webhook, or of all.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use carillon_domain::{DeliveryId, FaultCode, Faults, Fields, OrganizationId, Pointer};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::{Caller, Write};
use crate::body::OptionalJsonBody;
use crate::path::PathOf;
use crate::problem::Problem;
use crate::query::Query;
use crate::recovery::{Asked, Recovered};
use crate::recovery_of_all::Place;
use crate::{Api, recovery, recovery_of_all, registration, schema};

/// How many deliveries will be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    accepted: usize,
    /// Where there were too many for one call: `after` of the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<String>,
    /// Why nothing will be sent, where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Whether they were only counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

impl From<Recovered> for Accepted {
    fn from(recovered: Recovered) -> Self {
        Self {
            accepted: recovered.accepted,
            next_after: recovered.next_after,
            reason: recovered.reason,
            dry_run: false,
        }
    }
}

/// Sends everything once more that failed or was skipped, in the order of the events, and has
/// what waits tried now. Left out is what a later message has told already.
#[utoipa::path(
    post, path = "/webhooks/{id}/recover/", tag = "deliveries",
    security(("api_key" = []), ("bearer" = [])),
    params(
        ("id" = String, Path, description = "The webhook's id"),
        schema::RecoverParameter,
    ),
    request_body(
        content = schema::Recovery, example = json!({"since": "2026-11-21T00:00:00Z"}),
    ),
    responses((status = 202, description = "They will be sent", body = Accepted)),
)]
pub async fn recover(
    State(api): State<Api>,
    caller: Caller<Write>,
    query: Query,
    PathOf(id): PathOf<String>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let webhook = registration::find(&api, &caller.organization, &id).await?;
    let (asked, after) = read(query, &body, &caller.organization, DeliveryId::parse)?;
    let recovered = recovery::recover(&api, &webhook, &asked, after).await?;
    Ok(answer(&asked, recovered, webhook.id.as_str()))
}

/// The same for all webhooks of the organization, one after the other: after an outage. Webhooks
/// that are switched off are left out.
#[utoipa::path(
    post, path = "/recover/", tag = "deliveries",
    operation_id = "recover_all", security(("api_key" = []), ("bearer" = [])),
    params(schema::RecoverParameter),
    request_body(
        content = schema::RecoveryOfAll, example = json!({"since": "2026-11-21T00:00:00Z"}),
    ),
    responses((status = 202, description = "They will be sent", body = Accepted)),
)]
pub async fn recover_all(
    State(api): State<Api>,
    caller: Caller<Write>,
    query: Query,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let organization = &caller.organization;
    let (asked, place) = read(query, &body, organization, Place::parse)?;
    let recovered = recovery_of_all::recover(&api, organization, &asked, place).await?;
    Ok(answer(&asked, recovered, "all"))
}

fn read<T>(
    mut query: Query,
    body: &Value,
    organization: &OrganizationId,
    place: impl Fn(&str) -> Option<T>,
) -> Result<(Asked, Option<T>), Problem> {
    let mut asked = Asked {
        dry_run: query.flag("dry_run").unwrap_or(false),
        ..Asked::default()
    };
    let mut after = None;
    let mut faults = Faults::default();
    if let Some(mut fields) = Fields::of(body, Pointer::root(), &mut faults) {
        asked.since = fields.time("since");
        asked.until = fields.time("until");
        if let (Some(since), Some(until)) = (asked.since, asked.until)
            && until <= since
        {
            fields.fault("until", FaultCode::OutOfRange, "must be later than `since`");
        }
        after = fields.text("after", 100).and_then(|text| {
            let after = place(&text);
            if after.is_none() {
                let detail = "must be `next_after` of an answer before";
                fields.fault("after", FaultCode::Malformed, detail);
            }
            after
        });
        fields.own_organization(organization);
        fields.finish();
    }
    query.with(faults.into_result(Some(())).map_err(Problem::Invalid))?;
    Ok((asked, after))
}

fn answer(asked: &Asked, recovered: Recovered, of: &str) -> (StatusCode, Json<Accepted>) {
    let dry_run = asked.dry_run;
    let accepted = recovered.accepted;
    tracing::info!(webhook_id = of, accepted, dry_run, "recovering");
    let accepted = Accepted {
        dry_run,
        ..Accepted::from(recovered)
    };
    (StatusCode::ACCEPTED, Json(accepted))
}
