//! A path that does not exist, and the one that may have been meant; a method that a path does not
//! take.

use std::collections::BTreeSet;

use axum::extract::MatchedPath;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use carillon_domain::fault::nearest;
use carillon_domain::masking::looks_like_credential;
use carillon_domain::text::shorten;

use crate::problem::Problem;
use crate::{BASE, routes};

/// What is said of a path that no route has.
pub async fn answer(uri: Uri) -> Problem {
    let path = uri.path();
    // A platform's own path has a token in it.
    if looks_like_credential(path) {
        return Problem::NoSuchPath {
            path: "…".to_owned(),
            nearest: None,
        };
    }
    Problem::NoSuchPath {
        path: shorten(path, 100),
        nearest: meant(path, &routes::paths()).map(|path| shorten(&path, 200)),
    }
}

/// The router adds the header `Allow` to whatever this answers.
pub async fn method_not_allowed(method: Method, path: Option<MatchedPath>) -> Response {
    match method {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => {
            let allowed = path.map(|path| routes::methods_of(path.as_str()));
            let allowed = allowed.unwrap_or_default();
            Problem::MethodNotAllowed { allowed }.into_response()
        }
    }
}

/// The nearest of some paths, with what was written in the place of their parameters.
fn meant(written: &str, paths: &BTreeSet<String>) -> Option<String> {
    let written = written.strip_prefix(BASE).unwrap_or(unversioned(written));
    let segments: Vec<&str> = written.split('/').collect();
    let same_length = |path: &&String| path.split('/').count() == segments.len();
    let filled = paths.iter().filter(same_length).filter_map(|path| {
        let parts = path.split('/').zip(&segments);
        let filled = parts.map(|(part, segment)| match part.starts_with('{') {
            true => Some(*segment),
            // Each word of it is near what was written there.
            false => (part == *segment || nearest(segment, [part]).is_some()).then_some(part),
        });
        Some(filled.collect::<Option<Vec<_>>>()?.join("/"))
    });
    let filled: Vec<String> = filled.collect();
    let meant = nearest(written, filled.iter().map(String::as_str))?;
    Some(format!("{BASE}{meant}"))
}

/// What is below a version that there is not: `/api/v2/webhooks/`.
fn unversioned(path: &str) -> &str {
    let below = path
        .strip_prefix("/api/v")
        .and_then(|rest| rest.split_once('/'));
    match below {
        Some((version, rest)) if version.parse::<u32>().is_ok() => {
            &path[path.len() - rest.len() - 1..]
        }
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_path_has_the_ids_that_were_written() {
        let paths = routes::paths();
        for (written, expected) in [
            ("/api/v1/webhook/", "/api/v1/webhooks/"),
            ("/webhooks/", "/api/v1/webhooks/"),
            (
                "/api/v1/webhooks/wh_1/prewiew/",
                "/api/v1/webhooks/wh_1/preview/",
            ),
            (
                "/api/v1/webhooks/wh_1/delivery/dl_1/",
                "/api/v1/webhooks/wh_1/deliveries/dl_1/",
            ),
            ("/api/v1/apikeys/", "/api/v1/api-keys/"),
            ("/api/v2/webhooks/", "/api/v1/webhooks/"),
        ] {
            assert_eq!(
                meant(written, &paths).as_deref(),
                Some(expected),
                "{written}"
            );
        }
        for written in ["/api/v1/xyzzy/", "/nope", "/api/v2/xyzzy/"] {
            assert_eq!(meant(written, &paths), None, "{written}");
        }
    }
}
