//! Leaving a platform alone that has banned our address: also a test, or a question about a
//! credential, would make the ban longer.

use carillon_aws::Ledger;
use carillon_chat::{Kind, Reply};
use carillon_delivery::{next_pause, platform_pause};
use jiff::Timestamp;

/// Until when a platform must not be called, if at all.
pub async fn paused_until(ledger: &Ledger, kind: &dyn Kind) -> Option<Timestamp> {
    let pause = platform_pause(ledger, kind).await;
    // Who cannot know it goes on: one call is no storm.
    let pause = pause.inspect_err(|error| tracing::error!(%error, "a pause could not be read"));
    let until = pause.ok()??.until;
    (until > Timestamp::now()).then_some(until)
}

pub fn paused_hint(until: Timestamp) -> String {
    let until = to_the_second(until);
    format!("The platform blocks Carillon's address: nothing is sent to it until {until}.")
}

pub fn to_the_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// Tells every process what an answer has shown.
pub async fn note_pause(ledger: &Ledger, kind: &dyn Kind, begun: Timestamp, reply: &Reply) {
    let Some(asked) = reply.platform_pause else {
        return;
    };
    let noted = async {
        let previous = platform_pause(ledger, kind).await?;
        let pause = next_pause(previous, begun, Timestamp::now(), asked);
        ledger.pause_platform(kind.id().api_type(), pause).await
    };
    if let Err(error) = noted.await {
        tracing::error!(%error, "a pause could not be told to others");
    }
}
