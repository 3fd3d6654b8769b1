//! Many writers at once.

use std::collections::BTreeSet;

use carillon_tests::{Answer, App, slack};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn path(id: &str) -> String {
    format!("/webhooks/{id}/")
}

fn count(answers: &[Answer], status: StatusCode) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

/// The names that are taken, and the names that webhooks have: always the same.
async fn names(app: &App) -> (BTreeSet<String>, BTreeSet<String>) {
    let taken = app.registry_rows("NAME#").await;
    let taken = taken
        .iter()
        .map(|row| row["sk"]["S"].as_str().unwrap()["NAME#".len()..].to_owned())
        .collect();
    let had = app.get("/webhooks/?limit=100").await;
    let had = had.results().iter();
    let had = had.map(|webhook| webhook["name"].as_str().unwrap().to_owned());
    (taken, had.collect())
}

#[tokio::test]
async fn of_many_who_rename_to_one_name_one_gets_it_and_the_others_keep_theirs() {
    let app = App::start().await;
    let names_before: Vec<String> = (0..12).map(|n| format!("webhook {n}")).collect();
    let mut ids = Vec::new();
    for name in &names_before {
        ids.push(app.register(&slack(name, &["deploy"])).await);
    }
    let wanted = json!({"name": "wanted"});
    let paths: Vec<String> = ids.iter().map(|id| path(id)).collect();
    let answers = join_all(paths.iter().map(|path| app.patch(path, &wanted))).await;
    assert_eq!(count(&answers, StatusCode::OK), 1);
    assert_eq!(count(&answers, StatusCode::CONFLICT), 11);
    let winner = answers
        .iter()
        .position(|answer| answer.status == StatusCode::OK)
        .unwrap();
    for answer in answers.iter().filter(|a| a.status == StatusCode::CONFLICT) {
        assert_eq!(answer.body["existing_id"], ids[winner]);
    }
    let (taken, had) = names(&app).await;
    assert_eq!(taken, had);
    // The winner's old name is free, the losers' are not.
    app.register(&slack(&names_before[winner], &["deploy"]))
        .await;
    let loser = &names_before[(winner + 1) % 12];
    let refused = app.post("/webhooks/", &slack(loser, &["deploy"])).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn two_who_want_each_others_name_both_keep_theirs() {
    let app = App::start().await;
    let (a, b) = (
        path(&app.register(&slack("a", &["deploy"])).await),
        path(&app.register(&slack("b", &["deploy"])).await),
    );
    let (to_a, to_b) = (json!({"name": "a"}), json!({"name": "b"}));
    let (first, second) = tokio::join!(app.patch(&a, &to_b), app.patch(&b, &to_a));
    assert_eq!(first.status, StatusCode::CONFLICT);
    assert_eq!(second.status, StatusCode::CONFLICT);
    let (taken, had) = names(&app).await;
    assert_eq!(taken, had);
}

#[tokio::test]
async fn registering_renaming_and_removing_one_name_at_once_leaves_nothing_dangling() {
    let app = App::start().await;
    for round in 0..5 {
        let id = app.register(&slack("x", &["deploy"])).await;
        let other = app.register(&slack("other", &["deploy"])).await;
        let (at, other_at) = (path(&id), path(&other));
        let (x, y) = (slack("x", &["scale"]), json!({"name": "x"}));
        let away = json!({"name": format!("away {round}")});
        let (created, renamed, moved, removed) = tokio::join!(
            app.post("/webhooks/", &x),
            app.patch(&other_at, &y),
            app.patch(&at, &away),
            app.delete(&at),
        );
        for answer in [&created, &renamed, &moved, &removed] {
            assert!(!answer.status.is_server_error(), "{}", answer.body);
        }
        let (taken, had) = names(&app).await;
        assert_eq!(taken, had, "round {round}");
        for webhook in app.get("/webhooks/").await.results() {
            app.delete(&path(webhook["id"].as_str().unwrap())).await;
        }
        assert_eq!(app.registry_rows("CREDENTIAL#").await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn thirty_changes_of_one_webhook_at_once_are_all_made() {
    let app = App::start().await;
    let at = path(&app.register(&slack("prod alerts", &["deploy"])).await);
    let patches: Vec<Value> = (0..30)
        .map(|n| json!({"configuration": {"username": format!("bell {n}")}}))
        .collect();
    let answers = join_all(patches.iter().map(|patch| app.patch(&at, patch))).await;
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    assert_eq!(app.get(&at).await.header("etag"), "\"31\"");
    let versions: BTreeSet<&str> = answers.iter().map(|answer| answer.header("etag")).collect();
    assert_eq!(versions.len(), 30, "each made a version of its own");
}

#[tokio::test]
async fn changes_of_different_fields_at_once_do_not_undo_each_other() {
    let app = App::start().await;
    let at = path(&app.register(&slack("prod alerts", &["deploy"])).await);
    let keys = [
        "environment",
        "project",
        "provider",
        "region",
        "resource_type",
    ];
    let patches: Vec<Value> = keys
        .iter()
        .map(|key| json!({"filters": {*key: ["x"]}}))
        .collect();
    join_all(patches.iter().map(|patch| app.patch(&at, patch))).await;
    let filters = app.get(&at).await.body["filters"].clone();
    assert_eq!(filters.as_object().unwrap().len(), keys.len(), "{filters}");
}

#[tokio::test]
async fn of_thirty_who_mean_the_same_version_one_changes_it() {
    let app = App::start().await;
    let at = path(&app.register(&slack("prod alerts", &["deploy"])).await);
    let changes = (0..30).map(|n| {
        let request = app
            .request(Method::PATCH, &at)
            .header("If-Match", "\"1\"")
            .json(&json!({"configuration": {"username": format!("bell {n}")}}));
        app.send(request)
    });
    let answers = join_all(changes).await;
    assert_eq!(count(&answers, StatusCode::OK), 1);
    assert_eq!(count(&answers, StatusCode::PRECONDITION_FAILED), 29);
    assert_eq!(app.get(&at).await.header("etag"), "\"2\"");
}

#[tokio::test]
async fn nobody_who_names_the_version_loses_a_change() {
    let app = App::start().await;
    let at = path(&app.register(&slack("prod alerts", &["deploy"])).await);
    let add = async |n: usize| {
        loop {
            let read = app.get(&at).await;
            let mut list = read.body["filters"]["environment"].clone();
            match list.as_array_mut() {
                Some(list) => list.push(json!(format!("env-{n}"))),
                None => list = json!([format!("env-{n}")]),
            }
            let request = app
                .request(Method::PATCH, &at)
                .header("If-Match", read.header("etag"))
                .json(&json!({"filters": {"environment": list}}));
            match app.send(request).await.status {
                StatusCode::OK => break,
                status => assert_eq!(status, StatusCode::PRECONDITION_FAILED),
            }
        }
    };
    join_all((0..10).map(add)).await;
    let environments = &app.get(&at).await.body["filters"]["environment"];
    assert_eq!(environments.as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn a_removal_among_changes_wins_and_leaves_no_credential() {
    let app = App::start().await;
    let at = path(&app.register(&slack("prod alerts", &["deploy"])).await);
    let patches: Vec<Value> = (0..8)
        .map(|n| json!({"configuration": {"token": format!("xoxb-fake-token-for-tests-{n:04}")}}))
        .collect();
    let changes = join_all(patches.iter().map(|patch| app.patch(&at, patch)));
    let (answers, removed) = tokio::join!(changes, app.delete(&at));
    assert!(
        answers
            .iter()
            .all(|answer| !answer.status.is_server_error())
    );
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.body);
    assert_eq!(app.get(&at).await.status, StatusCode::NOT_FOUND);
    assert_eq!(names(&app).await.0, BTreeSet::new());
    for row in app.registry_rows("CREDENTIAL#").await {
        assert_eq!(row["user_count"]["N"], "0", "{row}");
    }
}
