//! A request's query: every fault of it at once, as of a body. Parameters that nobody asked
//! for are faults: a filter with a typo would answer with everything.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use carillon_domain::event_type::NameOrPattern;
use carillon_domain::fault::unknown;
use carillon_domain::field::{Field, FlagOr, Given, Rule, Time};
use carillon_domain::masking::without_credential;
use carillon_domain::text::shorten;
use carillon_domain::values::{NOT_BLANK, TIME_RULE, time_of};
use carillon_domain::{EventType, FaultCode, Faults, Pointer};
use jiff::Timestamp;

use crate::problem::Problem;

/// The parameters of a query, being read.
#[derive(Debug, Default)]
pub struct Query {
    given: Vec<(String, String)>,
    asked: Vec<&'static str>,
    taken: BTreeMap<&'static str, String>,
    faults: Faults,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self {
            given: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            ..Self::default()
        })
    }
}

fn at(name: &str) -> Pointer {
    Pointer::root().field("query").field(name)
}

impl Query {
    pub fn fault(&mut self, name: &str, code: FaultCode, detail: impl Into<String>) {
        self.faults.add(at(name), code, detail);
    }

    /// A fault of a header, told with those of the query.
    pub fn header_fault(&mut self, name: &str, code: FaultCode, detail: impl Into<String>) {
        let at = Pointer::root().field("headers").field(name);
        self.faults.add(at, code, detail);
    }

    /// What has been read so far, by name.
    pub fn taken(&self) -> &BTreeMap<&'static str, String> {
        &self.taken
    }

    /// A parameter by its description. A blank one is a fault: whoever names a parameter means
    /// something by it.
    pub fn get<R: Rule>(&mut self, field: &Field<R>) -> Option<R::Value> {
        let text = self.said(field.name)?;
        field
            .rule
            .read(&text.into(), &at(field.name), &mut self.faults)
    }

    /// A text that says something.
    fn said(&mut self, name: &'static str) -> Option<String> {
        let text = self.value(name)?;
        if text.trim().is_empty() {
            self.fault(name, FaultCode::Required, NOT_BLANK);
            return None;
        }
        self.taken.insert(name, text.clone());
        Some(text)
    }

    /// The only value of a parameter.
    fn value(&mut self, name: &'static str) -> Option<String> {
        self.asked.push(name);
        let mut values = self.given.iter().filter(|(given, _)| given == name);
        let text = values.next().map(|(_, text)| text.clone())?;
        if values.next().is_some() {
            self.fault(name, FaultCode::Repeated, "must be there once");
            return None;
        }
        Some(text)
    }

    /// A flag; one that is there without a value is true.
    pub fn flag(&mut self, field: &Field<FlagOr>) -> bool {
        let text = self.value(field.name);
        let flag = text.and_then(|text| {
            let at = at(field.name);
            field.rule.read(&text.into(), &at, &mut self.faults)
        });
        flag.unwrap_or(field.rule.0)
    }

    pub fn time(&mut self, field: &Field<Time>) -> Option<Timestamp> {
        let text = self.said(field.name)?;
        let time = time_of(&text);
        if time.is_none() {
            // A plus sign of an offset that was not encoded has become a space.
            let detail = format!("{TIME_RULE}; + is to be written as %2B");
            self.fault(field.name, FaultCode::Malformed, detail);
        }
        time
    }

    /// One of names that are not known beforehand.
    pub fn choice<'c>(&mut self, field: &Field<Given>, names: &'c [String]) -> Option<&'c str> {
        let text = self.said(field.name)?;
        let found = names.iter().find(|name| **name == text);
        if found.is_none() {
            let detail = format!("must be one of {}", names.join(", "));
            self.fault(field.name, FaultCode::UnknownValue, detail);
        }
        found.map(String::as_str)
    }

    /// The event types that a name, or a pattern with `*`, means; none where it is left out.
    pub fn event_types(&mut self, field: &Field<NameOrPattern>) -> Vec<EventType> {
        let Some(pattern) = self.get(field) else {
            return Vec::new();
        };
        let all = EventType::ALL.iter().copied();
        all.filter(|known| pattern.matches(*known)).collect()
    }

    /// Ends the reading of a call without a body.
    ///
    /// # Errors
    /// Every fault found, and every parameter that was not asked for.
    pub fn finish(self) -> Result<(), Problem> {
        Ok(self.end().into_result(Some(()))?)
    }

    /// Ends the reading of a call whose body has been read: the caller learns of the faults of
    /// both at once.
    ///
    /// # Errors
    /// Every fault of the query and of the body. What is worse than a fault of the body says
    /// more than the query's.
    pub fn with<T>(self, body: Result<T, impl Into<Problem>>) -> Result<T, Problem> {
        let mut faults = self.end();
        match body.map_err(Into::into) {
            Ok(value) => Ok(faults.into_result(Some(value))?),
            Err(Problem::Invalid(inner)) => {
                faults.add_below(&Pointer::root(), inner);
                Err(Problem::Invalid(faults))
            }
            Err(problem) => Err(problem),
        }
    }

    /// Whether there is a fault, now that every parameter has been asked for.
    pub fn is_wrong(&self) -> bool {
        !self.faults.is_empty()
            || self
                .given
                .iter()
                .any(|(name, _)| !self.asked.contains(&name.as_str()))
    }

    fn end(mut self) -> Faults {
        let given = std::mem::take(&mut self.given);
        for (name, _) in given {
            if self.asked.contains(&name.as_str()) {
                continue;
            }
            let shown = shorten(&without_credential(&name), 100);
            let detail = unknown("parameter", &name, &self.asked);
            self.fault(&shown, FaultCode::UnknownField, detail);
        }
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carillon_domain::Status;
    use carillon_domain::field::{Number, OneOf, Said};

    const LIMIT: Field<Number> = Field::optional(
        "limit",
        "",
        Number {
            least: 1,
            most: 100,
            default: 50,
        },
    );
    const VERIFY: Field<FlagOr> = Field::optional("verify", "", FlagOr(true));
    const DRY_RUN: Field<FlagOr> = Field::optional("dry_run", "", FlagOr(false));
    const SINCE: Field<Time> = Field::optional("since", "", Time);
    const STATUS: Field<OneOf<Status>> = Field::optional("status", "", OneOf::NAMES);
    const NAME: Field<Said> = Field::optional("name", "", Said(10));

    fn query(text: &str) -> Query {
        Query {
            given: url::form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
            ..Query::default()
        }
    }

    fn pointers(query: Query) -> Vec<String> {
        match query.finish() {
            Err(Problem::Invalid(faults)) => faults.iter().map(|f| f.pointer.to_string()).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_fault_of_a_query_is_found_at_once() {
        let mut query = query("limit=0&verify=maybe&since=yesterday&status=x&status=y&lmit=2");
        query.get(&LIMIT);
        query.flag(&VERIFY);
        query.time(&SINCE);
        query.get(&STATUS);
        assert_eq!(
            pointers(query),
            [
                "/query/limit",
                "/query/verify",
                "/query/since",
                "/query/status",
                "/query/lmit"
            ]
        );
    }

    #[test]
    fn the_faults_of_the_query_and_of_the_body_are_told_together() {
        let body = || {
            let mut faults = Faults::default();
            faults.add(
                Pointer::root().field("name"),
                FaultCode::Required,
                "missing",
            );
            Err::<(), _>(Problem::Invalid(faults))
        };
        let all = |result: Result<(), Problem>| match result {
            Err(Problem::Invalid(faults)) => {
                let all: Vec<_> = faults.iter().map(|f| f.pointer.to_string()).collect();
                all.join(" ")
            }
            other => format!("{other:?}"),
        };
        let verify = |text| {
            let mut query = query(text);
            query.flag(&VERIFY);
            query
        };
        assert_eq!(all(verify("verify=x").with(body())), "/query/verify /name");
        assert_eq!(
            all(verify("verify=x").with(Ok::<_, Problem>(()))),
            "/query/verify"
        );
        assert_eq!(all(verify("verify=true").with(body())), "/name");
        assert!(matches!(
            verify("verify=x").with::<()>(Err(Problem::NotFound)),
            Err(Problem::NotFound)
        ));
        assert!(verify("vrfy=1").is_wrong() && !verify("verify=0").is_wrong());
    }

    #[test]
    fn what_is_right_is_taken() {
        let mut query = query("limit=100&verify=false&since=2026-11-21T10:15:00%2B01:00");
        assert_eq!(query.get(&LIMIT), Some(100));
        assert!(!query.flag(&VERIFY));
        assert!(query.time(&SINCE).is_some());
        assert_eq!(pointers(query), Vec::<String>::new());
    }

    #[test]
    fn a_flag_without_a_value_is_true_and_anything_else_needs_one() {
        for text in ["dry_run", "dry_run=", "dry_run=1"] {
            let mut query = query(text);
            assert!(query.flag(&DRY_RUN), "{text}");
            assert_eq!(pointers(query), Vec::<String>::new());
        }
        let mut query = query("limit=&since&status=&name=%20&dry_run=%20");
        query.get(&LIMIT);
        query.time(&SINCE);
        query.get(&STATUS);
        query.get(&NAME);
        assert!(!query.flag(&DRY_RUN));
        let all = ["limit", "since", "status", "name", "dry_run"];
        assert_eq!(pointers(query), all.map(|name| format!("/query/{name}")));
    }
}
