//! `carillon apply`: the webhooks as a file says, with what changes like a diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde_json::{Value, json};

use super::credential::secret_names;
use crate::call::{Call, path, query};
use crate::client::Client;
use crate::document::Document;
use crate::error::Error;
use crate::output::{Report, text};
use crate::places::Places;
use crate::substitute::from_environment;
use crate::text::{clean, did_you_mean};
use crate::yaml::escaped;

/// The block of the file that is applied.
pub const BLOCK: &str = "notifications";

#[derive(Debug, Args)]
pub struct Apply {
    /// A configuration in YAML or JSON, such as ~/.cloudctl/config.yaml; `-` is standard input.
    /// ${NAME} is replaced from the environment
    file: PathBuf,
    /// Remove the webhooks that the file does not name
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    how: How,
}

/// How webhooks are taken over.
#[derive(Debug, Args)]
pub struct How {
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask the platforms about credentials
    #[arg(long)]
    no_verify: bool,
}

pub fn run(client: &Client, apply: &Apply) -> Result<Report, Error> {
    let block = block(Document::read(&apply.file)?)?;
    put(client, &block, &apply.how, apply.prune)
}

/// The `notifications:` block alone: what else is in the file is nobody's business.
pub fn block(document: Document) -> Result<Document, Error> {
    let Document { mut value, places } = document;
    let Some(block) = value.get_mut(BLOCK).map(Value::take) else {
        let keys = value.as_object().into_iter().flatten();
        let hint = did_you_mean(BLOCK, keys.map(|(key, _)| key.as_str()));
        let file = places.find("");
        return Err(Error::Faults(vec![format!(
            "{file}: `{BLOCK}:` is missing{hint}"
        )]));
    };
    let mut block = Document {
        value: block,
        places: places.below(&format!("/{BLOCK}")),
    };
    from_environment(&mut block)?;
    Ok(block)
}

/// Makes the webhooks what a block says.
pub fn put(client: &Client, block: &Document, how: &How, prune: bool) -> Result<Report, Error> {
    let Document {
        value: block,
        places,
    } = block;
    let before = client.call(&Call::get(path(&[BLOCK])))?;
    // Before anything is changed: without them nothing can be shown.
    let secret = secret_names(client)?;
    let flag = |on: bool, value: &str| on.then(|| value.to_owned());
    let path = query(
        &path(&[BLOCK]),
        &[
            ("dry_run", flag(how.dry_run, "true")),
            ("prune", flag(prune, "true")),
            ("verify", flag(how.no_verify, "false")),
        ],
    );
    // JSON is YAML, and is read as leniently: an id may be a number.
    let body = json!({BLOCK: block});
    let call = Call::put(path).body("application/yaml", &body, &places.above());
    let mut answer = client.call(&call)?;
    in_order(&mut answer, places);
    let text = diff(&answer, &before[BLOCK], block, &secret, how.dry_run);
    Ok(Report::new(answer, text))
}

/// Puts the results into the file's order; what was removed comes last.
fn in_order(answer: &mut Value, places: &Places) {
    let line = |result: &Value| {
        let name = result["name"].as_str().unwrap_or_default();
        places
            .of(&format!("/{}", escaped(name)))
            .unwrap_or((u64::MAX, 0))
    };
    if let Some(results) = answer["results"].as_array_mut() {
        results.sort_by_key(line);
    }
}

/// What changes, a webhook a line and a field a line.
fn diff(
    answer: &Value,
    before: &Value,
    after: &Value,
    secret: &BTreeSet<String>,
    dry_run: bool,
) -> String {
    let mut shown = String::new();
    let mut counts = BTreeMap::new();
    for result in answer["results"].as_array().into_iter().flatten() {
        let name = result["name"].as_str().unwrap_or_default();
        let what = result["result"].as_str().unwrap_or_default();
        *counts.entry(what).or_insert(0) += 1;
        let (sign, colour) = match what {
            "created" => ("+", Some(AnsiColor::Green)),
            "updated" => ("~", Some(AnsiColor::Yellow)),
            "removed" => ("-", Some(AnsiColor::Red)),
            _ => (" ", None),
        };
        let style = colour.map_or(Style::new(), |colour| colour.on_default());
        let entry = find(after, name);
        let kind = match entry["provider"].as_str() {
            Some(provider) if what == "created" => format!(" ({})", clean(provider)),
            _ => String::new(),
        };
        let _ = writeln!(shown, "{style}{sign} {}{kind}{style:#}", clean(name));
        for field in result["changed"].as_array().into_iter().flatten() {
            let field = field.as_str().unwrap_or_default();
            shown += &match secret.contains(field) {
                true => format!("    {}: another one\n", clean(field)),
                false => change(field, &find(before, name)[field], &entry[field]),
            };
        }
        for (field, secret) in result["made"].as_object().into_iter().flatten() {
            let (field, secret) = (clean(field), clean(&text(secret)));
            let _ = writeln!(
                shown,
                "    {field}: {secret} (keep it: it is shown this once)"
            );
        }
        for warning in result["warnings"].as_array().into_iter().flatten() {
            let _ = writeln!(shown, "    ! {}", clean(&text(warning)));
        }
    }
    let count = |what: &str| counts.get(what).copied().unwrap_or(0);
    let summary = match dry_run {
        true => ["to create", "to update", "to remove"],
        false => ["created", "updated", "removed"],
    };
    let _ = write!(
        shown,
        "\n{} {}, {} {}, {} {}, {} unchanged.{}",
        count("created"),
        summary[0],
        count("updated"),
        summary[1],
        count("removed"),
        summary[2],
        count("unchanged"),
        if dry_run { " Nothing was changed." } else { "" }
    );
    shown.trim_start_matches('\n').to_owned()
}

/// An entry; a name in the file may have spaces around it.
fn find<'v>(block: &'v Value, name: &str) -> &'v Value {
    let found = block.as_object().into_iter().flatten();
    let mut found = found.filter(|(key, _)| key.trim() == name);
    found.next().map_or(&Value::Null, |(_, entry)| entry)
}

fn change(field: &str, before: &Value, after: &Value) -> String {
    let field = clean(field);
    let side = |sign: &str, colour: AnsiColor, value: &Value| match value {
        Value::Null => String::new(),
        value => {
            let (style, value) = (colour.on_default(), clean(&value.to_string()));
            format!("    {style}{sign} {field}: {value}{style:#}\n")
        }
    };
    let lines = side("-", AnsiColor::Red, before) + &side("+", AnsiColor::Green, after);
    match lines.is_empty() {
        true => format!("    {field}: as it is by default\n"),
        false => lines,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_plan_reads_like_a_diff() {
        let answer = json!({"results": [
            {"name": "work", "result": "created", "changed": [], "id": null,
             "made": {"secret": "fake-secret-made"}},
            {"name": "gaming", "result": "updated", "changed": ["channels", "webhook_url"]},
            {"name": "same", "result": "unchanged", "changed": []},
            {"name": "old", "result": "removed", "changed": []},
        ]});
        let before = json!({"gaming": {"channels": ["a"], "webhook_url": "https://…"}});
        let after = json!({
            "work": {"provider": "slack", "webhook_url": "https://fake-secret"},
            "gaming": {"channels": ["b"], "webhook_url": "https://fake-secret"},
        });
        let secret = ["webhook_url".to_owned()].into();
        let diff = |dry_run| plain(&diff(&answer, &before, &after, &secret, dry_run));
        assert_eq!(
            diff(true),
            "+ work (slack)\n    secret: fake-secret-made (keep it: it is shown this once)\n\
             ~ gaming\n    - channels: [\"a\"]\n    + channels: [\"b\"]\n    webhook_url: another one\n\
             \u{20} same\n\
             - old\n\n\
             1 to create, 1 to update, 1 to remove, 1 unchanged. Nothing was changed."
        );
        assert!(diff(false).ends_with("1 removed, 1 unchanged."));
    }

    #[test]
    fn only_the_block_leaves_the_machine() {
        let yaml = "secret: ${NOT_SET}\nnotifications:\n  work:\n    provider: slack\n";
        let document = Document::parse(Path::new("f.yaml"), yaml).unwrap();
        let Document { value, places } = super::block(document).unwrap();
        assert_eq!(value, json!({"work": {"provider": "slack"}}));
        assert_eq!(places.find("/work/provider"), "f.yaml:4:5");
        assert_eq!(
            places.above().find("/notifications/work/provider"),
            "f.yaml:4:5"
        );

        let document = Document::parse(Path::new("f.yaml"), "notification: {}\n").unwrap();
        let error = super::block(document).unwrap_err().to_string();
        assert!(error.ends_with("did you mean `notification`?"), "{error}");
    }
}
