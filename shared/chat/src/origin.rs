//! Where requests go in tests, instead of the internet.

use url::Url;

/// An origin that takes the requests for every host: `https://slack.com/api/x` goes to
/// `{origin}/slack.com/api/x`. Set by `CARILLON_CHAT_ORIGIN`, never in production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatOrigin(String);

impl ChatOrigin {
    /// Reads an http or https origin, with a path prefix or without.
    ///
    /// # Errors
    /// Says what the text should look like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|error| format!("not a URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("must begin with http:// or https:// and name a host".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not contain a user name or password".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must end after its path: no query, no fragment".to_owned());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Where a request for `url` goes.
    pub(crate) fn rewrite(&self, url: &Url) -> Result<Url, url::ParseError> {
        let host = url.host_str().unwrap_or_default();
        let mut there = Url::parse(&format!("{}/{host}{}", self.0, url.path()))?;
        there.set_query(url.query());
        Ok(there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_becomes_the_first_part_of_the_path() {
        let there = |origin: &str, url: &str| {
            let origin = ChatOrigin::parse(origin).unwrap();
            String::from(origin.rewrite(&Url::parse(url).unwrap()).unwrap())
        };
        assert_eq!(
            there("http://127.0.0.1:9000", "https://slack.com/api/x"),
            "http://127.0.0.1:9000/slack.com/api/x"
        );
        assert_eq!(
            there(
                "http://localhost:8787/_local/chat/",
                "https://discord.com/api/v10/webhooks/1/t?wait=true"
            ),
            "http://localhost:8787/_local/chat/discord.com/api/v10/webhooks/1/t?wait=true"
        );
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "127.0.0.1:9000",
            "ftp://x",
            "http://",
            "http://a:b@c",
            "http://x/?q=1",
            "http://x/#f",
        ] {
            assert!(ChatOrigin::parse(text).is_err(), "{text}");
        }
    }
}
