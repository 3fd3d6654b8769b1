use url::Url;

use super::addresses::is_public;
use super::destination::{Reach, parse};

/// Verdict, URL, host as it is called (of what is allowed), reason.
const DESTINATIONS: &str = include_str!("destinations.tsv");

/// Whether a URL can be registered, and the same of what is sent to.
fn allowed(reach: &Reach, text: &str) -> Option<Url> {
    let url = parse(text).ok().filter(|url| reach.judge(url).is_ok())?;
    // What is stored is read again before it is called.
    let stored = parse(url.as_str()).unwrap();
    assert_eq!(stored, url);
    Some(url)
}

#[test]
fn each_url_of_the_list_gets_its_verdict() {
    let reach = Reach::default();
    let mut count = 0;
    for line in DESTINATIONS.lines() {
        let [verdict, text, host, reason] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let text = text
            .replace("\\t", "\t")
            .replace("\\r", "\r")
            .replace("\\n", "\n")
            .replace("\\u00ad", "\u{ad}");
        let url = allowed(&reach, &text);
        assert_eq!(url.is_some(), verdict == "allow", "{text} ({reason})");
        if let Some(url) = url {
            assert_eq!(url.host_str(), Some(host), "{text}");
        }
        count += 1;
    }
    assert_eq!(count, 170);
}

#[test]
fn an_address_among_the_hosts_of_the_list_is_public_or_it_is_not() {
    let named_public = [
        "public literal",
        "public v6 literal",
        "just outside private",
    ];
    let mut count = 0;
    for line in DESTINATIONS.lines() {
        let [_, text, _, reason] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let address = Url::parse(text).ok().and_then(|url| match url.host()? {
            url::Host::Ipv4(address) => Some(address.into()),
            url::Host::Ipv6(address) => Some(address.into()),
            url::Host::Domain(_) => None,
        });
        if let Some(address) = address {
            assert_eq!(is_public(address), named_public.contains(&reason), "{text}");
            count += 1;
        }
    }
    assert!(count > 80, "{count}");
}

#[test]
fn only_two_ports_and_names_of_a_usual_length_are_called() {
    let reach = Reach::default();
    assert!(allowed(&reach, "https://example.com:8443/").is_some());
    for port in ["80", "444", "8080", "9001"] {
        assert!(allowed(&reach, &format!("https://example.com:{port}/")).is_none());
    }
    let long = format!("https://{}.com/", "a".repeat(64));
    assert!(allowed(&reach, &long).is_none());
    let longer = format!("https://{}com/", "abcdefgh.".repeat(28));
    assert!(allowed(&reach, &longer).is_none());
    let path = |length: usize| format!("https://example.com/{}", "a".repeat(length));
    assert!(allowed(&reach, &path(2_028)).is_some());
    assert!(allowed(&reach, &path(2_029)).is_none());
}

#[test]
fn our_own_api_is_never_called() {
    let reach = Reach::default().without("API.example.com");
    for text in [
        "https://api.example.com/api/v1/events/",
        "https://api.example.com:8443/",
        "https://API.EXAMPLE.COM/",
        "https://api.example.com./",
    ] {
        assert!(allowed(&reach, text).is_none(), "{text}");
    }
    assert!(allowed(&reach, "https://other.example.com/").is_some());
    let called = Reach::default().without_called(|| Some("other.example.com".to_owned()));
    assert!(allowed(&called, "https://other.example.com:8443/").is_none());
    assert!(allowed(&called, "https://api.example.com/").is_some());
    // The dot at the end of a name means nothing, on either side.
    for host in ["other.example.com.", "Other.example.com.:443"] {
        let with_a_dot = Reach::default().without(host);
        assert!(allowed(&with_a_dot, "https://other.example.com/").is_none());
    }
    for called_as in [
        || Some("other.example.com.".to_owned()),
        || Some("OTHER.example.com.:443".to_owned()),
    ] {
        let called = Reach::default().without_called(called_as);
        assert!(allowed(&called, "https://other.example.com/").is_none());
    }
    let local = Reach::parse("true", None)
        .unwrap()
        .without("127.0.0.1:8787");
    assert!(allowed(&local, "http://127.0.0.1:8787/api/v1/events/").is_none());
    assert!(allowed(&local, "http://127.1:8787/").is_none());
    assert!(allowed(&local, "http://127.0.0.1:9000/").is_some());
}

#[test]
fn on_ones_own_machine_any_host_goes_but_never_for_a_function() {
    let reach = Reach::parse("true", None).unwrap();
    for text in [
        "http://localhost:9000/",
        "https://10.0.0.1/",
        "http://[::1]:1/",
    ] {
        assert!(allowed(&reach, text).is_some(), "{text}");
        assert!(allowed(&Reach::default(), text).is_none(), "{text}");
    }
    for text in [
        "http://a@localhost/",
        "ftp://localhost/",
        "http://localhost/#x",
    ] {
        assert!(allowed(&reach, text).is_none(), "{text}");
    }
    assert!(!Reach::parse("false", Some("f")).unwrap().is_private());
    assert!(Reach::parse("true", Some("carillon-notifier")).is_err());
    assert!(Reach::parse("yes", None).is_err());
}
