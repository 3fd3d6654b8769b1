//! Why a record is no event, for metrics and for people.

use carillon_domain::OrganizationId;
use carillon_domain::fault::nearest;
use carillon_runtime::stream::Record;
use serde_dynamo::Item;

use crate::path::Path;
use crate::source::{ENTITIES, Entity, text};
use crate::table::{Kind, Table};

/// Why a record is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is none of the entities.
    NotAnEntity,
    /// The description says that such items are skipped.
    LeftOut,
    /// The stream has no image of it, and its keys do not say that it is an entity.
    NoImage,
    /// It names no organization, or one that cannot be.
    NoOrganization,
    /// Nothing but ignored attributes differs.
    NoChange,
    UnknownOperation,
}

impl Reason {
    /// For metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAnEntity => "not_an_entity",
            Self::LeftOut => "left_out",
            Self::NoImage => "no_image",
            Self::NoOrganization => "no_organization",
            Self::NoChange => "no_change",
            Self::UnknownOperation => "unknown_operation",
        }
    }
}

/// Why a record is no event, and what may be meant instead. The texts quote the item: they
/// are for those who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub reason: Reason,
    pub detail: String,
    pub hint: Option<String>,
}

impl Skipped {
    pub fn plain(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            hint: None,
        }
    }

    /// Says it to whoever looks at the process. It quotes the item.
    pub fn log(&self, record: &Record) {
        let stream = record.position.source.as_str();
        let record_id = record.position.event_id.as_str();
        let (reason, hint) = (self.reason.as_str(), self.hint.as_deref());
        tracing::info!(stream, record_id, reason, hint, "skipped: {}", self.detail);
    }

    /// No kind of the table fits the item.
    pub fn no_entity(table: &Table, images: &[&Item], has_image: bool) -> Self {
        let whys = table.kinds.iter().map(|kind| why_not(kind, images));
        let (details, hints): (Vec<String>, Vec<Option<String>>) = whys.unzip();
        let detail = match &details[..] {
            [only] => only.clone(),
            _ => {
                let kinds = table.kinds.iter().zip(&details);
                let each = kinds.map(|(kind, detail)| format!("{}: {detail}", kind.described_by));
                each.collect::<Vec<_>>().join("; ")
            }
        };
        let reason = match has_image {
            true => Reason::NotAnEntity,
            false => Reason::NoImage,
        };
        Self {
            reason,
            detail,
            hint: hints.into_iter().flatten().next(),
        }
    }

    /// The kind fits, but whose the item is cannot be told.
    pub fn no_organization(kind: &Kind, named: Option<String>) -> Self {
        let (source, rule) = (&kind.organization, OrganizationId::RULE);
        let (detail, hint) = match named {
            Some(named) => (
                format!("`{named}`, {source}, is no organization: it {rule}"),
                None,
            ),
            None => (
                format!("it names no organization ({source})"),
                Some("DEFAULT_ORGANIZATION, or `default_organization` in TABLES".to_owned()),
            ),
        };
        Self {
            reason: Reason::NoOrganization,
            detail,
            hint,
        }
    }
}

/// Why an item is not of a kind, and what may be meant.
fn why_not(kind: &Kind, images: &[&Item]) -> (String, Option<String>) {
    if let Some(failed) = kind.when.iter().find(|condition| !condition.fits(images)) {
        return (failed.told(images), nearest_attribute(&failed.path, images));
    }
    let Entity::Word { path, .. } = &kind.entity else {
        return ("it fits".to_owned(), None);
    };
    match text(images, path) {
        None => (
            format!("there is no text or number at `{path}`, which says what it is"),
            nearest_attribute(path, images),
        ),
        Some(word) => {
            let hint = nearest(&word, ENTITIES);
            let known = ENTITIES.join(", ");
            (
                format!("`{path}` is `{word}`, which is none of {known}"),
                hint.map(|meant| format!("`{word}`: did you mean `{meant}`?")),
            )
        }
    }
}

/// The attribute of the item that may be meant.
fn nearest_attribute(path: &Path, images: &[&Item]) -> Option<String> {
    let path = path.to_string();
    if text(images, &Path::attribute(&path)).is_some() {
        return None;
    }
    let names = images.iter().flat_map(|image| image.keys());
    let meant = nearest(&path, names.map(String::as_str))?;
    Some(format!("`{meant}`: did you mean `{path}`?"))
}
