//! What a run is about: a few webhooks and a few events.

use carillon_domain::sample;
use carillon_domain::webhook::{Grouping, Lanes};
use carillon_domain::{
    Configuration, DeliveryId, Event, EventId, EventType, KindId, OrganizationId, Webhook,
};
use jiff::Timestamp;
use rand::Rng;
use rand::rngs::StdRng;
use secrecy::SecretString;

/// Each event is known in messages by this and four digits.
pub const MARK: &str = "mkq";

/// A webhook with its secret.
pub struct Registered {
    pub webhook: Webhook,
    pub secret: SecretString,
}

/// One to three webhooks of all kinds. Two of them may share a channel.
pub fn webhooks(random: &mut StdRng) -> Vec<Registered> {
    let count = [1, 2, 2, 3][random.random_range(0..4)];
    (1..=count).map(|number| webhook(number, random)).collect()
}

fn webhook(number: u128, random: &mut StdRng) -> Registered {
    let mut webhook = sample::webhook(number, &["*"]);
    let mut channels = vec![String::new()];
    let secret = match random.random_range(0..4) {
        0 => {
            webhook.kind = KindId::new("discord");
            webhook.configuration = Configuration::default();
            let token = "not-a-real-token-".repeat(4);
            format!("https://discord.com/api/webhooks/10000000000000000{number}/{token}")
        }
        1 => {
            webhook.kind = KindId::new("slack/incoming_webhook");
            webhook.configuration = Configuration::default();
            let secret = "notarealsecretnotareal00";
            format!("https://hooks.slack.com/services/T00000000/B0000000{number}/{secret}")
        }
        _ => {
            // Every bot has the same token; some have the same channel.
            let channel = random.random_range(1..=2);
            channels = vec![format!("channel-{channel}")];
            if random.random_bool(0.2) {
                channels = vec!["channel-1".into(), "channel-2".into()];
            }
            webhook.configuration = Configuration::default().with("channels", channels.clone());
            "xoxb-fault-0000-not-a-real-token".to_owned()
        }
    };
    webhook.configuration.grouping = match (random.random_range(0..4), webhook.kind.as_str()) {
        (0, "slack/bot") => Grouping::Thread,
        (1, "slack/bot" | "discord") => Grouping::Update,
        _ => Grouping::None,
    };
    webhook.configuration.summary_after = random.random_bool(0.3).then_some(2);
    webhook.lanes = Lanes::of(&channels);
    Registered {
        webhook,
        secret: SecretString::from(secret),
    }
}

/// The event with a number.
pub fn event(number: usize, now: Timestamp, random: &mut StdRng) -> Event {
    let types = [
        EventType::Deploy,
        EventType::Scale,
        EventType::ParameterUpdated,
    ];
    let mut event = sample::event(types[random.random_range(0..types.len())]);
    event.id = key(number).1;
    event.received_at = now;
    event.occurred_at = now;
    event.correlation_id = random
        .random_bool(0.6)
        .then(|| format!("release-{}", random.random_range(0..2)));
    if let Some(resource) = &mut event.resource {
        resource.name = Some(mark(number));
    }
    event
}

/// Where the event with a number is stored.
pub fn key(number: usize) -> (OrganizationId, EventId) {
    let organization = sample::event(EventType::Deploy).organization;
    let id = EventId::parse(&format!("event-{number}")).unwrap();
    (organization, id)
}

/// What an event is known by in messages.
pub fn mark(number: usize) -> String {
    format!("{MARK}{number:04}")
}

/// A delivery that there must be.
pub struct Expected {
    pub mark: String,
    pub webhook: Webhook,
    pub channel: String,
    pub id: DeliveryId,
}

pub fn expected(events: &[Event], webhooks: &[Registered]) -> Vec<Expected> {
    let mut expected = Vec::new();
    for (number, event) in events.iter().enumerate() {
        for Registered { webhook, .. } in webhooks {
            for channel in &webhook.lanes.channels {
                let (organization, received_at) = (&event.organization, event.received_at);
                let lane = webhook.lane(channel);
                expected.push(Expected {
                    mark: mark(number),
                    webhook: webhook.clone(),
                    channel: channel.name.clone(),
                    id: DeliveryId::of(organization, &event.id, received_at, &lane),
                });
            }
        }
    }
    expected
}
