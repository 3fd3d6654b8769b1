//! The admin key of one machine: the one that was given, or the folder's, or a new one.

use anyhow::Context;
use carillon_domain::OrganizationId;
use carillon_embedded::{DataFolder, secrets};
use carillon_webhook_api::ApiKeys;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::ADMIN_KEY_SECRET;

/// Settles which key it is, and stores it.
///
/// # Errors
/// Where a folder that was in use has none any more, or it cannot be stored.
pub async fn settled(
    secrets: &aws_sdk_secretsmanager::Client,
    organization: &OrganizationId,
    given: Option<SecretString>,
    folder: Option<&DataFolder>,
) -> anyhow::Result<SecretString> {
    const STORING: &str = "storing the admin key";
    let kept = kept(secrets).await;
    if let Some(folder) = folder.filter(|folder| folder.was_set_up() && kept.is_none()) {
        return Err(secrets::damaged(folder, "has no admin key any more").into());
    }
    let is_there = kept.is_some();
    let key = given.or(kept).unwrap_or_else(ApiKeys::new_key);
    let value = json!({"organization": organization, "key": key.expose_secret()}).to_string();
    if is_there {
        let put = secrets.put_secret_value().secret_id(ADMIN_KEY_SECRET);
        put.secret_string(value).send().await.context(STORING)?;
    } else {
        let create = secrets.create_secret().name(ADMIN_KEY_SECRET);
        create.secret_string(value).send().await.context(STORING)?;
    }
    Ok(key)
}

/// The key of the last start.
async fn kept(secrets: &aws_sdk_secretsmanager::Client) -> Option<SecretString> {
    let read = secrets.get_secret_value().secret_id(ADMIN_KEY_SECRET);
    let value = read.send().await.ok()?.secret_string?;
    let value: Value = serde_json::from_str(&value).ok()?;
    value["key"].as_str().map(SecretString::from)
}
