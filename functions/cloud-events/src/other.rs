//! Events of AWS that Carillon does not know: told by what every event of EventBridge says.

use carillon_domain::{EventType, Severity};

use crate::console::link;
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
    report.resource.url = link(envelope.region.as_deref(), |region| {
        format!("console/home?region={region}")
    });
    report.correlation = arn.as_deref().map(|arn| envelope.of_the_day(arn));
    report.resource.id = arn;
    report.detail("source", Some(envelope.source.clone()));
    let faults = std::cell::RefCell::default();
    report.tags = Detail::of(&envelope.detail, &faults).tags("tags");
    report
}
