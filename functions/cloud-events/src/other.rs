//! Events of AWS that Carillon does not know: told by what every event of EventBridge says.

use carillon_domain::{EventType, Severity};

use crate::console::page;
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::report::Report;

/// A notice: what it means, nobody knows. Nothing of its detail is told, which may hold
/// secrets; only who it is about is, where that stands at the usual places.
pub(crate) fn read(envelope: &Envelope) -> Report {
    let mut report = Report::new(EventType::Error, None);
    report.severity = Severity::Info;
    report.message = Some(envelope.detail_type.clone());
    let arn = envelope.resource().map(str::to_owned);
    let named = arn.as_deref().and_then(|arn| arn.rsplit(['/', ':']).next());
    report.resource.name = named.map(str::to_owned);
    if report.resource.name.is_none() {
        report.resource.name = Some(envelope.detail_type.clone());
    }
    report.resource.resource_type = Some(envelope.source.clone());
    let region = envelope.region.as_deref();
    report.resource.url = page(region, "console/home?region={region}", &[]);
    report.correlation = arn.as_deref().map(|arn| envelope.of_the_day(arn));
    report.resource.id = arn;
    report.detail("source", Some(envelope.source.clone()));
    let faults = std::cell::RefCell::default();
    report.tags = Detail::of(&envelope.detail, &faults).tags("tags");
    report
}

#[cfg(test)]
mod tests {
    use crate::Rules;
    use crate::envelope::Envelope;
    use crate::event::{Meaning, read};
    use carillon_domain::{EventType, OrganizationId, Severity};
    use carillon_runtime::Settings;
    use jiff::Timestamp;
    use serde_json::json;

    fn told(other: &str, source: &str) -> Option<carillon_domain::Event> {
        let mut settings = Settings::of([("CLOUD_OTHER".to_owned(), other.to_owned())]);
        let organization = OrganizationId::parse("default");
        let rules = Rules::from_settings(&mut settings, organization).unwrap();
        let event = json!({
            "id": "1", "source": source, "detail-type": "EC2 AMI State Change",
            "region": "eu-west-1", "account": "111122223333",
            "resources": ["arn:aws:ec2:eu-west-1::image/ami-1"], "detail": {"password": "canary"}
        });
        let envelope = Envelope::read(event).unwrap();
        match read(&envelope, &rules, Timestamp::UNIX_EPOCH) {
            Ok(Meaning::News(event, _)) => Some(*event),
            Ok(other) => panic!("{other:?}"),
            Err(_) => None,
        }
    }

    #[test]
    fn an_unknown_event_of_aws_is_a_notice_where_that_is_asked_for() {
        let event = told("tell", "aws.ec2").unwrap();
        assert_eq!((event.event_type, event.status), (EventType::Error, None));
        assert_eq!(event.severity, Some(Severity::Info));
        assert_eq!(event.message.as_deref(), Some("EC2 AMI State Change"));
        assert_eq!(event.details["source"], "aws.ec2");
        let resource = event.resource.clone().unwrap();
        assert_eq!(resource.name.as_deref(), Some("ami-1"));
        assert!(resource.url.is_some());
        assert!(!serde_json::to_string(&event).unwrap().contains("canary"));
        assert!(told("refuse", "aws.ec2").is_none());
        assert!(told("tell", "com.example").is_none());
    }
}
