//! The event that something is tried out with: given, a sample, or one that was published.

use carillon_domain::field::{Field, Formed, Named, Object, Rule, Said, reference};
use carillon_domain::{
    Capture, Event, EventId, EventType, FaultCode, Faults, Fields, OrganizationId, Pointer,
    cloudevents, sample,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::auth::Scope;
use crate::problem::Problem;

const SAMPLE: Field<AnyType> = Field::required("sample", "", AnyType);
const EVENT_ID: Field<Formed<EventId>> =
    Field::required("event_id", "Of an event that is there", EventId::FORM);

/// What asks for a sample.
pub const SAMPLED: Object = Object {
    about: "The catalogue's sample of a type",
    fields: &[&SAMPLE],
};

/// What names an event that was published.
pub const PUBLISHED: Object = Object {
    about: "An event that was published",
    fields: &[&EVENT_ID],
};

/// The name of any event type, Carillon's own among them.
struct AnyType;

impl Rule for AnyType {
    type Value = EventType;

    fn read(&self, value: &Value, at: &Pointer, faults: &mut Faults) -> Option<EventType> {
        let name = Said(1_000).read(value, at, faults)?;
        EventType::parse(&name).or_else(|| {
            let detail = EventType::unknown(&name, |_| true);
            faults.reject(at, FaultCode::UnknownValue, detail)
        })
    }

    fn schema(&self) -> Value {
        reference(EventType::SET)
    }
}

/// Reads an event, a CloudEvent (structured), `{"sample": "<event type>"}`, or
/// `{"event_id": "<id>"}`.
pub async fn read(api: &Scope, body: &Value) -> Result<Event, Problem> {
    if body.get("event_id").is_none() {
        return given(&api.organization, body);
    }
    let found = api.events.get(&api.organization, &published(body)?).await?;
    found.ok_or_else(|| {
        let at = Pointer::root().field("event_id");
        let detail = "there is no event with this id";
        Problem::fault(at, FaultCode::UnknownValue, detail)
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

fn given(organization: &OrganizationId, body: &Value) -> Result<Event, Problem> {
    if body.get("sample").is_some() {
        return Ok(sampled(organization, body)?);
    }
    let root = Pointer::root();
    if body.is_array() {
        let detail = "one event is tried at a time: give it without the list around it";
        return Err(Problem::fault(root, FaultCode::WrongType, detail));
    }
    for wrapper in ["event", "events"] {
        if body.get(wrapper).is_some() && body.get("type").is_none() {
            let detail = "one event is tried at a time: give its fields directly, such as \
                          {\"type\": \"deploy\"}";
            let at = root.field(wrapper);
            return Err(Problem::fault(at, FaultCode::UnknownField, detail));
        }
    }
    if body.get("specversion").is_some() {
        return Ok(cloudevents::read_structured(body, capture(organization))?.event);
    }
    if *body == json!({}) {
        let detail = "give an event, of which only `type` is required, {\"sample\": \"deploy\"}, or \
                      the {\"event_id\": …} of one that was published";
        let at = root.field("type");
        return Err(Problem::fault(at, FaultCode::Required, detail));
    }
    let capture = capture(organization);
    Ok(Faults::of(|faults| {
        Event::parse(body, &root, capture, faults)
    })?)
}

fn sampled(organization: &OrganizationId, body: &Value) -> Result<Event, Faults> {
    Fields::read(body, &SAMPLED, |fields| {
        let event_type = fields.get(&SAMPLE);
        if fields.value("type").is_some() {
            let detail = "a sample has its own fields: leave out `sample` to give an event, or the \
                          others to take the sample";
            fields.fault("type", FaultCode::NotAllowed, detail);
        }
        Some(Event {
            organization: organization.clone(),
            ..sample::event(event_type?)
        })
    })
}

fn published(body: &Value) -> Result<EventId, Faults> {
    Fields::read(body, &PUBLISHED, |fields| fields.get(&EVENT_ID))
}
