//! The event type that a CloudEvent's `type` means: its last segments say it.

use crate::event::Status;
use crate::event_type::EventType;
use crate::fault::{nearest, repeated};

/// What a `type` such as `com.acme.parameter.updated` or `com.acme.deploy.failed.v1` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub event_type: EventType,
    /// Where a status follows the type.
    pub status: Option<Status>,
}

/// # Errors
/// Says what would be right.
pub(super) fn read(text: &str) -> Result<Meaning, String> {
    let mut segments: Vec<String> = text
        .split('.')
        .map(|segment| segment.to_ascii_lowercase().replace('-', "_"))
        .collect();
    while segments.len() > 1 && segments.last().is_some_and(|last| is_version(last)) {
        segments.pop();
    }
    let found = named(&segments)
        .map(|event_type| (event_type, None))
        .or_else(|| {
            let (last, before) = segments.split_last()?;
            Some((named(before)?, Some(Status::parse(last)?)))
        });
    match found {
        Some((event_type, status)) if event_type.is_publishable() => {
            Ok(Meaning { event_type, status })
        }
        Some((own, _)) => Err(format!(
            "`{own}` is raised by Carillon itself and cannot be published"
        )),
        None => Err(unknown(text, &segments)),
    }
}

/// The last two segments with `_` between them.
fn joined(segments: &[String]) -> Option<String> {
    match segments {
        [.., entity, change] => Some(format!("{entity}_{change}")),
        _ => None,
    }
}

/// The type that the last two segments name, or the last one.
fn named(segments: &[String]) -> Option<EventType> {
    let last = segments.last()?;
    let joined = joined(segments).and_then(|name| EventType::parse(&name));
    joined
        .or_else(|| EventType::parse(last))
        // What other systems call it.
        .or_else(|| (last == "deployment").then_some(EventType::Deploy))
}

/// `v1`, `2`, `v1beta2`.
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v').unwrap_or(segment);
    number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_alphanumeric())
}

fn unknown(text: &str, segments: &[String]) -> String {
    let known = EventType::publishable();
    let mut written = segments.last().cloned().into_iter().chain(joined(segments));
    let meant = written.find_map(|name| nearest(&name, known.iter().copied()));
    let hint = match meant {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => ".".to_owned(),
    };
    format!(
        "`{}` does not end in an event type, as com.acme.deploy and com.acme.parameter.updated \
         do{hint} Known are {}",
        repeated(text),
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_segments_say_the_type() {
        for (text, name) in [
            ("com.acme.deploy", "deploy"),
            ("deploy", "deploy"),
            ("com.acme.Deploy", "deploy"),
            ("com.acme.deploy.v1", "deploy"),
            ("com.acme.deploy.v1.2", "deploy"),
            ("com.acme.deploy.v1beta1", "deploy"),
            ("com.acme.parameter.updated", "parameter_updated"),
            ("com.acme.parameter_updated", "parameter_updated"),
            ("com.acme.parameter-updated.v2", "parameter_updated"),
            ("com.acme.value.error", "error"),
        ] {
            let meaning = read(text).unwrap();
            assert_eq!(
                (meaning.event_type.as_str(), meaning.status),
                (name, None),
                "{text}"
            );
        }
    }

    #[test]
    fn a_status_may_follow() {
        for (text, name, status) in [
            ("com.acme.deploy.failed", "deploy", Status::Failed),
            ("com.acme.destroy.started.v1", "destroy", Status::Started),
            (
                "com.acme.value.deleted.succeeded",
                "value_deleted",
                Status::Succeeded,
            ),
        ] {
            let meaning = read(text).unwrap();
            assert_eq!(
                (meaning.event_type.as_str(), meaning.status),
                (name, Some(status)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_does_not_map_is_refused_with_the_types() {
        for (text, hint) in [
            ("com.acme.depoly", "did you mean `deploy`?"),
            (
                "com.acme.paramter.updated",
                "did you mean `parameter_updated`?",
            ),
            ("com.acme.order", "."),
            ("com.acme.deploy.done", "."),
            ("com.deploy.acme", "."),
            ("v1", "."),
            ("", "."),
            ("...", "."),
        ] {
            let detail = read(text).unwrap_err();
            assert!(detail.contains(hint), "{text}: {detail}");
            assert!(detail.contains("Known are parameter_created,"), "{detail}");
            assert!(!detail.contains("ping"), "{detail}");
        }
    }

    #[test]
    fn carillons_own_types_cannot_be_published() {
        for text in ["com.acme.ping", "com.acme.webhook.suspended"] {
            assert!(
                read(text).unwrap_err().contains("Carillon itself"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_the_document_says_of_types_is_read() {
        let pattern = regex::Regex::new(&crate::pattern::cloud_event_type()).unwrap();
        for text in [
            "com.acme.deploy",
            "deploy",
            "com.acme.deploy.v1",
            "com.acme.parameter.updated",
            "com.acme.parameter_updated.v2",
            "com.acme.deploy.failed",
            "com.acme.value.deleted.succeeded.v2",
            "x.ping.deploy",
        ] {
            assert!(pattern.is_match(text) && read(text).is_ok(), "{text:?}");
        }
        for text in [
            "com.acme.order",
            "com.acme.ping",
            "deploy ",
            "v1",
            "",
            "mydeploy",
        ] {
            assert!(!pattern.is_match(text) && read(text).is_err(), "{text:?}");
        }
    }
}
