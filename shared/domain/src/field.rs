//! What clients send, described once: the reader of a field and its JSON Schema come from the
//! same description.
//!
//! The schema is the canonical form. The readers take a little more: null counts as absent,
//! white space around a name is lost.

mod rules;
pub mod schema;

pub use crate::named::Named;
pub use rules::{
    Flag, FlagOr, Formed, Given, Line, Number, OneOf, Remark, Said, Shared, Texts, Time, Whole,
    listed,
};

use serde_json::{Map, Value, json};

use crate::fault::{Faults, Pointer};

/// What a field may hold: how it is read, and how the API's document describes that.
pub trait Rule: Sync {
    type Value;

    /// Reads what is there and not null. Every fault is added to `faults`. None where there is
    /// one, and where a value says nothing.
    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Self::Value>;

    /// The canonical form, as a JSON Schema.
    fn schema(&self) -> Value;

    /// What is said where the field has to be there and is not.
    fn required(&self, name: &str) -> String {
        format!("`{name}` is required")
    }
}

/// A field of an object, or a parameter of a query.
pub struct Field<R> {
    pub name: &'static str,
    /// What it is for; blank where the name says it.
    pub about: &'static str,
    pub rule: R,
    pub is_required: bool,
}

impl<R> Field<R> {
    /// One that has to be there.
    pub const fn required(name: &'static str, about: &'static str, rule: R) -> Self {
        Self {
            name,
            about,
            rule,
            is_required: true,
        }
    }

    /// One that may be left out.
    pub const fn optional(name: &'static str, about: &'static str, rule: R) -> Self {
        Self {
            name,
            about,
            rule,
            is_required: false,
        }
    }
}

/// The description of a field, whatever it holds.
pub trait Described: Sync {
    fn name(&self) -> &'static str;
    fn about(&self) -> &'static str;
    fn is_required(&self) -> bool;
    /// Its JSON Schema, with what it is for.
    fn schema(&self) -> Value;
}

impl<R: Rule> Described for Field<R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn is_required(&self) -> bool {
        self.is_required
    }

    fn schema(&self) -> Value {
        match self.about {
            "" => self.rule.schema(),
            about => schema::described(self.rule.schema(), about),
        }
    }
}

/// The fields that an object can have. Others are faults: they are typos.
pub struct Object {
    pub about: &'static str,
    pub fields: &'static [&'static dyn Described],
}

impl Object {
    pub fn properties(&self) -> Map<String, Value> {
        let fields = self.fields.iter();
        fields
            .map(|field| (field.name().to_owned(), field.schema()))
            .collect()
    }

    pub fn required(&self) -> Vec<&'static str> {
        let fields = self.fields.iter().filter(|field| field.is_required());
        fields.map(|field| field.name()).collect()
    }

    pub fn schema(&self) -> Value {
        let schema = schema::object(&self.required(), self.properties());
        schema::described(schema, self.about)
    }

    /// The properties of a merge patch (RFC 7396): null removes what need not be there.
    pub fn patch(&self) -> Map<String, Value> {
        let fields = self.fields.iter();
        fields
            .map(|field| {
                let schema = match field.is_required() {
                    true => field.schema(),
                    false => schema::or_null(field.schema()),
                };
                (field.name().to_owned(), schema)
            })
            .collect()
    }

    /// Its names, for those who ask what there is.
    pub fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.name()).collect()
    }
}

/// A schema that the API's document has under this name.
pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
