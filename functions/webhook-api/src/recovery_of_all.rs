//! Sending once more what was not delivered by any webhook of an organization: after an outage.

use carillon_domain::{DeliveryId, WebhookId, WebhookStatus};

use crate::auth::Scope;
use crate::problem::Problem;
use crate::recovery::{Accepted, Asked, Budget, LeftOut, recover_within};

/// How many webhooks are read at once.
const PAGE: usize = 100;

/// Where a call goes on: behind this webhook, or in it behind this delivery. As text, the ids
/// with a colon between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    webhook: WebhookId,
    delivery: Option<DeliveryId>,
}

impl Place {
    pub fn parse(text: &str) -> Option<Self> {
        let (webhook, delivery) = match text.split_once(':') {
            Some((webhook, delivery)) => (webhook, Some(DeliveryId::parse(delivery)?)),
            None => (text, None),
        };
        let webhook = WebhookId::parse(webhook)?;
        Some(Self { webhook, delivery })
    }

    fn text(webhook: &WebhookId, delivery: Option<&DeliveryId>) -> String {
        match delivery {
            Some(delivery) => format!("{webhook}:{delivery}"),
            None => webhook.to_string(),
        }
    }
}

/// Webhook by webhook, oldest first, as far as one call goes. Those that are switched off are
/// left out.
pub async fn recover(
    api: &Scope,
    asked: &Asked,
    place: Option<Place>,
) -> Result<Accepted, Problem> {
    let mut budget = Budget::begin();
    let mut left_out = Vec::new();
    let mut after = place.as_ref().map(|place| place.webhook.to_string());
    // The webhook that the call before has ended in.
    let mut webhooks = Vec::new();
    let mut begin = None;
    if let Some(Place {
        webhook,
        delivery: Some(delivery),
    }) = place
    {
        let found = api.registry.webhook(&api.organization, &webhook).await?;
        webhooks.extend(found.filter(|it| it.status == WebhookStatus::Active));
        begin = Some(delivery).filter(|_| !webhooks.is_empty());
    }
    let mut is_last = false;
    loop {
        for webhook in webhooks {
            if webhook.status != WebhookStatus::Active {
                left_out.push(LeftOut {
                    webhook_id: webhook.id.to_string(),
                    name: webhook.name,
                    status: webhook.status,
                });
                continue;
            }
            let more = recover_within(api, &webhook, asked, begin.take(), &mut budget).await?;
            if more.is_some() || budget.is_spent() {
                return Ok(Accepted {
                    accepted: budget.accepted,
                    next_after: Some(Place::text(&webhook.id, more.as_ref())),
                    reason: None,
                    left_out,
                    dry_run: asked.dry_run,
                });
            }
        }
        if is_last {
            break;
        }
        let registry = &api.registry;
        let page = registry
            .webhook_page(&api.organization, after.as_deref(), PAGE)
            .await?;
        (webhooks, after) = (page.webhooks, page.next);
        is_last = after.is_none();
    }
    let nothing = budget.accepted == 0;
    Ok(Accepted {
        accepted: budget.accepted,
        next_after: None,
        reason: match (nothing, left_out.is_empty()) {
            (true, true) => Some(asked.nothing("", &budget)),
            (true, false) => Some(asked.nothing(" of the active webhooks", &budget)),
            (false, _) => budget.some_wait(),
        },
        left_out,
        dry_run: asked.dry_run,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_webhook_and_perhaps_a_delivery() {
        let webhook = WebhookId::generate(ulid::Ulid::from(1_u128));
        let delivery = DeliveryId::earliest(jiff::Timestamp::UNIX_EPOCH);
        for delivery in [None, Some(delivery)] {
            let text = Place::text(&webhook, delivery.as_ref());
            let webhook = webhook.clone();
            assert_eq!(Place::parse(&text), Some(Place { webhook, delivery }));
        }
        for text in [
            "",
            ":",
            "x",
            &format!("{webhook}:"),
            &format!("{webhook}:x"),
        ] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
