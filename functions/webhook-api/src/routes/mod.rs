//! The routes, each with its documentation: both come from the same code.

mod api_keys;
mod audit;
mod deliveries;
mod event_types;
mod events;
mod matching;
mod me;
mod meta;
mod notifications;
mod previewing;
mod quotas;
mod recovery;
mod trial;
mod webhooks;

pub use deliveries::NOTHING;
pub use meta::Document;
pub use previewing::PREVIEWED;
pub use recovery::{RECOVERY, RECOVERY_OF_ALL};

use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Api, BASE, problem};

#[derive(OpenApi)]
#[openapi(
    components(schemas(
        problem::Document,
        events::Published,
        events::PublishedBatch
    )),
    info(
        title = "Carillon",
        description = "Tells people in Slack, Discord and Teams what changed in their cloud.\n\n\
                       **Versions.** What is under `/api/v1` stays compatible: fields, parameters, \
                       calls, event types, codes and values of an answer's texts may be added, so \
                       ignore those you do not know; nothing is removed, renamed or given another \
                       meaning. What is to go is marked `deprecated` here at least six months \
                       before, and goes only with the next version, which has a path of its own \
                       and answers beside this one meanwhile. What is sent is checked: unknown \
                       fields and parameters are refused, as they are typos.",
    ),
    tags(
        (name = "webhooks", description = "Which events go to which destination"),
        (name = "events", description = "What happened"),
        (name = "deliveries", description = "The ledger: what became of each event for each webhook"),
        (name = "api-keys", description = "Who may do what"),
        (name = "audit", description = "Who changed what"),
        (name = "meta", description = "Without a key"),
    ),
)]
struct Described;

/// The methods of a path that is written as its route has it.
pub fn methods_of(path: &str) -> Vec<&'static str> {
    let (_, document) = all().split_for_parts();
    let Some(item) = document.paths.paths.get(path) else {
        return Vec::new();
    };
    let methods = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    let taken = methods.into_iter().filter(|(_, it)| it.is_some());
    taken.map(|(method, _)| method).collect()
}

/// Every route, and what the document says of them.
pub fn all() -> OpenApiRouter<Api> {
    let api = OpenApiRouter::new()
        .routes(routes!(meta::health))
        .routes(routes!(meta::openapi))
        .routes(routes!(webhooks::create, webhooks::list))
        .routes(routes!(
            webhooks::read,
            webhooks::patch,
            webhooks::replace,
            webhooks::remove
        ))
        .routes(routes!(previewing::preview))
        .routes(routes!(previewing::preview_new))
        .routes(routes!(trial::test))
        .routes(routes!(trial::rotate))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::read))
        .routes(routes!(deliveries::redeliver))
        .routes(routes!(recovery::recover))
        .routes(routes!(recovery::recover_all))
        .routes(routes!(notifications::apply, notifications::export))
        .routes(routes!(api_keys::create, api_keys::list))
        .routes(routes!(api_keys::update, api_keys::revoke))
        .routes(routes!(me::read))
        .routes(routes!(audit::list))
        .routes(routes!(quotas::list))
        .routes(routes!(event_types::list))
        .routes(routes!(events::publish, events::list))
        .routes(routes!(events::read))
        .routes(routes!(matching::matches))
        .route("/events/match/", get(matching::event_of_this_name));
    OpenApiRouter::with_openapi(Described::openapi()).nest(BASE, api)
}
