//! Changes of webhooks, and how many of them go together.

use carillon_domain::Webhook;

use super::uses::Uses;

/// How many items DynamoDB has in a transaction.
const MAX_ITEMS: usize = 100;

/// A change of a webhook; of one that is there only as long as it is as it was read.
#[derive(Debug, Clone, Copy)]
pub enum Change<'w> {
    /// Registers it; its credential has been opened.
    Create(&'w Webhook),
    /// Puts the second in the place of the first; the credentials that it newly names have been
    /// opened.
    Update(&'w Webhook, &'w Webhook),
    Remove(&'w Webhook),
}

impl<'w> Change<'w> {
    pub(super) fn webhook(self) -> &'w Webhook {
        match self {
            Self::Create(webhook) | Self::Update(_, webhook) | Self::Remove(webhook) => webhook,
        }
    }

    pub(super) fn uses(self, uses: &mut Uses) {
        match self {
            Self::Create(webhook) => uses.begin(webhook),
            Self::Update(read, new) => uses.change(read, new),
            Self::Remove(read) => uses.end_all(read),
        }
    }

    /// By how many webhooks the organization has more.
    pub(super) fn more(self) -> i32 {
        match self {
            Self::Create(_) => 1,
            Self::Update(..) => 0,
            Self::Remove(_) => -1,
        }
    }

    /// How many items of a transaction it takes at most.
    fn max_items(self) -> usize {
        let mut uses = Uses::default();
        self.uses(&mut uses);
        let names = match self {
            Self::Create(_) | Self::Remove(_) => 1,
            Self::Update(read, new) if read.name != new.name => 2,
            Self::Update(..) => 0,
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
