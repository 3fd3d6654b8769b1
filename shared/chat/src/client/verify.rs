//! Asking whether a credential works, before it is registered.

use std::time::{Duration, Instant};

use carillon_domain::{Configuration, DestinationKind, FaultCode, Faults};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use secrecy::SecretString;

use super::{Client, JSON, bearer, read};
use crate::verification::{self, Probe, Verification, refused, unreachable};
use crate::{Answer, slack};

/// How long all questions about a credential may take together: somebody waits for the
/// answer, and behind API Gateway for 30 s at most.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

const NOT_ALL_ASKED: &str = "Slack did not answer in time for every channel, so that not all of \
                             them could be checked: send a test message to each";

fn with_warning(verification: Verification, warning: &str) -> Verification {
    match verification {
        Verification::Verified(mut verified) => {
            verified.warnings.push(warning.to_owned());
            Verification::Verified(verified)
        }
        other => other,
    }
}

impl Client {
    /// Asks the platform whether a credential works and can do what the configuration
    /// wants. Posts nothing. Takes 5 s at most: a platform that is slow or down leaves the
    /// credential unverified.
    pub async fn verify(
        &self,
        configuration: &Configuration,
        credential: &SecretString,
    ) -> Verification {
        let deadline = Instant::now() + self.verify_within;
        let kind = configuration.kind;
        let answer = match self
            .ask(&verification::probe(kind, credential), deadline)
            .await
        {
            Ok(answer) => answer,
            Err(verification) => return verification,
        };
        let verification = verification::classify(configuration, credential, &answer);
        match verification {
            Verification::Verified(_) if kind == DestinationKind::SlackBot => {
                let (faults, all_asked) = self
                    .channel_faults(configuration, credential, &answer, deadline)
                    .await;
                match faults.is_empty() {
                    true if all_asked => verification,
                    true => with_warning(verification, NOT_ALL_ASKED),
                    false => Verification::Refused(faults),
                }
            }
            _ => verification,
        }
    }

    /// Whether the platform answers at all, and with no fault of its own, where it is asked
    /// about a credential. Posts nothing. Takes 5 s at most.
    pub async fn is_answered(&self, kind: DestinationKind, credential: &SecretString) -> bool {
        let deadline = Instant::now() + self.verify_within;
        let answer = self
            .ask(&verification::probe(kind, credential), deadline)
            .await;
        answer.is_ok_and(|answer| answer.status < 500)
    }

    /// What is wrong with the channels, as far as there is time to ask, and whether there was
    /// time for all.
    async fn channel_faults(
        &self,
        configuration: &Configuration,
        credential: &SecretString,
        auth_test: &Answer,
        deadline: Instant,
    ) -> (Faults, bool) {
        let mut faults = Faults::default();
        for (at, probe) in slack::verify::channel_probes(configuration, credential, auth_test) {
            let Ok(answer) = self.ask(&probe, deadline).await else {
                return (faults, false);
            };
            if let Some(detail) = slack::verify::channel_fault(auth_test, &answer) {
                faults.add(at, FaultCode::Refused, detail);
            }
        }
        (faults, true)
    }

    async fn ask(&self, probe: &Probe, deadline: Instant) -> Result<Answer, Verification> {
        let platform = probe.kind.platform();
        // Neither can be: what was read to be registered is always of this form.
        let unusable = || {
            let detail = "is not a credential of the platform";
            refused(probe.kind.credential_field(), detail)
        };
        let url = self
            .destination(probe.kind, &probe.url)
            .ok_or_else(unusable)?;
        let http = self.connections.client();
        let mut request = match probe.body {
            Some(body) => http.post(url).header(CONTENT_TYPE, JSON).body(body),
            None => http.get(url),
        };
        if let Some(token) = &probe.authorization {
            request = request.header(AUTHORIZATION, bearer(token).ok_or_else(unusable)?);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        // The error itself is dropped, because it names the URL.
        let response = request.timeout(left).send().await.map_err(|error| {
            let reason = match error.is_timeout() {
                true => "did not answer in time",
                false => "could not be reached",
            };
            unreachable(platform, reason)
        })?;
        let now = self.connections.now();
        Ok(read(response, probe.secret(), now).await.0)
    }
}

#[cfg(test)]
mod tests;
