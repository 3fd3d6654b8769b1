//! Paths: with and without the trailing slash they are the same.

use axum::extract::Request;
use axum::http::Uri;

/// Documents have no slash at their end, everything else has one.
const WITHOUT_SLASH: [&str; 2] = ["/api/v1/health", "/api/v1/openapi.json"];

/// Rewrites the request's path to the form that the routes have.
pub fn canonical(mut request: Request) -> Request {
    if let Some(uri) = canonical_uri(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// The canonical form, where it is another.
fn canonical_uri(uri: &Uri) -> Option<Uri> {
    let trimmed = uri.path().trim_end_matches('/');
    let path = match WITHOUT_SLASH.contains(&trimmed) {
        true => trimmed.to_owned(),
        false => format!("{trimmed}/"),
    };
    if path == uri.path() {
        return None;
    }
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{path}{query}").parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_its_canonical_slash_and_keeps_its_query() {
        for (given, expected) in [
            (
                "/api/v1/webhooks?limit=2",
                Some("/api/v1/webhooks/?limit=2"),
            ),
            ("/api/v1/webhooks/", None),
            ("/api/v1/webhooks//", Some("/api/v1/webhooks/")),
            ("/api/v1/health/", Some("/api/v1/health")),
            ("/api/v1/openapi.json", None),
        ] {
            let uri: Uri = given.parse().unwrap();
            let canonical = canonical_uri(&uri).map(|uri| uri.to_string());
            assert_eq!(canonical.as_deref(), expected, "{given}");
        }
    }
}
