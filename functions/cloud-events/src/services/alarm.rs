//! CloudWatch: alarms.
//!
//! Told as `error`: an alarm that goes off (failed), one that is over (succeeded), and one
//! that was on and can no longer tell (failed). Quiet: too little data otherwise, which is
//! how every alarm begins (`insufficient-data`); the alarms of target tracking, which Auto
//! Scaling makes and which are on whenever it could scale in (`scaling-alarms`); what
//! another alarm mutes (`suppressed-alarms`). An alarm that goes off and its end share
//! the time when it went off.
//!
//! Facts: CloudWatch user guide, "Alarm events and EventBridge"; Application Auto Scaling
//! user guide, "Target tracking scaling policies" for the alarms' names.

use carillon_domain::{EventType, Status};

use crate::console::{encode, link};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};

pub fn state(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let name = detail.required("alarmName");
    let state = detail.inside("state");
    let value = state.required("value");
    let (name, value) = (name?, value?);
    let previous_state = detail.inside("previousState");
    let previous = previous_state.text("value");
    let Some((status, noise)) = meaning(previous.as_deref(), &value) else {
        state.unknown("value", &value);
        return None;
    };
    let noise = if state.text("actionsSuppressedBy").is_some() {
        Some(Noise::SuppressedAlarms)
    } else if name.starts_with("TargetTracking-") {
        Some(Noise::ScalingAlarms)
    } else {
        noise
    };
    let mut report = Report::new(EventType::Error, status);
    report.message = state.text("reason");
    report.resource.url = link(envelope.region.as_deref(), |region| {
        format!(
            "cloudwatch/home?region={region}#alarmsV2:alarm/{}",
            encode(&name)
        )
    });
    let configuration = detail.inside("configuration");
    let was = previous.map(|previous| format!("{previous} → {value}"));
    report.detail("alarm state", was.or_else(|| Some(value.clone())));
    report.detail("description", configuration.text("description"));
    report.detail("metric", metric(&configuration));
    report.resource.resource_type = Some("AWS::CloudWatch::Alarm".into());
    report.resource.id = envelope.resource().map(str::to_owned);
    let since = match value.as_str() {
        "ALARM" => state.text("timestamp"),
        _ => previous_state.text("timestamp"),
    };
    let alarm = report.resource.id.as_deref().unwrap_or(&name);
    report.correlation = Some(match since {
        Some(since) => format!("{alarm} {since}"),
        None => envelope.of_the_day(alarm),
    });
    report.resource.name = Some(name);
    Some(Verdict::of(noise, report))
}

fn meaning(previous: Option<&str>, value: &str) -> Option<(Status, Option<Noise>)> {
    Some(match (previous, value) {
        (Some(same), value) if same == value => {
            let status = match value {
                "OK" => Status::Succeeded,
                _ => Status::Failed,
            };
            (status, Some(Noise::IntermediateStates))
        }
        (_, "ALARM") => (Status::Failed, None),
        (Some("ALARM"), "OK") => (Status::Succeeded, None),
        (_, "OK") => (Status::Succeeded, Some(Noise::InsufficientData)),
        (Some("ALARM"), "INSUFFICIENT_DATA") => (Status::Failed, None),
        (_, "INSUFFICIENT_DATA") => (Status::Failed, Some(Noise::InsufficientData)),
        _ => return None,
    })
}

/// "AWS/EC2 CPUUtilization" of the first metric; none where it is all mathematics.
fn metric(configuration: &Detail) -> Option<String> {
    configuration.entries("metrics").iter().find_map(|entry| {
        let metric = entry.inside("metricStat").inside("metric");
        let name = metric.text("name")?;
        Some(match metric.text("namespace") {
            Some(namespace) => format!("{namespace} {name}"),
            None => name,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_told_when_it_goes_off_and_when_it_is_over() {
        let (ok, alarm, data) = ("OK", "ALARM", "INSUFFICIENT_DATA");
        for (previous, value, status, told) in [
            (Some(ok), alarm, Status::Failed, true),
            (Some(data), alarm, Status::Failed, true),
            (None, alarm, Status::Failed, true),
            (Some(alarm), ok, Status::Succeeded, true),
            (Some(data), ok, Status::Succeeded, false),
            (None, ok, Status::Succeeded, false),
            (Some(alarm), data, Status::Failed, true),
            (Some(ok), data, Status::Failed, false),
            (None, data, Status::Failed, false),
            (Some(alarm), alarm, Status::Failed, false),
        ] {
            let (found, noise) = meaning(previous, value).unwrap();
            assert_eq!(
                (found, noise.is_none()),
                (status, told),
                "{previous:?} {value}"
            );
        }
        assert!(meaning(Some(ok), "NEW").is_none());
    }
}
