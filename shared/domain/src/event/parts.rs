//! The parts of an event that have rules of their own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    EstimatedCost, MAX_DETAIL, MAX_DETAIL_NAME, MAX_DETAILS, MAX_NAME, MAX_URL, Period, Resource,
    is_web_url,
};
use crate::fault::{FaultCode, Faults, Pointer};
use crate::field::{Field, Object, OneOf, Remark, Rule, Said, reference, schema};
use crate::fields::Fields;
use crate::pattern;
use crate::text::shorten;
use crate::values::{NOT_BLANK, said, text_of, wrong_type};

const RESOURCE_TYPE: Field<Said> =
    Field::optional("type", "Such as `aws_rds_cluster`", Said(MAX_NAME));
const RESOURCE_ID: Field<Said> = Field::optional("id", "The provider's id", Said(1_024));
const RESOURCE_NAME: Field<Remark> =
    Field::optional("name", "What people call it", Remark(MAX_NAME));
const RESOURCE_URL: Field<WebUrl> =
    Field::optional("url", "Where to look at it; http or https", WebUrl);

pub struct ResourceRule;

impl ResourceRule {
    /// What the API's document calls it.
    pub const NAME: &'static str = "Resource";
    pub const OBJECT: Object = Object {
        about: "What an event is about",
        fields: &[&RESOURCE_TYPE, &RESOURCE_ID, &RESOURCE_NAME, &RESOURCE_URL],
    };
}

impl Rule for ResourceRule {
    type Value = Resource;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Resource> {
        let mut fields = Fields::of(value, at.clone(), faults)?;
        let resource = Resource {
            resource_type: fields.get(&RESOURCE_TYPE),
            id: fields.get(&RESOURCE_ID),
            name: fields.get(&RESOURCE_NAME),
            url: fields.get(&RESOURCE_URL),
        };
        fields.finish_as(&Self::OBJECT);
        (resource != Resource::default()).then_some(resource)
    }

    fn schema(&self) -> Value {
        reference(Self::NAME)
    }
}

pub(super) struct WebUrl;

impl Rule for WebUrl {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        let url = said(value, at, MAX_URL, NOT_BLANK, faults)?;
        match is_web_url(&url) {
            true => Some(url),
            false => {
                let detail = "must be an http or https URL without spaces";
                faults.reject(at, FaultCode::Malformed, detail)
            }
        }
    }

    fn schema(&self) -> Value {
        schema::form(MAX_URL, pattern::web_url())
    }
}

const AMOUNT: Field<Amount> = Field::required("amount", "A decimal, never a float", Amount);
const CURRENCY: Field<Currency> = Field::required("currency", "ISO 4217", Currency);
const PERIOD: Field<OneOf<Period>> = Field::optional("period", "", OneOf::NAMES);

pub struct Cost;

impl Cost {
    /// What the API's document calls it.
    pub const NAME: &'static str = "EstimatedCost";
    pub const OBJECT: Object = Object {
        about: "An estimated cost",
        fields: &[&AMOUNT, &CURRENCY, &PERIOD],
    };
}

impl Rule for Cost {
    type Value = EstimatedCost;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<EstimatedCost> {
        let mut fields = Fields::of(value, at.clone(), faults)?;
        let amount = fields.get(&AMOUNT);
        let currency = fields.get(&CURRENCY);
        let period = fields.get(&PERIOD);
        fields.finish_as(&Self::OBJECT);
        Some(EstimatedCost {
            amount: amount?,
            currency: currency?,
            period,
        })
    }

    fn schema(&self) -> Value {
        reference(Self::NAME)
    }
}

struct Amount;

impl Rule for Amount {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        let amount = value.as_str().filter(|text| is_decimal(text));
        let rule = "must be a decimal string such as \"41.20\", at most 15 digits before and 6 \
                    after the point";
        let amount = amount.or_else(|| faults.reject(at, FaultCode::Malformed, rule));
        amount.map(str::to_owned)
    }

    fn schema(&self) -> Value {
        schema::form(23, r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")
    }
}

fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    digits(whole, 15) && digits(fraction, 6)
}

struct Currency;

impl Rule for Currency {
    type Value = String;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<String> {
        let currency = said(value, at, 64, NOT_BLANK, faults)?;
        let is_code = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
        match is_code {
            true => Some(currency),
            false => {
                let detail = "must be an ISO 4217 code such as USD";
                faults.reject(at, FaultCode::Malformed, detail)
            }
        }
    }

    fn schema(&self) -> Value {
        schema::form(3, "^[A-Z]{3}$")
    }
}

pub(super) struct Details;

impl Rule for Details {
    type Value = BTreeMap<String, String>;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<Self::Value> {
        let mut details = BTreeMap::new();
        let Some(object) = value.as_object() else {
            return wrong_type(value, at, "an object of strings", faults);
        };
        if object.len() > MAX_DETAILS {
            let detail = format!("may have {MAX_DETAILS} entries; it has {}", object.len());
            faults.add(at.clone(), FaultCode::OutOfRange, detail);
        }
        for (key, value) in object {
            let here = at.field(&shorten(key, MAX_DETAIL_NAME));
            if key.trim().is_empty() || key.chars().count() > MAX_DETAIL_NAME {
                let detail = "a detail's name must have 1 to 100 characters";
                faults.add(here, FaultCode::OutOfRange, detail);
            } else if let Some(text) = text_of(value, here, MAX_DETAIL, faults) {
                details.insert(key.clone(), text);
            }
        }
        Some(details)
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object", "maxProperties": MAX_DETAILS,
            "propertyNames": schema::said(MAX_DETAIL_NAME),
            "additionalProperties": {"type": "string", "maxLength": MAX_DETAIL},
        })
    }
}
