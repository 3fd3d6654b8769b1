//! What happens to the stage: webhooks come, change and go, and events come in.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_aws::{Change, Start, WakeUp, entries_of, wake};
use carillon_domain::lane::{Entry, Lane, Log, Open, Position, Redo, Waiting};
use carillon_domain::{DeliveryId, Event, EventId, EventType, Webhook, sample};
use carillon_embedded::dynamodb::DELIVERIES_TABLE;
use carillon_runtime::clock::Clock;
use secrecy::SecretString;

use super::Stage;

/// Where the lanes' logs begin, but for backlogs.
const FIRST_POSITION: u64 = 100_000;

impl Stage {
    pub async fn register(&self, mut webhook: Webhook, secret: &str) -> Webhook {
        let secret = SecretString::from(secret);
        webhook.credential = self
            .credentials
            .open(&webhook.organization, &secret, self.clock.now())
            .await
            .unwrap();
        let change = Change::new(None, Some(&webhook));
        self.registry.change_together(&[change]).await.unwrap();
        webhook
    }

    /// Queues an event for a webhook, as the dispatcher does; gives its delivery's id.
    pub async fn publish(&mut self, webhook: &Webhook) -> DeliveryId {
        self.publish_event(webhook, sample::event(EventType::Deploy))
            .await
    }

    /// As [`publish`](Self::publish), an event with an id and a time of its own.
    pub async fn publish_event(&mut self, webhook: &Webhook, mut event: Event) -> DeliveryId {
        event.id = EventId::parse(&format!("event-{:04}", self.published + 1)).unwrap();
        self.publish_as(webhook, event).await
    }

    /// As [`publish`](Self::publish), an event with a time of its own.
    pub async fn publish_as(&mut self, webhook: &Webhook, event: Event) -> DeliveryId {
        let position = FIRST_POSITION + self.published;
        let entry = self.entry(webhook, event, position).await;
        let id = entry.waiting.delivery_id.clone();
        self.append(webhook, vec![entry]).await;
        id
    }

    /// Queues events that stand at these positions of their stream, as a dispatcher does for which
    /// none of them is late.
    pub async fn publish_at(&mut self, webhook: &Webhook, positions: &[u64]) -> Vec<DeliveryId> {
        let mut entries = Vec::new();
        for position in positions {
            let mut event = sample::event(EventType::Deploy);
            event.id = EventId::parse(&format!("event-{position}")).unwrap();
            entries.push(self.entry(webhook, event, *position).await);
        }
        let ids = entries.iter().map(|it| it.waiting.delivery_id.clone());
        let ids = ids.collect();
        self.append(webhook, entries).await;
        ids
    }

    /// Queues an event that stands before what was sent already, as a dispatcher does that knows it.
    pub async fn publish_late(&mut self, webhook: &Webhook, position: u64) -> DeliveryId {
        let mut event = sample::event(EventType::Deploy);
        event.id = EventId::parse(&format!("event-{position}")).unwrap();
        let entry = self.entry(webhook, event, position).await;
        let (now, lane) = (self.clock.now(), webhook.lane(&webhook.lanes.channels[0]));
        let late = Redo {
            waiting: entry.waiting.clone(),
            overtaken: None,
        };
        let id = entry.waiting.delivery_id.clone();
        self.append(webhook, vec![entry]).await;
        self.lanes.put_redo(&lane, &[late], now).await.unwrap();
        let asked = self.lanes.ask(&webhook.organization, &lane, true, now);
        asked.await.unwrap();
        id
    }

    /// Stores an event, and gives its delivery as it stands in the lane's log.
    async fn entry(&mut self, webhook: &Webhook, mut event: Event, position: u64) -> Entry {
        self.published += 1;
        event.organization = webhook.organization.clone();
        event.received_at = self.clock.now() + Duration::from_micros(self.published);
        let lane = webhook.lane(&webhook.lanes.channels[0]);
        let delivery_id = DeliveryId::of(&event.organization, &event.id, event.received_at, &lane);
        self.events.put(&event).await.unwrap();
        Entry {
            position: Position::of(&position.to_string()),
            waiting: Waiting {
                delivery_id,
                event_id: event.id,
                event_type: event.event_type,
                traceparent: None,
                since: self.clock.now(),
                redelivery: 0,
            },
        }
    }

    /// Appends a piece to a webhook's lane, and wakes that.
    async fn append(&mut self, webhook: &Webhook, entries: Vec<Entry>) {
        let now = self.clock.now();
        let lane = webhook.lane(&webhook.lanes.channels[0]);
        let event = entries.first().map(|entry| entry.waiting.event_id.clone());
        let slice = vec![(lane.clone(), entries)];
        assert!(self.lanes.append(slice, now).await.unwrap().is_empty());
        let organization = webhook.organization.clone();
        self.lanes.create(&organization, &lane, now).await.unwrap();
        if self.lane(webhook).await.waits_until(now).is_none() {
            let wake_up = WakeUp::new(organization, lane).for_event(event);
            wake(&self.queue, &[wake_up]).await.unwrap();
        }
    }

    /// Many events that wait for a webhook; gives their deliveries' ids. They are as many
    /// deliveries of a few events, as only the lane counts.
    pub async fn backlog(&mut self, webhook: &Webhook, count: usize) -> Vec<DeliveryId> {
        const PIECE: usize = 100;
        let lane = webhook.lane(&webhook.lanes.channels[0]);
        let now = self.clock.now();
        let mut event = sample::event(EventType::Deploy);
        event.organization = webhook.organization.clone();
        event.correlation_id = None;
        event.id = EventId::parse("backlog").unwrap();
        event.received_at = now;
        self.events.put(&event).await.unwrap();
        let mut ids = Vec::with_capacity(count);
        let entries: Vec<Entry> = (0..count)
            .map(|number| {
                let id = EventId::parse(&format!("backlog-{number}")).unwrap();
                let at = now + Duration::from_micros(u64::try_from(number).unwrap());
                let delivery_id = DeliveryId::of(&event.organization, &id, at, &lane);
                ids.push(delivery_id.clone());
                Entry {
                    position: Position::of(&format!("{}", 100 + number)),
                    waiting: Waiting {
                        delivery_id,
                        event_id: event.id.clone(),
                        event_type: event.event_type,
                        traceparent: None,
                        since: now,
                        redelivery: 0,
                    },
                }
            })
            .collect();
        let pieces = entries.chunks(PIECE);
        let slices = pieces.map(|entries| (lane.clone(), entries.to_vec()));
        let refused = self.lanes.append(slices.collect(), now).await;
        assert!(refused.unwrap().is_empty());
        self.published += u64::try_from(count).unwrap();
        let organization = event.organization;
        self.lanes.create(&organization, &lane, now).await.unwrap();
        let wake_up = WakeUp::new(organization, lane);
        wake(&self.queue, &[wake_up]).await.unwrap();
        ids
    }

    /// Leaves the lane as somebody does who has posted its first delivery, and died before that
    /// was written down.
    pub async fn post_and_die(&self, webhook: &Webhook, id: &DeliveryId) {
        let now = self.clock.now();
        let lane_id = webhook.lane(&webhook.lanes.channels[0]);
        let mut lane = self.lane(webhook).await;
        let stored = lane.version;
        let start = Start::of(&Lane::default());
        let (read, _) = self.lanes.pieces(&lane_id, &start, 1).await.unwrap();
        let read = entries_of(read);
        lane.offset = None;
        lane.version = stored + 1;
        lane.open = Some(Open {
            log: Log::Main,
            deliveries: vec![id.clone()],
            end: read.last().map(|entry| entry.position.clone()),
            version: lane.version,
            opened_at: now,
            is_in_flight: true,
            unknown: 1,
            is_summary: false,
            overtakes: Vec::new(),
        });
        let organization = webhook.organization.clone();
        let saved = self.lanes.save(&organization, &lane_id, stored, &lane, now);
        assert!(saved.await.unwrap().is_some());
        let lane = lane_id;
        let wake_up = WakeUp::new(organization, lane);
        wake(&self.queue, &[wake_up]).await.unwrap();
    }

    /// Has deliveries sent once more, as `recover` does.
    pub async fn recover(&self, webhook: &Webhook, ids: &[DeliveryId]) {
        let now = self.clock.now();
        let lane = webhook.lane(&webhook.lanes.channels[0]);
        for id in ids {
            let row = self.delivery(webhook, id).await;
            let redo = Redo {
                waiting: row.again(now),
                overtaken: None,
            };
            let put = self.lanes.put_redo(&lane, std::slice::from_ref(&redo), now);
            put.await.unwrap();
            let mut pending = row.for_order(redo.waiting.redelivery);
            pending.overtaken = false;
            assert!(self.ledger.write(&pending).await.unwrap());
        }
        let organization = webhook.organization.clone();
        let asked = self.lanes.ask(&organization, &lane, true, now).await;
        asked.unwrap();
        let wake_up = WakeUp::new(organization, lane).urgent();
        wake(&self.queue, &[wake_up]).await.unwrap();
    }

    /// Changes a webhook, as its owner does: its lanes are looked at.
    pub async fn change(&self, read: &Webhook, new: &Webhook) {
        let change = Change::new(Some(read), Some(new));
        self.registry.change_together(&[change]).await.unwrap();
        for channel in &new.lanes.channels {
            let (organization, lane) = (new.organization.clone(), new.lane(channel));
            let now = self.clock.now();
            self.lanes
                .ask(&organization, &lane, false, now)
                .await
                .unwrap();
            let wake_up = WakeUp::new(organization, lane).urgent();
            wake(&self.queue, &[wake_up]).await.unwrap();
        }
    }

    /// Removes a webhook; its lanes are not looked at before they are due.
    pub async fn remove(&self, webhook: &Webhook) {
        let change = Change::new(Some(webhook), None);
        self.registry.change_together(&[change]).await.unwrap();
    }

    /// Removes the rows of the deliveries table whose time is over and whose partition begins so,
    /// as DynamoDB does, in any order.
    pub async fn expire(&self, partition: &str) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let now = AttributeValue::N(self.now().as_second().to_string());
        let scan = self.dynamodb.scan().table_name(DELIVERIES_TABLE);
        let scan = scan
            .filter_expression("begins_with(webhook_id, :partition) AND expires_at <= :now")
            .expression_attribute_values(":partition", text(partition))
            .expression_attribute_values(":now", now);
        for mut row in scan.send().await.unwrap().items.unwrap() {
            let delete = self.dynamodb.delete_item().table_name(DELIVERIES_TABLE);
            let delete = delete.key("webhook_id", row.remove("webhook_id").unwrap());
            let delete = delete.key("id", row.remove("id").unwrap());
            delete.send().await.unwrap();
        }
    }

    /// Puts a row into the deliveries table, under this key, of which one attribute is a number
    /// that nobody can read there.
    pub async fn spoil(&self, webhook_id: &str, id: &str, attribute: &str) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = self.dynamodb.put_item().table_name(DELIVERIES_TABLE);
        let put = put.item("webhook_id", text(webhook_id));
        let put = put.item("id", text(id));
        let put = put.item(attribute, AttributeValue::N("7".to_owned()));
        put.send().await.unwrap();
    }
}
