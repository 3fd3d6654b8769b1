//! Discord's threads: which are known, where they are, and whether anybody may post there.

use std::collections::HashMap;

/// The most threads that are remembered.
const MAX_THREADS: usize = 10_000;

#[derive(Debug, Default)]
pub struct Thread {
    /// The channel it is in; not known before the first post.
    pub channel_id: Option<String>,
    pub locked: bool,
    pub deleted: bool,
}

/// What is known of threads. A thread that nobody has heard of is taken to be in the
/// channel of the first webhook that posts there, as people make threads by hand.
#[derive(Debug, Default)]
pub struct Threads(HashMap<String, Thread>);

impl Threads {
    /// Discord's code for why a webhook of this channel cannot post there, if so.
    pub fn refusal(&mut self, id: &str, channel_id: &str) -> Option<u32> {
        let thread = self.get(id);
        let home = thread.channel_id.get_or_insert_with(|| channel_id.into());
        if thread.deleted || home != channel_id {
            return Some(10_003);
        }
        thread.locked.then_some(160_005)
    }

    pub fn get(&mut self, id: &str) -> &mut Thread {
        if self.0.len() >= MAX_THREADS && !self.0.contains_key(id) {
            self.0.clear();
        }
        self.0.entry(id.to_owned()).or_default()
    }
}
