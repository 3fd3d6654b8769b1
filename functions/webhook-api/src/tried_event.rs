//! The event that something is tried out with: given, a sample, or one that was published.

use carillon_domain::field::{Field, Formed, Given, Named, Object, Rule, Said, reference};
use carillon_domain::webhook::MESSAGE_TEMPLATE;
use carillon_domain::{
    Capture, Event, EventId, EventType, FaultCode, Faults, Fields, OrganizationId, Pointer,
    cloudevents, sample,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Api;
use crate::problem::Problem;

const SAMPLE: Field<AnyType> = Field::required("sample", "", AnyType);
const EVENT_ID: Field<Formed<EventId>> =
    Field::required("event_id", "Of an event that is there", EventId::FORM);

const WORDS: Field<Given> = Field::optional("words", "", Given(MESSAGE_TEMPLATE));

/// What asks for a sample.
pub const SAMPLED: Object = Object {
    about: "The catalogue's sample of a type",
    fields: &[&SAMPLE, &WORDS],
};

/// What names an event that was published.
pub const PUBLISHED: Object = Object {
    about: "An event that was published",
    fields: &[&EVENT_ID, &WORDS],
};

/// The name of any event type, Carillon's own among them.
struct AnyType;

impl Rule for AnyType {
    type Value = EventType;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<EventType> {
        let name = Said(1_000).read(value, at, faults)?;
        let found = EventType::parse(&name);
        if found.is_none() {
            let detail = EventType::unknown(&name, |_| true);
            faults.add(at.clone(), FaultCode::UnknownValue, detail);
        }
        found
    }

    fn schema(&self) -> Value {
        reference(EventType::SET)
    }
}

/// What is tried, and in which words where not in the webhook's own.
pub struct Tried {
    pub event: Event,
    pub words: Option<Value>,
}

impl Tried {
    fn as_usual(event: Event) -> Self {
        Self { event, words: None }
    }

    /// The event, where no message is shown.
    pub fn without_words(self) -> Result<Event, Problem> {
        if self.words.is_none() {
            return Ok(self.event);
        }
        let mut faults = Faults::default();
        let at = Pointer::root().field(WORDS.name);
        faults.add(at, FaultCode::NotAllowed, "only a preview shows a message");
        Err(Problem::Invalid(faults))
    }
}

/// Reads an event, a CloudEvent (structured), `{"sample": "<event type>"}`, or
/// `{"event_id": "<id>"}`.
pub async fn read(
    api: &Api,
    organization: &OrganizationId,
    body: &Value,
) -> Result<Tried, Problem> {
    if body.get("event_id").is_none() {
        return given(organization, body).map_err(Problem::Invalid);
    }
    let (id, words) = published(body).map_err(Problem::Invalid)?;
    let found = api
        .events
        .get(organization, &id)
        .await
        .map_err(Problem::internal("looking for a published event"))?;
    let found = found.map(|event| Tried { event, words });
    found.ok_or_else(|| {
        let mut faults = Faults::default();
        let at = Pointer::root().field("event_id");
        let detail = "there is no event with this id";
        faults.add(at, FaultCode::UnknownValue, detail);
        Problem::Invalid(faults)
    })
}

/// What an event has that nobody publishes.
pub fn capture(organization: &OrganizationId) -> Capture {
    Capture {
        organization: organization.clone(),
        now: Timestamp::now(),
        fallback_id: EventId::generate(carillon_aws::rising_ulid()),
    }
}

fn given(organization: &OrganizationId, body: &Value) -> Result<Tried, Faults> {
    if body.get("sample").is_some() {
        return sampled(organization, body);
    }
    for wrapper in ["event", "events"] {
        if body.get(wrapper).is_some() && body.get("type").is_none() {
            let mut faults = Faults::default();
            let detail = "one event is tried at a time: give its fields directly, such as \
                          {\"type\": \"deploy\"}";
            faults.add(
                Pointer::root().field(wrapper),
                FaultCode::UnknownField,
                detail,
            );
            return Err(faults);
        }
    }
    if body.get("specversion").is_some() {
        let read = cloudevents::read_structured(body, capture(organization));
        return read.map(|read| Tried::as_usual(read.event));
    }
    let mut faults = Faults::default();
    let root = Pointer::root();
    if *body == json!({}) {
        let detail = "give an event, of which only `type` is required, {\"sample\": \"deploy\"}, or \
                      the {\"event_id\": …} of one that was published";
        faults.add(root.field("type"), FaultCode::Required, detail);
        return Err(faults);
    }
    let event = Event::parse(body, &root, capture(organization), &mut faults);
    faults.into_result(event.map(Tried::as_usual))
}

fn sampled(organization: &OrganizationId, body: &Value) -> Result<Tried, Faults> {
    let mut faults = Faults::default();
    let mut tried = None;
    if let Some(mut fields) = Fields::of(body, Pointer::root(), &mut faults) {
        let words = fields.get(&WORDS);
        tried = fields.get(&SAMPLE).map(|event_type| Tried {
            words,
            event: Event {
                organization: organization.clone(),
                ..sample::event(event_type)
            },
        });
        if fields.value("type").is_some() {
            let detail = "a sample has its own fields: leave out `sample` to give an event, or the \
                          others to take the sample";
            fields.fault("type", FaultCode::NotAllowed, detail);
        }
        fields.finish_as(&SAMPLED);
    }
    faults.into_result(tried)
}

fn published(body: &Value) -> Result<(EventId, Option<Value>), Faults> {
    let mut faults = Faults::default();
    let mut asked = None;
    if let Some(mut fields) = Fields::of(body, Pointer::root(), &mut faults) {
        let words = fields.get(&WORDS);
        asked = fields.get(&EVENT_ID).map(|id| (id, words));
        fields.finish_as(&PUBLISHED);
    }
    faults.into_result(asked)
}
