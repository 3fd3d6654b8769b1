//! Looking at the elements of a card.

use carillon_domain::Pointer;
use serde_json::{Map, Value};
use url::Url;

use super::known::{COLUMN, COMMON, ELEMENTS, FACT, Known, OPEN_URL, ROOT, RUN, Rule, rule};
use super::{CARD, MAX_ACTIONS, MAX_FACTS, MAX_URL};
use crate::limits::{Gauge, Limit, entries};

use Rule::{
    Action, Actions, Columns, Elements, Facts, Flag, Free, Inlines, Markdown, Number, OneOf, Plain,
};

/// Looks at everything in a card.
pub(super) fn card(gauge: &mut Gauge, at: &Pointer, card: &Value) {
    let mut walk = Walk {
        gauge,
        mentions: entries(&card["msteams"]["entities"])
            .iter()
            .filter_map(|entity| entity["text"].as_str())
            .collect(),
    };
    if let Some(fields) = card.as_object() {
        walk.fields(at, fields, "AdaptiveCard", ROOT);
    }
}

type Fields = Map<String, Value>;

struct Walk<'a, 'g> {
    gauge: &'g mut Gauge,
    /// The texts of mentions that the card says the meaning of.
    mentions: Vec<&'a str>,
}

impl<'a> Walk<'a, '_> {
    fn broken(&mut self, at: &Pointer, rule: impl Into<String>) {
        self.gauge.broken(at, CARD, rule);
    }

    fn measure(&mut self, at: &Pointer, what: &'static str, limit: usize, used: usize) {
        let limit = Limit::new(what, limit, CARD);
        self.gauge.measure(at, &limit, used);
    }

    fn fields(&mut self, at: &Pointer, fields: &'a Fields, element: &str, properties: &str) {
        for (name, value) in fields {
            let at = at.field(name);
            let is_known = properties.split(' ').any(|known| known == name);
            match rule(element, name).filter(|_| is_known) {
                Some(rule) => self.value(&at, rule, value),
                None => self.broken(&at, "no property of this element in version 1.4"),
            }
        }
    }

    fn value(&mut self, at: &Pointer, rule: Rule, value: &'a Value) {
        let list = || entries(value);
        let of_type = match rule {
            Markdown | Plain | OneOf(_) | Rule::Url => value.is_string(),
            Flag => value.is_boolean(),
            Number => value.is_u64(),
            Elements | Inlines | Facts | Columns | Actions => value.is_array(),
            Action => value.is_object(),
            Free => true,
        };
        if !of_type {
            return self.broken(at, "is of another type");
        }
        match rule {
            Markdown | Plain => self.text(at, value.as_str().unwrap_or_default()),
            OneOf(names) => {
                let name = value.as_str().unwrap_or_default();
                let mut known = names.split(", ");
                if !known.any(|known| known.eq_ignore_ascii_case(name)) {
                    self.broken(at, format!("must be one of {names}"));
                }
            }
            Rule::Url => self.url(at, value.as_str().unwrap_or_default()),
            Elements => self.each(at, list(), Self::element),
            Inlines => self.each(at, list(), |walk, at, run| walk.known(at, run, &RUN, true)),
            Columns => self.each(at, list(), |walk, at, it| walk.known(at, it, &COLUMN, true)),
            Facts => {
                self.measure(at, "facts", MAX_FACTS, list().len());
                self.each(at, list(), |walk, at, it| walk.known(at, it, &FACT, false));
            }
            Actions => {
                self.measure(at, "actions", MAX_ACTIONS, list().len());
                self.each(at, list(), |walk, at, action| {
                    walk.known(at, action, &OPEN_URL, true);
                    if action["title"]
                        .as_str()
                        .is_none_or(|title| title.trim().is_empty())
                    {
                        walk.broken(&at.field("title"), "a button needs a title");
                    }
                });
            }
            Action => self.known(at, value, &OPEN_URL, true),
            Flag | Number | Free => {}
        }
    }

    fn each(
        &mut self,
        at: &Pointer,
        list: &'a [Value],
        look: impl Fn(&mut Self, &Pointer, &'a Value),
    ) {
        if list.is_empty() {
            self.broken(at, "must not be empty");
        }
        for (n, one) in list.iter().enumerate() {
            look(self, &at.index(n), one);
        }
    }

    fn element(&mut self, at: &Pointer, element: &'a Value) {
        let named = element["type"].as_str().unwrap_or_default();
        let Some(known) = ELEMENTS.iter().find(|(name, ..)| *name == named) else {
            return self.broken(
                &at.field("type"),
                "Teams shows no such element of a workflow's",
            );
        };
        self.known(at, element, known, true);
        // Without it, all but the first line is cut off.
        if named == "TextBlock" && element["wrap"] != true {
            self.broken(&at.field("wrap"), "must be true");
        }
    }

    fn known(&mut self, at: &Pointer, element: &'a Value, known: &Known, is_typed: bool) {
        let (name, needed, properties) = known;
        let Some(fields) = element.as_object() else {
            return self.broken(at, format!("must be a {name}"));
        };
        if is_typed && element["type"] != *name {
            self.broken(&at.field("type"), format!("must be {name}"));
        }
        for field in needed.split(' ') {
            if !fields.contains_key(field) {
                self.broken(&at.field(field), format!("a {name} must have it"));
            }
        }
        self.fields(at, fields, name, &format!("{properties} {COMMON}"));
    }

    fn text(&mut self, at: &Pointer, text: &str) {
        if text.is_empty() {
            self.broken(at, "must not be empty");
        }
        if text.contains("{{") {
            self.broken(at, "{{ may be read as a date");
        }
        let mut rest = text;
        while let Some(start) = rest.find("<at") {
            rest = &rest[start..];
            if !self
                .mentions
                .iter()
                .any(|mention| rest.starts_with(mention))
            {
                return self.broken(at, "<at> must be of a mention that the card explains");
            }
            rest = &rest["<at".len()..];
        }
    }

    fn url(&mut self, at: &Pointer, url: &str) {
        let is_web = Url::parse(url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_web {
            self.broken(at, "must be an absolute URL of http or https");
        }
        self.measure(at, "URL", MAX_URL, url.len());
    }
}
