//! The console: what is served, and what it learns of who is looking.

use carillon_tests::{App, ORGANIZATION};
use reqwest::{Method, StatusCode, redirect};
use serde_json::json;

#[tokio::test]
async fn the_page_and_its_files_need_no_key_and_the_api_still_does() {
    let app = App::start().await;
    let page = reqwest::get(format!("{}/", app.url())).await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    let text = page.text().await.unwrap();
    let files: Vec<_> = text
        .split('"')
        .filter(|part| part.starts_with("console/"))
        .collect();
    for file in &files {
        let answer = reqwest::get(format!("{}/{file}", app.url())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{file}");
    }
    let place = files
        .iter()
        .find(|file| file.ends_with("/place.js"))
        .unwrap();
    let place = reqwest::get(format!("{}/{place}", app.url()))
        .await
        .unwrap();
    let place = place.text().await.unwrap();
    assert!(place.contains("\"local\":true") && !place.contains(carillon_tests::KEY));

    let keyless = app.send(app.keyless(Method::GET, "/webhooks/")).await;
    assert_eq!(keyless.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_code_that_is_not_the_printed_one_logs_nobody_in() {
    let app = App::start().await;
    let url = format!("{}/_local/log-in", app.url());
    let client = reqwest::Client::new();
    for body in [json!({"code": "guessed"}), json!({"code": ""}), json!({})] {
        let answer = client.post(&url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::GONE, "{body}");
        let problem = answer.text().await.unwrap();
        assert!(problem.contains("admin key") && !problem.contains(carillon_tests::KEY));
    }
    // As a form of another site would send it.
    let form = client.post(&url).header("content-type", "text/plain");
    let answer = form.body("{\"code\": \"guessed\"}").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn each_role_can_read_who_it_is() {
    let app = App::start().await;
    for role in ["admin", "editor", "publisher", "viewer"] {
        let key = app.key(role).await;
        let me = app.send(app.request_as(&key, Method::GET, "/me/")).await;
        assert_eq!(me.status, StatusCode::OK, "{role}");
        assert_eq!(me.body["role"], role);
        assert_eq!(me.body["organization"], ORGANIZATION);
        assert_eq!(me.body["actor"]["type"], "api_key");
    }
}

#[tokio::test]
async fn the_reference_is_a_view_of_the_console() {
    let app = App::start().await;
    let client = reqwest::Client::builder().redirect(redirect::Policy::none());
    let client = client.build().unwrap();
    for (path, leads_to) in [("/docs", "./#/reference"), ("/docs/", "../#/reference")] {
        let answer = client
            .get(format!("{}{path}", app.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["location"], leads_to);
    }
}
