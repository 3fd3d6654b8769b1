//! Where a person looks at a resource: links into AWS's console, and what ARNs say.

use url::Url;
use url::form_urlencoded::byte_serialize;

/// The console of each partition, by how its regions begin.
const CONSOLES: [(&str, &str); 4] = [
    ("cn-", "console.amazonaws.cn"),
    ("us-gov-", "console.amazonaws-us-gov.com"),
    ("eusc-", "console.amazonaws-eusc.eu"),
    ("", "console.aws.amazon.com"),
];

/// A link into the console of a region's partition. None where the region is missing or
/// unknown.
pub(crate) fn link(region: Option<&str>, place: impl FnOnce(&str) -> String) -> Option<String> {
    let region = region.filter(|region| is_region(region))?;
    // Isolated clouds have consoles of their own.
    if region.starts_with("us-iso") || region.starts_with("eu-isoe-") {
        return None;
    }
    let (_, host) = CONSOLES
        .iter()
        .find(|(begin, _)| region.starts_with(begin))?;
    Some(format!("https://{host}/{}", place(region)))
}

/// As [`link`], to a place with `{region}`, and a `{}` for each of the texts.
pub(crate) fn page(region: Option<&str>, place: &str, texts: &[&str]) -> Option<String> {
    let fill = |place: String, text: &&str| place.replacen("{}", &encode(text), 1);
    link(region, |region| {
        let place = place.replace("{region}", region);
        texts.iter().fold(place, fill)
    })
}

/// Whether a URL that an event has leads into AWS's console.
pub(crate) fn is_of_console(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let names_nobody = url.username().is_empty() && url.password().is_none();
    let host = url.host_str().unwrap_or_default();
    let is_host = CONSOLES.iter().any(|(_, console)| {
        let before = host.strip_suffix(console);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    url.scheme() == "https" && names_nobody && is_host
}

fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 32
        && text.contains('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A text as part of a URL's path, query or fragment.
pub(crate) fn encode(text: &str) -> String {
    // That of forms writes a space as a plus, which only forms understand.
    let encoded: String = byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20")
}

/// What an ARN says after account: `service/cluster/name` of an ECS service.
pub(crate) fn resource_part(arn: &str) -> Option<&str> {
    arn.splitn(6, ':').nth(5).filter(|part| !part.is_empty())
}

/// The person or role that an IAM or STS ARN names; none for other ARNs and texts.
pub(crate) fn person(arn: &str) -> Option<String> {
    let service = arn.split(':').nth(2)?;
    if !arn.starts_with("arn:") || !matches!(service, "iam" | "sts") {
        return None;
    }
    match resource_part(arn)? {
        "root" => Some("root".to_owned()),
        // `assumed-role/ROLE/SESSION`: the session is the person, where it has a name.
        part => part.rsplit('/').next().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_console() {
        for (region, host) in [
            ("eu-west-1", Some("console.aws.amazon.com")),
            ("us-gov-west-1", Some("console.amazonaws-us-gov.com")),
            ("cn-north-1", Some("console.amazonaws.cn")),
            ("us-isob-east-1", None),
            ("global", None),
            ("evil.example/#", None),
        ] {
            let link = link(Some(region), |region| format!("x?region={region}"));
            let expected = host.map(|host| format!("https://{host}/x?region={region}"));
            assert_eq!(link, expected, "{region}");
        }
        assert_eq!(link(None, str::to_owned), None);
    }

    #[test]
    fn only_a_link_into_the_console_is_taken_from_an_event() {
        for (url, is_one) in [
            (
                "https://console.aws.amazon.com/dms/v2/home?region=us-east-1#tasks",
                true,
            ),
            (
                "https://eu-west-1.console.aws.amazon.com/devops-guru/#/insight/x",
                true,
            ),
            ("http://console.aws.amazon.com/", false),
            ("https://evilconsole.aws.amazon.com/", false),
            ("https://console.aws.amazon.com.evil.example/", false),
            ("https://alice@console.aws.amazon.com/", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(is_of_console(url), is_one, "{url}");
        }
    }

    #[test]
    fn names_are_encoded_for_any_part_of_a_url() {
        assert_eq!(encode("a b+c/d#&é"), "a%20b%2Bc%2Fd%23%26%C3%A9");
    }

    #[test]
    fn an_arn_of_a_principal_names_the_person() {
        for (arn, name) in [
            ("arn:aws:iam::111122223333:user/alice", Some("alice")),
            (
                "arn:aws:sts::111122223333:assumed-role/Admin/bob@example.com",
                Some("bob@example.com"),
            ),
            ("arn:aws:iam::111122223333:root", Some("root")),
            ("arn:aws:events:eu-west-1:111122223333:rule/push", None),
            ("alice", None),
        ] {
            assert_eq!(person(arn).as_deref(), name, "{arn}");
        }
    }
}
