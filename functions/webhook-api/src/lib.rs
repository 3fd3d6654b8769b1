//! The REST API: routes → use case → answer.
//!
//! The same service runs behind API Gateway and in `cargo run`. Without a key, nothing
//! but the health check and the OpenAPI document answers.

mod auth;
mod body;
pub mod console;
mod declarative;
mod document;
mod event_deliveries;
mod idempotency;
mod ledger_page;
mod loops;
mod made_again;
mod page;
mod parameters;
mod path;
mod pause;
mod problem;
mod publishing;
mod query;
mod recovery;
mod recovery_of_all;
mod registration;
mod request_id;
mod rotation;
mod routes;
mod schema;
mod tried_event;
mod unknown_path;
mod verification;
mod versions;
mod view;
mod waking;
mod writing;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::{Extension, Router, middleware};
use carillon_aws::{Credentials, DeliveryQueue, EventStore, Lanes, Ledger, Registry};
use carillon_chat::{Client, Kinds};
use carillon_delivery::Poster;
use lambda_http::tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;
use tower_http::catch_panic::CatchPanicLayer;

pub use auth::{AdminKey, ApiKeys};
pub use console::with_console;
pub use loops::host_called;

/// Where the API begins.
pub const BASE: &str = "/api/v1";

/// The API's OpenAPI document.
pub fn document(kinds: &Kinds) -> serde_json::Value {
    document::complete(&routes::document(), kinds)
}

/// What the API reads and writes; one for a process.
#[derive(Clone)]
pub struct Api {
    pub registry: Registry,
    pub credentials: Credentials,
    pub events: EventStore,
    pub lanes: Lanes,
    pub ledger: Ledger,
    /// Wakes lanes.
    pub queue: Arc<dyn DeliveryQueue>,
    /// Asks the platforms about credentials.
    pub chat: Client,
    /// Sends test messages.
    pub poster: Poster,
    pub keys: ApiKeys,
    pub admin_key: AdminKey,
}

/// The API as a service.
pub type ApiService<B> = BoxCloneSyncService<axum::http::Request<B>, Response, Infallible>;

/// Builds the API for requests with any kind of body.
pub fn service<B>(api: Api) -> ApiService<B>
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    BoxCloneSyncService::new(
        ServiceBuilder::new()
            // Before the routes are looked up.
            .map_request(|request: axum::http::Request<B>| -> Request {
                path::canonical(request.map(Body::new))
            })
            // The router says what is allowed after its own layers.
            .map_response(problem::with_accept_patch)
            .service(router(api)),
    )
}

fn router(api: Api) -> Router {
    // Each call gets a copy.
    let api = Arc::new(api);
    routes::router()
        .layer(Extension(routes::Document::default()))
        .fallback(unknown_path::answer)
        .method_not_allowed_fallback(unknown_path::method_not_allowed)
        .layer(middleware::from_fn_with_state(
            api.clone(),
            auth::require_key,
        ))
        .layer(CatchPanicLayer::custom(problem::from_panic))
        .layer(middleware::from_fn(loops::refuse))
        .layer(middleware::from_fn(request_id::attach))
        .with_state(api)
}
