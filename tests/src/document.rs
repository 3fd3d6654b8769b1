//! The API's document, as what every answer has to be like.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use carillon_chat::Kinds;
use jsonschema::Validator;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Answer;

/// The documents that tests have asked for, by the types of destinations. Tests run in one process.
static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Document>>>> = LazyLock::new(Mutex::default);

/// The document, of some kinds of destinations.
pub struct Document {
    document: Value,
    /// By the pointer of their schema; compiled when they are first needed.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    pub fn of(kinds: &Kinds) -> Arc<Self> {
        let mut known = KNOWN.lock().expect("no test has failed in here");
        let of_kinds = known.entry(format!("{kinds:?}")).or_insert_with(|| {
            Arc::new(Self {
                document: carillon_webhook_api::document(kinds),
                validators: Mutex::default(),
            })
        });
        Arc::clone(of_kinds)
    }

    /// Fails where an answer is not what the document says of its call and status.
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        if !path.starts_with("/api/v1/") || matches!(*method, Method::HEAD | Method::OPTIONS) {
            return;
        }
        let (status, what) = (answer.status, format!("{method} {path}: {}", answer.status));
        let Some(response) = self.response(method, path, status) else {
            // No such call, or one that was never looked at.
            let is_unknown = self.operation(method, path).is_none();
            let problem = "/components/schemas/Problem";
            assert!(is_unknown, "{what} is not in the document: {}", answer.text);
            return self.validate(problem, &what, &answer.body);
        };
        let media_type = answer.header("content-type");
        let media_type = media_type.split(';').next().unwrap_or_default();
        let found = self.document.pointer(&response).expect("it was found");
        let Some(content) = found.get("content") else {
            assert_eq!(answer.text, "", "{what} has no body in the document");
            return;
        };
        let schema = content.get(media_type).map(|content| &content["schema"]);
        assert!(
            schema.is_some(),
            "{what} as {media_type} is not in the document"
        );
        if media_type.ends_with("json") {
            let media_type = media_type.replace('/', "~1");
            let schema = format!("{response}/content/{media_type}/schema");
            self.validate(&schema, &what, &answer.body);
        }
    }

    /// Where the document describes a call.
    fn operation(&self, method: &Method, path: &str) -> Option<String> {
        let given: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<&str> = template.trim_end_matches('/').split('/').collect();
            let mut pairs = parts.iter().zip(&given);
            parts.len() == given.len()
                && pairs.all(|(part, given)| {
                    part == given || (part.starts_with('{') && !given.is_empty())
                })
        };
        let method = method.as_str().to_lowercase();
        let paths = self.document["paths"].as_object()?;
        let has_call = |item: &Value| item.get(&method).is_some();
        let mut fitting = paths.iter().filter(|(_, item)| has_call(item));
        // Words before parameters.
        let exact = fitting
            .clone()
            .find(|(path, _)| !path.contains('{') && fits(path));
        let (path, _) = exact.or_else(|| fitting.find(|(path, _)| fits(path)))?;
        Some(format!("/paths/{}/{method}", path.replace('/', "~1")))
    }

    /// Where the document describes the answer to a call.
    fn response(&self, method: &Method, path: &str, status: StatusCode) -> Option<String> {
        let operation = self.operation(method, path)?;
        let pointer = format!("{operation}/responses/{}", status.as_u16());
        let response = self.document.pointer(&pointer)?;
        match response["$ref"].as_str() {
            Some(reference) => Some(reference.trim_start_matches('#').to_owned()),
            None => Some(pointer),
        }
    }

    fn validate(&self, schema: &str, what: &str, body: &Value) {
        let faults = self.faults(schema, body);
        assert!(
            faults.is_empty(),
            "{what} is another than in the document: {faults:#?}\n{body:#}"
        );
    }

    /// What is wrong with a value, by the schema that stands there.
    pub fn faults(&self, schema: &str, value: &Value) -> Vec<String> {
        let mut validators = self.validators.lock().expect("no test has failed in here");
        let validator = validators.entry(schema.to_owned()).or_insert_with(|| {
            let schema = self.document.pointer(schema).expect("it was found");
            let mut schema = schema.clone();
            schema["components"] = json!({"schemas": self.document["components"]["schemas"]});
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            Arc::new(options.build(&schema).expect("a JSON Schema"))
        });
        let validator = Arc::clone(validator);
        drop(validators);
        let faults = validator.iter_errors(value);
        faults
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect()
    }
}
