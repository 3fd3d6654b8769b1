//! Faults of an input: where each one is, what is wrong, and what would be right.

use std::fmt;

use serde::Serialize;

use crate::masking::without_credential;
use crate::text::shorten;

/// A JSON pointer (RFC 6901) to a place in the caller's document. The root is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Pointer(String);

impl Pointer {
    pub fn root() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{escaped}", self.0))
    }

    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The place that `inner` names in the part of the document that stands here.
    #[must_use]
    pub fn join(&self, inner: &Self) -> Self {
        Self(format!("{}{}", self.0, inner.0))
    }

    /// The way from `outer` to this place, if it lies there.
    pub fn inside(&self, outer: &Self) -> Option<Self> {
        let inner = self.0.strip_prefix(&outer.0)?;
        (inner.is_empty() || inner.starts_with('/')).then(|| Self(inner.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of fault it is, for programs; `detail` is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// A needed field is missing, null or blank.
    Required,
    /// The field is not one the document may have.
    UnknownField,
    /// The JSON type is wrong.
    WrongType,
    /// Shorter, longer, fewer or more than allowed.
    OutOfRange,
    /// The form is wrong: not a token, not a URL, not a timestamp …
    Malformed,
    /// Not one of the known values.
    UnknownValue,
    /// Well-formed, but not allowed here.
    NotAllowed,
    /// Names an organization other than the caller's.
    WrongOrganization,
    /// The same thing twice.
    Repeated,
    /// The platform was asked, and does not take it.
    Refused,
}

/// One fault at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub pointer: Pointer,
    pub detail: String,
    pub code: FaultCode,
}

/// Every fault of an input, in the order found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The only fault of an input.
    pub fn only(pointer: Pointer, code: FaultCode, detail: impl Into<String>) -> Self {
        let mut faults = Self::default();
        faults.add(pointer, code, detail);
        faults
    }

    pub fn add(&mut self, pointer: Pointer, code: FaultCode, detail: impl Into<String>) {
        self.0.push(Fault {
            pointer,
            detail: detail.into(),
            code,
        });
    }

    /// Adds a fault of what has no value because of it; gives the value that is not there.
    pub fn reject<T>(
        &mut self,
        at: &Pointer,
        code: FaultCode,
        detail: impl Into<String>,
    ) -> Option<T> {
        self.add(at.clone(), code, detail);
        None
    }

    /// What was read, or none with the fault of why it cannot be.
    pub fn accept<T>(
        &mut self,
        at: &Pointer,
        code: FaultCode,
        read: Result<T, String>,
    ) -> Option<T> {
        read.map_err(|detail| self.add(at.clone(), code, detail))
            .ok()
    }

    /// Adds the faults of the part of the document that stands at `at`.
    pub fn add_below(&mut self, at: &Pointer, inner: Self) {
        self.0.extend(inner.below(at).0);
    }

    /// The same faults, where what they are of stands at `at`.
    #[must_use]
    pub fn below(mut self, at: &Pointer) -> Self {
        for fault in &mut self.0 {
            fault.pointer = at.join(&fault.pointer);
        }
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Fault> {
        self.0.iter_mut()
    }

    /// Reads something.
    ///
    /// # Errors
    /// All faults that were found.
    pub fn of<T>(read: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, Self> {
        let mut faults = Self::default();
        let value = read(&mut faults);
        faults.into_result(value)
    }

    /// The value, unless there are faults. A value is missing only where a fault says why.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Self> {
        debug_assert!(
            value.is_some() || !self.0.is_empty(),
            "refused without a fault"
        );
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.0.iter().map(|fault| match fault.pointer.as_str() {
            "" => fault.detail.clone(),
            at => format!("{at}: {}", fault.detail),
        });
        f.write_str(&told.collect::<Vec<_>>().join("; "))
    }
}

impl std::error::Error for Faults {}

/// A name of the caller's, fit to be repeated to it.
pub(crate) fn repeated(name: &str) -> String {
    shorten(&without_credential(name), 100)
}

/// What is said of a name that is not known, such as that of a field, which is `what`.
pub fn unknown(what: &str, written: &str, known: &[&str]) -> String {
    let shown = repeated(written);
    if known.contains(&written.trim()) {
        return format!(
            "there is white space around the name of the {what} `{shown}`: take it out"
        );
    }
    match (nearest(written, known.iter().copied()), known) {
        (Some(meant), _) => format!("unknown {what} `{shown}`; did you mean `{meant}`?"),
        (None, []) => format!("unknown {what} `{shown}`; none is known"),
        (None, known) => format!("unknown {what} `{shown}`; known are {}", known.join(", ")),
    }
}

/// The known name nearest to what was written, where one is near enough to be meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&written, &name.to_lowercase()), name))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_slashes_and_tildes() {
        let pointer = Pointer::root().field("a/b~c").index(3);
        assert_eq!(pointer.as_str(), "/a~1b~0c/3");
    }

    #[test]
    fn a_place_is_inside_of_what_is_above_it_and_of_nothing_else() {
        let at = |names: &[&str]| {
            names
                .iter()
                .fold(Pointer::root(), |at, name| at.field(name))
        };
        let inner = at(&["data", "details", "x"]);
        assert_eq!(inner.inside(&at(&["data"])), Some(at(&["details", "x"])));
        assert_eq!(inner.inside(&inner), Some(Pointer::root()));
        assert_eq!(inner.inside(&at(&["dat"])), None);
    }

    #[test]
    fn the_faults_of_a_part_are_faults_of_the_whole() {
        let mut inner = Faults::default();
        inner.add(Pointer::root().field("token"), FaultCode::Refused, "dead");
        let mut faults = Faults::default();
        faults.add_below(&Pointer::root().field("a/b"), inner);
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/a~1b/token"]);
    }

    #[test]
    fn a_typo_finds_the_name_that_was_meant() {
        let known = ["parameter_created", "deploy", "destroy"];
        assert_eq!(nearest("depoly", known), Some("deploy"));
        assert_eq!(
            nearest("parameter_create", known),
            Some("parameter_created")
        );
        assert_eq!(nearest("xyzzy", known), None);
        for (written, told) in [
            ("nmae", "unknown field `nmae`; did you mean `name`?"),
            (
                "name ",
                "there is white space around the name of the field `name`: take it out",
            ),
            ("xyzzy", "unknown field `xyzzy`; known are name, type"),
        ] {
            assert_eq!(unknown("field", written, &["name", "type"]), told);
        }
    }
}
