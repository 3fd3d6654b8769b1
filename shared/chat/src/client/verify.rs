//! Asking whether a credential works, before it is registered.

use std::time::Instant;

use carillon_domain::{Configuration, FaultCode, Faults};
use secrecy::SecretString;

use super::{Client, read};
use crate::answer::Answer;
use crate::draft::Draft;
use crate::kind::Kind;
use crate::verification::{Verification, refused, unreachable};

impl Client {
    /// Asks the platform whether a credential works and can do what the configuration
    /// wants. Posts nothing. Takes 5 s at most: a platform that is slow or down leaves the
    /// credential unverified.
    pub async fn verify(
        &self,
        kind: &dyn Kind,
        configuration: &Configuration,
        secret: &SecretString,
    ) -> Verification {
        let deadline = Instant::now() + self.verify_within;
        let question = match kind.question(configuration) {
            Ok(question) => question,
            Err(known) => return Verification::Verified(known),
        };
        let answer = match self.ask(kind, &question, secret, deadline).await {
            Ok(answer) => answer,
            Err(verification) => return verification,
        };
        let mut verified = match kind.verification(configuration, secret, &answer) {
            Verification::Verified(verified) => verified,
            other => return other,
        };
        let mut faults = Faults::default();
        for (at, question) in kind.questions(configuration, &answer) {
            let Ok(said) = self.ask(kind, &question, secret, deadline).await else {
                let warning = format!(
                    "{} did not answer in time for every channel, so that not all of them could \
                     be checked: send a test message to each",
                    kind.about().name
                );
                verified.warnings.push(warning);
                break;
            };
            if let Some(detail) = kind.fault(&answer, &said) {
                faults.add(at, FaultCode::Refused, detail);
            }
        }
        match faults.is_empty() {
            true => Verification::Verified(verified),
            false => Verification::Refused(faults),
        }
    }

    /// Whether the platform answers at all, and with no fault of its own, where it is asked
    /// about a credential. Posts nothing. Takes 5 s at most. None where nothing can be asked.
    pub async fn is_answered(
        &self,
        kind: &dyn Kind,
        configuration: &Configuration,
        secret: &SecretString,
    ) -> Option<bool> {
        let deadline = Instant::now() + self.verify_within;
        let question = kind.question(configuration).ok()?;
        let answer = self.ask(kind, &question, secret, deadline).await;
        Some(answer.is_ok_and(|answer| answer.status < 500))
    }

    async fn ask(
        &self,
        kind: &dyn Kind,
        question: &Draft,
        secret: &SecretString,
        deadline: Instant,
    ) -> Result<Answer, Verification> {
        let request = self.sealed(kind, question, secret).ok_or_else(|| {
            // It cannot be: what was read to be registered is always of this form.
            let detail = "is not a credential of the platform";
            refused(kind.credential_field(), detail)
        })?;
        let left = deadline.saturating_duration_since(Instant::now());
        // The error itself is dropped, because it names the URL.
        let response = request.timeout(left).send().await.map_err(|error| {
            let reason = match error.is_timeout() {
                true => "did not answer in time",
                false => "could not be reached",
            };
            unreachable(kind.about().name, reason)
        })?;
        let now = self.connections.now();
        Ok(read(response, &kind.hidden(secret), now).await.0)
    }
}

#[cfg(test)]
mod tests;
