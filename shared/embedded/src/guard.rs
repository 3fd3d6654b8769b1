//! Who may call a program that listens on a person's own machine: that person's programs and
//! its own pages, and no page of anybody else.
//!
//! A browser lets any page send requests to `localhost`. What it says of them tells such a page:
//!
//! - `Host` is the name that the page was loaded under, or that it asked for. One that is
//!   no name of this machine was pointed here to get around the browser's rules (DNS rebinding).
//! - `Origin` goes with whatever a page sends but plain reads.
//! - `Sec-Fetch-Site` says of all requests, reads too, whether they are for the page's own
//!   origin (W3C, "Fetch Metadata Request Headers").
//!
//! Programs that are no browsers send the first one alone.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, Uri, header};

/// A name that people give this machine besides its loopback names, without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = |name: &str| {
            let of_a_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            (1..=253).contains(&name.len()) && name.chars().all(of_a_name)
        };
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        match address.parse::<IpAddr>() {
            Ok(address) => Ok(Self(in_host(address))),
            Err(_) if is_plain(&name) => Ok(Self(name)),
            Err(_) => Err(
                "give a name such as carillon.internal, without a scheme, port or path".to_owned(),
            ),
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address as it stands in a URL.
pub fn in_host(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(
        "`{0}` is no name of this machine. If it should be one, start Carillon with --allow-host and this name"
    )]
    Host(String),
    #[error("a page of {0} may not call this")]
    Origin(String),
    #[error("a page of another site may not call this")]
    CrossSite,
}

/// Tells who may call.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Besides the loopback names: where it listens, and what was allowed.
    names: Arc<[HostName]>,
}

impl Guard {
    /// For a program that listens there, also under these names.
    pub fn new(listen: IpAddr, allowed: &[HostName]) -> Self {
        let needs_a_name = !listen.is_unspecified() && !listen.is_loopback();
        let own = needs_a_name.then(|| HostName(in_host(listen)));
        Self {
            names: own.into_iter().chain(allowed.iter().cloned()).collect(),
        }
    }

    /// Whether a request may be answered.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refused> {
        let host = self.host(uri, headers)?;
        let is_navigation = is_navigation(method, uri, headers);
        if let Some(origin) = one(headers, "origin").map_err(|_| Refused::CrossSite)?
            && !self.is_own_origin(origin, &host)
        {
            return Err(Refused::Origin(shown(origin)));
        }
        match one(headers, "sec-fetch-site") {
            Ok(None | Some("same-origin" | "none")) => Ok(()),
            _ if is_navigation => Ok(()),
            _ => Err(Refused::CrossSite),
        }
    }

    /// Whom the request is for.
    fn host(&self, uri: &Uri, headers: &HeaderMap) -> Result<Authority, Refused> {
        let host = one(headers, header::HOST.as_str()).map_err(|_| Refused::Host("…".into()))?;
        let named = uri.authority().map(Authority::as_str).or(host);
        let named = named.unwrap_or_default();
        let refused = || Refused::Host(shown(named));
        let authority: Authority = named.parse().map_err(|_| refused())?;
        let is_plain = !authority.as_str().contains('@');
        match is_plain && self.is_own(authority.host()) {
            true => Ok(authority),
            false => Err(refused()),
        }
    }

    fn is_own(&self, host: &str) -> bool {
        let Ok(name) = host.parse::<HostName>() else {
            return false;
        };
        is_loopback(&name.0) || self.names.contains(&name)
    }

    /// An origin is ours where it is what the request is for, or a name that was allowed: a proxy
    /// may have given the request another `Host`.
    fn is_own_origin(&self, origin: &str, host: &Authority) -> bool {
        let Ok(origin) = origin.parse::<Uri>() else {
            return false;
        };
        let (Some(scheme), Some(authority)) = (origin.scheme_str(), origin.authority()) else {
            return false;
        };
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return false,
        };
        let port = |of: &Authority| of.port_u16().unwrap_or(default);
        let is_same =
            authority.host().eq_ignore_ascii_case(host.host()) && port(authority) == port(host);
        let name = authority.host().parse::<HostName>();
        is_same || name.is_ok_and(|name| self.names.contains(&name))
    }
}

fn is_loopback(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        // These never leave the machine (RFC 6761, 6.3).
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

/// Whether somebody follows a link to one of the pages: what a page elsewhere cannot read, and
/// nothing but shows it.
fn is_navigation(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let says = |name, value| one(headers, name) == Ok(Some(value));
    let path = uri.path();
    method == Method::GET
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
        && !path.starts_with("/_local/")
        && !path.starts_with("/api/")
}

/// The one header of a name; an error where there are several, or it is no text.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ()> {
    let mut found = headers.get_all(name).iter();
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some(only), None) => only.to_str().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

/// What a stranger has sent, short enough to be told.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(
            [127, 0, 0, 1].into(),
            &["Carillon.internal".parse().unwrap()],
        )
    }

    fn checked(method: &Method, path: &str, headers: &[(&str, &str)]) -> Result<(), Refused> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, value.parse().unwrap());
        }
        guard().check(method, &path.parse().unwrap(), &map)
    }

    fn read(headers: &[(&str, &str)]) -> Result<(), Refused> {
        checked(&Method::GET, "/_local/messages", headers)
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for host in [
            "localhost",
            "LOCALHOST:8787",
            "localhost.",
            "app.localhost:1",
            "127.0.0.1:8787",
            "127.9.9.9",
            "[::1]:8787",
            "[::ffff:127.0.0.1]",
            "carillon.internal:80",
            "CARILLON.INTERNAL",
        ] {
            assert_eq!(read(&[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "0.0.0.0:8787",
            "[::]",
            "user@localhost",
            "evil.example@localhost",
            "localhost, evil",
            "notlocalhost",
            "x.carillon.internal",
            "2130706433",
        ] {
            assert!(
                matches!(read(&[("host", host)]), Err(Refused::Host(_))),
                "{host}"
            );
        }
        assert!(read(&[]).is_err());
        assert!(read(&[("host", "localhost"), ("host", "evil.example")]).is_err());
    }

    #[test]
    fn the_name_in_the_request_line_counts_for_more_than_the_header() {
        let host = [("host", "localhost")];
        assert!(checked(&Method::GET, "http://evil.example/", &host).is_err());
    }

    #[test]
    fn pages_of_other_origins_are_refused_also_of_this_machine() {
        let with = |origin| read(&[("host", "localhost:8787"), ("origin", origin)]);
        for origin in ["http://localhost:8787", "https://carillon.internal"] {
            assert_eq!(with(origin), Ok(()), "{origin}");
        }
        for origin in [
            "https://evil.example",
            "http://localhost:3000",
            "http://127.0.0.1:8787",
            "null",
            "",
            "file://",
            "http://localhost",
            "http://localhost:8787.evil.example",
            "chrome-extension://localhost:8787",
        ] {
            assert!(with(origin).is_err(), "{origin}");
        }
    }

    #[test]
    fn a_default_port_may_be_left_out_of_both() {
        let with = |host, origin| read(&[("host", host), ("origin", origin)]);
        assert_eq!(with("localhost", "http://localhost"), Ok(()));
        assert_eq!(with("localhost:80", "http://localhost"), Ok(()));
        assert_eq!(with("localhost", "https://localhost:443"), Ok(()));
        assert!(with("localhost:8787", "http://localhost").is_err());
    }

    #[test]
    fn what_a_page_of_another_site_reads_is_refused_but_not_a_link_to_a_page() {
        let host = ("host", "localhost:8787");
        let site = |site| ("sec-fetch-site", site);
        assert_eq!(read(&[host, site("same-origin")]), Ok(()));
        assert_eq!(read(&[host, site("none")]), Ok(()));
        for foreign in ["cross-site", "same-site", "new-word"] {
            assert_eq!(read(&[host, site(foreign)]), Err(Refused::CrossSite));
            let link = [
                host,
                site(foreign),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ];
            assert_eq!(checked(&Method::GET, "/", &link), Ok(()));
            assert_eq!(checked(&Method::GET, "/docs/", &link), Ok(()));
            for (method, path) in [
                (Method::POST, "/"),
                (Method::GET, "/_local/messages"),
                (Method::GET, "/api/v1/webhooks/"),
            ] {
                assert!(checked(&method, path, &link).is_err(), "{method} {path}");
            }
            let frame = [
                host,
                site(foreign),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "iframe"),
            ];
            assert!(checked(&Method::GET, "/", &frame).is_err());
        }
    }

    #[test]
    fn a_name_is_allowed_without_scheme_or_port() {
        for bad in ["http://a", "a:1", "a/b", "", "a b", "ü", "*"] {
            assert!(bad.parse::<HostName>().is_err(), "{bad}");
        }
        assert_eq!("[::1]".parse::<HostName>().unwrap().to_string(), "[::1]");
    }
}
