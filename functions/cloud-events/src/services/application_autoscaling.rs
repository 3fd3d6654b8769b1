//! Application Auto Scaling: capacity of services other than EC2 Auto Scaling.
//!
//! Told as `scale`: an activity, with the capacity before and after, and whether it has
//! reached the most that the target may have. (AWS sends it just for that.) Quiet
//! (`intermediate-states`): one that a newer one overtook. The states of an activity share
//! the target, what is scaled of it, and when the activity began.
//!
//! Facts: Application Auto Scaling user guide, "Monitor Application Auto Scaling events
//! using Amazon EventBridge"; its API reference, `ScalingActivity`.

use carillon_domain::event::CHANGE;
use carillon_domain::{EventType, Status};

use crate::console::page;
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict, joined};

pub fn activity(envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
    let target = detail.required("resourceId")?;
    let code = detail.text("statusCode");
    // One that is not documented is told without saying how it stands.
    let (status, noise) = match meaning(code.as_deref()) {
        Some((status, noise)) => (Some(status), noise),
        None => (None, None),
    };
    let dimension = detail.text("scalableDimension");
    let named = detail.first(&["serviceNamespace", "scalableDimension"]);
    let named = named.unwrap_or_default();
    // `ecs:service:DesiredCount`.
    let namespace = named.split(':').next().unwrap_or_default();
    let mut report = Report::new(EventType::Scale, status);
    // Of a failure, its own words come last: the end of a long text is never cut.
    let parts = [
        capacity(detail),
        detail.text("cause"),
        detail.text("statusMessage"),
    ];
    report.message = joined(parts, "\n");
    let what = format!("{target} {}", dimension.as_deref().unwrap_or_default());
    report.correlation = Some(match detail.text("startTime") {
        Some(began) => format!("{what} {began}"),
        None => envelope.of_the_day(what.trim_end()),
    });
    report.resource.url = console(namespace, &target, envelope.region.as_deref());
    report.resource.resource_type = Some("AWS::ApplicationAutoScaling::ScalableTarget".into());
    report.resource.id = envelope.resource().map(str::to_owned);
    report.resource.name = Some(target);
    report.detail("dimension", dimension);
    let before = detail.text("oldDesiredCapacity");
    let change = before.zip(detail.text("newDesiredCapacity"));
    let change = change.map(|(before, after)| format!("{before} → {after}"));
    report.detail(CHANGE, change);
    let limits = detail.text("minCapacity").zip(detail.text("maxCapacity"));
    let limits = limits.map(|(least, most)| format!("{least} to {most}"));
    report.detail("limits", limits);
    report.detail("activity status", code);
    Some(Verdict::of(noise, report))
}

fn meaning(code: Option<&str>) -> Option<(Status, Option<Noise>)> {
    Some(match code {
        None | Some("Successful") => (Status::Succeeded, None),
        Some("Pending" | "InProgress") => (Status::Started, None),
        Some("Failed" | "Unfulfilled") => (Status::Failed, None),
        Some("Overridden") => (Status::Failed, Some(Noise::IntermediateStates)),
        Some(_) => return None,
    })
}

/// "Capacity 5 → 8, the most that it may have."
fn capacity(detail: &Detail) -> Option<String> {
    let after = detail.text("newDesiredCapacity")?;
    let change = match detail.text("oldDesiredCapacity") {
        Some(before) => format!("Capacity {before} → {after}"),
        None => format!("Capacity {after}"),
    };
    let is_most = detail.text("scaledToMax").as_deref() == Some("true");
    Some(match is_most {
        true => format!("{change}, the most that it may have."),
        false => format!("{change}."),
    })
}

/// Where a target is looked at. Services that have nothing for one get their first page.
fn console(namespace: &str, target: &str, region: Option<&str>) -> Option<String> {
    let steps: Vec<&str> = target.split(['/', ':']).collect();
    let place = match (namespace, &steps[..]) {
        ("ecs", ["service", _, _]) => "ecs/v2/clusters/{}/services/{}?region={region}",
        ("dynamodb", ["table", _, ..]) => "dynamodbv2/home?region={region}#table?name={}",
        ("lambda", ["function", _, ..]) => "lambda/home?region={region}#/functions/{}",
        ("rds", ["cluster", _]) => "rds/home?region={region}#database:id={};is-cluster=true",
        _ => "console/home?region={region}",
    };
    page(region, place, &steps[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_status_has_its_meaning() {
        for (code, status, told) in [
            ("Pending", Status::Started, true),
            ("InProgress", Status::Started, true),
            ("Successful", Status::Succeeded, true),
            ("Failed", Status::Failed, true),
            ("Unfulfilled", Status::Failed, true),
            ("Overridden", Status::Failed, false),
        ] {
            let (found, noise) = meaning(Some(code)).unwrap();
            assert_eq!((found, noise.is_none()), (status, told), "{code}");
        }
        assert!(meaning(Some("SomethingNew")).is_none());
        assert!(meaning(None).is_some(), "it is an activity that took place");
    }

    #[test]
    fn a_target_is_looked_at_where_its_service_shows_it() {
        for (namespace, target, place) in [
            (
                "ecs",
                "service/shop/checkout",
                "ecs/v2/clusters/shop/services/checkout?region=eu-west-1",
            ),
            (
                "dynamodb",
                "table/orders/index/by-day",
                "dynamodbv2/home?region=eu-west-1#table?name=orders",
            ),
            (
                "lambda",
                "function:checkout:live",
                "lambda/home?region=eu-west-1#/functions/checkout",
            ),
            (
                "rds",
                "cluster:billing",
                "rds/home?region=eu-west-1#database:id=billing;is-cluster=true",
            ),
            (
                "sagemaker",
                "endpoint/e/variant/v",
                "console/home?region=eu-west-1",
            ),
        ] {
            let expected = format!("https://console.aws.amazon.com/{place}");
            let found = console(namespace, target, Some("eu-west-1"));
            assert_eq!(found, Some(expected), "{target}");
        }
    }
}
