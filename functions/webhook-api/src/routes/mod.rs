//! The routes, each with its documentation: both come from the same code.

mod api_keys;
mod audit;
mod deliveries;
mod events;
mod meta;
mod notifications;
mod previewing;
mod recovery;
mod trial;
mod webhooks;

pub use deliveries::NOTHING;
pub use meta::Document;
pub use previewing::PREVIEWED;
pub use recovery::{RECOVERY, RECOVERY_OF_ALL};

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodFilter, get, on};
use utoipa::openapi::HttpMethod;
use utoipa::{OpenApi, Path};

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

/// Names each call once, those of a path in the order in which its methods are told. The router
/// takes its path and its method from what the document says.
macro_rules! calls {
    ($($module:ident::$call:ident,)*) => {
        #[derive(OpenApi)]
        #[openapi(paths($($module::$call),*))]
        struct Calls;

        pastey::paste! {
            fn operations() -> Vec<(String, &'static str, MethodFilter)> {
                vec![$(operation::<$module::[<__path_ $call>]>()),*]
            }

            /// Every route. It is built without the document, which few ever ask for.
            pub fn router() -> Router<Arc<Api>> {
                let routes = Router::new();
                $(
                    let (path, _, method) = operation::<$module::[<__path_ $call>]>();
                    let routes = routes.route(&path, on(method, $module::$call));
                )*
                let other_name = get(events::event_of_this_name);
                Router::new().nest(BASE, routes.route("/events/match/", other_name))
            }
        }
    };
}

calls! {
    meta::health,
    meta::openapi,
    webhooks::list,
    webhooks::create,
    webhooks::read,
    webhooks::replace,
    webhooks::patch,
    webhooks::remove,
    previewing::preview,
    previewing::preview_new,
    trial::test,
    trial::rotate,
    deliveries::list,
    deliveries::read,
    deliveries::redeliver,
    recovery::recover,
    recovery::recover_all,
    notifications::export,
    notifications::apply,
    api_keys::list,
    api_keys::create,
    api_keys::update,
    api_keys::revoke,
    api_keys::me,
    audit::list,
    audit::quotas,
    events::types,
    events::list,
    events::publish,
    events::read,
    events::matches,
}

/// The path of a call below the base, and its method.
fn operation<P: Path>() -> (String, &'static str, MethodFilter) {
    let (name, method) = match P::methods().as_slice() {
        [HttpMethod::Post] => ("POST", MethodFilter::POST),
        [HttpMethod::Put] => ("PUT", MethodFilter::PUT),
        [HttpMethod::Patch] => ("PATCH", MethodFilter::PATCH),
        [HttpMethod::Delete] => ("DELETE", MethodFilter::DELETE),
        _ => ("GET", MethodFilter::GET),
    };
    (P::path(), name, method)
}

/// What the routes say of themselves.
pub fn document() -> utoipa::openapi::OpenApi {
    Described::openapi().nest(BASE, Calls::openapi())
}

/// The paths of all calls below the base, with the names of their parameters in braces.
pub fn paths() -> BTreeSet<String> {
    operations().into_iter().map(|(path, ..)| path).collect()
}

/// The methods of a path that is written as its route has it.
pub fn methods_of(path: &str) -> Vec<&'static str> {
    let below = path.strip_prefix(BASE);
    let all = operations().into_iter();
    let of_path = all.filter(|(path, ..)| below == Some(path));
    of_path.map(|(_, name, _)| name).collect()
}
