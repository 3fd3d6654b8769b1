//! The parts of a credential: what is new, what stays as it is, and what is to go.

use carillon_domain::FaultCode;
use carillon_domain::field::{Rule as _, Said};
use carillon_domain::masking::without_credential;
use carillon_domain::values::kind;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::Reading;
use crate::form::field::{Secret, Secrets};

impl Reading<'_, '_> {
    pub(super) fn secret(&mut self, name: &'static str, rule: &Secret) {
        let before = self.current.and_then(|current| current.text(name));
        let text = self.fields.text(name, rule.max);
        let Some(text) = text else {
            let is_wrong = self.fields.has(name);
            match (before, rule.make) {
                _ if is_wrong => {}
                (Some(before), Some(_)) => self.keep(name, before),
                (None, Some(make)) => {
                    let secret = make((self.random)());
                    self.made.push((name, SecretString::from(secret.clone())));
                    self.put(name, rule, secret);
                }
                (before, None) => self.has_less |= before.is_some(),
            }
            return;
        };
        let text = text.trim();
        if let Some(before) = before.filter(|before| *before == text) {
            return self.keep(name, before);
        }
        let at = self.fields.at(name);
        if let Some(secret) = self.checked(&at, (rule.read)(text)) {
            self.put(name, rule, secret);
        }
    }

    fn keep(&mut self, name: &str, shown: &str) {
        self.configuration.set(name, shown);
        self.credential.insert(name.to_owned(), Value::Null);
    }

    fn put(&mut self, name: &str, rule: &Secret, secret: String) {
        self.configuration.set(name, (rule.mask)(&secret));
        self.credential.insert(name.to_owned(), secret.into());
    }

    pub(super) fn secrets(&mut self, name: &'static str, rule: &Secrets) {
        let before = self.current.and_then(|current| current.own.get(name));
        let before = before.and_then(Value::as_object);
        let Some(value) = self.fields.value(name) else {
            self.has_less |= before.is_some();
            return;
        };
        let at = self.fields.at(name);
        let Some(given) = value.as_object() else {
            let detail = format!("must be an object, not {}", kind(value));
            return self.fault(name, FaultCode::WrongType, detail);
        };
        if given.len() > rule.most {
            let detail = format!("must have at most {}; it has {}", rule.most, given.len());
            return self.fault(name, FaultCode::OutOfRange, detail);
        }
        let (mut shown, mut parts) = (Map::new(), Map::new());
        for (key, value) in given {
            let at = at.field(&without_credential(key));
            let checked = match key.chars().count() > rule.name.max {
                true => Err((FaultCode::OutOfRange, "its name is too long".to_owned())),
                false => (rule.name.read)(key),
            };
            let Some(key) = self.checked(&at, checked) else {
                continue;
            };
            if shown.contains_key(&key) {
                let detail = "is there already";
                self.fields.faults().add(at, FaultCode::Repeated, detail);
                continue;
            }
            let text = Said(rule.value.max).read(value, &at, self.fields.faults());
            let Some(text) = text else {
                continue;
            };
            let kept = before.and_then(|before| before.get(&key)?.as_str());
            if let Some(kept) = kept.filter(|kept| *kept == text.trim()) {
                shown.insert(key.clone(), kept.into());
                parts.insert(key, Value::Null);
            } else if let Some(secret) = self.checked(&at, (rule.value.read)(&text)) {
                shown.insert(key.clone(), (rule.value.mask)(&secret).into());
                parts.insert(key, secret.into());
            }
        }
        let mut names = before.into_iter().flat_map(Map::keys);
        self.has_less |= names.any(|name| !shown.contains_key(name));
        if !shown.is_empty() {
            self.configuration.set(name, shown);
            self.credential.insert(name.to_owned(), parts.into());
        }
    }
}

/// A credential of which some parts are new, with those that there were in the places that say
/// null. None where there is no such part.
pub fn completed(partial: &SecretString, before: &SecretString) -> Option<SecretString> {
    let parse = |secret: &SecretString| serde_json::from_str(secret.expose_secret()).ok();
    let whole = filled(parse(partial)?, &parse(before)?)?;
    Some(SecretString::from(whole.to_string()))
}

fn filled(partial: Value, before: &Value) -> Option<Value> {
    match partial {
        Value::Null => Some(before.clone()).filter(|value| !value.is_null()),
        Value::Object(parts) => {
            let parts = parts
                .into_iter()
                .map(|(name, part)| Some((name.clone(), filled(part, &before[&name])?)));
            parts.collect::<Option<_>>().map(Value::Object)
        }
        part => Some(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_new_stays_and_what_is_not_named_goes() {
        let secret = |text: &str| SecretString::from(text);
        let before = secret(r#"{"headers":{"a":"1","b":"2"},"secret":"old"}"#);
        let partial = secret(r#"{"headers":{"b":null,"c":"3"},"secret":null}"#);
        let whole = completed(&partial, &before).unwrap();
        let expected = r#"{"headers":{"b":"2","c":"3"},"secret":"old"}"#;
        assert_eq!(whole.expose_secret(), expected);
        let unknown = secret(r#"{"headers":{"d":null}}"#);
        assert!(completed(&unknown, &before).is_none());
        assert!(completed(&partial, &secret("no JSON")).is_none());
    }
}
