use axum::body::to_bytes;

use super::*;

fn console() -> Console {
    Console::new(&Kinds::default())
}

fn get(path: &str) -> Option<Response> {
    console().answer(&Request::get(path).body(()).unwrap())
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn content(name: &str) -> String {
    let file = embedded(name).unwrap_or_else(|| panic!("no file {name}"));
    String::from_utf8(file.data.into_owned()).unwrap()
}

#[test]
fn every_file_may_load_nothing_from_elsewhere_and_has_a_type() {
    let version = console().version;
    for name in names() {
        let path = format!("/console/{version}/{name}");
        let response = get(&path).unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let is_text = headers["content-type"] == "text/plain; charset=utf-8";
        assert_eq!(is_text, name.ends_with(".txt"), "{name}");
    }
}

#[tokio::test]
async fn the_page_asks_only_for_files_that_are_there() {
    let page = text(get("/").unwrap()).await;
    let addresses: Vec<_> = page
        .split('"')
        .filter(|part| part.starts_with("console/"))
        .collect();
    assert!(addresses.len() > 5, "{page}");
    for address in addresses {
        let response = get(&format!("/{address}")).unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{address}");
    }
}

#[test]
fn each_module_imports_only_files_that_are_there() {
    for name in names().filter(|name| name.ends_with(".js")) {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let text = content(&name);
        let imports = text.split("from '").skip(1);
        let imports = imports.chain(text.split("import('").skip(1));
        for address in imports.filter_map(|rest| rest.split('\'').next()) {
            // What only `cargo run` has.
            if address.contains("/local/") {
                continue;
            }
            let mut parts: Vec<_> = folder.split('/').filter(|part| !part.is_empty()).collect();
            for part in address.split('/') {
                match part {
                    "." => {}
                    ".." => assert!(parts.pop().is_some(), "{name}: {address}"),
                    part => parts.push(part),
                }
            }
            let found = parts.join("/");
            let is_there = found == kinds::MODULE || embedded(&found).is_some();
            assert!(is_there, "{name}: {address}");
        }
    }
}

#[tokio::test]
async fn one_file_has_all_styles() {
    let path = format!("/console/{}/{STYLE}", console().version);
    let style = text(get(&path).unwrap()).await;
    for name in names().filter(|name| name.ends_with(".css")) {
        assert!(style.contains(&content(&name)), "{name}");
    }
}

#[test]
fn no_text_can_become_markup_and_no_address_is_fixed() {
    let makers = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "localStorage",
    ];
    for name in names().filter(|name| name.ends_with(".js") && !name.starts_with("vendor/")) {
        let text = content(&name);
        for maker in makers {
            assert!(!text.contains(maker), "{name}: {maker}");
        }
        for address in ["fetch('/", "src = '/", "href = '/", "fetch(`/"] {
            assert!(!text.contains(address), "{name}: {address}");
        }
    }
}

#[test]
fn all_files_together_are_small_and_each_is_one_thing() {
    let console = Console::new(&Kinds::default());
    let mut bytes = 0;
    for name in names() {
        let text = content(&name);
        bytes += console.content(&name).unwrap().len();
        let is_ours = !name.starts_with("vendor/") && !name.ends_with(".svg");
        let lines = text.lines().count();
        assert!(!is_ours || lines <= 300, "{name}: {lines} lines");
    }
    assert!(bytes < 250 * 1024, "{bytes} bytes");
}

#[test]
fn other_kinds_make_another_version_since_browsers_keep_what_is_made_of_them() {
    assert_eq!(version("kinds"), version("kinds"));
    assert_ne!(version("kinds"), version("other kinds"));
}

#[test]
fn what_is_no_file_is_left_to_the_api() {
    for path in [
        "/api/v1/health",
        "/consol",
        "/console",
        "/index.html",
        "/console/",
    ] {
        assert!(get(path).is_none(), "{path}");
    }
    let post = Request::post("/").body(()).unwrap();
    assert!(console().answer(&post).is_none());
    for path in [
        "/console/x/nothing.js",
        "/console/x/../Cargo.toml",
        "/console/x/../../Cargo.toml",
    ] {
        assert_eq!(get(path).unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
}
