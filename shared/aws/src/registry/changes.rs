//! Changes of webhooks, and how many of them go together.

use carillon_domain::Webhook;

use super::uses::Uses;

/// How many items DynamoDB has in a transaction.
const MAX_ITEMS: usize = 100;

/// A change of a webhook; of one that is there only as long as it is as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Change<'w> {
    /// As it was read; none where it is registered.
    pub before: Option<&'w Webhook>,
    /// As it is from then on, its credentials opened; none where it is removed.
    pub after: Option<&'w Webhook>,
}

impl<'w> Change<'w> {
    pub fn new(before: Option<&'w Webhook>, after: Option<&'w Webhook>) -> Self {
        Self { before, after }
    }

    pub(super) fn webhook(self) -> Option<&'w Webhook> {
        self.after.or(self.before)
    }

    /// By how many webhooks the organization has more.
    pub(super) fn more(self) -> i32 {
        i32::from(self.after.is_some()) - i32::from(self.before.is_some())
    }

    /// Whether one name is freed, another one taken, or both.
    pub(super) fn is_of_name(self) -> bool {
        let name = |webhook: Option<&'w Webhook>| webhook.map(|webhook| &webhook.name);
        name(self.before) != name(self.after)
    }

    /// How many items of a transaction it takes at most.
    fn max_items(self) -> usize {
        let mut uses = Uses::default();
        uses.change(self.before, self.after);
        let names = match self.is_of_name() {
            true => [self.before, self.after].iter().flatten().count(),
            false => 0,
        };
        // The webhook itself, and the entry of the audit log.
        2 + names + uses.items()
    }
}

/// Changes in their order, in parts of what fits into a transaction each.
pub fn parts<'c, 'w>(changes: &'c [Change<'w>]) -> Vec<&'c [Change<'w>]> {
    // One is left for the number of webhooks.
    let room = MAX_ITEMS - 1;
    let (mut parts, mut begin, mut items) = (Vec::new(), 0, 0);
    for (n, change) in changes.iter().enumerate() {
        let more = change.max_items();
        if items + more > room {
            parts.push(&changes[begin..n]);
            (begin, items) = (n, 0);
        }
        items += more;
    }
    parts.push(&changes[begin..]);
    parts.retain(|part| !part.is_empty());
    parts
}
