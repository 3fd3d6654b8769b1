//! Carillon's errors (RFC 9457), as people read them.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::places::Places;
use crate::text::clean;

/// What the API says in terms of its calls, in terms of commands, by the problem's type.
const IN_COMMANDS: [(&str, &str); 2] = [
    (
        "urn:carillon:problem:not-found",
        "nothing that the key may see has this id",
    ),
    (
        "urn:carillon:problem:not-active",
        "`carillon webhooks show` says why; repair that, then switch it on with `carillon webhooks \
         enable`, and ask again. With --dry-run it is counted before",
    ),
];

/// An answer that says what is wrong with a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    pub status: u16,
    pub title: String,
    pub detail: String,
    pub request_id: String,
    pub errors: Vec<Fault>,
    /// The whole document, for programs.
    #[serde(skip)]
    pub document: Value,
    /// Where the parts of the input stand, where it came from a file.
    #[serde(skip)]
    places: Places,
}

/// One fault of the input.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fault {
    pub pointer: String,
    pub detail: String,
}

impl Problem {
    /// Reads an answer that is not a success, to an input whose parts stand at these places.
    pub fn of(status: u16, body: &Value, places: Places) -> Self {
        let mut problem: Self = serde_json::from_value(body.clone()).unwrap_or_default();
        problem.places = places;
        problem.status = status;
        problem.document = body.clone();
        if problem.title.is_empty() {
            problem.title = format!("the answer has the status {status}");
            // API Gateway answers in a form of its own.
            problem.detail = body["message"].as_str().unwrap_or_default().to_owned();
        }
        for (kind, detail) in IN_COMMANDS {
            if problem.document["type"] == kind {
                problem.detail = detail.to_owned();
            }
        }
        problem
    }

    /// Whether the first call with the same key is under way.
    pub fn is_in_progress(&self) -> bool {
        self.document["type"] == "urn:carillon:problem:in-progress"
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", clean(&self.title))?;
        if self.errors.is_empty() && !self.detail.is_empty() {
            write!(f, ": {}", clean(&self.detail))?;
        }
        for Fault { pointer, detail } in &self.errors {
            let detail = clean(detail);
            let field = shown(pointer);
            match self.places.find(pointer).as_str() {
                "" => write!(f, "\n  {field}{detail}")?,
                place => write!(f, "\n  {place}: {field}{}", without_place(&detail))?,
            }
        }
        if self.status >= 500 && !self.request_id.is_empty() {
            write!(f, " (request {})", clean(&self.request_id))?;
        }
        Ok(())
    }
}

/// A pointer as the beginning of a line; nothing for the whole of the input.
fn shown(pointer: &str) -> String {
    match pointer.trim_start_matches('/') {
        "" => String::new(),
        path => format!("{}: ", clean(&path.replace("~1", "/").replace("~0", "~"))),
    }
}

/// A detail without the place that Carillon gives: it has seen another text than the file.
fn without_place(detail: &str) -> &str {
    let rest = detail.strip_prefix("line ").and_then(|rest| {
        let (place, rest) = rest.split_once(": ")?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (line, column) = place.split_once(", column ")?;
        (digits(line) && digits(column)).then_some(rest)
    });
    rest.unwrap_or(detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(status: u16, body: Value) -> Problem {
        Problem::of(status, &body, Places::default())
    }

    #[test]
    fn every_fault_is_a_line() {
        let problem = of(
            400,
            json!({"title": "The input has faults", "detail": "2 faults; see `errors`", "errors": [
                {"pointer": "/resource/url", "detail": "must be a URL", "code": "malformed"},
                {"pointer": "", "detail": "too much", "code": "out_of_range"},
            ]}),
        );
        assert_eq!(
            problem.to_string(),
            "The input has faults\n  resource/url: must be a URL\n  too much"
        );
    }

    #[test]
    fn what_is_to_be_done_is_said_in_commands() {
        let problem = of(
            409,
            json!({
                "type": "urn:carillon:problem:not-active", "title": "The webhook is not active",
                "detail": "resume it with a PATCH of `{\"enabled\": true}`",
            }),
        );
        let said = problem.to_string();
        assert!(
            said.contains("carillon webhooks enable") && !said.contains("PATCH"),
            "{said}"
        );
    }

    #[test]
    fn what_is_no_problem_document_is_told_by_its_status() {
        let problem = of(403, json!({"message": "Forbidden"}));
        assert_eq!(
            problem.to_string(),
            "the answer has the status 403: Forbidden"
        );
        assert!(of(502, Value::Null).to_string().contains("502"));
    }

    #[test]
    fn a_place_in_the_text_that_was_sent_is_taken_away() {
        assert_eq!(without_place("line 1, column 30: is empty"), "is empty");
        assert_eq!(without_place("line by line: no"), "line by line: no");
    }
}
