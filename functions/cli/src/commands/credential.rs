//! Secrets from people: asked for, or read from standard input; never arguments.

use std::io::{self, BufRead as _, IsTerminal as _};

use secrecy::SecretString;

use crate::error::Error;

/// A secret, asked for on the terminal, or the first line of standard input.
pub fn secret(prompt: &str) -> Result<SecretString, Error> {
    let failed = |error: io::Error| Error::Input(format!("nothing could be read: {error}"));
    let text = match io::stdin().is_terminal() {
        true => rpassword::prompt_password(prompt).map_err(failed)?,
        false => {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map_err(failed)?;
            line
        }
    };
    let text = text.trim();
    match text.is_empty() {
        true => Err(Error::Input(format!(
            "{}: nothing was given; type it at the prompt, or pipe it in",
            prompt.trim_end_matches([':', ' '])
        ))),
        false => Ok(SecretString::from(text)),
    }
}

/// What people call it.
pub fn name(kind: &str) -> &'static str {
    match kind {
        "slack" => "Bot token or webhook URL",
        "webhook" => "URL",
        _ => "Webhook URL",
    }
}

/// The field of the configuration that a credential belongs to.
pub fn field(kind: &str, credential: &str) -> &'static str {
    match kind {
        "slack" if !credential.starts_with("https:") => "token",
        "webhook" => "url",
        _ => "webhook_url",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_goes_into_the_field_that_it_belongs_to() {
        assert_eq!(field("slack", "xoxb-fake"), "token");
        assert_eq!(field("slack", "https://hooks.slack.com/x"), "webhook_url");
        assert_eq!(field("discord", "https://discord.com/x"), "webhook_url");
        assert_eq!(field("webhook", "https://example.com"), "url");
    }
}
