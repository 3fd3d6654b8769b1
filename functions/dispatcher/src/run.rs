//! A run: consecutive events of a batch, so few that it comes to its end in time.

use std::collections::HashMap;

use carillon_aws::WebhookPage;
use carillon_aws::registry::PAGE;
use carillon_domain::OrganizationId;

use crate::Dispatching;

/// How many deliveries a run may have, if every webhook subscribes, and those of one event more.
/// They take about twenty seconds, one by one in lanes of their own.
const DELIVERIES: usize = 50_000;

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
    pub fn knows(&self, organization: &OrganizationId) -> bool {
        self.lanes.contains_key(organization)
    }

    /// An organization's first page was read. What is behind it, nobody knows yet: the first run
    /// is one event.
    pub fn begin(&mut self, organization: &OrganizationId, page: WebhookPage) {
        let lanes = match page.next {
            Some(_) => DELIVERIES,
            None => lanes(&page),
        };
        self.lanes.insert(organization.clone(), lanes);
        self.pages.insert(organization.clone(), page);
    }

    /// How many of these events are the next run.
    pub fn run_length(&self, events: &[Dispatching]) -> usize {
        let mut deliveries = 0;
        let is_part = |dispatching: &&Dispatching| {
            let is_full = deliveries >= DELIVERIES;
            let lanes = self.lanes.get(&dispatching.event.organization);
            deliveries += lanes.unwrap_or(&0);
            lanes.is_some() && !is_full
        };
        events.iter().take_while(is_part).count().max(1)
    }

    /// The first page of an organization's webhooks, if it is kept.
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

/// How many lanes the webhooks of a page have.
pub fn lanes(page: &WebhookPage) -> usize {
    let channels = page.webhooks.iter().map(|it| it.lanes.channels.len());
    channels.sum()
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
    fn a_run_ends_where_deliveries_may_be_very_many_and_where_nobody_knows() {
        let mut known = Known::default();
        let small = OrganizationId::parse("org_small").unwrap();
        known.learn(&small, DELIVERIES / 4, None);
        let run = |organizations: &[&str]| known.run_length(&events(organizations));
        assert_eq!(run(&["org_new", "org_new"]), 1);
        assert_eq!(run(&["org_small", "org_new", "org_small"]), 1);
        assert_eq!(run(&["org_small"; 3]), 3);
        assert_eq!(run(&["org_small"; 9]), 4);
    }

    #[test]
    fn the_first_run_is_one_event_where_there_are_more_webhooks_than_on_a_page() {
        let organization = OrganizationId::parse("org_new").unwrap();
        for (next, expected) in [(None, 40), (Some("1".to_owned()), 1)] {
            let mut known = Known::default();
            let mut webhook = sample::webhook(1, &["*"]);
            let channels = vec![webhook.lanes.channels[0].clone(); DELIVERIES / 40];
            webhook.lanes.channels = channels;
            let webhooks = vec![webhook];
            let page = WebhookPage {
                webhooks,
                next,
                ..WebhookPage::default()
            };
            known.begin(&organization, page);
            assert_eq!(known.run_length(&events(&["org_new"; 50])), expected);
        }
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
