//! What joins the events of one operation where their service names none.
//!
//! A failover says that it begins, and later that it is over, and nothing says that these two
//! belong together. The first opens a story under a key of the service's (the database and the
//! word failover); what follows under the same key joins it; its end closes it. The next one
//! opens another.

use carillon_domain::{Event, Severity};

/// What an event is to a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is a new story whatever was before.
    Opens,
    /// It goes on with one that is open, or opens one.
    Begins,
    /// It goes on with one that is open, or stands alone.
    Joins,
    /// It ends one that is open, or stands alone.
    Ends,
    /// It ends one that is open, and is no news otherwise.
    EndsOnly,
    /// It opens one, and is no news while one is open.
    Once,
}

/// An event's part in a story.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub key: String,
    pub turn: Turn,
    /// Further keys that lead to the same story, and go with it.
    pub also: Vec<String>,
    /// Keys of other stories that its end closes too, whether or not it is open itself.
    pub settles: Vec<String>,
    /// What the event says where the story is open, if it is not what it looks like: then it has
    /// no status, and is a warning.
    pub within: Option<String>,
}

/// What is to be done about a story once its event is stored.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Next {
    /// Keys that lead to the event's correlation id from now on.
    pub remember: Vec<String>,
    pub forget: Vec<String>,
}

impl Story {
    pub fn new(key: impl Into<String>, turn: Turn) -> Self {
        Self {
            key: key.into(),
            turn,
            also: Vec::new(),
            settles: Vec::new(),
            within: None,
        }
    }

    /// Puts the event into the story that is `open` under this correlation id; none where
    /// the event is no news.
    pub fn tell(&self, open: Option<String>, event: &mut Event) -> Option<Next> {
        let is_open = open.is_some();
        match (self.turn, is_open) {
            (Turn::EndsOnly, false) | (Turn::Once, true) => return None,
            _ => {}
        }
        if let (Some(open), true) = (open, self.turn != Turn::Opens) {
            event.correlation_id = Some(open);
        }
        if let (Some(message), true) = (&self.within, is_open) {
            (event.status, event.severity) = (None, Some(Severity::Warning));
            event.message = Some(message.clone());
        }
        let mut next = Next::default();
        let keys = std::iter::once(&self.key).chain(&self.also);
        match self.turn {
            Turn::Opens | Turn::Begins | Turn::Once => next.remember.extend(keys.cloned()),
            Turn::Joins => next.remember.clone_from(&self.also),
            Turn::Ends | Turn::EndsOnly => {
                let own = keys.filter(|_| is_open);
                next.forget.extend(own.chain(&self.settles).cloned());
            }
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{EventType, sample};

    #[test]
    fn an_end_settles_what_others_have_left_open() {
        for (open, forgotten) in [(None, &["other"][..]), (Some("open"), &["key", "other"])] {
            let mut event = sample::event(EventType::Deploy);
            let story = Story {
                settles: vec!["other".to_owned()],
                ..Story::new("key", Turn::Ends)
            };
            let next = story.tell(open.map(str::to_owned), &mut event).unwrap();
            assert_eq!(next.forget, forgotten);
        }
    }

    #[test]
    fn each_turn_has_its_place_in_a_story() {
        let remember = || {
            Some(Next {
                remember: vec!["key".to_owned()],
                forget: Vec::new(),
            })
        };
        let forget = || {
            Some(Next {
                remember: Vec::new(),
                forget: vec!["key".to_owned()],
            })
        };
        let nothing = || Some(Next::default());
        for (turn, open, next, correlation) in [
            (Turn::Opens, None, remember(), "own"),
            (Turn::Opens, Some("open"), remember(), "own"),
            (Turn::Begins, None, remember(), "own"),
            (Turn::Begins, Some("open"), remember(), "open"),
            (Turn::Joins, None, nothing(), "own"),
            (Turn::Joins, Some("open"), nothing(), "open"),
            (Turn::Ends, None, nothing(), "own"),
            (Turn::Ends, Some("open"), forget(), "open"),
            (Turn::EndsOnly, None, None, "own"),
            (Turn::EndsOnly, Some("open"), forget(), "open"),
            (Turn::Once, None, remember(), "own"),
            (Turn::Once, Some("open"), None, "own"),
        ] {
            let mut event = sample::event(EventType::Error);
            event.correlation_id = Some("own".into());
            let told = Story::new("key", turn).tell(open.map(str::to_owned), &mut event);
            assert_eq!(told, next, "{turn:?} {open:?}");
            assert_eq!(
                event.correlation_id.as_deref(),
                Some(correlation),
                "{turn:?} {open:?}"
            );
        }
    }
}
