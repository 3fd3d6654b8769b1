//! A run: consecutive events of a batch, so few that it comes to its end in time.

use std::collections::HashMap;

use carillon_aws::WebhookPage;
use carillon_aws::registry::PAGE;
use carillon_domain::OrganizationId;

use crate::Dispatching;

/// How many deliveries a run has at least, if every webhook subscribes: they take some seconds.
const DELIVERIES: usize = 10_000;

/// What a batch has come to know of organizations.
#[derive(Debug, Default)]
pub struct Known {
    /// How many lanes each has.
    lanes: HashMap<OrganizationId, usize>,
    /// The webhooks of those that have one page of them, so that a batch reads that once. All
    /// are as many as a page has.
    pages: HashMap<OrganizationId, WebhookPage>,
}

impl Known {
    /// How many of these events are the next run: up to one that may have very many deliveries.
    pub fn run_length(&self, events: &[Dispatching]) -> usize {
        let mut deliveries = 0;
        let is_behind = |dispatching: &Dispatching| {
            let is_behind = deliveries >= DELIVERIES;
            let lanes = self.lanes.get(&dispatching.event.organization);
            deliveries += lanes.copied().unwrap_or(DELIVERIES);
            is_behind
        };
        events.iter().position(is_behind).unwrap_or(events.len())
    }

    /// The only page of an organization's webhooks, if it is kept.
    pub fn take_page(&mut self, organization: &OrganizationId) -> Option<WebhookPage> {
        self.pages.remove(organization)
    }

    /// An organization has so many lanes, and this page alone.
    pub fn learn(
        &mut self,
        organization: &OrganizationId,
        lanes: usize,
        page: Option<WebhookPage>,
    ) {
        self.lanes.insert(organization.clone(), lanes);
        let kept = self.pages.values().chain(&page);
        let kept: usize = kept.map(|page| page.webhooks.len()).sum();
        if let Some(page) = page.filter(|_| kept <= PAGE) {
            self.pages.insert(organization.clone(), page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::lane::Position;
    use carillon_domain::{EventType, sample};

    fn events(organizations: &[&str]) -> Vec<Dispatching> {
        let numbered = organizations.iter().enumerate();
        numbered
            .map(|(number, organization)| {
                let mut event = sample::event(EventType::Deploy);
                event.organization = OrganizationId::parse(organization).unwrap();
                Dispatching {
                    number,
                    position: Position::of(&number.to_string()),
                    event,
                }
            })
            .collect()
    }

    #[test]
    fn a_run_ends_with_an_event_that_may_have_very_many_deliveries() {
        let mut known = Known::default();
        let small = OrganizationId::parse("org_small").unwrap();
        known.learn(&small, DELIVERIES / 4, None);
        let run = |organizations: &[&str]| known.run_length(&events(organizations));
        assert_eq!(run(&["org_new", "org_new"]), 1);
        assert_eq!(run(&["org_small", "org_new", "org_small"]), 2);
        assert_eq!(run(&["org_small"; 3]), 3);
        assert_eq!(run(&["org_small"; 9]), 4);
    }

    #[test]
    fn no_more_webhooks_are_kept_than_a_page_has() {
        let mut known = Known::default();
        for number in 0..4 {
            let organization = OrganizationId::parse(&format!("org_{number}")).unwrap();
            let webhooks = vec![sample::webhook(1, &["*"]); PAGE / 2];
            let page = WebhookPage {
                webhooks,
                ..WebhookPage::default()
            };
            known.learn(&organization, PAGE / 2, Some(page));
        }
        assert_eq!(known.pages.len(), 2);
    }
}
