//! What the tests of several modules need.

use std::collections::BTreeMap;

use carillon_domain::webhook::Lanes;
use carillon_domain::{
    Configuration, Configured, Credential, DeliveryId, EstimatedCost, Event, EventId, EventType,
    Filters, LaneId, OrganizationId, Period, Pointer, Resource, Severity, Status, Webhook,
    WebhookId, WebhookStatus, sample,
};
use jiff::Timestamp;
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::draft::{Draft, Sealed};
use crate::kind::Kind;
use crate::kinds::Kinds;
use crate::post::{Place, Post, Without};
use crate::{discord, slack, teams};

pub(crate) const BOT: &dyn Kind = &slack::Bot;
pub(crate) const HOOK: &dyn Kind = &slack::IncomingWebhook;
pub(crate) const DISCORD: &dyn Kind = &discord::Webhook;
pub(crate) const TEAMS: &dyn Kind = &teams::Workflow;
pub(crate) const KINDS: [&dyn Kind; 4] = [BOT, HOOK, DISCORD, TEAMS];
/// Those about whose credentials something can be asked.
pub(crate) const ASKED: [&dyn Kind; 3] = [BOT, HOOK, DISCORD];

/// A made-up secret that nobody could take for a real one.
fn fake(prefix: &str, parts: usize) -> String {
    format!("{prefix}{}wxyz", "fake-".repeat(parts))
}

/// The credential of a kind, as a client would send it.
pub(crate) fn credential(kind: &dyn Kind) -> String {
    match kind.id().as_str() {
        "slack/bot" => fake("xoxb-", 4),
        "slack/incoming_webhook" => {
            let (host, secret) = ("hooks.slack.com", fake("", 4));
            format!("https://{host}/services/T0FAKE/B0FAKE/{secret}")
        }
        "teams" => {
            let (host, signature) = ("prod-00.westeurope.logic.azure.com:443", fake("", 8));
            format!(
                "https://{host}/workflows/{}/triggers/manual/paths/invoke\
                 ?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={signature}",
                "0fa1".repeat(8)
            )
        }
        _ => {
            let (host, token) = ("discord.com", fake("", 12));
            format!("https://{host}/api/webhooks/123456789012345678/{token}")
        }
    }
}

/// The part of it that nobody may see.
pub(crate) fn secret_part(kind: &dyn Kind) -> String {
    let credential = credential(kind);
    let last = credential.rsplit(['/', '=']).next();
    last.unwrap_or_default().to_owned()
}

pub(crate) fn secret(kind: &dyn Kind) -> SecretString {
    credential(kind).into()
}

/// The configuration of a kind, as a client would send it.
pub(crate) fn configuration(kind: &dyn Kind) -> Value {
    let credential = credential(kind);
    match kind.credential_field() {
        "token" => json!({"token": credential, "channel": "#infra"}),
        name => json!({ name: credential }),
    }
}

/// The draft of a post of one event.
pub(crate) fn draft(kind: &dyn Kind, webhook: &Webhook, event: &Event) -> Draft {
    draft_at(&Place::Channel, kind, webhook, &[event])
}

pub(crate) fn draft_at(
    place: &Place,
    kind: &dyn Kind,
    webhook: &Webhook,
    events: &[&Event],
) -> Draft {
    kind.draft(&Post {
        webhook,
        channel: "#infra",
        events,
        post_id: &delivery_id().post_id(0),
        place,
        without: Without::default(),
        headline: None,
    })
}

/// It with a credential.
pub(crate) fn sealed(kind: &dyn Kind, draft: &Draft, secret: &SecretString) -> Option<Sealed> {
    kind.seal(draft, secret, Timestamp::UNIX_EPOCH)
}

/// Reads a configuration, or gives every fault as pointer and detail.
pub(crate) fn configured(
    api_type: &str,
    value: &Value,
) -> Result<Configured, Vec<(String, String)>> {
    let mut faults = carillon_domain::Faults::default();
    let at = Pointer::root().field("configuration");
    let read = Kinds::default().configuration(api_type, value, &at, None, &|| [7; 32], &mut faults);
    faults.into_result(read).map_err(|faults| {
        let faults = faults.iter();
        faults
            .map(|fault| (fault.pointer.to_string(), fault.detail.clone()))
            .collect()
    })
}

/// As [`configured`]: the configuration and its credential.
pub(crate) fn read(
    api_type: &str,
    value: &Value,
) -> Result<(Configuration, SecretString), Vec<(String, String)>> {
    let configured = configured(api_type, value)?;
    match configured.credential {
        Credential::New(secret) => Ok((configured.configuration, secret)),
        kept => panic!("there is nothing that could be unchanged: {kept:?}"),
    }
}

/// As [`read`], of what must be wrong: the pointers below the configuration.
pub(crate) fn wrong(api_type: &str, value: &Value) -> Vec<String> {
    let faults = configured(api_type, value).err();
    faults
        .unwrap_or_default()
        .into_iter()
        .map(|(pointer, _)| pointer.replace("/configuration", ""))
        .collect()
}

pub(crate) fn webhook(kind: &dyn Kind) -> Webhook {
    let read = configured(kind.id().api_type(), &configuration(kind)).unwrap();
    Webhook {
        id: webhook_id(),
        organization: OrganizationId::parse("org_acme").unwrap(),
        name: "prod alerts".into(),
        kind: read.kind,
        event_types: Vec::new(),
        filters: Filters::default(),
        lanes: Lanes::of(&read.channels),
        configuration: read.configuration,
        message: None,
        credential: sample::webhook(1, &[]).credential,
        fallback: None,
        status: WebhookStatus::Active,
        status_reason: None,
        created_at: Timestamp::UNIX_EPOCH,
        modified_at: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

fn webhook_id() -> WebhookId {
    WebhookId::parse("wh_01JD0000000000000000000000").unwrap()
}

pub(crate) fn delivery_id() -> DeliveryId {
    let event = sample::event(EventType::Deploy);
    DeliveryId::of(
        &event.organization,
        &event.id,
        event.received_at,
        &LaneId::of(&webhook_id(), 1),
    )
}

/// Every event of the catalogue, and the variants that look different.
pub(crate) fn gallery() -> Vec<(String, Event)> {
    let samples = EventType::ALL
        .iter()
        .map(|event_type| (event_type.to_string(), sample::event(*event_type)));
    let deploy = || sample::event(EventType::Deploy);
    let variants = [
        (
            "deploy, started",
            Event {
                status: Some(Status::Started),
                ..deploy()
            },
        ),
        (
            "deploy, failed",
            Event {
                status: Some(Status::Failed),
                ..deploy()
            },
        ),
        (
            "deploy, dry run",
            Event {
                dry_run: true,
                ..deploy()
            },
        ),
        (
            "deploy, no status",
            Event {
                status: None,
                ..deploy()
            },
        ),
        (
            "destroy, failed",
            Event {
                status: Some(Status::Failed),
                ..sample::event(EventType::Destroy)
            },
        ),
    ];
    samples
        .chain(variants.map(|(name, event)| (name.to_owned(), event)))
        .collect()
}

/// An event with everything in it, much of it hostile.
pub(crate) fn hostile() -> Event {
    let mut event = sample::event(EventType::Deploy);
    event.resource = Some(Resource {
        resource_type: Some("`*_type_*`".into()),
        id: Some("<@U0FAKE> & <!everyone>".into()),
        name: Some(":tada: @here <https://evil.example|bank>".into()),
        url: Some("https://example.com/a|b>c?d=<e>&f=`g`".into()),
    });
    event.environment = Some("[prod](https://evil.example)".into());
    event.actor = Some("@everyone\u{202e}".into());
    event.message = Some("# Heading\n- list\n<t:0:R> ||spoiler|| ```code```\n> quote @here".into());
    event.changes = vec!["*bold*".into(), "`code`".into()];
    event.details = [
        ("Status".into(), "*Succeeded*".into()),
        ("a\nb".into(), "c\nd <!date^0^{date}|x>".into()),
    ]
    .into();
    event
}

/// Any event at all: also what no source could ever hand in.
pub(crate) fn any_event() -> impl Strategy<Value = Event> {
    let resource = (text(), text(), text(), url()).prop_map(|(resource_type, id, name, url)| {
        Some(Resource {
            resource_type,
            id,
            name,
            url,
        })
    });
    let cost = (
        text(),
        text(),
        proptest::sample::select(vec![None, Some(Period::Year)]),
    )
        .prop_map(|(amount, currency, period)| {
            Some(EstimatedCost {
                amount: amount?,
                currency: currency.unwrap_or_default(),
                period,
            })
        });
    let what = (
        proptest::sample::select(EventType::ALL.to_vec()),
        proptest::option::of(proptest::sample::select(Status::ALL.to_vec())),
        any::<bool>(),
        proptest::sample::select(vec![
            Timestamp::MIN,
            Timestamp::MAX,
            Timestamp::UNIX_EPOCH,
            Timestamp::from_second(1_795_256_100).unwrap(),
        ]),
    );
    let changes = proptest::collection::vec(short_hostile_text(), 0..8);
    let details = proptest::collection::btree_map(short_hostile_text(), hostile_text(), 0..12);
    let more = (1_usize..60, 1_usize..4, changes, details);
    let texts = (text(), text(), text(), text(), text(), text(), text());
    (what, texts, resource, cost, more).prop_map(|(what, texts, resource, estimated_cost, more)| {
        let (event_type, status, dry_run, occurred_at) = what;
        let (id, environment, project, provider, region, actor, message) = texts;
        let (repeat, repeat_details, changes, details) = more;
        let id = json!(id.unwrap_or_default());
        Event {
            id: serde_json::from_value::<EventId>(id).unwrap(),
            status,
            occurred_at,
            environment,
            project,
            resource,
            account: provider.clone(),
            provider,
            region,
            severity: Some(Severity::Critical),
            estimated_cost,
            actor,
            message,
            dry_run,
            changes: vec![changes; repeat].concat(),
            details: numbered(&details, repeat_details),
            ..sample::event(event_type)
        }
    })
}

fn numbered(details: &BTreeMap<String, String>, times: usize) -> BTreeMap<String, String> {
    (0..times)
        .flat_map(|n| {
            details
                .iter()
                .map(move |(name, value)| (format!("{name}{n}"), value.clone()))
        })
        .collect()
}

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(hostile_text())
}

/// Text of everything that platforms interpret, of any characters, of any length.
fn hostile_text() -> impl Strategy<Value = String> {
    let times = prop_oneof![12 => Just(1_usize), 2 => 2_usize..40, 1 => Just(700)];
    (short_hostile_text(), times).prop_map(|(text, times)| text.repeat(times))
}

fn short_hostile_text() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        3 => proptest::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => ".{0,20}",
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z0-9 ]{0,20}",
    ];
    proptest::collection::vec(fragment, 0..8).prop_map(|fragments| fragments.concat())
}

const FRAGMENTS: &[&str] = &[
    "<!here>",
    "<!channel|x>",
    "<!date^0^{date}|x>",
    "<!subteam^S1>",
    "<@U1>",
    "<@1>",
    "<@&1>",
    "<#C1|x>",
    "<#1>",
    "<https://evil.example|bank>",
    "<mailto:a@b.c|x>",
    "@everyone",
    "@here",
    "@channel",
    "@",
    "everyone",
    "here",
    "`",
    "```",
    "\n",
    "\r\n",
    "\n- ",
    "\n# ",
    "\n1. ",
    "\n> ",
    "\n-# ",
    "- ",
    "# ",
    "1. ",
    "1) ",
    "> ",
    " ",
    "  ",
    "\u{202e}",
    "\u{200d}",
    "\u{200b}",
    "\u{0}",
    "\u{fe0f}",
    "\u{3000}",
    "\u{a0}",
    "\u{2028}",
    "👩‍👩‍👧",
    "e\u{301}",
    "&amp;",
    "&lt;",
    "&",
    "<",
    ">",
    "*",
    "**",
    "_",
    "__",
    "~",
    "~~",
    "|",
    "||",
    "[",
    "](https://evil.example)",
    "\\",
    "\\\\",
    ":",
    ":tada:",
    "<t:0:R>",
    "<:x:1>",
    "<a:x:1>",
    "</a:1>",
    "<id:home>",
    "https://example.com/a_b_c",
    "http://",
    "https://x/@everyone",
    "https://e.example/x",
    "steam://run/1",
    "(https://e.example/a_(b))",
    "https://e.example/?f[x]=*y*",
    "HTTPS://E.EXAMPLE/x",
    "https://$HOST/a_b",
    "https://x/{a}_b",
    "https://x/{{DATE(x)}}",
    "https://***@",
    "https://*",
    "https://)",
    "https://>",
    "http://|",
    "steam://^`",
    "https://[_a_](",
    "xhttps://]",
    "Https://*a*",
    "https",
    "://",
    "{",
    "}",
    "^",
    "\n\t",
    "\t",
    "\n  ",
    "\n+ ",
    "\u{1b}[31m",
    "\u{1b}]8;;https://x.example\u{7}",
    "arn:aws:rds:eu-west-1:111122223333:db:x",
    "é",
    "\u{1f1e6}\u{1f1e7}",
    "…",
];

fn url() -> impl Strategy<Value = Option<String>> {
    let host = proptest::sample::select(vec![
        "example.com",
        "localhost",
        "10.0.0.1",
        "[::1]",
        "a:b@example.com:8443",
        "bücher.example",
        "x.y`z.com",
        "",
    ]);
    let scheme = proptest::sample::select(vec!["https://", "http://", "javascript:", "ftp://", ""]);
    proptest::option::of(
        (scheme, host, hostile_text())
            .prop_map(|(scheme, host, rest)| format!("{scheme}{host}/{rest}")),
    )
}

/// An HTTP answer.
pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> crate::Answer {
    let mut answer = crate::Answer {
        status,
        body: body.to_owned(),
        ..crate::Answer::default()
    };
    for (name, value) in headers {
        let name = reqwest::header::HeaderName::try_from(*name).unwrap();
        answer.headers.insert(name, value.parse().unwrap());
    }
    answer
}
