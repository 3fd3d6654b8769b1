//! Secrets from people: asked for, or read from standard input; never arguments.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, IsTerminal as _};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::text::did_you_mean;

/// A secret, asked for on the terminal, or the first line of standard input.
pub fn secret(prompt: &str) -> Result<SecretString, Error> {
    let failed = |error: io::Error| Error::Input(format!("nothing could be read: {error}"));
    let text = match io::stdin().is_terminal() {
        true => rpassword::prompt_password(prompt).map_err(failed)?,
        false => {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map_err(failed)?;
            line
        }
    };
    let text = text.trim();
    match text.is_empty() {
        true => Err(Error::Input(format!(
            "{}: nothing was given; type it at the prompt, or pipe it in",
            prompt.trim_end_matches([':', ' '])
        ))),
        false => Ok(SecretString::from(text)),
    }
}

/// A credential, asked for under the names of its fields; with the one that it belongs to.
pub fn credential(what: &str, fields: &[String]) -> Result<(String, SecretString), Error> {
    let given = secret(&format!("{what} ({}): ", fields.join(" or ")))?;
    let is_url = given.expose_secret().contains("://");
    let suits = |field: &&String| field.contains("url") == is_url;
    let field = fields.iter().find(suits).or(fields.first());
    Ok((field.cloned().unwrap_or_default(), given))
}

/// The fields that a new webhook of this type has its credential in, as the API's document says.
pub fn fields_of_type(client: &Client, api_type: &str) -> Result<Vec<String>, Error> {
    let document = client.call(&Call::get("/api/v1/openapi.json").without_key())?;
    let fields = in_document(&document, api_type).map_err(Error::Input)?;
    match fields.is_empty() {
        true => Err(unmarked()),
        false => Ok(fields),
    }
}

fn in_document(document: &Value, api_type: &str) -> Result<Vec<String>, String> {
    let schema = |reference: &Value| {
        let pointer = reference.as_str().and_then(|it| it.strip_prefix('#'));
        pointer.and_then(|pointer| document.pointer(pointer))
    };
    let types = &document["components"]["schemas"]["NewWebhook"]["discriminator"]["mapping"];
    let known = types.as_object().into_iter().flatten();
    let known: Vec<&str> = known.map(|(name, _)| name.as_str()).collect();
    let Some(webhook) = schema(&types[api_type]) else {
        return Err(format!(
            "`{api_type}` is no type of webhook{}: there are {}",
            did_you_mean(api_type, known.iter().copied()),
            known.join(", ")
        ));
    };
    let configuration = schema(&webhook["properties"]["configuration"]["$ref"]);
    let kinds = configuration.and_then(|it| it["anyOf"].as_array());
    let kinds: Vec<&Value> = match kinds {
        Some(kinds) => kinds.iter().filter_map(|it| schema(&it["$ref"])).collect(),
        None => configuration.into_iter().collect(),
    };
    let mut fields = Vec::new();
    for kind in kinds {
        let required = kind["required"].as_array().into_iter().flatten();
        let required = required.filter_map(Value::as_str);
        let hidden = required.filter(|name| kind["properties"][name]["format"] == "password");
        fields.extend(hidden.map(str::to_owned));
    }
    Ok(fields)
}

fn unmarked() -> Error {
    Error::Input(
        "this Carillon is older than the command line: its document does not say which fields are \
         secrets"
            .to_owned(),
    )
}

/// The fields of all types whose values nobody may see, as the API's document says.
pub fn secret_names(client: &Client) -> Result<BTreeSet<String>, Error> {
    let document = client.call(&Call::get("/api/v1/openapi.json").without_key())?;
    let schemas = document["components"]["schemas"].as_object();
    let properties = schemas.into_iter().flatten();
    let properties = properties.filter_map(|(_, schema)| schema["properties"].as_object());
    let hidden = |schema: &Value| {
        schema["format"] == "password" || schema["additionalProperties"]["format"] == "password"
    };
    let hidden = properties.flatten().filter(|(_, schema)| hidden(schema));
    let hidden: BTreeSet<String> = hidden.map(|(name, _)| name.clone()).collect();
    match hidden.is_empty() {
        // Whatever would be shown could be a secret.
        true => Err(unmarked()),
        false => Ok(hidden),
    }
}

/// The fields that hold the credential of a webhook that is there: they are shown masked.
pub fn fields_of(webhook: &Value) -> Vec<String> {
    let fields = webhook["configuration"].as_object().into_iter().flatten();
    let masked = |value: &Value| value.as_str().is_some_and(|text| text.contains('…'));
    let masked = fields.filter(|(_, value)| masked(value));
    masked.map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_document_says_what_a_type_asks_for() {
        let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let kind = |field: &str| {
            json!({
                "required": [field],
                "properties": {field: {"format": "password"}, "made": {"format": "password"}},
            })
        };
        let document = json!({"components": {"schemas": {
            "NewWebhook": {"discriminator": {"mapping": {
                "bell": "#/components/schemas/NewBell", "tower": "#/components/schemas/NewTower",
            }}},
            "NewBell": {"properties": {"configuration": schema("Bells")}},
            "Bells": {"anyOf": [schema("Rung"), schema("Posted")]},
            "Rung": kind("rope"),
            "Posted": kind("bell_url"),
            "NewTower": {"properties": {"configuration": schema("Posted")}},
        }}});
        let fields = |api_type| in_document(&document, api_type);
        assert_eq!(fields("bell").unwrap(), ["rope", "bell_url"]);
        assert_eq!(fields("tower").unwrap(), ["bell_url"]);
        let said = fields("towr").unwrap_err();
        assert!(said.ends_with("there are bell, tower"), "{said}");
    }

    #[test]
    fn the_masked_fields_are_the_credential() {
        let webhook = json!({"configuration": {
            "url": "https://example.com/…", "secret": "whsec_…abcd", "headers": {"a": "…"},
            "format": "standard",
        }});
        assert_eq!(fields_of(&webhook), ["secret", "url"]);
    }
}
