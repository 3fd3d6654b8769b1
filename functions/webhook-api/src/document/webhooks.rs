//! The schemas of webhooks, as they are registered, changed and rotated.

use carillon_domain::event::{MAX_NAME, Severity, Status};
use carillon_domain::webhook::{Digest, Grouping, MAX_WEBHOOK_NAME};
use carillon_domain::{EventType, Platform, WebhookStatus, pattern};
use serde_json::{Map, Value, json};

use super::texts::{
    blank, choice, form, line, listed, optional, or_null, organization, said, text, time,
};

const CHANNEL: &str = "A channel's name or id";
const LABEL: &str = "A label; the URL decides where it posts";
const TOKEN: &str = "xoxb-[A-Za-z0-9.-]{8,}";
const SLACK_URL: &str = "https://(?:hooks\\.slack\\.com|hooks\\.slack-gov\\.com)/services/\
                         T[A-Z0-9]{1,31}/B[A-Z0-9]{1,31}/[A-Za-z0-9_+-]{8,128}/?";
const DISCORD_URL: &str = "https://(?:ptb\\.|canary\\.)?(?:discord|discordapp)\\.com/api/\
                           (?:v[0-9]{1,2}/)?webhooks/(?:[0-9]{15,20}|X{15,20})/\
                           [A-Za-z0-9._-]{20,256}/?(?:\\?thread_id=[0-9]{15,20})?";
/// What reads show in the place of a credential, and means 'unchanged'.
pub const MASK: &str = "[!-~]*\u{2026}[!-~]*";
/// A channel's name, or its id.
const CHANNEL_FORM: &str = "#?(?:[a-z0-9_-]|[^\\u0000-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]){1,80}|\
                            [CGDUW](?:[A-Z0-9]{8,31}|[A-Z]{0,6}[0-9][A-Z0-9]{0,6})";

pub fn add(schemas: &mut Map<String, Value>) {
    let mut add = |name: &str, schema: Value| {
        schemas.insert(name.to_owned(), schema);
    };
    add("NewWebhook", new_webhook());
    add("WebhookReplacement", replacement());
    add("WebhookPatch", patch());
    add("SlackBot", slack_bot(&[]));
    add("SlackIncomingWebhook", slack_webhook(&[]));
    add("DiscordWebhook", discord(&[]));
    add("Filters", filters());
    add("Rotation", rotation());
    add("Recovery", recovery());
    add("Nothing", nothing());
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "required": required, "properties": properties,
    })
}

/// The fields of both, those of the second before the first's.
fn joined(mut fields: Value, more: &Value) -> Value {
    if let (Some(fields), Some(more)) = (fields.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    fields
}

fn event_types() -> Value {
    let names: Vec<&str> = EventType::ALL.iter().map(|known| known.as_str()).collect();
    let item = json!({"anyOf": [
        {"type": "string", "enum": names}, form(256, &pattern::event_types()),
    ]});
    listed(
        1,
        50,
        item,
        "Event types, or patterns with * that match at least one, such as parameter_*",
    )
}

fn fields() -> Value {
    let mut name = line(MAX_WEBHOOK_NAME);
    name["description"] = "Unique in the organization".into();
    json!({
        "name": name,
        "event_types": event_types(),
        "filters": {"$ref": "#/components/schemas/Filters"},
        "enabled": {"type": ["boolean", "null"]},
        "organization": organization(),
    })
}

/// A webhook of each platform, whose configuration is one of the platform's.
fn of_platforms(fields: &Value, slack: &[Value], discord: &[Value], about: &str) -> Value {
    let variant = |platform: Platform, configurations: &[Value]| {
        let own = json!({
            "type": {"type": "string", "const": platform.as_str()},
            "configuration": {
                "description": "A masked credential that is sent back means 'unchanged'",
                "anyOf": configurations,
            },
        });
        let required = ["name", "type", "event_types", "configuration"];
        object(&required, joined(fields.clone(), &own))
    };
    json!({
        "description": about,
        "anyOf": [variant(Platform::Slack, slack), variant(Platform::Discord, discord)],
    })
}

/// What an entry of a file may say beside its configuration.
pub fn entry_fields() -> Value {
    let environments = listed(1, 50, said(MAX_NAME), "Short for filters.environment");
    json!({
        "enabled": {"type": ["boolean", "null"]},
        "events": or_null(event_types()),
        "environments": or_null(environments),
        "filters": {"$ref": "#/components/schemas/Filters"},
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn new_webhook() -> Value {
    of_platforms(
        &fields(),
        &[reference("SlackBot"), reference("SlackIncomingWebhook")],
        &[reference("DiscordWebhook")],
        "At most 16 KB as JSON",
    )
}

/// What the server adds. It may be sent back as it was read, and not otherwise.
fn read_only() -> Value {
    json!({
        "id": text(1_000, "Its own"),
        "status": choice(
            &WebhookStatus::ALL.map(|(name, _)| name),
            "As it is, or with an `enabled` that says the same",
        ),
        "status_reason": text(16_384, "As it was read"),
        "created_at": time("As it is"),
        "modified_at": time("As it was read"),
        "verification": {"description": "Of an answer; not looked at"},
        "rotated": {"description": "Of an answer; not looked at"},
    })
}

fn replacement() -> Value {
    of_platforms(
        &joined(fields(), &read_only()),
        &[slack_bot(&[MASK]), slack_webhook(&[MASK])],
        &[discord(&[MASK])],
        "The whole webhook; what the server adds may be sent back as it was read",
    )
}

fn patch() -> Value {
    let mut properties = joined(fields(), &read_only());
    properties["type"] = json!({"type": "string", "enum": Platform::ALL.map(Platform::as_str)});
    let mut configuration = Map::new();
    for whole in [slack_bot(&[MASK]), slack_webhook(&[MASK]), discord(&[MASK])] {
        for variant in whole["anyOf"].as_array().into_iter().flatten() {
            for (name, schema) in variant["properties"].as_object().into_iter().flatten() {
                let any = configuration
                    .entry(name.clone())
                    .or_insert_with(|| json!([{"type": "null"}]));
                if let Some(any) = any.as_array_mut()
                    && !any.contains(schema)
                {
                    any.push(schema.clone());
                }
            }
        }
    }
    let configuration: Map<String, Value> = configuration
        .into_iter()
        .map(|(name, any)| (name, json!({ "anyOf": any })))
        .collect();
    properties["configuration"] = object(&[], configuration.into());
    let mut patch = object(&[], properties);
    patch["description"] =
        "The fields to change (RFC 7396): null removes, lists are replaced as a whole".into();
    patch
}

pub fn filters() -> Value {
    let any = "Any of these; * stands for any run of characters";
    let values = |item: Value| or_null(listed(1, 50, item, any));
    let names = || values(said(MAX_NAME));
    let one_of = |names: &[&str], globs: String| json!({"anyOf": [{"type": "string", "enum": names}, form(MAX_NAME, &globs)]});
    let statuses = one_of(&Status::ALL.map(Status::as_str), pattern::statuses());
    let severities = one_of(&Severity::ALL.map(Severity::as_str), pattern::severities());
    json!({
        "type": ["object", "null"], "additionalProperties": false,
        "description": "All keys must match; of a key, any value; * stands for any run of characters",
        "properties": {
            "environment": names(), "project": names(), "provider": names(), "account": names(),
            "region": names(), "status": values(statuses), "severity": values(severities),
            "resource_type": names(),
        },
    })
}

/// `grouping` and `digest`.
fn joining(groupings: &[&str]) -> Value {
    json!({
        "grouping": choice(groupings, "Whether the events of one correlation_id share a thread, or later ones edit the first message"),
        "digest": choice(&Digest::ALL.map(|(name, _)| name), "Whether a backlog is sent as one message of up to 10 events"),
    })
}

fn groupings() -> [&'static str; 3] {
    Grouping::ALL.map(|(name, _)| name)
}

/// A credential of this form, or what stands for it.
fn credential(max: usize, pattern_of: &str, or: &[&str], description: &str) -> Value {
    let mut forms = vec![pattern_of];
    forms.extend(or);
    let mut credential = form(max, &pattern::around(&forms.join("|")));
    credential["description"] = format!("{description}; shown masked").into();
    credential
}

/// What must not be there, where null and blank are as good as nothing.
fn absent(max: usize) -> Value {
    json!({"anyOf": [{"type": "null"}, blank(max)]})
}

/// A configuration in several forms that differ in some fields.
fn forms(title: &str, common: &Value, forms: Vec<(Vec<&str>, Value)>) -> Value {
    let forms: Vec<Value> = forms
        .into_iter()
        .map(|(required, own)| object(&required, joined(common.clone(), &own)))
        .collect();
    json!({"title": title, "anyOf": forms})
}

pub fn slack_bot(or: &[&str]) -> Value {
    let channel = form(100, &pattern::around(CHANNEL_FORM));
    let mut channels = listed(
        1,
        10,
        channel.clone(),
        "Instead of channel: one delivery each",
    );
    channels["uniqueItems"] = true.into();
    let common = json!({
        "token": credential(255, TOKEN, or, "Scope chat:write"),
        "webhook_url": absent(1_000),
        "username": optional(80, "Needs the scope chat:write.customize", &[line(80)]),
        "icon_emoji": optional(
            102,
            "Such as :bell:; needs the scope chat:write.customize",
            &[form(102, "^:[A-Za-z0-9_+'-]+(?:::skin-tone-[2-6])?:$")],
        ),
    });
    let common = joined(common, &joining(&groupings()));
    let mut one = channel;
    one["description"] = CHANNEL.into();
    forms(
        "Slack, bot token",
        &common,
        vec![
            (
                vec!["token", "channel"],
                json!({"channel": one, "channels": {"type": "null"}}),
            ),
            (
                vec!["token", "channels"],
                json!({"channel": absent(100), "channels": channels}),
            ),
        ],
    )
}

/// `channel` and `channels` as a label: one at most.
fn labels(required: &str, common: &Value, title: &str) -> Value {
    let mut label = line(100);
    label["description"] = LABEL.into();
    let list = |most| or_null(listed(0, most, line(100), LABEL));
    forms(
        title,
        common,
        vec![
            (
                vec![required],
                json!({"channel": absent(100), "channels": list(1)}),
            ),
            (
                vec![required, "channel"],
                json!({"channel": label, "channels": list(0)}),
            ),
        ],
    )
}

pub fn slack_webhook(or: &[&str]) -> Value {
    let common = json!({
        "webhook_url": credential(1_000, SLACK_URL, or, "https://hooks.slack.com/services/\u{2026}"),
        "token": absent(255),
        "username": {"type": "null"},
        "icon_emoji": {"type": "null"},
    });
    let common = joined(common, &joining(&["none"]));
    labels("webhook_url", &common, "Slack, incoming webhook")
}

pub fn discord(or: &[&str]) -> Value {
    let url = form(2_048, pattern::web_url());
    let thread_id = form(64, "^[0-9]{15,20}$");
    let common = json!({
        "webhook_url": credential(2_000, DISCORD_URL, or, "https://discord.com/api/webhooks/\u{2026}"),
        "username": optional(80, "The name that messages are posted under; Discord forbids some", &[line(80)]),
        "avatar_url": optional(2_048, "Of an image", &[url]),
        "thread_id": optional(64, "A thread of the channel; grouping cannot be `thread` then", &[thread_id]),
    });
    let common = joined(common, &joining(&groupings()));
    let mut schema = labels("webhook_url", &common, "Discord");
    // A thread is named once, and then there are no others.
    let thread_id = json!({"type": "string", "pattern": "[0-9]"});
    let in_url = json!({"type": "string", "pattern": "thread_id="});
    let thread = json!({"const": "thread"});
    schema["allOf"] = [
        ("thread_id", &thread_id, "grouping", &thread),
        ("webhook_url", &in_url, "grouping", &thread),
        ("webhook_url", &in_url, "thread_id", &thread_id),
    ]
    .map(|(one, first, other, second)| {
        json!({"not": {
            "required": [one, other], "properties": {one: first, other: second},
        }})
    })
    .to_vec()
    .into();
    schema
}

fn rotation() -> Value {
    let variant = |name: &str, credential: Value, other: &str| {
        let properties = json!({
            name: credential,
            other: {"type": "null"},
            "everywhere": {
                "type": ["boolean", "null"],
                "description": "Whether all webhooks that share the old credential get the new one",
            },
            "organization": organization(),
        });
        object(&[name], properties)
    };
    let url = format!("{SLACK_URL}|{DISCORD_URL}");
    json!({
        "description": "A new credential, under the name that it has in the webhook's configuration",
        "anyOf": [
            variant("token", credential(255, TOKEN, &[], "Of a Slack bot"), "webhook_url"),
            variant("webhook_url", credential(1_000, &url, &[], "Of the webhook's platform"), "token"),
        ],
    })
}

fn recovery() -> Value {
    object(
        &[],
        json!({
            "since": time("What failed or was skipped then or later; everything, if left out"),
            "after": optional(
                100,
                "To go on where an answer before has ended: its `next_after`",
                &[form(100, "^dl_[A-Za-z0-9]{26}$")],
            ),
            "organization": organization(),
        }),
    )
}

fn nothing() -> Value {
    object(&[], json!({"organization": organization()}))
}
