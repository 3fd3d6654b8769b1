//! Reading a configuration by the descriptions of its fields.

mod secrets;

pub use self::secrets::completed;

use carillon_domain::field::Named as _;
use carillon_domain::fields::Fields;
use carillon_domain::webhook::{Digest, Grouping, Made, SUMMARY_AFTER};
use carillon_domain::{Configuration, Credential, FaultCode, Faults, Pointer};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::field::{Either, Field, List, Refusal, Rule, Text, Texts};

/// A configuration that is being read. What a kind adds to it are the rules between its fields.
pub struct Reading<'v, 'f> {
    value: &'v Value,
    fields: Fields<'v, 'f>,
    /// What there is, where that is of the same kind.
    current: Option<&'f Configuration>,
    random: &'f dyn Fn() -> [u8; 32],
    /// What was read.
    pub configuration: Configuration,
    /// The parts of the credential; null where one stays.
    credential: Map<String, Value>,
    /// Whether there is a part of it that is to go.
    has_less: bool,
    made: Made,
}

/// What has been read.
pub(crate) struct Read {
    pub configuration: Configuration,
    pub credential: Credential,
    pub made: Made,
}

impl<'v, 'f> Reading<'v, 'f> {
    pub(crate) fn of(
        value: &'v Value,
        at: Pointer,
        current: Option<&'f Configuration>,
        random: &'f dyn Fn() -> [u8; 32],
        faults: &'f mut Faults,
    ) -> Option<Self> {
        Some(Self {
            value,
            fields: Fields::of(value, at, faults)?,
            current,
            random,
            configuration: Configuration::default(),
            credential: Map::new(),
            has_less: false,
            made: Made::new(),
        })
    }

    /// A text as it was sent, also a part of the credential.
    pub fn sent(&self, name: &str) -> Option<&'v str> {
        self.value.get(name)?.as_str()
    }

    pub fn fault(&mut self, name: &str, code: FaultCode, detail: impl Into<String>) {
        self.fields.fault(name, code, detail);
    }

    pub(crate) fn read(&mut self, fields: &[Field], either: &[Either]) {
        for field in fields {
            self.field(field);
            for either in either.iter().filter(|either| either.other == field.name) {
                self.either(either);
            }
        }
    }

    /// Reads `grouping`, `digest` and, where messages are for people, `summary_after`. `cannot`
    /// says why none but the first of `groupings` is possible.
    pub(crate) fn joining(&mut self, groupings: &[Grouping], cannot: &str, for_people: bool) {
        let grouping = self.fields.choice("grouping", &Grouping::all());
        self.configuration.grouping = grouping.unwrap_or_default();
        if !groupings.contains(&self.configuration.grouping) {
            self.fault("grouping", FaultCode::NotAllowed, cannot);
        }
        let digest = self.fields.choice("digest", &Digest::all());
        self.configuration.digest = digest.unwrap_or_default();
        if for_people {
            self.configuration.summary_after = self.fields.get(&SUMMARY_AFTER);
        } else if self.fields.value(SUMMARY_AFTER.name).is_some() {
            let detail = "is for destinations that people read: programs get every event";
            self.fault(SUMMARY_AFTER.name, FaultCode::NotAllowed, detail);
        }
    }

    pub(crate) fn finish(self, is_single: bool) -> Read {
        self.fields.finish();
        let has = |test: fn(&Value) -> bool| self.credential.values().any(|part| any(part, test));
        let is_other = self.has_less || has(|part| !part.is_null());
        let credential = match (is_other, has(Value::is_null)) {
            (false, _) => Credential::Unchanged,
            (true, kept) => {
                let single = self.credential.values().next().and_then(Value::as_str);
                let text = match single.filter(|_| is_single) {
                    Some(text) => text.to_owned(),
                    None => Value::Object(self.credential.clone()).to_string(),
                };
                let secret = SecretString::from(text);
                match kept {
                    true => Credential::Partial(secret),
                    false => Credential::New(secret),
                }
            }
        };
        Read {
            configuration: self.configuration,
            credential,
            made: self.made,
        }
    }

    fn field(&mut self, field: &Field) {
        let name = field.name;
        match &field.rule {
            Rule::Text(rule) => {
                let at = self.fields.at(name);
                let text = self.fields.text(name, rule.max);
                if let Some(text) = text.and_then(|text| self.checked(&at, (rule.read)(&text))) {
                    self.configuration.set(name, text);
                }
            }
            Rule::List(rule) => self.list(name, rule),
            Rule::Texts(rule) => self.texts(name, rule),
            Rule::Choice(names) => {
                let choices: Vec<(&str, &str)> = names.iter().map(|name| (*name, *name)).collect();
                if let Some(chosen) = self.fields.choice(name, &choices) {
                    self.configuration.set(name, chosen);
                }
            }
            Rule::Flag => {
                if let Some(flag) = self.fields.boolean(name) {
                    self.configuration.set(name, flag);
                }
            }
            Rule::Secret(rule) => self.secret(name, rule),
            Rule::Secrets(rule) => self.secrets(name, rule),
            Rule::Not(why) => {
                self.fields.value(name);
                if self.fields.has(name) {
                    self.fault(name, FaultCode::NotAllowed, *why);
                }
            }
        }
        if let Some(missing) = field.required
            && !self.fields.has(name)
        {
            self.fault(name, FaultCode::Required, missing);
        }
    }

    fn checked(&mut self, at: &Pointer, read: Result<String, Refusal>) -> Option<String> {
        match read {
            Ok(text) => Some(text),
            Err((code, detail)) => self.fields.faults().reject(at, code, detail),
        }
    }

    fn list(&mut self, name: &'static str, rule: &List) {
        let Text { max, read, .. } = rule.item;
        let room = rule.too_many.map_or(rule.most, |_| 100);
        let Some(texts) = self.fields.texts(name, room, max) else {
            return;
        };
        if texts.len() > rule.most {
            let detail = rule.too_many.unwrap_or_default();
            return self.fault(name, FaultCode::NotAllowed, detail);
        }
        if texts.len() < rule.least {
            let detail = format!("must have {} to {} entries", rule.least, rule.most);
            return self.fault(name, FaultCode::OutOfRange, detail);
        }
        let mut list: Vec<String> = Vec::with_capacity(texts.len());
        for (at, text) in texts {
            let Some(text) = self.checked(&at, read(&text)) else {
                continue;
            };
            if list.iter().any(|known| (rule.is_same)(known, &text)) {
                let faults = self.fields.faults();
                faults.add(at, FaultCode::Repeated, rule.repeated);
            }
            list.push(text);
        }
        if !list.is_empty() {
            self.configuration.set(name, list);
        }
    }

    fn texts(&mut self, name: &'static str, rule: &Texts) {
        let Some(value) = self.fields.value(name) else {
            return;
        };
        let at = self.fields.at(name);
        let mut given = Vec::new();
        if let Some(mut texts) = Fields::of(value, at.clone(), self.fields.faults()) {
            for key in rule.names {
                let text = texts.text(key, rule.item.max);
                given.extend(text.map(|text| (*key, text)));
            }
            texts.finish();
        }
        let mut shown = Map::new();
        for (key, text) in given {
            if let Some(text) = self.checked(&at.field(key), (rule.item.read)(&text)) {
                shown.insert(key.to_owned(), text.into());
            }
        }
        if !shown.is_empty() {
            self.configuration.set(name, shown);
        }
    }

    fn either(&mut self, either: &Either) {
        let is_there = |name: &str| {
            self.fields.has(name) && (either.needed.is_some() || self.value[name] != json!([]))
        };
        match (is_there(either.one), is_there(either.other)) {
            (true, true) => self.fault(either.other, FaultCode::NotAllowed, either.both),
            (false, false) => {
                if let Some(needed) = either.needed {
                    self.fault(either.one, FaultCode::Required, needed);
                }
            }
            _ => {}
        }
    }
}

/// Whether a field is there and says anything.
pub(crate) fn is_given(value: &Value, name: &str) -> bool {
    value.get(name).is_some_and(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    })
}

/// Whether it holds of any part of a credential.
fn any(part: &Value, test: fn(&Value) -> bool) -> bool {
    match part {
        Value::Object(parts) => parts.values().any(|part| any(part, test)),
        part => test(part),
    }
}
