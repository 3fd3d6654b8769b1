//! Where the parts of a file stand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Line and column; both count from 1.
pub type Place = (u64, u64);

/// Where the parts of a file stand, by JSON pointer; lines and columns count from 1. The default
/// is that of no file.
#[derive(Debug, Clone, Default)]
pub struct Places {
    path: PathBuf,
    by_pointer: BTreeMap<String, Place>,
    /// Where in the file that stands what Carillon was sent.
    root: String,
}

impl Places {
    pub fn new(path: &Path, by_pointer: BTreeMap<String, Place>) -> Self {
        Self {
            path: path.to_owned(),
            by_pointer,
            root: String::new(),
        }
    }

    /// Says that a part of the file is sent instead of the whole.
    pub fn below(&self, root: &str) -> Self {
        Self {
            root: root.to_owned(),
            ..self.clone()
        }
    }

    /// Says that parts of the file are sent as other parts: pairs of the pointer there and the
    /// pointer in the file. Later ones count before earlier ones.
    pub fn moved(&self, parts: &[(String, String)]) -> Self {
        let mut by_pointer = BTreeMap::new();
        for (target, origin) in parts {
            for (pointer, place) in &self.by_pointer {
                let inside = pointer.strip_prefix(origin.as_str());
                if let Some(rest) = inside.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                    by_pointer.insert(format!("{target}{rest}"), *place);
                }
            }
        }
        Self {
            by_pointer,
            ..self.clone()
        }
    }

    /// As the whole file was sent.
    pub fn above(&self) -> Self {
        self.below("")
    }

    /// The place of what a pointer names, or of what that would stand in: `file:line:column`.
    /// Blank where there is no file.
    pub fn find(&self, pointer: &str) -> String {
        let file = self.path.display();
        let whole = format!("{}{pointer}", self.root);
        let mut path = whole.as_str();
        loop {
            if let Some((line, column)) = self.by_pointer.get(path) {
                return format!("{file}:{line}:{column}");
            }
            match path.rfind('/') {
                Some(at) => path = &path[..at],
                None => return file.to_string(),
            }
        }
    }

    /// The place of just what a pointer names.
    pub fn of(&self, pointer: &str) -> Option<Place> {
        let whole = format!("{}{pointer}", self.root);
        self.by_pointer.get(&whole).copied()
    }
}
