//! Secrets of the environment, taken out of what a command has written.

/// What a name has where its value is secret.
const NAMES: [&str; 7] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "APIKEY",
];
/// Words of a name, between underscores, that say so.
const WORDS: [&str; 7] = ["KEY", "KEYS", "PASS", "PWD", "PAT", "AUTH", "DSN"];
/// What secrets begin with whose form is known.
const BEGINNINGS: &str = "crl_ whsec_ xoxb- xoxp- xoxa- xapp- ghp_ gho_ ghs_ ghr_ github_pat_ \
                          glpat- AKIA ASIA eyJ sk_live_";
/// Shorter values would take too much out of an ordinary text.
const MIN_LENGTH: usize = 6;

/// Stands where a secret was.
const MASK: &str = "***";

/// What is secret, the longest first.
pub struct Mask(Vec<String>);

impl Mask {
    /// Of an environment, and one secret more.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>, also: Option<&str>) -> Self {
        let mut secrets: Vec<String> = variables
            .into_iter()
            .flat_map(|(name, value)| secrets(&name, &value))
            .chain(also.map(str::to_owned))
            // Of a key in several lines, each is one.
            .flat_map(|secret| {
                secret
                    .lines()
                    .map(str::trim)
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .filter(|secret| secret.chars().count() >= MIN_LENGTH)
            .collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self(secrets)
    }

    /// Takes the beginning of a secret from the end of a text that was cut there.
    pub fn cut(&self, text: String) -> String {
        let begun = |secret: &String| {
            let mut ends = secret.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
            ends.rfind(|at| text.ends_with(&secret[..*at]))
        };
        match self.0.iter().filter_map(begun).max() {
            Some(length) => format!("{}{MASK}", &text[..text.len() - length]),
            None => text,
        }
    }

    pub fn apply(&self, text: &str) -> String {
        let masked = |text: String, secret: &String| text.replace(secret.as_str(), MASK);
        self.0.iter().fold(text.to_owned(), masked)
    }
}

fn secrets(name: &str, value: &str) -> Vec<String> {
    let name = name.to_uppercase();
    let is_secret = name != "PWD"
        && name != "OLDPWD"
        && (NAMES.iter().any(|part| name.contains(part))
            || name.split('_').any(|word| WORDS.contains(&word)));
    let has_form = BEGINNINGS
        .split(' ')
        .any(|beginning| value.starts_with(beginning))
        || value.contains("-----BEGIN")
        || looks_random(value)
        || is_secret_url(value);
    let mut secrets = Vec::new();
    if is_secret || has_form {
        secrets.push(value.to_owned());
    }
    secrets.extend(password(value).map(str::to_owned));
    secrets.extend(parts(value));
    secrets
}

/// The secret parts of a connection string such as `Server=db;Password=fake`, or of a query.
fn parts(value: &str) -> Vec<String> {
    let parts = value.split([';', '&', '?', ' ']);
    let named = parts.filter_map(|part| part.split_once('='));
    named
        .filter(|(name, _)| {
            let name = name.to_uppercase();
            let is_secret = NAMES.iter().any(|part| name.contains(part));
            is_secret || name.ends_with("KEY") || ["PWD", "SIG"].contains(&name.as_str())
        })
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// The password of a URL such as `postgres://user:password@host/`.
fn password(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}

/// A URL that has a part which nobody would guess: it opens what it leads to.
fn is_secret_url(value: &str) -> bool {
    let is_path = value.starts_with(['/', '~']) || !value.contains('.');
    let separators = |c: char| "/?&=#\"' ".contains(c);
    let mut words = value.split(separators);
    !is_path && value.contains('/') && words.any(|word| is_long_and_mixed(word, "_-"))
}

/// Whether a long word has letters in both cases, and beside digits nothing but these signs.
fn is_long_and_mixed(word: &str, signs: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    word.len() >= 20
        && word.chars().all(is_allowed)
        && word.contains(|c: char| c.is_ascii_uppercase())
        && word.contains(|c: char| c.is_ascii_lowercase())
}

/// One word of letters in both cases and digits, as nobody writes by hand.
fn looks_random(value: &str) -> bool {
    !value.starts_with('/')
        && is_long_and_mixed(value, "+/=_-")
        && value.bytes().filter(u8::is_ascii_digit).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(variables: &[(&str, &str)], text: &str) -> String {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Mask::new(variables, Some("fake-own-key")).apply(text)
    }

    #[test]
    fn what_is_called_a_secret_is_masked() {
        for name in [
            "GITHUB_TOKEN",
            "db_password",
            "AWS_SECRET_ACCESS_KEY",
            "STRIPE_KEY",
            "MY_PAT",
        ] {
            assert_eq!(
                masked(&[(name, "fake-value")], "with fake-value."),
                "with ***.",
                "{name}"
            );
        }
        for name in ["PWD", "PATH", "KEYBOARD", "GIT_AUTHOR_NAME", "MONKEY"] {
            assert_eq!(
                masked(&[(name, "fake-value")], "fake-value"),
                "fake-value",
                "{name}"
            );
        }
    }

    #[test]
    fn what_has_the_form_of_a_secret_is_masked() {
        let url = ("DATABASE_URL", "postgres://app:fake-pass@db.example/app");
        assert_eq!(
            masked(&[url], "at app:fake-pass@db.example"),
            "at app:***@db.example"
        );
        for token in ["xoxb-fake-1", "crl_00fake", "whsec_fakefake"] {
            assert_eq!(masked(&[("X", token)], token), "***");
        }
        let random = "Fake0Random1Value2ForTests";
        assert_eq!(masked(&[("X", random)], random), "***");
        for url in [
            "https://chat.example/hooks/FakeRandomValueForTests",
            "chat.example/hooks/FakeRandomValueForTests",
            "https://flow.example/run?sp=x&sig=Fake0Random1Value2ForTests",
        ] {
            assert_eq!(masked(&[("X", url)], &format!("to {url}.")), "to ***.");
        }
        for open in [
            "https://ci.example/teams/Deployments/run/1234567",
            "/home/fake/VeryLongNameOfAFolder/x.txt",
        ] {
            assert_eq!(masked(&[("X", open)], open), open);
        }
        let commit = "9fceb02d0ae598e95dc970b74767f19372d61af8";
        assert_eq!(masked(&[("COMMIT", commit)], commit), commit);
    }

    #[test]
    fn the_secret_parts_of_a_connection_string_are_masked() {
        for (value, secret) in [
            (
                "AccountName=app;AccountKey=fake-key==;Suffix=x",
                "fake-key==",
            ),
            ("Server=db;User Id=app;Password=fake-pass;", "fake-pass"),
            ("host=db user=app password=fake-pass", "fake-pass"),
            (
                "https://x.example/hook?a=b&sig=fake-signature",
                "fake-signature",
            ),
        ] {
            let text = format!("using {secret} now");
            assert_eq!(
                masked(&[("STORE", value)], &text),
                "using *** now",
                "{value}"
            );
        }
    }

    #[test]
    fn the_longest_goes_first_and_each_line_of_a_key_counts() {
        let variables = [("A_TOKEN", "fake-abc"), ("B_TOKEN", "fake-abc-and-more")];
        assert_eq!(masked(&variables, "fake-abc-and-more fake-abc"), "*** ***");
        let key = (
            "SSH_KEY",
            "-----BEGIN FAKE KEY-----\nfakeline1\nfakeline2\n",
        );
        assert_eq!(masked(&[key], "fakeline2"), "***");
        assert_eq!(masked(&[], "fake-own-key"), "***");
        // Too short to be taken out of a text.
        assert_eq!(masked(&[("A_TOKEN", "1")], "1 of 10"), "1 of 10");
    }
}
