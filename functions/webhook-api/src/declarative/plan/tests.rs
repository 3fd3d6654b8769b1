use super::super::document::Format;
use super::super::testing::{applied, organization};
use super::*;
use carillon_domain::{Filters, sample};

fn token(tail: &str) -> String {
    format!("xoxb-{}{tail}", "fake-".repeat(4))
}

fn slack_url() -> String {
    let host = "hooks.slack.com";
    format!(
        "https://{host}/services/T00000000/B00000000/{}",
        "X".repeat(24)
    )
}

fn discord_url() -> String {
    let host = "discord.com";
    format!(
        "https://{host}/api/webhooks/{}/{}",
        "X".repeat(18),
        "x".repeat(20)
    )
}

fn plan(text: &str, existing: &[Webhook], prune: bool) -> Result<Plan, Faults> {
    let document = Document::read(Format::Yaml, text.as_bytes())?;
    Plan::of(
        &Kinds::default(),
        &document,
        existing.to_vec(),
        &organization(),
        prune,
    )
}

/// What becomes of each entry: `create`, `keep`, or the changed fields.
fn changes(text: &str, existing: &[Webhook]) -> Vec<String> {
    let plan = plan(text, existing, false).unwrap_or_else(|faults| panic!("{faults}"));
    plan.steps
        .iter()
        .map(|step| match &step.change {
            Change::Create => "create".to_owned(),
            Change::Keep(_) => "keep".to_owned(),
            Change::Update { changed, .. } => changed.join(" "),
        })
        .collect()
}

fn faults(text: &str, existing: &[Webhook]) -> Vec<(String, String)> {
    plan(text, existing, false)
        .err()
        .expect("it has faults")
        .iter()
        .map(|fault| (fault.pointer.to_string(), fault.detail.clone()))
        .collect()
}

fn bot(more: &str) -> String {
    format!(
        "notifications:\n  work:\n    provider: slack\n    token: {}\n    channel: infra\n{more}",
        token("wxyz")
    )
}

#[test]
fn the_file_of_the_contract_works_as_it_is() {
    let text = format!(
        "notifications:\n  work:\n    enabled: true\n    provider: slack\n    webhook_url: {}\n    \
         channels: [\"#infra-alerts\"]\n  gaming:\n    enabled: true\n    provider: discord\n    \
         webhook_url: {}\n    channels: [\"deploy-logs\"]\n",
        slack_url(),
        discord_url()
    );
    assert_eq!(changes(&text, &[]), ["create", "create"]);
    let webhooks = applied(&text);
    assert_eq!(webhooks[0].lanes.names(), ["#infra-alerts"]);
    let events: Vec<_> = webhooks[1]
        .event_types
        .iter()
        .map(|pattern| pattern.as_str())
        .collect();
    assert_eq!(events, ["deploy", "destroy", "error"]);
    assert_eq!(changes(&text, &webhooks), ["keep", "keep"]);
}

#[test]
fn every_field_that_differs_is_told_by_the_name_that_the_file_has_for_it() {
    let before = applied(&bot("    environments: [production]\n"));
    for (more, changed) in [
        ("    environments: [production]\n", "keep"),
        ("    filters: {environment: [production]}\n", "keep"),
        ("", "filters"),
        ("    environments: [staging]\n", "environments"),
        ("    filters: {environment: [staging]}\n", "filters"),
        (
            "    environments: [production]\n    filters: {project: [x]}\n",
            "filters",
        ),
        (
            "    environments: [production]\n    enabled: false\n",
            "enabled",
        ),
        (
            "    environments: [production]\n    events: [\"*\"]\n",
            "events",
        ),
        (
            "    environments: [production]\n    username: Bell\n    icon_emoji: ':bell:'\n    \
             grouping: thread\n    digest: off\n",
            "username icon_emoji grouping digest",
        ),
    ] {
        assert_eq!(changes(&bot(more), &before), [changed], "{more}");
    }
    let other = bot("    environments: [production]\n").replace("wxyz", "abcd");
    assert_eq!(changes(&other, &before), ["token"]);
    let moved = bot("    environments: [production]\n").replace("channel: infra", "channels: [a]");
    assert_eq!(changes(&moved, &before), ["channel channels"]);
    let discord = format!(
        "notifications:\n  work:\n    provider: discord\n    webhook_url: {}\n    \
         environments: [production]\n",
        discord_url()
    );
    assert_eq!(changes(&discord, &before), ["provider webhook_url channel"]);
}

#[test]
fn a_masked_credential_means_unchanged_where_there_is_one() {
    let before = applied(&bot(""));
    let masked = bot("").replace(&token("wxyz"), "xoxb-…wxyz");
    assert_eq!(changes(&masked, &before), ["keep"]);
    let found = faults(&masked, &[]);
    assert_eq!(found[0].0, "/notifications/work/token");
    assert!(found[0].1.contains("masked"), "{}", found[0].1);
    let renamed = masked.replace("work:", "play:");
    assert_eq!(faults(&renamed, &before)[0].0, "/notifications/play/token");
    let another = masked.replace("…wxyz", "…abcd");
    assert_eq!(faults(&another, &before)[0].0, "/notifications/work/token");
}

#[test]
fn only_what_a_platform_has_something_to_say_about_is_verified() {
    let before = applied(&bot(""));
    for (text, existing, verified) in [
        (bot(""), &[][..], true),
        (bot(""), &before, false),
        (bot("    events: [scale]\n"), &before, false),
        (bot("    username: Bell\n"), &before, true),
        (bot("").replace("wxyz", "abcd"), &before, true),
        (
            bot("").replace(&token("wxyz"), "xoxb-…wxyz"),
            &before,
            false,
        ),
    ] {
        let plan = plan(&text, existing, false).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(plan.steps[0].unverified.is_some(), verified, "{text}");
    }
}

#[test]
fn a_suspended_webhook_stays_so_until_it_aims_elsewhere() {
    let mut before = applied(&bot(""));
    before[0].status = WebhookStatus::Suspended;
    assert_eq!(changes(&bot("    enabled: true\n"), &before), ["keep"]);
    assert_eq!(changes(&bot("    enabled: false\n"), &before), ["enabled"]);
    let plan = plan(&bot("    events: [scale]\n"), &before, false)
        .ok()
        .unwrap();
    assert_eq!(plan.steps[0].registration.enabled, None);
    before[0].status = WebhookStatus::Disabled;
    assert_eq!(changes(&bot(""), &before), ["enabled"]);
}

#[test]
fn only_pruning_removes_what_the_file_does_not_name() {
    let before = [sample::webhook(1, &["*"]), sample::webhook(2, &["*"])];
    let text = "notifications: {}";
    assert_eq!(plan(text, &before, false).ok().unwrap().removals, []);
    assert_eq!(plan(text, &before, true).ok().unwrap().removals, before);
}

#[test]
fn every_fault_of_every_entry_is_found_where_it_stands() {
    let text = "notifications:\n  a:\n    provider: pigeon\n    token: xoxp-fake\n    channel: A b\n    \
                events: [depoly]\n    enabled: maybe\n    environments: [x]\n    \
                filters: {environment: [y], colour: [z]}\n  b/c:\n    provider: discord\n    \
                webhook_url: https://example.com/\n    type: discord\n    chanels: [x]\n  d: 7\n";
    let found = faults(text, &[]);
    let mut pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/notifications/a/channel",
            "/notifications/a/enabled",
            "/notifications/a/environments",
            "/notifications/a/events/0",
            "/notifications/a/filters/colour",
            "/notifications/a/provider",
            "/notifications/a/token",
            "/notifications/b~1c/chanels",
            "/notifications/b~1c/type",
            "/notifications/b~1c/webhook_url",
            "/notifications/d",
        ]
    );
    let detail = |pointer: &str| {
        let (_, detail) = found.iter().find(|(at, _)| at == pointer).unwrap();
        detail.as_str()
    };
    assert!(detail("/notifications/a/provider").starts_with("line 3, column 5: must be one of"));
    assert!(detail("/notifications/a/events/0").starts_with("line 6, column 14: unknown event"));
    assert!(detail("/notifications/b~1c/type").contains("is called `provider` here"));
    assert!(detail("/notifications/b~1c/chanels").contains("did you mean `channels`?"));
}

#[test]
fn where_a_space_is_missing_no_credential_is_repeated() {
    let host = "hooks.slack.com";
    let text = format!(
        "notifications:\n  a: {{provider: slack, token:xoxb-fake-wxyz, \
         webhook_url:https://{host}/services/T0/B0/fake-wxyz}}\n"
    );
    let found = format!("{:?}", faults(&text, &[]));
    assert!(found.contains("/notifications/a/token:…"), "{found}");
    assert!(!found.contains("wxyz"), "{found}");
}

#[test]
fn names_have_the_rules_of_names() {
    let entry = "{provider: slack, token: xoxb-fake-fake-fake, channel: x}";
    for name in ["\"\"".to_owned(), "\"a\\tb\"".to_owned(), "x".repeat(101)] {
        let found = faults(&format!("notifications:\n  {name}: {entry}\n"), &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0.starts_with("/notifications/"), "{found:?}");
    }
    let missing = "notifications: {a: {}}";
    let found = faults(missing, &[]);
    let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/notifications/a/provider",
            "/notifications/a/token",
            "/notifications/a/channel"
        ]
    );
}

#[test]
fn a_credential_is_new_once_and_not_where_the_webhook_has_it_already() {
    let entry = |name: &str, tail: &str| {
        let token = token(tail);
        format!("  {name}: {{provider: slack, token: {token}, channel: x}}\n")
    };
    let new = |text: &str, existing: &[Webhook]| {
        let plan = plan(text, existing, false).unwrap_or_else(|faults| panic!("{faults}"));
        let organization = organization();
        let new = plan.new_credentials(&organization);
        let new = new.map(|step| step.registration.name.clone());
        new.collect::<Vec<_>>()
    };
    let file = format!(
        "notifications:\n{}{}{}",
        entry("a", "wxyz"),
        entry("b", "wxyz"),
        entry("c", "abcd")
    );
    assert_eq!(new(&file, &[]), ["a", "c"]);
    let before = applied(&file);
    assert_eq!(new(&file, &before), [""; 0]);
    assert_eq!(new(&file.replace("abcd", "efgh"), &before), ["c"]);
}

#[test]
fn a_filter_that_is_there_and_empty_is_no_change() {
    let before = applied(&bot(""));
    assert_eq!(before[0].filters, Filters::default());
    assert_eq!(changes(&bot("    filters: {}\n"), &before), ["keep"]);
}
