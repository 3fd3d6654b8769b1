//! Where everything is in a file.

use std::collections::BTreeMap;
use std::fmt;

use carillon_domain::{Faults, Pointer};

/// A place in the file; both count from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub line: u64,
    pub column: u64,
}

/// The beginning of what is said about it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)
    }
}

/// Where everything is, by pointer.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<String, Place>);

impl Lines {
    pub fn add(&mut self, at: &Pointer, place: Option<Place>) {
        if let Some(place) = place {
            self.0.insert(at.as_str().to_owned(), place);
        }
    }

    pub fn of(&self, at: &Pointer) -> Option<Place> {
        self.0.get(at.as_str()).copied()
    }

    /// The faults with the places of what they are about, or of what that would stand in.
    pub fn located(&self, mut faults: Faults) -> Faults {
        for fault in faults.iter_mut() {
            let place = self.nearest(&fault.pointer);
            if let Some(place) = place.filter(|_| !fault.detail.starts_with("line ")) {
                fault.detail = format!("{place}{}", fault.detail);
            }
        }
        faults
    }

    fn nearest(&self, at: &Pointer) -> Option<Place> {
        let mut path = at.as_str();
        loop {
            if let Some(place) = self.0.get(path) {
                return Some(*place);
            }
            path = &path[..path.rfind('/')?];
        }
    }
}
