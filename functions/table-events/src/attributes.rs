//! What an item's attributes are called.

use std::collections::HashSet;

use carillon_runtime::Settings;

/// Names of attributes, by what they mean. Each can be changed by a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    pub entity: String,
    pub organization: String,
    pub id: String,
    pub name: String,
    pub project: String,
    pub environment: String,
    pub actor: String,
    /// A MODIFY of nothing but these is no event.
    pub ignored: HashSet<String>,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            entity: "entity".into(),
            organization: "organization".into(),
            id: "id".into(),
            name: "name".into(),
            project: "project".into(),
            environment: "environment".into(),
            actor: "actor".into(),
            ignored: ["modified_at", "updated_at"].map(String::from).into(),
        }
    }
}

impl Attributes {
    /// Reads `ATTRIBUTE_NAMES` (such as `entity=kind,name=title`) and `IGNORED_ATTRIBUTES`
    /// (such as `modified_at,etag`).
    pub fn from_settings(settings: &mut Settings) -> Self {
        let mut attributes = settings
            .checked("ATTRIBUTE_NAMES", Self::renamed)
            .unwrap_or_default();
        if let Some(ignored) = settings.optional("IGNORED_ATTRIBUTES") {
            attributes.ignored = list(&ignored).map(str::to_owned).collect();
        }
        attributes
    }

    fn renamed(text: &str) -> Result<Self, String> {
        let mut attributes = Self::default();
        for entry in list(text) {
            let (meaning, name) = entry
                .split_once('=')
                .ok_or_else(|| format!("`{entry}` is not of the form meaning=attribute"))?;
            let field = match meaning.trim() {
                "entity" => &mut attributes.entity,
                "organization" => &mut attributes.organization,
                "id" => &mut attributes.id,
                "name" => &mut attributes.name,
                "project" => &mut attributes.project,
                "environment" => &mut attributes.environment,
                "actor" => &mut attributes.actor,
                other => {
                    return Err(format!(
                        "`{other}` is none of entity, organization, id, name, project, environment, actor"
                    ));
                }
            };
            let name = name.trim();
            if name.is_empty() {
                return Err(format!("`{entry}` names no attribute"));
            }
            *field = name.to_owned();
        }
        Ok(attributes)
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_changed_one_by_one() {
        let attributes = Attributes::renamed("entity=kind, name = title").unwrap();
        assert_eq!(attributes.entity, "kind");
        assert_eq!(attributes.name, "title");
        assert_eq!(attributes.id, "id");
    }

    #[test]
    fn an_unknown_meaning_is_refused() {
        assert!(Attributes::renamed("colour=red").is_err());
        assert!(Attributes::renamed("entity").is_err());
        assert!(Attributes::renamed("entity=").is_err());
    }
}
