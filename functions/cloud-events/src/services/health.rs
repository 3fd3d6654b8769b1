//! AWS Health: trouble of AWS itself, and what it plans to do.
//!
//! Told as `error`: issues, failed while open and succeeded once closed; scheduled changes
//! and notifications for the account, without a status until they are closed, as warnings
//! where somebody has to act and as notices otherwise; abuse reports. Public events (all
//! accounts of a region) are told as the account's own are, and say so. Never told: further
//! pages of an event, which only list more resources; the copy that is sent to another Region,
//! where the first was told. The states of an event share its ARN.
//!
//! Facts: AWS Health user guide, "Reference: AWS Health events Amazon EventBridge schema",
//! "Viewing paginated lists of AWS Health events on EventBridge".

use carillon_domain::{EventType, Severity, Status};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::console::encode;
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::report::{Report, Verdict, joined};

/// As the user guide spells them.
const CATEGORIES: [&str; 4] = [
    "issue",
    "investigation",
    "scheduledChange",
    "accountNotification",
];
/// How many affected resources are named.
const MAX_AFFECTED: usize = 10;

pub fn event(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let code = detail.required("eventTypeCode")?;
    if detail.text("page").is_some_and(|page| page != "1") {
        return Some(Verdict::Repeats("a further page of a Health event"));
    }
    let category = detail.text("eventTypeCategory").unwrap_or_default();
    // It is written in any case of letters.
    let category = CATEGORIES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(&category))
        .map_or(category, str::to_owned);
    let ends = detail.text("endTime");
    let status_code = detail.text("statusCode").map(|code| code.to_lowercase());
    let is_notice = matches!(category.as_str(), "scheduledChange" | "accountNotification");
    let read_at = detail.text("lastUpdatedTime");
    let read_at = read_at.as_deref().and_then(read_time).or(envelope.time);
    let has_ended = match ends.as_deref().and_then(read_time).zip(read_at) {
        Some((end, read_at)) => end <= read_at,
        None => status_code.is_none() && ends.is_some(),
    };
    // Of an issue the end also counts where its state lags behind, or is not said.
    let closed = status_code.as_deref() == Some("closed") || !is_notice && has_ended;
    let status = match (closed, category.as_str()) {
        (true, _) => Some(Status::Succeeded),
        (false, "issue" | "investigation" | "") => Some(Status::Failed),
        // A category that nobody knows may be anything.
        (false, _) => None,
    };
    let actionability = detail.text("actionability");
    let arn = detail.text("eventArn");
    let mut report = Report::new(EventType::Error, status);
    if is_notice {
        report.severity = match actionability.as_deref() {
            Some("ACTION_REQUIRED") => Severity::Warning,
            _ => Severity::Info,
        };
    }
    report.key = key(detail, arn.as_deref(), status_code.as_deref());
    report.message = message(&category, detail);
    report.correlation = arn.clone().or_else(|| Some(code.clone()));
    report.region = detail.text("eventRegion");
    report.account = detail.text("affectedAccount");
    report.resource.url = arn.as_deref().map(|arn| {
        let arn = encode(arn);
        format!("https://health.console.aws.amazon.com/health/home#/account/event-log?eventID={arn}&eventTab=details")
    });
    // Other partitions have consoles of their own.
    let partition = arn.as_deref().and_then(|arn| arn.split(':').nth(1));
    report.resource.url.take_if(|_| partition != Some("aws"));
    report.resource.resource_type = Some("AWS::Health::Event".into());
    report.resource.id = arn;
    report.resource.name = Some(code);
    report.detail("service", detail.text("service"));
    report.detail("category", Some(category));
    let scope = detail.text("eventScopeCode").map(|scope| match &*scope {
        "PUBLIC" => "everyone in the region".to_owned(),
        "ACCOUNT_SPECIFIC" => "this account".to_owned(),
        _ => scope,
    });
    report.detail("scope", scope);
    report.detail("begins", detail.text("startTime").map(time));
    report.detail("ends", ends.map(time));
    report.detail("action", actionability);
    let entities = detail.entries("affectedEntities");
    report.detail("affected", Some(affected(envelope, &entities)));
    report.tags = detail.pairs("affectedEntities.0.tags");
    Some(Verdict::Tell(report))
}

/// What AWS's copy of it in another Region has as well. None where it names no communication.
fn key(detail: &Detail, arn: Option<&str>, status: Option<&str>) -> Option<String> {
    let communication = detail.text("communicationId")?;
    // `…-1`: the page.
    let without_page = match communication.rsplit_once('-') {
        Some((before, page)) if detail.text("page").as_deref() == Some(page) => before,
        _ => &communication,
    };
    let account = detail.text("affectedAccount").unwrap_or_default();
    let (arn, status) = (arn.unwrap_or_default(), status.unwrap_or_default());
    Some(format!("health {account} {arn} {without_page} {status}"))
}

/// "2023-01-27 06:02 UTC" of "Fri, 27 Jan 2023 06:02:51 GMT"; as it is where it is no time.
fn time(text: String) -> String {
    match read_time(&text) {
        Some(time) => time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        None => text,
    }
}

fn read_time(text: &str) -> Option<Timestamp> {
    let read = rfc2822::parse(text).map(|zoned| zoned.timestamp()).ok();
    read.or_else(|| text.parse().ok())
}

fn message(category: &str, detail: &Detail) -> Option<String> {
    let texts = detail.entries("eventDescription");
    let is_english = |text: &&Detail| {
        let language = text.text("language");
        language.is_some_and(|language| language.starts_with("en"))
    };
    let text = texts.iter().find(is_english).or(texts.first());
    let description = text.and_then(|text| text.text("latestDescription"));
    let prefix = match category {
        "scheduledChange" => Some("Scheduled change."),
        "accountNotification" => Some("Notification for the account."),
        "investigation" => Some("AWS is investigating."),
        _ => None,
    };
    joined([prefix.map(str::to_owned), description], " ")
}

/// "i-1, i-2 and 3 more".
fn affected(envelope: &Envelope, entities: &[Detail]) -> String {
    let names = entities.iter();
    let names = names.filter_map(|entity| entity.text("entityValue"));
    let mut names: Vec<String> = names.collect();
    if names.is_empty() {
        names.clone_from(&envelope.resources);
    }
    let more = names.len().saturating_sub(MAX_AFFECTED);
    names.truncate(MAX_AFFECTED);
    let shown = names.join(", ");
    match more {
        0 => shown,
        _ => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;
    use serde_json::json;

    fn report(detail: serde_json::Value) -> Report {
        let event = json!({
            "id": "1", "source": "aws.health", "detail-type": "AWS Health Event", "detail": detail
        });
        let envelope = Envelope::read(event).unwrap();
        match crate::services::read(&envelope).unwrap().unwrap() {
            Verdict::Tell(report) => report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_issue_whose_end_is_past_is_over_whatever_its_state_says() {
        let status = |category: &str, code: &str, end: &str| {
            report(json!({
                "eventTypeCode": "AWS_RDS_ISSUE", "eventTypeCategory": category,
                "statusCode": code, "endTime": end,
                "lastUpdatedTime": "Fri, 27 Jan 2023 06:02:51 GMT"
            }))
            .status
        };
        let (past, future) = (
            "Thu, 26 Jan 2023 20:00:00 GMT",
            "Sat, 28 Jan 2023 20:00:00 GMT",
        );
        assert_eq!(status("issue", "open", past), Some(Status::Succeeded));
        assert_eq!(status("issue", "open", future), Some(Status::Failed));
        assert_eq!(status("issue", "closed", future), Some(Status::Succeeded));
        // Of what is planned, the end is the end of a window.
        assert_eq!(status("scheduledChange", "upcoming", past), None);
    }

    #[test]
    fn a_copy_in_another_region_is_the_same_event_and_an_update_is_another() {
        let key = |communication: &str, page: &str, status: &str, backup: &str| {
            report(json!({
                "eventTypeCode": "AWS_RDS_ISSUE", "eventArn": "arn:aws:health:::event/1",
                "communicationId": communication, "page": page, "statusCode": status,
                "backupEvent": backup
            }))
            .key
            .unwrap()
        };
        let first = key("abc-1", "1", "open", "false");
        assert_eq!(key("abc-1", "1", "open", "true"), first);
        assert_ne!(key("def-1", "1", "open", "false"), first);
        assert_ne!(key("abc-1", "1", "closed", "false"), first);
    }

    #[test]
    fn a_category_is_read_in_any_case_of_letters_and_an_unknown_one_has_no_status() {
        for (category, status, severity) in [
            ("issue", Some(Status::Failed), Severity::Error),
            ("ISSUE", Some(Status::Failed), Severity::Error),
            ("ScheduledChange", None, Severity::Info),
            ("accountnotification", None, Severity::Info),
            ("somethingNew", None, Severity::Warning),
        ] {
            let detail = json!({"eventTypeCode": "X", "eventTypeCategory": category});
            let report = report(detail);
            assert_eq!(
                (report.status, report.severity),
                (status, severity),
                "{category}"
            );
        }
        let action = json!({
            "eventTypeCode": "X", "eventTypeCategory": "scheduledChange",
            "actionability": "ACTION_REQUIRED"
        });
        assert_eq!(report(action).severity, Severity::Warning);
    }

    #[test]
    fn times_read_as_times() {
        for (written, read) in [
            ("Fri, 27 Jan 2023 06:02:51 GMT", "2023-01-27 06:02 UTC"),
            ("Sun, 5 Jun 2016 15:10:09 GMT", "2016-06-05 15:10 UTC"),
            ("2023-01-27T09:01:22Z", "2023-01-27 09:01 UTC"),
            ("soon", "soon"),
        ] {
            assert_eq!(time(written.to_owned()), read);
        }
    }
}
