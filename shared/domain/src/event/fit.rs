//! Making what a source says fit: a table or a cloud cannot be told to write less.

use super::{
    Event, MAX_CHANGES, MAX_DETAIL, MAX_DETAIL_NAME, MAX_DETAILS, MAX_EVENT_BYTES, MAX_MESSAGE,
    MAX_NAME, MAX_URL, is_web_url,
};
use crate::text::{Escaped, clean, fit, shorten};

/// Below this a message is not cut to make room for anything else.
const SHORTEST_MESSAGE: usize = 500;
/// The detail that says how many changed names had no room.
pub const CHANGES_LEFT_OUT: &str = "changes left out";

impl Event {
    /// The event with every text cleaned and within its limit, and as JSON within
    /// [`MAX_EVENT_BYTES`]. What is blank or no web URL is left out. Where names of changed
    /// attributes have no room, a detail says how many.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        for text in [
            &mut self.environment,
            &mut self.project,
            &mut self.provider,
            &mut self.account,
            &mut self.region,
            &mut self.actor,
            &mut self.correlation_id,
        ] {
            line(text, MAX_NAME);
        }
        if let Some(resource) = &mut self.resource {
            line(&mut resource.resource_type, MAX_NAME);
            line(&mut resource.id, 1_024);
            line(&mut resource.name, MAX_NAME);
            resource
                .url
                .take_if(|url| !is_web_url(url) || url.chars().count() > MAX_URL);
        }
        self.message = self
            .message
            .map(|text| fit(&clean(&text), MAX_MESSAGE, Escaped::plain))
            .filter(|text| !text.is_empty());
        self.details = std::mem::take(&mut self.details)
            .into_iter()
            .map(|(name, value)| {
                let value = fit(&clean(&value), MAX_DETAIL, Escaped::plain);
                (shorten(&name, MAX_DETAIL_NAME), value)
            })
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .take(MAX_DETAILS)
            .collect();
        let changes = std::mem::take(&mut self.changes);
        let all = changes.len();
        self.changes = changes
            .iter()
            .map(|name| shorten(name, MAX_NAME))
            .filter(|name| !name.is_empty())
            .take(MAX_CHANGES)
            .collect();
        self.shrink(all);
        self
    }

    /// Gives up, in this order, until the event is small enough: the middle of a long
    /// message, names of changes, details.
    fn shrink(&mut self, all_changes: usize) {
        loop {
            self.tell_left_out(all_changes);
            let size = self.size();
            if size <= MAX_EVENT_BYTES {
                return;
            }
            let message = self.message.as_deref().unwrap_or_default();
            let length = crate::text::length(message);
            if length > SHORTEST_MESSAGE {
                let shorter = fit(message, (length / 2).max(SHORTEST_MESSAGE), Escaped::plain);
                self.message = Some(shorter);
            } else if self.changes.pop().is_none() && !self.drop_detail() {
                return;
            }
        }
    }

    /// False where there is none to drop.
    fn drop_detail(&mut self) -> bool {
        let mut names = self.details.keys().rev();
        let last = names.find(|name| *name != CHANGES_LEFT_OUT).cloned();
        last.is_some_and(|name| self.details.remove(&name).is_some())
    }

    fn tell_left_out(&mut self, all_changes: usize) {
        let left_out = all_changes - self.changes.len();
        if left_out == 0 {
            return;
        }
        // Twenty details are all that an event may have.
        if self.details.len() >= MAX_DETAILS && !self.details.contains_key(CHANGES_LEFT_OUT) {
            self.drop_detail();
        }
        self.details
            .insert(CHANGES_LEFT_OUT.into(), left_out.to_string());
    }

    /// How large it is as JSON, in bytes.
    pub(crate) fn size(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |json| json.len())
    }
}

fn line(text: &mut Option<String>, limit: usize) {
    *text = text
        .take()
        .map(|text| shorten(&text, limit))
        .filter(|text| !text.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventType, sample};

    fn event() -> Event {
        sample::event(EventType::Deploy)
    }

    #[test]
    fn what_fits_already_stays_as_it_is() {
        assert_eq!(event().fitted(), event());
    }

    #[test]
    fn texts_are_cleaned_and_cut_and_blank_ones_left_out() {
        let mut event = event();
        event.project = Some("\u{202e}bill\ning ".into());
        event.environment = Some(" \u{200b}".into());
        event.actor = Some("x".repeat(1_000));
        event.message = Some("one\r\ntwo".into());
        event.resource.as_mut().unwrap().url = Some("javascript:alert(1)".into());
        event.details = [
            ("a".into(), " ".into()),
            ("b\u{0}".into(), "- c\n+ d".into()),
        ]
        .into();
        let fitted = event.fitted();
        assert_eq!(fitted.project.as_deref(), Some("bill ing"));
        assert_eq!(fitted.environment, None);
        assert!(fitted.actor.unwrap().chars().count() <= MAX_NAME);
        assert_eq!(fitted.message.as_deref(), Some("one\ntwo"));
        assert_eq!(fitted.resource.unwrap().url, None);
        assert_eq!(
            fitted.details,
            [("b".to_owned(), "- c\n+ d".to_owned())].into()
        );
    }

    #[test]
    fn an_event_of_the_longest_texts_fits_and_says_what_it_left_out() {
        let wide = "𝔘\"".repeat(6_000);
        let mut event = event();
        let resource = event.resource.get_or_insert_default();
        resource.id = Some(wide.clone());
        resource.name = Some(wide.clone());
        event.project = Some(wide.clone());
        event.message = Some(format!("{wide} cause: disk full"));
        event.changes = vec![wide.clone(); 300];
        event.details = (0..40).map(|n| (format!("{n}"), wide.clone())).collect();
        let fitted = event.fitted();
        assert!(fitted.size() <= MAX_EVENT_BYTES, "{}", fitted.size());
        assert!(fitted.message.unwrap().ends_with("cause: disk full"));
        assert_eq!(
            fitted.details[CHANGES_LEFT_OUT],
            (300 - fitted.changes.len()).to_string()
        );
    }

    #[test]
    fn more_changes_than_an_event_can_name_are_counted() {
        let mut event = event();
        event.changes = (0..137).map(|n| format!("attribute_{n}")).collect();
        let fitted = event.fitted();
        assert_eq!(fitted.changes.len(), MAX_CHANGES);
        assert_eq!(fitted.details[CHANGES_LEFT_OUT], "37");
    }
}
