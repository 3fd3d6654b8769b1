//! Which webhooks' own names or pictures the platform has refused of late: their messages
//! go out without.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use carillon_domain::{Webhook, WebhookId};

/// How long what was refused is not tried again.
const REFUSED_FOR: Duration = Duration::from_secs(600);
/// How many are remembered.
const REMEMBERED: usize = 1_000;

/// A change of the webhook may mend it, so that its version counts.
type Version = (WebhookId, u64);

#[derive(Clone, Default)]
pub(crate) struct Refused(Arc<Mutex<HashMap<Version, Instant>>>);

impl Refused {
    pub fn is_known(&self, webhook: &Webhook) -> bool {
        let known = self.lock();
        let since = known.get(&(webhook.id.clone(), webhook.version));
        since.is_some_and(|since| since.elapsed() < REFUSED_FOR)
    }

    pub fn remember(&self, webhook: &Webhook) {
        let mut known = self.lock();
        if known.len() >= REMEMBERED {
            known.retain(|_, since| since.elapsed() < REFUSED_FOR);
        }
        if known.len() >= REMEMBERED {
            let oldest = known.iter().min_by_key(|(_, since)| **since);
            if let Some(oldest) = oldest.map(|(version, _)| version.clone()) {
                known.remove(&oldest);
            }
        }
        known.insert((webhook.id.clone(), webhook.version), Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Version, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::sample;

    use super::*;

    #[test]
    fn of_too_many_the_latest_are_known() {
        let refused = Refused::default();
        let webhooks = (1..=1_001).map(|n| sample::webhook(n, &["*"]));
        webhooks
            .clone()
            .for_each(|webhook| refused.remember(&webhook));
        let known = webhooks.map(|webhook| refused.is_known(&webhook));
        let known: Vec<bool> = known.collect();
        assert!(!known[0] && known[1..].iter().all(|known| *known));
    }

    #[test]
    fn what_was_refused_is_known_until_the_webhook_is_changed() {
        let refused = Refused::default();
        let mut webhook = sample::webhook(1, &["*"]);
        assert!(!refused.is_known(&webhook));
        refused.remember(&webhook);
        assert!(refused.is_known(&webhook));
        webhook.version += 1;
        assert!(!refused.is_known(&webhook));
    }
}
