//! The URL of a workflow's trigger: what it has to be, and how it may be shown.
//!
//! It is called letter by letter as it was pasted. Microsoft has changed its form three times,
//! and whoever puts it together again from its parts calls nobody.

use carillon_domain::masking;

use crate::form::{self, Refusal, is_of, malformed, not_allowed};

/// What the hosts end with whose URLs have the older form: `/workflows/…` (Azure Logic Apps; the
/// second one is for the US government).
const LOGIC: [&str; 2] = [".logic.azure.com", ".logic.azure.us"];

/// What the hosts end with whose URLs have the newer form, `/powerautomate/…` (Power Platform:
/// public, then GCC, GCC High and DoD).
const PLATFORM: [&str; 4] = [
    ".environment.api.powerplatform.com",
    ".environment.api.gov.powerplatform.microsoft.us",
    ".environment.api.high.powerplatform.microsoft.us",
    ".environment.api.appsplatform.us",
];

/// What the hosts of the connectors end with that came before workflows.
const CONNECTORS: [&str; 3] = [
    "webhook.office.com",
    "outlook.office.com",
    "outlook.office365.com",
];

/// The same as a regular expression. Only `sig` is a must of the query: it is what proves who
/// calls, and whatever else is missing Microsoft says.
pub(super) const FORM: &str = "https://(?:[A-Za-z0-9-]+\\.)+(?:\
     logic\\.azure\\.(?:com|us)(?::443)?/|\
     environment\\.api\\.(?:powerplatform\\.com|gov\\.powerplatform\\.microsoft\\.us|\
     high\\.powerplatform\\.microsoft\\.us|appsplatform\\.us)(?::443)?\
     /powerautomate/automations/direct/(?:[A-Za-z0-9-]+/)*)\
     workflows/[A-Za-z0-9-]{1,64}/triggers/[A-Za-z0-9_-]{1,80}/paths/invoke/?\
     \\?(?:[A-Za-z0-9._~%=&+/:,-]*&)?sig=[A-Za-z0-9._~%+/:,-][A-Za-z0-9._~%=&+/:,-]*";

/// The longest one that is taken. The newer ones have more than 255 characters.
pub(super) const MAX: usize = 2_000;

const TEMPLATE: &str = "make a workflow from the template \"Send webhook alerts to a channel\" in \
                        the Workflows app of Teams and send its URL";

/// A trigger's URL, as far as it is looked at.
pub(super) struct WorkflowUrl {
    /// In lower case, without the port.
    pub host: String,
    /// The signature, as it stands in the URL.
    pub signature: String,
}

/// Takes a trigger's URL apart.
///
/// # Errors
/// What is wrong with it, without repeating any of it.
pub(super) fn parse(text: &str) -> Result<WorkflowUrl, Refusal> {
    if text.contains("\\?") || text.contains("\\&") || text.contains("\\=") {
        return Err(malformed(
            "has backslashes that a shell has put before ?, & or =: copy the URL again",
        ));
    }
    let parts = form::url_parts(text)?;
    let host = host(parts.authority)?;
    let segments: Vec<&str> = parts.path.split('/').collect();
    let segments = segments.strip_suffix(&[""]).unwrap_or(&segments);
    if !is_path(&host, segments) {
        return Err(malformed(
            "must be a workflow's URL as Teams shows it: the path ends with \
             /workflows/<id>/triggers/manual/paths/invoke",
        ));
    }
    if parts.query.contains("&amp;") {
        return Err(malformed(
            "has &amp; where & belongs, as a web page's source has it: copy the URL again",
        ));
    }
    let query_known = |c: char| c.is_ascii_alphanumeric() || "._~%=&+/:,-".contains(c);
    if !parts.query.chars().all(query_known) {
        return Err(malformed(
            "its query may have letters, digits and . _ ~ % = & + / : , - only: copy the URL again",
        ));
    }
    let signature = parts
        .query
        .split('&')
        .find_map(|it| it.strip_prefix("sig="));
    match signature.filter(|signature| !signature.trim_matches('=').is_empty()) {
        Some(signature) => Ok(WorkflowUrl {
            host,
            signature: signature.to_owned(),
        }),
        None => Err(malformed(
            "has no signature (sig=…): either it was cut off at the first &, or the workflow's \
             trigger is not set to \"Anyone\" can trigger the flow",
        )),
    }
}

/// Whether requests may go to a host, in lower case and without a port.
pub(super) fn is_host(host: &str) -> bool {
    ends_with(host, &LOGIC) || ends_with(host, &PLATFORM)
}

/// Whether URLs of this host may have stopped working when Microsoft moved workflows to another.
pub(super) fn is_old(host: &str) -> bool {
    ends_with(host, &LOGIC[..1])
}

fn ends_with(host: &str, suffixes: &[&str]) -> bool {
    suffixes
        .iter()
        .find_map(|suffix| host.strip_suffix(suffix))
        .is_some_and(|labels| labels.split('.').all(|it| is_name(it, usize::MAX, b"-")))
}

fn host(authority: &str) -> Result<String, Refusal> {
    let authority = authority.to_ascii_lowercase();
    let (host, port) = authority.split_once(':').unwrap_or((&authority, "443"));
    if CONNECTORS
        .iter()
        .any(|connector| host == *connector || host.ends_with(&format!(".{connector}")))
    {
        return Err(not_allowed(format!(
            "this is the URL of an Office 365 connector, which Microsoft retired in 2026: {TEMPLATE}"
        )));
    }
    if !is_host(host) {
        return Err(not_allowed(format!(
            "the host must be one of Teams' workflows, which ends with {} or {}: {TEMPLATE}",
            LOGIC[0], PLATFORM[0],
        )));
    }
    match port {
        "443" => Ok(host.to_owned()),
        _ => Err(not_allowed("must name no port but 443")),
    }
}

/// The older form, or the newer one with any further parts before `workflows`.
fn is_path(host: &str, segments: &[&str]) -> bool {
    let rest = match segments {
        rest if ends_with(host, &LOGIC) => rest,
        ["powerautomate", "automations", "direct", rest @ ..] => {
            let Some(start) = rest.len().checked_sub(6) else {
                return false;
            };
            let (between, rest) = rest.split_at(start);
            if !between.iter().all(|part| is_name(part, 80, b"-")) {
                return false;
            }
            rest
        }
        _ => return false,
    };
    matches!(rest, ["workflows", id, "triggers", trigger, "paths", "invoke"]
        if is_name(id, 64, b"-") && is_name(trigger, 80, b"-_"))
}

fn is_name(text: &str, most: usize, more: &[u8]) -> bool {
    is_of(text, 1..=most, |b| {
        b.is_ascii_alphanumeric() || more.contains(&b)
    })
}

/// A trigger's URL, in the form in which it is stored: as it is.
pub(super) fn webhook_url(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    parse(text).map(|_| text.to_owned())
}

/// A stored URL as it may be shown.
pub(super) fn masked_url(stored: &str) -> String {
    match parse(stored) {
        Ok(url) => format!("https://{}/{}", url.host, masking::tail(&url.signature)),
        Err(_) => format!("https://{}", masking::tail("")),
    }
}
