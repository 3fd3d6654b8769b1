//! CloudWatch: alarms.
//!
//! Told as `error`: an alarm that goes off (failed), one that is over (succeeded), and one
//! that was on and can no longer tell (failed). What is well again after it had too little
//! data may have been on before: that is told, too, and cannot be known. Quiet: too little
//! data otherwise, and how every alarm begins (`insufficient-data`); the alarms of target
//! tracking, which Auto Scaling makes and which are on whenever it could scale in
//! (`scaling-alarms`); what another alarm mutes (`suppressed-alarms`), until that mutes it
//! no more; the single time series of an alarm that has many (`alarm-contributors`). An
//! alarm that goes off and its end share the time when it went off.
//!
//! A composite alarm that only waits for the alarm that might mute it (`WaitPeriod`,
//! `ExtensionPeriod`) is not muted: whether it tells again when the wait is over is not
//! documented, and an alarm too many is better than none.
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
    let was_new = previous_state
        .text("reason")
        .is_some_and(|reason| reason.starts_with(UNCHECKED));
    let Some((status, noise)) = meaning(previous.as_deref(), &value, was_new) else {
        state.unknown("value", &value);
        return None;
    };
    let contributor = detail.inside("alarmContributor");
    let noise = if envelope.detail_type.contains("Contributor") {
        Some(Noise::AlarmContributors)
    } else if is_muted(&state) {
        Some(Noise::SuppressedAlarms)
    } else if name.starts_with("TargetTracking-") {
        Some(Noise::ScalingAlarms)
    } else if value == "ALARM" && is_muted(&previous_state) {
        // It went off unheard.
        None
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
    report.detail("actions suppressed by", state.text("actionsSuppressedBy"));
    report.detail("contributor", attributes(&contributor));
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

/// What every alarm's first state says as its reason.
const UNCHECKED: &str = "Unchecked";

fn is_muted(state: &Detail) -> bool {
    state.text("actionsSuppressedBy").as_deref() == Some("Alarm")
}

/// "TableName orders" of one time series.
fn attributes(contributor: &Detail) -> Option<String> {
    let pairs = contributor.pairs("attributes").into_iter();
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    Some(pairs.join(", "))
        .filter(|text| !text.is_empty())
        .or_else(|| contributor.text("id"))
}

/// `was_new`: that the state before is the one that every alarm begins with.
fn meaning(previous: Option<&str>, value: &str, was_new: bool) -> Option<(Status, Option<Noise>)> {
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
        (Some("INSUFFICIENT_DATA"), "OK") if !was_new => (Status::Succeeded, None),
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
    use serde_json::json;

    #[test]
    fn an_alarm_is_told_when_it_goes_off_and_when_it_is_over() {
        let (ok, alarm, data) = ("OK", "ALARM", "INSUFFICIENT_DATA");
        for (previous, value, status, told) in [
            (Some(ok), alarm, Status::Failed, true),
            (Some(data), alarm, Status::Failed, true),
            (None, alarm, Status::Failed, true),
            (Some(alarm), ok, Status::Succeeded, true),
            (Some(data), ok, Status::Succeeded, true),
            (None, ok, Status::Succeeded, false),
            (Some(alarm), data, Status::Failed, true),
            (Some(ok), data, Status::Failed, false),
            (None, data, Status::Failed, false),
            (Some(alarm), alarm, Status::Failed, false),
        ] {
            let (found, noise) = meaning(previous, value, false).unwrap();
            assert_eq!(
                (found, noise.is_none()),
                (status, told),
                "{previous:?} {value}"
            );
        }
        assert!(meaning(Some(ok), "NEW", false).is_none());
        let (_, noise) = meaning(Some(data), ok, true).unwrap();
        assert_eq!(noise, Some(Noise::InsufficientData), "it has just begun");
    }

    fn suppressed(was: (&str, &str), is: (&str, &str)) -> Verdict {
        let state = |(value, by): (&str, &str)| match by {
            "" => json!({"value": value}),
            by => json!({"value": value, "actionsSuppressedBy": by}),
        };
        let event = json!({
            "id": "1", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
            "detail": {"alarmName": "a", "previousState": state(was), "state": state(is)}
        });
        let envelope = Envelope::read(event).unwrap();
        crate::services::read(&envelope).unwrap().unwrap()
    }

    #[test]
    fn only_another_alarm_mutes_and_what_it_mutes_no_more_is_told() {
        for (was, is, told) in [
            (("OK", ""), ("ALARM", "WaitPeriod"), true),
            (("OK", ""), ("ALARM", "ExtensionPeriod"), true),
            (("OK", ""), ("ALARM", "Alarm"), false),
            (("ALARM", "WaitPeriod"), ("ALARM", "Alarm"), false),
            (("ALARM", "WaitPeriod"), ("ALARM", ""), false),
            (("ALARM", "Alarm"), ("ALARM", ""), true),
            (("ALARM", "Alarm"), ("ALARM", "ExtensionPeriod"), true),
            (("ALARM", "ExtensionPeriod"), ("ALARM", ""), false),
            (("ALARM", "Alarm"), ("OK", ""), true),
        ] {
            let found = matches!(suppressed(was, is), Verdict::Tell(_));
            assert_eq!(found, told, "{was:?} {is:?}");
        }
    }
}
