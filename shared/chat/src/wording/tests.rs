use super::*;
use carillon_domain::sample;

fn plain(event: &Event) -> String {
    headline(event, Escaped::plain)
}

fn with(event_type: EventType, status: Option<Status>) -> Event {
    Event {
        status,
        ..sample::event(event_type)
    }
}

#[test]
fn each_type_and_status_has_words_of_its_own() {
    use EventType as Type;
    use Status::{Failed, Started, Succeeded};
    for (event_type, status, expected) in [
        (
            Type::Deploy,
            None,
            "✏️ Deploy: billing-db to billing / production",
        ),
        (
            Type::Deploy,
            Some(Started),
            "🚀 Deploying billing-db to billing / production",
        ),
        (
            Type::Deploy,
            Some(Succeeded),
            "✅ Deployed billing-db to billing / production",
        ),
        (
            Type::Deploy,
            Some(Failed),
            "❌ Deploy failed: billing-db to billing / production",
        ),
        (
            Type::Destroy,
            None,
            "🗑️ Destroy: reports in billing / production",
        ),
        (
            Type::Destroy,
            Some(Started),
            "⏳ Destroying reports in billing / production",
        ),
        (
            Type::Destroy,
            Some(Succeeded),
            "🗑️ Destroyed reports in billing / production",
        ),
        (
            Type::Destroy,
            Some(Failed),
            "❌ Destroy failed: reports in billing / production",
        ),
        (
            Type::Scale,
            None,
            "✏️ Scaling: checkout (from 2 tasks to 6 tasks) in billing / production",
        ),
        (
            Type::Scale,
            Some(Succeeded),
            "✅ Scaled checkout from 2 tasks to 6 tasks in billing / production",
        ),
        (
            Type::Error,
            None,
            "🚨 Error: billing-db in billing / production",
        ),
        (
            Type::Error,
            Some(Failed),
            "🚨 Error: billing-db in billing / production",
        ),
        (
            Type::Error,
            Some(Succeeded),
            "✅ Error resolved: billing-db in billing / production",
        ),
        (
            Type::ParameterCreated,
            None,
            "➕ Parameter DATABASE_URL created in billing",
        ),
        (
            Type::ParameterUpdated,
            None,
            "✏️ Parameter DATABASE_URL updated in billing (2 attributes)",
        ),
        (
            Type::ParameterUpdated,
            Some(Failed),
            "❌ Parameter DATABASE_URL could not be updated in billing (2 attributes)",
        ),
        (
            Type::ParameterDeleted,
            Some(Started),
            "⏳ Parameter DATABASE_URL is being deleted in billing",
        ),
        (Type::ProjectDeleted, None, "🗑️ Project billing deleted"),
        (
            Type::EnvironmentCreated,
            Some(Succeeded),
            "➕ Environment production created in billing",
        ),
        (
            Type::ValueDeleted,
            None,
            "🗑️ Value of DATABASE_URL deleted in billing / production",
        ),
        (
            Type::WebhookSuspended,
            Some(Failed),
            "🔕 Webhook \"prod alerts\" suspended",
        ),
        (
            Type::WebhookFailing,
            Some(Failed),
            "⚠️ Webhook failing: prod alerts and 2 more",
        ),
        (
            Type::WebhookFailing,
            Some(Succeeded),
            "✅ Webhook works again: prod alerts and 2 more",
        ),
        (Type::Ping, None, "🔔 Test message from Carillon"),
    ] {
        assert_eq!(plain(&with(event_type, status)), expected);
    }
}

#[test]
fn what_is_neither_trouble_nor_success_says_so() {
    use EventType::{Deploy, Error, Scale};
    use Severity::{Critical, Info, Warning};
    use Status::{Started, Succeeded};
    for (event_type, status, severity, headline) in [
        (Error, None, Some(Info), "ℹ️ Notice: "),
        (Error, None, Some(Warning), "⚠️ Warning: "),
        (Error, None, Some(Critical), "🚨 Error: "),
        (Error, Some(Succeeded), Some(Info), "✅ Notice closed: "),
        (
            Error,
            Some(Succeeded),
            Some(Warning),
            "✅ Warning resolved: ",
        ),
        (
            Error,
            Some(Started),
            Some(Critical),
            "🩹 In trouble, being mended: ",
        ),
        (Deploy, None, Some(Info), "ℹ️ Deploy notice: "),
        (Deploy, None, Some(Warning), "⚠️ Deploy warning: "),
        (Scale, None, Some(Info), "ℹ️ Scaling notice: "),
        (Deploy, Some(Succeeded), Some(Info), "✅ Deployed "),
    ] {
        let mut event = with(event_type, status);
        event.severity = severity;
        assert!(plain(&event).starts_with(headline), "{}", plain(&event));
    }
}

#[test]
fn a_build_is_built_and_a_scale_says_what_it_did() {
    let mut build = with(EventType::Deploy, Some(Status::Succeeded));
    build.resource.get_or_insert_default().resource_type = Some(BUILD.into());
    assert_eq!(plain(&build), "✅ Built billing-db in billing / production");
    let mut scale = with(EventType::Scale, Some(Status::Succeeded));
    scale.details.insert(CHANGE.into(), "launch".into());
    assert_eq!(
        plain(&scale),
        "✅ Scaled checkout (launch) in billing / production"
    );
    let mut notice = with(EventType::Deploy, None);
    notice.severity = Some(Severity::Warning);
    let change = "waits for an approval";
    notice.details.insert(CHANGE.into(), change.into());
    let said = "⚠️ Deploy warning: billing-db (waits for an approval) in billing / production";
    assert_eq!(plain(&notice), said);
}

#[test]
fn a_dry_run_is_marked_and_neutral_however_it_ended() {
    let mut event = with(EventType::Deploy, Some(Status::Failed));
    event.dry_run = true;
    assert_eq!(Tone::of(&event), Tone::DryRun);
    assert!(plain(&event).starts_with("🧪 Dry run: Deploy failed: "));
}

#[test]
fn an_event_that_says_nothing_still_has_a_headline() {
    for event_type in EventType::ALL {
        let mut event = sample::event(*event_type);
        event.resource = None;
        event.project = None;
        event.environment = Some("\u{200b} \u{200d}".into());
        event.changes.clear();
        let headline = plain(&event);
        assert!(
            headline.chars().count() > 5 && !headline.ends_with(' '),
            "{headline}"
        );
    }
}

#[test]
fn what_is_known_of_the_place_is_said() {
    let mut event = with(EventType::Deploy, Some(Status::Succeeded));
    event.resource = None;
    assert_eq!(plain(&event), "✅ Deployed to billing / production");
    event.status = Some(Status::Failed);
    event.project = None;
    event.message = None;
    assert_eq!(plain(&event), "❌ Deploy failed: production");
}

#[test]
fn the_longest_names_keep_the_headline_short() {
    let long = || Some("_".repeat(5_000));
    for event_type in EventType::ALL {
        for status in [None, Some(Status::Started), Some(Status::Failed)] {
            let mut event = with(*event_type, status);
            event.dry_run = true;
            event.resource.get_or_insert_default().name = long();
            event.project = Some("*".repeat(5_000));
            event.environment = long();
            event.changes = vec!["x".into(); 5_000];
            event.details.insert(CHANGE.into(), "_".repeat(5_000));
            let doubled = |text: &str| {
                let mut escaped = Escaped::default();
                text.chars().for_each(|_| escaped.whole("_", "\\_"));
                escaped
            };
            let headline = headline(&event, doubled);
            let length = carillon_domain::text::length(&headline);
            assert!(length <= MAX_HEADLINE, "{length}: {headline}");
            // The same of what has no name, and of what says from what to what it was scaled.
            event.resource = None;
            event.message = long();
            event.details = ["from", "to"]
                .map(|name| (name.into(), "_".repeat(50)))
                .into();
            let headline = super::headline(&event, doubled);
            let length = carillon_domain::text::length(&headline);
            assert!(length <= MAX_HEADLINE, "{length}: {headline}");
        }
    }
}

#[test]
fn a_dry_run_says_what_would_happen() {
    for (event_type, expected) in [
        (
            EventType::Destroy,
            "🧪 Dry run: would destroy reports in billing / production",
        ),
        (
            EventType::Deploy,
            "🧪 Dry run: would deploy billing-db to billing / production",
        ),
        (
            EventType::Scale,
            "🧪 Dry run: would scale checkout from 2 tasks to 6 tasks in billing / production",
        ),
        (
            EventType::ParameterUpdated,
            "🧪 Dry run: would update parameter DATABASE_URL in billing (2 attributes)",
        ),
        (
            EventType::ValueCreated,
            "🧪 Dry run: would create value of DATABASE_URL in billing / production",
        ),
        (
            EventType::ProjectDeleted,
            "🧪 Dry run: would delete project billing",
        ),
    ] {
        for status in [None, Some(Status::Started), Some(Status::Succeeded)] {
            let mut event = with(event_type, status);
            event.dry_run = true;
            assert_eq!(plain(&event), expected);
        }
    }
}

#[test]
fn what_has_no_name_is_called_by_the_first_line_of_its_message() {
    let bare = |event_type, message: &str| {
        let mut event = with(event_type, None);
        event.resource = None;
        event.project = None;
        event.environment = None;
        event.changes.clear();
        event.message = Some(message.to_owned());
        event
    };
    let mut event = bare(EventType::Error, "\n  disk full on web-3 \nsecond line");
    assert_eq!(plain(&event), "🚨 Error: disk full on web-3");
    event.environment = Some("production".into());
    assert_eq!(plain(&event), "🚨 Error: disk full on web-3 in production");
    let mut event = bare(EventType::Deploy, "shipped v2");
    event.status = Some(Status::Succeeded);
    event.environment = Some("production".into());
    assert_eq!(plain(&event), "✅ Deployed to production");
    event.status = Some(Status::Failed);
    assert_eq!(plain(&event), "❌ Deploy failed: shipped v2 in production");
    event.environment = None;
    event.status = Some(Status::Succeeded);
    assert_eq!(plain(&event), "✅ Deployed: shipped v2");
    let event = bare(EventType::ParameterUpdated, "by the nightly job");
    assert_eq!(plain(&event), "✏️ Parameter updated: by the nightly job");
    let event = bare(EventType::Error, &format!("{} end", "x".repeat(300)));
    assert!(plain(&event).ends_with("xx…"), "{}", plain(&event));
    let trace =
        "Traceback (most recent call last):\n  File \"x.py\", line 3, in f\nKeyError: 'a'\n";
    assert_eq!(
        plain(&bare(EventType::Error, trace)),
        "🚨 Error: KeyError: 'a'"
    );
    let long = format!("https://ci.example.com/{} failed", "x".repeat(200));
    assert_eq!(
        plain(&bare(EventType::Error, &long)),
        "🚨 Error: ci.example.com/… failed"
    );
}

#[test]
fn what_the_headline_says_in_full_is_not_said_again() {
    let mut event = with(EventType::Error, None);
    event.message = Some("disk full on web-3".into());
    assert_eq!(message(&event).as_deref(), Some("disk full on web-3"));
    event.resource = None;
    assert_eq!(message(&event), None);
    let ping = with(EventType::Ping, None);
    assert_eq!(message(&ping), ping.message);
    for more in [
        "disk full on web-3\nsecond line".to_owned(),
        "x".repeat(100),
    ] {
        event.message = Some(more.clone());
        assert_eq!(message(&event), Some(more));
    }
}

#[test]
fn several_webhooks_are_suspended_together() {
    let mut event = with(EventType::WebhookSuspended, Some(Status::Failed));
    let resource = event.resource.get_or_insert_default();
    resource.resource_type = Some(CREDENTIAL.into());
    resource.name = Some("\"prod alerts\" and 2 others".into());
    assert_eq!(
        plain(&event),
        "🔕 Webhooks \"prod alerts\" and 2 others suspended"
    );
}

#[test]
fn all_changes_are_counted() {
    let mut event = with(EventType::ParameterUpdated, None);
    event.changes = (0..100).map(|n| format!("attribute-{n}")).collect();
    event.details.insert(
        carillon_domain::event::CHANGES_LEFT_OUT.into(),
        "1900".into(),
    );
    assert!(
        plain(&event).ends_with(" (2000 attributes)"),
        "{}",
        plain(&event)
    );
}
