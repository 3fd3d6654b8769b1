//! Which Carillon is meant, and with which key: from the environment and from profiles.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::text::did_you_mean;

/// Where `carillon-local` answers.
pub const LOCAL: &str = "http://127.0.0.1:8787";

/// A Carillon and the way in, as a profile has them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    pub url: String,
    pub key: Option<SecretString>,
}

/// What the environment says.
#[derive(Debug, Default)]
pub struct Environment {
    pub url: Option<String>,
    pub key: Option<SecretString>,
}

impl Environment {
    /// # Errors
    /// Where a variable is blank, as that of a CI which does not know it: another Carillon than
    /// the one that was meant must not be told.
    pub fn read() -> Result<Self, Error> {
        Ok(Self {
            url: variable("CARILLON_URL")?,
            key: variable("CARILLON_KEY")?.map(SecretString::from),
        })
    }
}

fn variable(name: &str) -> Result<Option<String>, Error> {
    let Ok(value) = env::var(name) else {
        return Ok(None);
    };
    match value.trim() {
        "" => Err(Error::Input(format!(
            "{name} is set, but blank: give it a value, or unset it"
        ))),
        value => Ok(Some(value.to_owned())),
    }
}

/// The file with the profiles.
#[derive(Debug)]
pub struct Config {
    path: PathBuf,
    file: File,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The profile of those who name none.
    default: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Connection>,
}

/// Where the file is: `CARILLON_CONFIG`, else below `XDG_CONFIG_HOME`, else `~/.config`.
pub fn path() -> Result<PathBuf, Error> {
    if let Some(path) = variable("CARILLON_CONFIG")? {
        return Ok(path.into());
    }
    // Blank, it is as unset (XDG base directory specification).
    let folder = env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty());
    let folder = folder.map(PathBuf::from);
    let folder = folder.or_else(|| Some(env::home_dir()?.join(".config")));
    let folder = folder.ok_or_else(|| {
        Error::Input("there is no home folder: set CARILLON_CONFIG to a file".to_owned())
    })?;
    Ok(folder.join("carillon").join("config.toml"))
}

impl Config {
    /// Reads the file; one that is not there has no profiles.
    ///
    /// # Errors
    /// Where others than the owner can read it: it has keys.
    pub fn read(path: PathBuf) -> Result<Self, Error> {
        let file: File = parsed(&path)?;
        let config = Self { path, file };
        let mut profiles = config.file.profiles.values();
        if profiles.any(|profile| profile.key.is_some()) {
            config.require_privacy()?;
        }
        Ok(config)
    }

    fn require_privacy(&self) -> Result<(), Error> {
        let metadata = fs::metadata(&self.path).map_err(Error::file(&self.path))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 == 0 {
            return Ok(());
        }
        let path = self.path.display();
        Err(Error::Input(format!(
            "{path} has keys, and others can read it (mode {mode:04o}): chmod 600 {path}"
        )))
    }

    /// The names of the profiles, each with its URL and whether it is the default.
    pub fn profiles(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let default = self.file.default.as_deref();
        self.file.profiles.iter().map(move |(name, profile)| {
            (name.as_str(), profile.url.as_str(), default == Some(name))
        })
    }

    /// The Carillon that is meant. A profile that is named counts before the environment, the
    /// environment before the default profile. A profile's key goes nowhere but to its own URL.
    pub fn connection(
        &self,
        named: Option<&str>,
        environment: Environment,
    ) -> Result<Connection, Error> {
        if let Some(name) = named {
            return self.profile(name).cloned();
        }
        let Some(default) = &self.file.default else {
            return Ok(Connection {
                url: environment.url.unwrap_or_else(|| LOCAL.to_owned()),
                key: environment.key,
            });
        };
        let profile = self.profile(default)?;
        let url = environment.url.unwrap_or_else(|| profile.url.clone());
        let is_own = url.trim_end_matches('/') == profile.url.trim_end_matches('/');
        let key = environment.key;
        Ok(Connection {
            key: key.or_else(|| profile.key.clone().filter(|_| is_own)),
            url,
        })
    }

    fn profile(&self, name: &str) -> Result<&Connection, Error> {
        self.file.profiles.get(name).ok_or_else(|| {
            let hint = did_you_mean(name, self.file.profiles.keys().map(String::as_str));
            let path = self.path.display();
            Error::Input(format!("{path} has no profile `{name}`{hint}"))
        })
    }
}

/// What the file says; nothing where it is not there.
fn parsed<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    };
    let text = text.map_err(Error::file(path))?;
    toml::from_str(&text).map_err(|error| bad_file(path, &text, &error))
}

/// The place of a fault. What stands there may be a key, and the parser's words would repeat it.
fn bad_file(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let line = error
        .span()
        .and_then(|span| Some(text.get(..span.start)?.matches('\n').count() + 1))
        .unwrap_or(1);
    Error::Faults(vec![format!(
        "{}:{line}: is not as `carillon login` writes it",
        path.display(),
    )])
}

/// Changes the file, which only its owner can read afterwards. What else is in it stays, but
/// for comments.
pub fn change(path: &Path, change: impl FnOnce(&mut toml::Table)) -> Result<(), Error> {
    let mut table: toml::Table = parsed(path)?;
    change(&mut table);
    write(path, &table.to_string()).map_err(Error::file(path))
}

/// Whole or not at all: another one is written, and takes the file's place.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let new = path.with_extension(format!("toml.{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    const FILE: &str = "\
default = \"work\"
[profiles.work]
url = \"https://work.example.com/\"
key = \"fake-work\"
[profiles.home]
url = \"https://home.example.com\"
";

    fn connection(named: Option<&str>, url: Option<&str>, key: Option<&str>) -> (String, String) {
        let config = Config {
            path: "config.toml".into(),
            file: toml::from_str(FILE).unwrap(),
        };
        let environment = Environment {
            url: url.map(str::to_owned),
            key: key.map(SecretString::from),
        };
        let found = config.connection(named, environment).unwrap();
        let key = found.key.map(|key| key.expose_secret().to_owned());
        (found.url, key.unwrap_or_default())
    }

    #[test]
    fn a_key_of_a_profile_goes_to_its_own_url_alone() {
        let work = || {
            (
                "https://work.example.com/".to_owned(),
                "fake-work".to_owned(),
            )
        };
        assert_eq!(connection(None, None, None), work());
        assert_eq!(
            connection(Some("work"), Some("https://evil.example"), None),
            work()
        );
        let own = connection(None, Some("https://work.example.com"), None);
        assert_eq!(own.1, "fake-work");
        let other = connection(None, Some("https://evil.example"), None);
        assert_eq!(other, ("https://evil.example".to_owned(), String::new()));
        let given = connection(None, None, Some("fake-given"));
        assert_eq!(given, (work().0, "fake-given".to_owned()));
        assert_eq!(connection(Some("home"), None, Some("fake-given")).1, "");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, FILE).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Config::read(path.clone()).unwrap_err().to_string();
        assert!(
            error.contains("mode 0640") && error.contains("chmod 600"),
            "{error}"
        );

        // What changes the file closes it, too.
        change(&path, |table| {
            table.insert("default".into(), "home".into());
        })
        .unwrap();
        let config = Config::read(path).unwrap();
        let profiles: Vec<_> = config.profiles().collect();
        assert_eq!(profiles[0], ("home", "https://home.example.com", true));
        assert_eq!(profiles.len(), 2);
    }

    #[test]
    fn a_fault_in_the_file_is_told_without_its_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "default = \"a\"\n[profiles.a]\nkey = fake-key\n").unwrap();
        let error = Config::read(path.clone()).unwrap_err().to_string();
        assert!(error.contains("config.toml:3:"), "{error}");
        assert!(!error.contains("fake-key"), "{error}");
        assert!(Config::read(folder.path().join("none")).is_ok());
    }
}
