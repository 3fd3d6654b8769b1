//! Webhooks by their names.

use serde_json::Value;

use crate::call::{Call, path, query};
use crate::client::Client;
use crate::error::Error;
use crate::text::did_you_mean;

/// All webhooks of the organization.
pub fn webhooks(client: &Client) -> Result<Vec<Value>, Error> {
    client.list(&path(&["webhooks"]), &[], usize::MAX)
}

/// The id of a webhook that is named by its id or its name.
pub fn webhook_id(client: &Client, name: &str) -> Result<String, Error> {
    if is_id(name) {
        return Ok(name.to_owned());
    }
    let by_name = query(&path(&["webhooks"]), &[("name", Some(name.to_owned()))]);
    let found = client.call(&Call::get(by_name))?;
    if let Some(id) = found["results"][0]["id"].as_str() {
        return Ok(id.to_owned());
    }
    let all = webhooks(client)?;
    let names = all.iter().filter_map(|webhook| webhook["name"].as_str());
    let hint = did_you_mean(name, names);
    Err(Error::NotFound(format!(
        "there is no webhook `{name}`{hint}"
    )))
}

fn is_id(text: &str) -> bool {
    let ulid = text.strip_prefix("wh_").unwrap_or_default();
    ulid.len() == 26 && ulid.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_begins_like_an_id_is_a_name() {
        assert!(is_id("wh_01KAJ2V5J8M3E1Q7S9T0C4X6YZ"));
        assert!(!is_id("wh_alerts") && !is_id("prod alerts"));
    }
}
