//! Sending once more what was not delivered: of a webhook, or of all.

use axum::Json;
use axum::http::StatusCode;
use carillon_domain::field::{Field, Formed, Object, Time};
use carillon_domain::fields::ORGANIZATION;
use carillon_domain::{DeliveryId, FaultCode, Fields};
use serde_json::Value;

use crate::auth::{Call, Scope, Write};
use crate::body::OptionalJsonBody;
use crate::problem::Problem;
use crate::query::Query;
use crate::recovery::{Accepted, Asked};
use crate::recovery_of_all::Place;
use crate::{parameters, recovery, recovery_of_all, registration};

const SINCE: Field<Time> = Field::optional(
    "since",
    "What failed or was skipped then or later; everything, if left out",
    Time,
);
const UNTIL: Field<Time> = Field::optional("until", "What failed or was skipped before then", Time);
const AFTER: Field<Formed<DeliveryId>> = after("^dl_[A-Za-z0-9]{26}$", DeliveryId::parse);
const AFTER_OF_ALL: Field<Formed<Place>> =
    after("^wh_[A-Za-z0-9]{26}(?::dl_[A-Za-z0-9]{26})?$", Place::parse);

const fn after<T>(pattern: &'static str, parse: fn(&str) -> Option<T>) -> Field<Formed<T>> {
    let form = Formed {
        max: 100,
        pattern,
        parse,
        rule: "must be `next_after` of an answer before",
    };
    let about = "To go on where an answer before has ended: its `next_after`";
    Field::optional("after", about, form)
}

/// What is sent again of a webhook.
pub const RECOVERY: Object = Object {
    about: "What to send again",
    fields: &[&SINCE, &UNTIL, &AFTER, &ORGANIZATION],
};

/// What is sent again of all webhooks.
pub const RECOVERY_OF_ALL: Object = Object {
    about: "What to send again, of all webhooks",
    fields: &[&SINCE, &UNTIL, &AFTER_OF_ALL, &ORGANIZATION],
};

/// Sends everything of a webhook once more that failed or was skipped.
///
/// In the order of the events; what waits is tried now. Left out is what a later message has told already.
#[utoipa::path(
    post, path = "/webhooks/{id}/recover/", tag = "deliveries", operation_id = "recover_webhook",
    params(parameters::OfWebhook, parameters::Recovering),
    request_body(
        content = ref("#/components/schemas/Recovery"), example = json!({"since": "2026-11-21T00:00:00Z"}),
    ),
    responses((status = 202, description = "They will be sent", body = Accepted)),
)]
pub async fn recover(
    Call(api, query, id, ..): Call<Write, String>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let webhook = registration::find(&api, &id).await?;
    let (asked, after) = read(&api, query, &body, (&RECOVERY, &AFTER))?;
    let accepted = recovery::recover(&api, &webhook, &asked, after).await?;
    Ok(answer(accepted, webhook.id.as_str()))
}

/// Sends everything of all webhooks once more that failed or was skipped.
///
/// One webhook after the other, as after an outage. Webhooks that are switched off are left out.
#[utoipa::path(
    post, path = "/recover/", tag = "deliveries", operation_id = "recover_all",
    params(parameters::Recovering),
    request_body(
        content = ref("#/components/schemas/RecoveryOfAll"), example = json!({"since": "2026-11-21T00:00:00Z"}),
    ),
    responses((status = 202, description = "They will be sent", body = Accepted)),
)]
pub async fn recover_all(
    Call(api, query, ..): Call<Write>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let (asked, place) = read(&api, query, &body, (&RECOVERY_OF_ALL, &AFTER_OF_ALL))?;
    let accepted = recovery_of_all::recover(&api, &asked, place).await?;
    Ok(answer(accepted, "all"))
}

fn read<T>(
    api: &Scope,
    mut query: Query,
    body: &Value,
    (described, place): (&Object, &Field<Formed<T>>),
) -> Result<(Asked, Option<T>), Problem> {
    let dry_run = query.flag(&parameters::RECOVER_DRY_RUN);
    query.with(Fields::read(body, described, |fields| {
        let (since, until) = (fields.get(&SINCE), fields.get(&UNTIL));
        if since
            .zip(until)
            .is_some_and(|(since, until)| until <= since)
        {
            fields.fault("until", FaultCode::OutOfRange, "must be later than `since`");
        }
        let after = fields.get(place);
        let name = parameters::RECOVER_DRY_RUN.name;
        if fields.value(name).is_some() {
            let detail = "stands in the query: `?dry_run=true`";
            fields.fault(name, FaultCode::UnknownField, detail);
        }
        fields.own_organization(&api.organization);
        let asked = Asked {
            since,
            until,
            dry_run,
        };
        Some((asked, after))
    }))
}

fn answer(answer: Accepted, of: &str) -> (StatusCode, Json<Accepted>) {
    let Accepted {
        accepted, dry_run, ..
    } = answer;
    tracing::info!(webhook_id = of, accepted, dry_run, "recovering");
    (StatusCode::ACCEPTED, Json(answer))
}
