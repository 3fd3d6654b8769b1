//! The console's files: one page for people. It has no data of its own and no rights: everything
//! it shows comes through the API, with the key of whoever looks at it.
//!
//! Files stand below a folder that is called after their content, so that browsers keep them
//! until there are new ones; the page itself is asked for each time. All addresses in them are
//! relative: a proxy may serve the console below any path.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use carillon_chat::Kinds;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

use crate::ApiService;
use crate::auth::hex;

mod kinds;

/// Read from the folder in development, part of the program otherwise.
#[derive(RustEmbed)]
#[folder = "console/"]
struct Files;

/// Where the files are, followed by a version.
const FOLDER: &str = "/console/";
const PAGE: &str = "index.html";
/// Made of all styles: nothing is painted before the last of them came.
const STYLE: &str = "style.css";
/// The styles that are not of a kind, in the order in which they count.
const STYLES: [&str; 6] = ["tokens", "base", "shell", "parts", "views", "messages"];
/// What stands in the page for the modules that every view needs.
const MODULES: &str = "{modules}";
/// What stands for the version in the page.
const VERSION: &str = "{version}";

/// Nothing from elsewhere, no frames, no scripts or styles in the page, and no text that could
/// become markup.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The API with the console before it, for these kinds of destinations.
pub fn with_console<B>(api: ApiService<B>, kinds: &Kinds) -> ApiService<B>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let console = Arc::new(Console::new(kinds));
    BoxCloneSyncService::new(service_fn(move |request: Request<B>| {
        let (api, console) = (api.clone(), console.clone());
        async move {
            match console.answer(&request) {
                Some(response) => Ok::<_, Infallible>(response),
                None => api.oneshot(request).await,
            }
        }
    }))
}

struct Console {
    /// The file that is made of all kinds.
    module: String,
    /// Of all files together.
    version: String,
}

impl Console {
    fn new(kinds: &Kinds) -> Self {
        let module = kinds::module(kinds);
        Self {
            version: version(&module),
            module,
        }
    }

    /// The file that is asked for; none where the API has to answer.
    fn answer<B>(&self, request: &Request<B>) -> Option<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let path = request.uri().path();
        if path == "/" {
            let page = String::from_utf8(Files::get(PAGE)?.data.into_owned()).ok()?;
            let page = page.replace(MODULES, &modules());
            return Some(file(PAGE, page.replace(VERSION, &self.version), NO_CACHE));
        }
        let (wanted, name) = path.strip_prefix(FOLDER)?.split_once('/')?;
        let Some(content) = self.content(name) else {
            return Some(StatusCode::NOT_FOUND.into_response());
        };
        // Whoever has the old page gets the new files, and does not keep them.
        let is_fixed = wanted == self.version && !cfg!(debug_assertions);
        let caching = if is_fixed { FOR_EVER } else { NO_CACHE };
        Some(file(name, content.into_owned(), caching))
    }

    fn content(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        match name {
            kinds::MODULE => Some(Cow::Borrowed(self.module.as_bytes())),
            STYLE => Some(Cow::Owned(style())),
            name if name.ends_with(".js") => {
                embedded(name).map(|file| Cow::Owned(without_comments(&file.data)))
            }
            name => embedded(name).map(|file| file.data),
        }
    }
}

/// A module without its lines of comment: no browser needs them. The other lines keep their numbers.
fn without_comments(module: &[u8]) -> Vec<u8> {
    let lines = module.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.map(|line| match line.trim_ascii_start().starts_with(b"//") {
        true => b"\n",
        false => line,
    });
    lines.collect::<Vec<_>>().concat()
}

/// What all files are called that are not made here.
fn names() -> impl Iterator<Item = String> {
    Files::iter().map(String::from).chain(kinds::names())
}

fn embedded(name: &str) -> Option<EmbeddedFile> {
    Files::get(name).or_else(|| kinds::get(name))
}

/// The elements that load the modules that every view needs before anybody asks for them: one
/// asks for the next, and each would wait for the one before.
fn modules() -> String {
    let shared = names()
        .filter(|name| name.ends_with(".js") && !name.starts_with("views/") && name != "main.js");
    let links = shared
        .chain([kinds::MODULE.to_owned()])
        .map(|name| format!("<link rel=\"modulepreload\" href=\"console/{{version}}/{name}\">"));
    links.collect::<Vec<_>>().join("\n  ")
}

pub fn style() -> Vec<u8> {
    let own = STYLES.iter().map(|name| format!("style/{name}.css"));
    let kinds = kinds::names().filter(|name| name.ends_with(".css"));
    let files = own.chain(kinds).filter_map(|name| embedded(&name));
    files.flat_map(|file| file.data.into_owned()).collect()
}

const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// A file of the console: also of one that only `cargo run` has.
pub fn file(name: &str, content: impl Into<Body>, caching: HeaderValue) -> Response {
    let content_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
    let fixed = |text: &'static str| HeaderValue::from_static(text);
    let headers = [
        (header::CONTENT_TYPE, fixed(content_type)),
        (header::CONTENT_SECURITY_POLICY, fixed(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::REFERRER_POLICY, fixed("no-referrer")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            fixed("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            fixed("same-origin"),
        ),
        (header::CACHE_CONTROL, caching),
    ];
    (headers, content.into()).into_response()
}

fn version(module: &str) -> String {
    let mut names: Vec<_> = names().collect();
    names.sort_unstable();
    let mut hash = Sha256::new();
    for name in names {
        hash.update(name.as_bytes());
        hash.update(embedded(&name).map_or([0; 32], |file| file.metadata.sha256_hash()));
    }
    hash.update(module);
    hex(&hash.finalize()[..6])
}

#[cfg(test)]
mod tests;
