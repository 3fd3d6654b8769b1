//! Declarative setup: the `notifications:` block of a configuration file, applied and exported.

use axum::Json;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Call, Write};
use crate::body;
use crate::declarative::{self, Document, Format, Notifications, Options, Outcome};
use crate::problem::Problem;
use crate::{parameters, schema};

const YAML: &str = "application/yaml";
const TAKEN: &str = "application/yaml or application/json";

/// The largest file that is taken, in bytes.
const MAX_FILE_BYTES: usize = 1_024 * 1_024;

const EXPORTED: &str = "\
notifications:
  work:
    enabled: true
    provider: slack
    token: xoxb-…here
    channels:
    - \"#infra-alerts\"
    events:
    - deploy
    - destroy
    - error
    environments:
    - production
";

/// What became of each name, in the order of the file; what was removed comes last.
#[derive(Debug, Serialize, ToSchema)]
pub struct Applied {
    /// Whether nothing was done, as was asked for.
    dry_run: bool,
    results: Vec<Outcome>,
}

/// Makes the webhooks what the file says.
///
/// Creates, updates and, with `prune`, removes. The keys of `notifications` are the webhooks'
/// names. Applying the same file again changes nothing; a file with one fault changes nothing at
/// all. Other keys of the file are ignored.
#[utoipa::path(
    put, path = "/notifications/", tag = "webhooks", operation_id = "apply_notifications",
    params(parameters::Applying),
    request_body(content(
        (ref("#/components/schemas/Notifications") = "application/yaml"),
        (ref("#/components/schemas/Notifications") = "application/json"),
    )),
    responses((status = 200, description = "What was done, or would be", body = Applied)),
)]
pub async fn apply(
    Call(api, mut query, ..): Call<Write>,
    request: Request,
) -> Result<Json<Applied>, Problem> {
    let options = Options {
        dry_run: query.flag(&parameters::APPLY_DRY_RUN),
        prune: query.flag(&parameters::PRUNE),
        verify: query.flag(&parameters::VERIFY),
    };
    let media_type = body::content_type(request.headers());
    let format = Format::of(media_type).filter(|_| body::is_utf8(&request));
    let format = format.ok_or_else(|| body::unsupported(&request, TAKEN))?;
    let bytes = body::read(request, MAX_FILE_BYTES).await?;
    let document = Document::read(format, &bytes);
    // Where the query is wrong, the faults of the entries are told along with it.
    let options = match query.is_wrong() {
        true => Options {
            dry_run: true,
            prune: false,
            verify: false,
        },
        false => options,
    };
    let results = match document {
        Ok(document) => declarative::apply(&api, &document, options).await,
        Err(faults) => Err(faults.into()),
    };
    let results = query.with(results)?;
    let dry_run = options.dry_run;
    Ok(Json(Applied { dry_run, results }))
}

/// Gives the webhooks as a file that can be applied again.
///
/// Credentials are masked, and mean 'unchanged' there. JSON, or YAML for
/// `Accept: application/yaml`.
#[utoipa::path(
    get, path = "/notifications/", tag = "webhooks", operation_id = "export_notifications",
    responses((status = 200, description = "The file", content(
        (schema::Notifications = "application/json"),
        (String = "application/yaml", example = json!(EXPORTED)),
    ))),
)]
pub async fn export(Call(api, query, ..): Call, headers: HeaderMap) -> Result<Response, Problem> {
    query.finish()?;
    let webhooks = api.registry.webhooks(&api.organization).await?;
    let notifications = Notifications {
        kinds: api.chat.kinds(),
        webhooks,
    };
    if !prefers_yaml(&headers) {
        return Ok(Json(notifications).into_response());
    }
    let yaml = notifications.to_yaml();
    let yaml = yaml.map_err(|error| Problem::internal(error))?;
    Ok(([(CONTENT_TYPE, YAML)], yaml).into_response())
}

/// Whether YAML is asked for, and JSON not before it.
fn prefers_yaml(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .find(|range| *range == "application/json" || Format::of(Some(range)).is_some())
        .is_some_and(|range| Format::of(Some(range)) == Some(Format::Yaml))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "\
notifications:
  work:
    enabled: true
    provider: slack
    token: xoxb-put-your-token-here
    channels: [\"#infra-alerts\"]
    environments: [production]
";

    #[test]
    fn what_is_exported_is_what_was_applied() {
        let before = declarative::testing::applied(EXAMPLE);
        let export = Notifications {
            kinds: &carillon_chat::Kinds::default(),
            webhooks: before,
        };
        assert_eq!(export.to_yaml().unwrap(), EXPORTED);
    }

    #[test]
    fn yaml_is_for_those_who_ask_for_it_first() {
        for (accept, yaml) in [
            ("application/yaml", true),
            ("text/html, application/yaml;q=0.9, */*", true),
            ("text/yaml", true),
            ("application/json, application/yaml", false),
            ("*/*", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(prefers_yaml(&headers), yaml, "{accept}");
        }
        assert!(!prefers_yaml(&HeaderMap::new()));
    }
}
