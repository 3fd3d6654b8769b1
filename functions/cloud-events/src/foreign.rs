//! Events of EventBridge that are like none that AWS documents.

use carillon_domain::OrganizationId;
use carillon_domain::event::MAX_EVENT_BYTES;
use carillon_fuzzing::mangled;
use carillon_runtime::Settings;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::Rules;
use crate::envelope::Envelope;
use crate::event::{Meaning, read};
use crate::fixtures::fixtures;

fn rules() -> Rules {
    let variables = [("CLOUD_OTHER", "tell"), ("CLOUD_NOISE", "all")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let default = OrganizationId::parse("org_acme");
    Rules::from_settings(&mut Settings::of(variables), default).unwrap()
}

proptest! {
    #[test]
    fn a_foreign_event_of_a_cloud_is_told_or_refused(
        event in mangled(fixtures().into_iter().map(|(_, event)| event).collect())
    ) {
        if let Ok(envelope) = Envelope::read(event)
            && let Ok(Meaning::News(event, _)) = read(&envelope, &rules(), Timestamp::UNIX_EPOCH)
        {
            let stored = serde_json::to_string(&event).unwrap();
            prop_assert!(stored.len() < 2 * MAX_EVENT_BYTES, "{}", stored.len());
        }
    }
}
