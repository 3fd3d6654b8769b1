//! CloudWatch: alarms.
//!
//! Told as `error`: an alarm that goes off (failed), one that is over (succeeded), and one
//! that was on and can no longer tell (without a status). What is well again after it had too
//! little data is told where it was on before. Quiet: too little
//! data otherwise, and how every alarm begins (`insufficient-data`); the alarms of target
//! tracking, which Auto Scaling makes and which are on whenever it could scale in
//! (`scaling-alarms`); what another alarm or a mute rule mutes (`suppressed-alarms`), until that
//! other alarm mutes it no more; the single time series of an alarm that has many
//! (`alarm-contributors`). An alarm that goes off and all up to its end are a story: the end of
//! what was told is told though it is muted, and the end of what was muted only where it was told.
//!
//! A composite alarm that only waits for the alarm that might mute it (`WaitPeriod`,
//! `ExtensionPeriod`) is not muted: whether it tells again when the wait is over is not
//! documented, and an alarm too many is better than none.
//!
//! Facts: CloudWatch user guide, "Alarm events and EventBridge"; Application Auto Scaling
//! user guide, "Target tracking scaling policies" for the alarms' names.

use carillon_domain::{EventType, Status};

use crate::console::page;
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};
use crate::story::{Story, Turn};

pub fn state(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let name = detail.required("alarmName");
    let state = detail.inside("state");
    let value = state.required("value");
    let (name, value) = (name?, value?);
    let previous_state = detail.inside("previousState");
    let previous = previous_state.text("value");
    let before = previous_state.text("reason");
    let was_new = before.is_some_and(|reason| reason.starts_with(UNCHECKED));
    let (status, noise, turn) = meaning(previous.as_deref(), &value, was_new);
    let contributor = detail.inside("alarmContributor");
    let mute = detail.inside("muteDetail");
    let is_quiet = is_muted(&state) || mute.text("mutedByArn").is_some();
    let is_end = (previous.as_deref(), value.as_str()) == (Some("ALARM"), "OK");
    let turn = match is_end && (is_quiet || is_muted(&previous_state)) {
        true => Turn::EndsOnly,
        false => turn,
    };
    let noise = if envelope.detail_type.contains("Contributor") {
        Some(Noise::AlarmContributors)
    } else if name.starts_with("TargetTracking-") {
        Some(Noise::ScalingAlarms)
    } else if turn == Turn::EndsOnly {
        noise
    } else if is_quiet {
        Some(Noise::SuppressedAlarms)
    } else if value == "ALARM" && is_muted(&previous_state) {
        // It went off unheard.
        None
    } else {
        noise
    };
    let mut report = Report::new(EventType::Error, status);
    report.message = state.text("reason");
    let place = "cloudwatch/home?region={region}#alarmsV2:alarm/{}";
    report.resource.url = page(envelope.region.as_deref(), place, &[&name]);
    let configuration = detail.inside("configuration");
    let was = previous.map(|previous| format!("{previous} → {value}"));
    report.detail("alarm state", was.or_else(|| Some(value.clone())));
    report.detail("description", configuration.text("description"));
    let watched = watched(&configuration);
    report.detail("metric", watched.as_ref().and_then(metric));
    report.detail("dimensions", watched.as_ref().map(dimensions));
    report.detail("rule", configuration.text("alarmRule"));
    report.detail("query", configuration.text("queryString"));
    report.detail("actions suppressed by", state.text("actionsSuppressedBy"));
    report.detail("muted until", mute.text("muteWindowEnd"));
    report.detail("contributor", attributes(&contributor));
    report.tags = [detail.tags("alarmTags"), detail.tags("tags")].concat();
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
    // Of one time series of many, the alarm's own story says nothing.
    if noise != Some(Noise::AlarmContributors) {
        report.story = Some(Story::new(format!("alarm {alarm}"), turn));
    }
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
    let attributes = Some(told(contributor.pairs("attributes")));
    let attributes = attributes.filter(|text| !text.is_empty());
    attributes.or_else(|| contributor.text("id"))
}

fn told(pairs: Vec<(String, String)>) -> String {
    let pairs = pairs.iter();
    let pairs = pairs.map(|(name, value)| format!("{name} {value}"));
    pairs.collect::<Vec<_>>().join(", ")
}

type Meaning = (Option<Status>, Option<Noise>, Turn);

/// `was_new`: that the state before is the one that every alarm begins with.
fn meaning(previous: Option<&str>, value: &str, was_new: bool) -> Meaning {
    use Status::{Failed, Succeeded};
    let too_little = Some(Noise::InsufficientData);
    let same = Some(Noise::IntermediateStates);
    match (previous, value) {
        (Some("ALARM"), "ALARM") => (Some(Failed), same, Turn::Begins),
        (Some("OK"), "OK") => (Some(Succeeded), same, Turn::Ends),
        (_, "ALARM") => (Some(Failed), None, Turn::Begins),
        (Some("ALARM"), "OK") => (Some(Succeeded), None, Turn::Ends),
        (Some("INSUFFICIENT_DATA"), "OK") if !was_new => (Some(Succeeded), None, Turn::EndsOnly),
        (_, "OK") => (Some(Succeeded), too_little, Turn::Ends),
        (Some("ALARM"), "INSUFFICIENT_DATA") => (None, None, Turn::Joins),
        (_, "INSUFFICIENT_DATA") => (None, too_little, Turn::Joins),
        _ => (None, None, Turn::Joins),
    }
}

/// The metric that an alarm watches: the one that is returned, not an input of its
/// mathematics. Of an anomaly alarm, two are, and the one with a metric is meant.
fn watched<'a>(configuration: &Detail<'a>) -> Option<Detail<'a>> {
    let mut returned = configuration.entries("metrics");
    returned.retain(|entry| entry.text("returnData").as_deref() != Some("false"));
    let is_metric = |entry: &Detail| entry.text("metricStat.metric.name").is_some();
    let place = returned.iter().position(is_metric).unwrap_or(0);
    (place < returned.len()).then(|| returned.swap_remove(place))
}

/// "AWS/EC2 CPUUtilization"; of mathematics its label, or what it computes.
fn metric(watched: &Detail) -> Option<String> {
    let metric = watched.inside("metricStat").inside("metric");
    match (metric.text("namespace"), metric.text("name")) {
        (Some(namespace), Some(name)) => Some(format!("{namespace} {name}")),
        (None, Some(name)) => Some(name),
        (_, None) => watched.first(&["label", "expression"]),
    }
}

/// "InstanceId i-0abc": which of many it is.
fn dimensions(watched: &Detail) -> String {
    told(watched.pairs("metricStat.metric.dimensions"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_alarm_is_told_when_it_goes_off_and_when_it_is_over() {
        let (ok, alarm, data) = ("OK", "ALARM", "INSUFFICIENT_DATA");
        use Status::{Failed, Succeeded};
        for (previous, value, status, told, turn) in [
            (Some(ok), alarm, Some(Failed), true, Turn::Begins),
            (Some(data), alarm, Some(Failed), true, Turn::Begins),
            (None, alarm, Some(Failed), true, Turn::Begins),
            (Some(alarm), ok, Some(Succeeded), true, Turn::Ends),
            // Where it was on before.
            (Some(data), ok, Some(Succeeded), true, Turn::EndsOnly),
            (None, ok, Some(Succeeded), false, Turn::Ends),
            (Some(alarm), data, None, true, Turn::Joins),
            (Some(ok), data, None, false, Turn::Joins),
            (None, data, None, false, Turn::Joins),
            (Some(alarm), alarm, Some(Failed), false, Turn::Begins),
            (Some(ok), "NEW", None, true, Turn::Joins),
        ] {
            let (found, noise, found_turn) = meaning(previous, value, false);
            assert_eq!(
                (found, noise.is_none(), found_turn),
                (status, told, turn),
                "{previous:?} {value}"
            );
        }
        let (_, noise, _) = meaning(Some(data), ok, true);
        assert_eq!(noise, Some(Noise::InsufficientData), "it has just begun");
    }

    #[test]
    fn the_metric_is_the_one_that_is_returned_and_its_dimensions_say_which_it_is() {
        let said = |metrics: serde_json::Value| {
            let event = json!({
                "id": "1", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
                "detail": {
                    "alarmName": "a", "state": {"value": "ALARM"}, "previousState": {"value": "OK"},
                    "configuration": {"metrics": metrics}
                }
            });
            let envelope = Envelope::read(event).unwrap();
            match crate::services::read(&envelope).unwrap().unwrap() {
                Verdict::Tell(report) => report.details,
                other => panic!("{other:?}"),
            }
        };
        let stat = |name: &str| {
            let dimensions = json!({"InstanceId": "i-0abc"});
            json!({"metric": {"namespace": "AWS/EC2", "name": name, "dimensions": dimensions}})
        };
        let plain = said(json!([{"metricStat": stat("CPU"), "returnData": true}]));
        assert!(plain.contains(&("metric", "AWS/EC2 CPU".into())));
        assert!(plain.contains(&("dimensions", "InstanceId i-0abc".into())));
        let mathematics = said(json!([
            {"metricStat": stat("Errors"), "returnData": false},
            {"expression": "m1/m2*100", "label": "error rate", "returnData": true},
        ]));
        assert!(mathematics.contains(&("metric", "error rate".into())));
        let anomaly = said(json!([
            {"expression": "ANOMALY_DETECTION_BAND(m1)", "returnData": true},
            {"metricStat": stat("Latency"), "returnData": true},
        ]));
        assert!(anomaly.contains(&("metric", "AWS/EC2 Latency".into())));
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

    #[test]
    fn the_end_of_an_alarm_is_told_where_its_beginning_was_muted_or_not() {
        let turn = |verdict: Verdict| match verdict {
            Verdict::Tell(report) => report.story.map(|story| story.turn),
            other => panic!("{other:?}"),
        };
        let (on, muted) = (("ALARM", ""), ("ALARM", "Alarm"));
        assert_eq!(turn(suppressed(on, ("OK", ""))), Some(Turn::Ends));
        // Whether that was told is known by the story alone.
        for is in [("OK", ""), ("OK", "Alarm")] {
            assert_eq!(turn(suppressed(muted, is)), Some(Turn::EndsOnly), "{is:?}");
        }
        assert_eq!(turn(suppressed(on, ("OK", "Alarm"))), Some(Turn::EndsOnly));
    }
}
