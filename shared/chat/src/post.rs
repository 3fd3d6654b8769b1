//! What is to be posted, and where.

use carillon_domain::delivery::MessageRef;
use carillon_domain::{Event, MessageTemplate, Webhook};

use crate::message::{Content, standard_form};
use crate::reply::Remedy;

/// Where a message goes, beside its channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// A message of its own. Where the webhook groups by thread, it begins one.
    #[default]
    Channel,
    /// The thread that this message has begun.
    Thread(MessageRef),
    /// This message's: it is edited.
    Edit(MessageRef),
}

/// What is to be posted, and where.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    pub webhook: &'a Webhook,
    pub channel: &'a str,
    /// At least one. Several make a digest, in their order.
    pub events: &'a [&'a Event],
    /// A UUID by which the platform can tell repeats, as far as it does.
    pub post_id: &'a str,
    pub place: &'a Place,
    pub without: Without,
    /// What stands in the place of the event's own headline and of the webhook's own words: of a
    /// summary, which mentions nobody.
    pub headline: Option<&'a str>,
}

impl<'a> Post<'a> {
    /// A message of its own, with all that it may have.
    pub fn new(
        webhook: &'a Webhook,
        channel: &'a str,
        events: &'a [&'a Event],
        post_id: &'a str,
    ) -> Self {
        Self {
            webhook,
            channel,
            events,
            post_id,
            place: &Place::Channel,
            without: Without::default(),
            headline: None,
        }
    }

    /// What the message says of each event, in the webhook's own words where it has any.
    pub(crate) fn contents(&self) -> Vec<Content<'_>> {
        let template = self.template();
        let events = self.events.iter();
        events
            .map(|event| match self.headline {
                Some(headline) => Content::under(event, headline),
                None => Content::of(event, template),
            })
            .collect()
    }

    /// The webhook's own words, where the message has them.
    fn template(&self) -> Option<&MessageTemplate> {
        let template = self.webhook.message.as_ref();
        template.filter(|_| self.headline.is_none())
    }

    /// Whom the message mentions, each once. An edit pings nobody, and where it tells how a story
    /// ended, the reply after it has the mentions.
    pub(crate) fn mentioned(&self) -> Vec<&str> {
        let is_edit = matches!(self.place, Place::Edit(_));
        let template = self.template().filter(|_| !is_edit);
        template.map_or_else(Vec::new, |template| template.mentioned(self.events))
    }

    /// Why each of the events is sent in the standard form, where the webhook has words of its
    /// own that cannot be rendered over it.
    pub fn standard_forms(&self) -> Vec<Option<String>> {
        let template = self.template();
        let events = self.events.iter();
        events
            .map(|event| standard_form(event, template?))
            .collect()
    }
}

/// What to leave out of a message, because the platform has refused it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Without {
    /// The webhook's own name and picture.
    pub appearance: bool,
    /// The links of these events' titles: bit N stands for the event of that index.
    pub links: u16,
    /// The name that its event would give a thread.
    pub thread_name: bool,
    /// The tags of a thread that it opens.
    pub tags: bool,
}

impl Without {
    /// With what a remedy asks for in addition; none where that is not of a message's content,
    /// or left out already.
    pub fn and(self, remedy: Remedy) -> Option<Self> {
        let mut more = self;
        match remedy {
            Remedy::Place => {}
            Remedy::Appearance => more.appearance = true,
            Remedy::Link(links) => more.links |= links,
            Remedy::ThreadName => more.thread_name = true,
            Remedy::Tags => more.tags = true,
        }
        (more != self).then_some(more)
    }

    pub fn link(self, index: usize) -> bool {
        index < 16 && self.links & 1 << index != 0
    }
}
