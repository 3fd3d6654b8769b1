//! What the console knows of the kinds of destinations: what they say of themselves, and the files
//! in their folders that draw their messages and lead people to their credentials.

use carillon_chat::form::Rule;
use carillon_chat::{Kind, Kinds};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde_json::{Value, json};

/// `<folder>/console/<file>`. The file that is called after a type is the one that the console
/// asks for.
#[derive(RustEmbed)]
#[folder = "../../shared/chat/src/"]
#[include = "*/console/*"]
struct Files;

/// Made of them all.
pub const MODULE: &str = "kinds/all.js";

/// What each file is called in the console.
pub fn names() -> impl Iterator<Item = String> {
    Files::iter().map(|path| format!("kinds/{}", path.replacen("/console/", "/", 1)))
}

pub fn get(name: &str) -> Option<EmbeddedFile> {
    let (folder, name) = name.strip_prefix("kinds/")?.split_once('/')?;
    Files::get(&format!("{folder}/console/{name}"))
}

/// `looks` are the files that are called after a type; `kinds` is what each kind says of itself.
pub fn module(kinds: &Kinds) -> String {
    let names: Vec<String> = names().collect();
    let mut module = String::new();
    let mut looks = Vec::new();
    for api_type in kinds.types() {
        let end = format!("/{api_type}.js");
        if let Some(name) = names.iter().find(|name| name.ends_with(&end)) {
            let name = name.replacen("kinds/", "./", 1);
            module += &format!("import * as {api_type} from '{name}';\n");
            looks.push(api_type);
        }
    }
    let kinds: Vec<Value> = kinds.iter().map(described).collect();
    module += &format!("export const looks = {{ {} }};\n", looks.join(", "));
    module += &format!("export const kinds = {};\n", Value::from(kinds));
    module
}

fn described(kind: &dyn Kind) -> Value {
    let asks = kind.about().fields.iter().filter_map(|field| {
        let Rule::Secret(secret) = field.rule else {
            return None;
        };
        let is_made = secret.make.is_some();
        Some(json!({"name": field.name, "about": field.about, "is_made": is_made}))
    });
    let channels = kind
        .about()
        .fields
        .iter()
        .filter_map(|field| match field.rule {
            Rule::List(list) if field.name == "channels" => Some(list.most),
            _ => None,
        });
    // None where its messages have no words of their owner's.
    let forms = kind.about().mentions.ok();
    let mentions = forms.map(|forms| forms.iter().map(|form| form.name).collect::<Vec<_>>());
    json!({
        "id": kind.id().as_str(),
        "type": kind.id().api_type(),
        "title": kind.about().title,
        "schema": format!("{}Configuration", kind.about().schema_name),
        "asks": asks.collect::<Vec<_>>(),
        "channels": channels.max().unwrap_or_default(),
        "mentions": mentions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_look_its_steps_and_its_style_in_its_own_folder() {
        let kinds = Kinds::default();
        let module = module(&kinds);
        for kind in kinds.iter() {
            let id = kind.id();
            let api_type = id.api_type();
            let import = format!("import * as {api_type} from './");
            let path = module.split_once(&import).unwrap().1;
            let path = path.split('\'').next().unwrap();
            let file = get(&format!("kinds/{path}")).unwrap();
            let text = String::from_utf8(file.data.into_owned()).unwrap();
            assert!(text.contains("steps: ["), "{id}");
            let names = [format!("  {id}: {{"), format!("  '{id}': {{")];
            assert!(names.iter().any(|name| text.contains(name)), "{id}");
            let style = path.replace(".js", ".css");
            assert!(get(&format!("kinds/{style}")).is_some(), "{id}");
        }
    }

    #[test]
    fn a_kind_says_what_it_asks_for() {
        let kinds = Kinds::default();
        let described: Vec<Value> = kinds.iter().map(described).collect();
        let asks = |at: usize| described[at]["asks"][0]["name"].as_str();
        assert_eq!(asks(0), Some("token"));
        assert_eq!(asks(1), Some("webhook_url"));
        assert_eq!(described[4]["asks"][1]["is_made"], true);
        let channels = described.iter().map(|kind| &kind["channels"]);
        assert_eq!(channels.collect::<Vec<_>>(), [10, 1, 1, 1, 0]);
        assert_eq!(described[1]["schema"], "SlackIncomingWebhookConfiguration");
        let mentions = described.iter().map(|kind| &kind["mentions"]);
        let has_words: Vec<bool> = mentions.map(Value::is_array).collect();
        assert_eq!(has_words, [true, true, true, true, false]);
    }
}
