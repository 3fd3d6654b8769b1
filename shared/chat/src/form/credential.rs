//! A credential of several parts, some of which stay as they are.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

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
