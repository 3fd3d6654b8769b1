//! What a message says of one event, before a platform's renderer has its turn.

use carillon_domain::event_type::EventGroup;
use carillon_domain::text::Escaped;
use carillon_domain::{Event, MessageTemplate};
use minijinja::Value;

use super::check::check;
use super::facts::chosen;
use super::language::{self, Gives};
use super::link::Link;
use super::values;
use crate::facts::{self, Fact, left_out, that_fit, visible, visible_line};
use crate::wording::{self, headline, titled};

/// What a message says of one event: in the standard words, or in those of the webhook's owner.
/// All of it is plain text, which each renderer makes literal.
#[derive(Debug)]
pub(crate) struct Content<'e> {
    pub event: &'e Event,
    title: Option<String>,
    /// The text below the headline, with its lines.
    pub text: Option<String>,
    /// The facts that there is always room for.
    pub fixed: Vec<Fact>,
    /// Those that get what room the rest leaves.
    pub details: Vec<Fact>,
    /// The owner's links.
    pub links: Vec<Link>,
}

impl<'e> Content<'e> {
    /// In the standard words.
    pub fn standard(event: &'e Event) -> Self {
        Self {
            event,
            title: None,
            text: wording::message(event),
            fixed: facts::fixed(event),
            details: facts::details(event),
            links: Vec::new(),
        }
    }

    /// In the standard words, below this headline.
    pub fn under(event: &'e Event, headline: &str) -> Self {
        Self {
            title: visible_line(headline),
            text: event.message.as_deref().and_then(visible),
            ..Self::standard(event)
        }
    }

    /// In the owner's words, or in the standard ones where those cannot be rendered, and where
    /// Carillon speaks of itself.
    pub fn of(event: &'e Event, template: Option<&MessageTemplate>) -> Self {
        let template = template.filter(|_| event.event_type.group() != EventGroup::System);
        let own = template.and_then(|template| rendered(event, template).ok());
        own.unwrap_or_else(|| Self::standard(event))
    }

    /// One line that says what happened. `escape` goes over all that is not ours.
    pub fn headline(&self, escape: impl Fn(&str) -> Escaped) -> String {
        match &self.title {
            Some(title) => titled(self.event, title, escape),
            None => headline(self.event, escape),
        }
    }

    /// The links that have room together, each written by `write`, and how many have none.
    pub fn links(&self, room: usize, write: impl Fn(&Link) -> String) -> Option<String> {
        let length = carillon_domain::text::length;
        let note = |count| left_out(count, "link");
        let room = room.checked_sub(length(&note(self.links.len())) + SEPARATOR.len())?;
        let written = self.links.iter().map(write);
        let (mut shown, others) = that_fit(written, usize::MAX, room, |link| {
            length(link) + SEPARATOR.len()
        });
        shown.extend((others > 0).then(|| note(others)));
        (!shown.is_empty()).then(|| shown.join(SEPARATOR))
    }
}

const SEPARATOR: &str = " · ";

/// Why a message is sent in the standard form, where the owner's words cannot be rendered.
pub(crate) fn standard_form(event: &Event, template: &MessageTemplate) -> Option<String> {
    let (part, why) = rendered(event, template).err()?;
    Some(format!(
        "Sent in the standard form, as /message/{part} of the webhook cannot be rendered: {why}."
    ))
}

/// Where a template stands that fails, and why.
type Failure = (String, String);

fn rendered<'e>(event: &'e Event, template: &MessageTemplate) -> Result<Content<'e>, Failure> {
    let values = values::of(event);
    let standard = Content::standard(event);
    let title = part("title", template.title.as_deref(), &values)?;
    let title = title.filter(|title| says_something(title, template.title.as_deref()));
    let text = part("text", template.text.as_deref(), &values)?;
    let mut links = Vec::with_capacity(template.links.len());
    for (n, link) in template.links.iter().enumerate() {
        let failed = |part: &str, why| (format!("links/{n}/{part}"), why);
        let label = render(&link.label, Gives::Text, &values);
        let label = label.map_err(|why| failed("label", why))?;
        let url = render(&link.url, Gives::Url, &values);
        let url = url.map_err(|why| failed("url", why))?;
        links.extend(Link::of(&label, &url));
    }
    let (fixed, details) = match &template.fields {
        Some(names) => (Vec::new(), chosen(event, names)),
        None => (standard.fixed, standard.details),
    };
    // A message has a headline, whatever a template makes of an event.
    let title = title.as_deref().and_then(visible_line);
    Ok(Content {
        event,
        text: match (text, &title) {
            (Some(text), _) => visible(&text),
            (None, None) => standard.text,
            // What the standard headline says, this one may not.
            (None, Some(_)) => event.message.as_deref().and_then(visible),
        },
        title,
        fixed,
        details,
        links,
    })
}

/// Whether a title says more than its own words, where it has fields. Of an event without them,
/// "{{ resource.name }} in {{ environment }}" would leave nothing but "in".
fn says_something(title: &str, source: Option<&str>) -> bool {
    let source = source.unwrap_or_default();
    let has_fields = values::FIELDS
        .iter()
        .any(|(name, ..)| source.contains(name));
    let nothing = Value::from_iter::<[(&str, Value); 0]>([]);
    let of_nothing = language::render(source, Gives::Text, &nothing);
    !has_fields || of_nothing.is_ok_and(|of_nothing| of_nothing != title)
}

/// Renders a template that another version of Carillon may have taken.
fn render(source: &str, gives: Gives, values: &Value) -> Result<String, String> {
    match check(source, gives).into_iter().next() {
        Some((_, why)) => Err(why),
        None => language::render(source, gives, values),
    }
}

fn part(name: &str, source: Option<&str>, values: &Value) -> Result<Option<String>, Failure> {
    let rendered = source.map(|source| render(source, Gives::Text, values));
    rendered.transpose().map_err(|why| (name.to_owned(), why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::{EventType, sample};
    use serde_json::{Value as Json, json};

    fn event() -> Event {
        sample::event(EventType::Deploy)
    }

    fn template(template: Json) -> MessageTemplate {
        serde_json::from_value(template).unwrap()
    }

    fn headline(event: &Event, words: Json) -> String {
        Content::of(event, Some(&template(words))).headline(Escaped::plain)
    }

    #[test]
    fn a_title_takes_the_headlines_place_and_keeps_its_sign() {
        let title = json!({"title": "{{ resource.name }}:\n{{ status }}"});
        let mut event = event();
        assert_eq!(headline(&event, title.clone()), "✅ billing-db: succeeded");
        event.dry_run = true;
        assert_eq!(headline(&event, title), "🧪 Dry run: billing-db: succeeded");
        // A title of nothing is none.
        let standard = Content::standard(&event).headline(Escaped::plain);
        assert_eq!(
            headline(&event, json!({"title": "{{ account }}"})),
            standard
        );
        let long = headline(&event, json!({"title": "{{ 'x' * 1000 }}"}));
        assert!(
            long.contains("characters cut") && long.len() < 256,
            "{long}"
        );
    }

    #[test]
    fn a_title_whose_values_are_all_missing_gives_way_to_the_standard_one() {
        let mut event = sample::event(EventType::Error);
        event.resource = None;
        event.environment = None;
        event.status = None;
        let standard = Content::standard(&event).headline(Escaped::plain);
        for title in [
            "{{ resource.name }} {{ status }} in {{ environment }}",
            "{{ resource.name }}: {{ status }}",
        ] {
            assert_eq!(headline(&event, json!({ "title": title })), standard);
        }
        let own = headline(&event, json!({"title": "Something broke"}));
        assert_eq!(own, "🚨 Something broke");
        let ping = sample::event(EventType::Ping);
        let standard = Content::standard(&ping).headline(Escaped::plain);
        assert_eq!(headline(&ping, json!({"title": "Mine"})), standard);
    }

    #[test]
    fn a_text_takes_the_messages_place_also_where_it_is_blank() {
        let event = event();
        let text = |words| Content::of(&event, Some(&template(words))).text;
        assert_eq!(text(json!({})), event.message);
        assert_eq!(text(json!({"text": "a\n{{ actor }}"})).unwrap(), "a\nalice");
        assert_eq!(text(json!({"text": "{{ account }}"})), None);
    }

    #[test]
    fn what_cannot_be_rendered_is_sent_in_the_standard_form_and_says_why() {
        let event = event();
        let broken = "{{ details.commit | int }}";
        for (words, place) in [
            (json!({"title": broken, "text": "x"}), "title"),
            (json!({"title": "x", "text": broken}), "text"),
            (
                json!({"title": "x", "links": [{"label": broken, "url": "https://x.example"}]}),
                "links/0/label",
            ),
            (
                json!({"links": [{"label": "x", "url": "https://x.example/{{"}]}),
                "links/0/url",
            ),
        ] {
            let template = template(words);
            let content = Content::of(&event, Some(&template));
            let standard = Content::standard(&event);
            let line = Escaped::plain;
            assert_eq!(content.headline(line), standard.headline(line));
            assert_eq!(content.text, standard.text);
            assert_eq!(content.fixed, standard.fixed);
            let why = standard_form(&event, &template).unwrap();
            assert!(why.contains(&format!("/message/{place} of")), "{why}");
        }
        assert_eq!(
            standard_form(&event, &template(json!({"title": "x"}))),
            None
        );
    }

    #[test]
    fn links_beyond_the_room_are_counted() {
        let event = event();
        let link = json!({"label": "Runbook", "url": "https://wiki.example.com/"});
        let template = template(json!({"links": [link, link, link]}));
        let content = Content::of(&event, Some(&template));
        let line = |room| content.links(room, |link| link.label.clone());
        assert_eq!(line(100).unwrap(), "Runbook · Runbook · Runbook");
        assert_eq!(line(50).unwrap(), "Runbook · 2 more links were left out");
        assert_eq!(line(32).unwrap(), "3 more links were left out");
        assert_eq!(line(10), None);
        assert_eq!(
            Content::standard(&event).links(100, |_| String::new()),
            None
        );
    }
}
