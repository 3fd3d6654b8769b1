//! What a CI says of itself in the environment.

use std::env;

/// Where the build can be looked at.
pub fn build() -> Option<String> {
    let github = || {
        let server = variable("GITHUB_SERVER_URL")?;
        let repository = variable("GITHUB_REPOSITORY")?;
        let run = variable("GITHUB_RUN_ID")?;
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    github()
        .or_else(|| variable("CI_JOB_URL"))
        .or_else(|| variable("BUILDKITE_BUILD_URL"))
        .or_else(|| variable("CIRCLE_BUILD_URL"))
        .or_else(|| variable("BUILD_URL"))
}

/// Who started it; without a CI, the user.
pub fn actor() -> Option<String> {
    [
        "GITHUB_ACTOR",
        "GITLAB_USER_LOGIN",
        "BUILDKITE_BUILD_CREATOR",
        "CIRCLE_USERNAME",
        "BUILD_USER_ID",
        "USER",
    ]
    .into_iter()
    .find_map(variable)
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
