//! AWS Health: trouble of AWS itself, and what it plans to do.
//!
//! Told as `error`: issues, failed while open and succeeded once closed; scheduled changes
//! and notifications for the account, without a status until they are closed, which
//! messages call notices; abuse reports. Public events (all accounts of a region) are told as the account's own are, and
//! say so. Never told: further pages of an event, which only list more resources. The states
//! of an event share its ARN.
//!
//! Facts: AWS Health user guide, "Reference: AWS Health events Amazon EventBridge schema",
//! "Viewing paginated lists of AWS Health events on EventBridge".

use carillon_domain::event::HEALTH_EVENT;
use carillon_domain::{EventType, Status};

use crate::console::encode;
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::report::{Report, Verdict};

/// How many affected resources are named.
const MAX_AFFECTED: usize = 10;

pub fn event(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let code = detail.required("eventTypeCode")?;
    if detail.text("page").is_some_and(|page| page != "1") {
        return Some(Verdict::Repeats("a further page of a Health event"));
    }
    let category = detail.text("eventTypeCategory").unwrap_or_default();
    let is_issue = matches!(category.as_str(), "issue" | "investigation" | "");
    let ends = detail.text("endTime");
    let closed = match detail.text("statusCode").as_deref() {
        Some(status) => status == "closed",
        // Older events only tell by the time when an issue ended.
        None => is_issue && ends.is_some(),
    };
    let status = match (closed, is_issue) {
        (true, _) => Some(Status::Succeeded),
        (false, true) => Some(Status::Failed),
        (false, false) => None,
    };
    let arn = detail.text("eventArn");
    let mut report = Report::new(EventType::Error, status);
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
    report.resource.resource_type = Some(HEALTH_EVENT.into());
    report.resource.id = arn;
    report.resource.name = Some(code);
    report.detail("service", detail.text("service"));
    report.detail("category", Some(category).filter(|text| !text.is_empty()));
    let scope = detail.text("eventScopeCode");
    report.detail(
        "scope",
        scope.map(|scope| match scope.as_str() {
            "PUBLIC" => "everyone in the region".to_owned(),
            "ACCOUNT_SPECIFIC" => "this account".to_owned(),
            _ => scope,
        }),
    );
    report.detail("begins", detail.text("startTime"));
    report.detail("ends", ends);
    report.detail("action", detail.text("actionability"));
    let entities = detail.entries("affectedEntities");
    report.detail("affected", affected(envelope, &entities));
    report.tags = entities
        .first()
        .map(|entity| entity.pairs("tags"))
        .unwrap_or_default();
    Some(Verdict::Tell(report))
}

fn message(category: &str, detail: &Detail) -> Option<String> {
    let texts = detail.entries("eventDescription");
    let english = texts.iter().find(|text| {
        text.text("language")
            .is_some_and(|language| language.starts_with("en"))
    });
    let description = english
        .or(texts.first())
        .and_then(|text| text.text("latestDescription"));
    let prefix = match category {
        "scheduledChange" => Some("Scheduled change."),
        "accountNotification" => Some("Notification for the account."),
        "investigation" => Some("AWS is investigating."),
        _ => None,
    };
    let parts: Vec<String> = prefix
        .map(str::to_owned)
        .into_iter()
        .chain(description)
        .collect();
    Some(parts.join(" ")).filter(|text| !text.is_empty())
}

/// "i-1, i-2 and 3 more".
fn affected(envelope: &Envelope, entities: &[Detail]) -> Option<String> {
    let mut names: Vec<String> = entities
        .iter()
        .filter_map(|entity| entity.text("entityValue"))
        .collect();
    if names.is_empty() {
        names.clone_from(&envelope.resources);
    }
    let more = names.len().saturating_sub(MAX_AFFECTED);
    names.truncate(MAX_AFFECTED);
    let shown = names.join(", ");
    match (shown.is_empty(), more) {
        (true, _) => None,
        (_, 0) => Some(shown),
        (_, more) => Some(format!("{shown} and {more} more")),
    }
}
