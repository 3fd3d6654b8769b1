//! The paths that a kind's row names its event's texts by, and what is made of the texts.

use carillon_domain::EstimatedCost;

use crate::console::resource_part;
use crate::detail::Detail;

/// The text at the end of a path, as [`Kind`](super::Kind) describes them.
pub(super) fn found(path: &str, arn: Option<&str>, detail: &Detail) -> Option<String> {
    match path {
        "@arn" => return arn.map(str::to_owned),
        "@name" => return arn.and_then(last_name),
        "^@arn" => return arn.and_then(below_slash),
        _ => {}
    }
    if let Some(path) = path.strip_prefix('~') {
        return detail.text(path).map(own_name);
    }
    if let Some(path) = path.strip_prefix('^') {
        return detail.text(path).as_deref().and_then(below_slash);
    }
    if let Some(path) = path.strip_prefix("rest:") {
        return rest_of(detail, path);
    }
    let parts = path.split('+').map(|path| detail.text(path));
    let parts: Option<Vec<String>> = parts.collect();
    parts.map(|parts| parts.join(" "))
}

/// A text with what stands in braces replaced.
pub(super) fn filled(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (named, rest) = part.split_once('}').unwrap_or((part, ""));
        filled.push_str(&value(named));
        filled.push_str(rest);
    }
    filled
}

pub(super) fn dollars(amount: &str) -> Option<EstimatedCost> {
    let amount: f64 = amount.parse().ok()?;
    (amount.abs() < 1e12).then(|| EstimatedCost {
        amount: format!("{amount:.2}"),
        currency: "USD".to_owned(),
        period: None,
    })
}

/// The texts of a list, such as `findings.Title`, but for the first: the event is named after it.
fn rest_of(detail: &Detail, path: &str) -> Option<String> {
    let (list, field) = path.split_once('.')?;
    let entries = detail.entries(list);
    let texts: Vec<String> = entries
        .iter()
        .skip(1)
        .filter_map(|it| it.text(field))
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// `NAME:UUID` of a StackSet, the id of a certificate.
fn below_slash(arn: &str) -> Option<String> {
    let (_, below) = resource_part(arn)?.split_once('/')?;
    Some(below.to_owned())
}

pub(super) fn own_name(name: String) -> String {
    match name.starts_with("arn:") {
        true => last_name(&name).unwrap_or(name),
        false => name,
    }
}

/// What an ARN ends with; of `stack/NAME/UUID` the name, of `key/UUID` the id.
pub(super) fn last_name(arn: &str) -> Option<String> {
    if let Some(resource) = arn.splitn(6, ':').nth(5)
        && let Some((_, id)) = resource.split_once('/')
        && !id.contains(['/', ':'])
    {
        return Some(id.to_owned());
    }
    let is_uuid = |part: &str| part.len() == 36 && part.matches('-').count() == 4;
    let mut parts = arn.rsplit(['/', ':']);
    let found = parts
        .clone()
        .find(|part| !is_uuid(part) && !part.is_empty());
    found.or_else(|| parts.next()).map(str::to_owned)
}
