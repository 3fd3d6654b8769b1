use super::url::{FORM, parse};
use crate::testing::{TEAMS, configured, read, secret_part, wrong};
use carillon_domain::webhook::Grouping;
use carillon_domain::{Configuration, pattern};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

const ID: &str = "0fa10fa10fa10fa10fa10fa10fa10fa1";
const SIGNATURE: &str = "fake-signature_of-nobody-at-all-0000000wxyz";

fn query() -> String {
    format!("api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={SIGNATURE}")
}

/// Every form that Microsoft has given these URLs.
fn forms() -> Vec<String> {
    let invoke = format!("workflows/{ID}/triggers/manual/paths/invoke");
    let direct = "powerautomate/automations/direct";
    let mut forms = Vec::new();
    for (host, path) in [
        ("prod-00.westeurope.logic.azure.com", invoke.clone()),
        ("prod2-07.eastus.logic.azure.com", invoke.clone()),
        ("prod-00.usgovtexas.logic.azure.us", invoke.clone()),
        (
            "default0fa1.b2.environment.api.powerplatform.com",
            format!("{direct}/{invoke}"),
        ),
        (
            "0fa1.b2.environment.api.powerplatform.com",
            format!("{direct}/cu/04/{invoke}"),
        ),
        (
            "0fa1.b.environment.api.gov.powerplatform.microsoft.us",
            format!("{direct}/{invoke}"),
        ),
    ] {
        for port in ["", ":443"] {
            for slash in ["", "/"] {
                for host in [host.to_owned(), host.to_uppercase()] {
                    forms.push(format!("https://{host}{port}/{path}{slash}?{}", query()));
                }
            }
        }
    }
    let (host, query) = ("prod-00.westeurope.logic.azure.com", query());
    let turned: Vec<&str> = query.rsplit('&').collect();
    forms.push(format!("https://{host}/{invoke}?{}", turned.join("&")));
    forms
}

fn registered(url: &str) -> Result<(Configuration, SecretString), String> {
    read("teams", &json!({ "webhook_url": url })).map_err(|faults| {
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].0, "/configuration/webhook_url");
        faults[0].1.clone()
    })
}

#[test]
fn each_form_of_a_workflows_url_is_stored_as_it_was_pasted_and_shown_masked() {
    let described = regex::Regex::new(&pattern::whole(FORM)).unwrap();
    for url in forms() {
        let (configuration, secret) = registered(&format!(" {url}\n")).unwrap();
        assert_eq!(secret.expose_secret(), url);
        let masked = configuration.text("webhook_url").unwrap();
        let host = parse(&url).unwrap().host;
        assert_eq!(masked, format!("https://{host}/…wxyz"));
        let lower = url.replace(&host.to_uppercase(), &host);
        assert!(described.is_match(&lower), "{url}");
        let called = ::url::Url::parse(&url).unwrap();
        assert!(TEAMS.may_call(&called), "{url}");
    }
}

#[test]
fn what_is_no_workflows_url_is_refused_with_what_would_be_right() {
    let described = regex::Regex::new(&pattern::whole(FORM)).unwrap();
    let host = "prod-00.westeurope.logic.azure.com";
    let new = "0fa1.b2.environment.api.powerplatform.com";
    let path = format!("workflows/{ID}/triggers/manual/paths/invoke");
    let query = query();
    let amp = query.replace('&', "&amp;");
    let shell = query.replace('&', "\\&");
    for (url, what) in [
        (format!("http://{host}/{path}?{query}"), "https://"),
        (
            format!("https://{host}:8443/{path}?{query}"),
            "no port but 443",
        ),
        (format!("https://a@{host}/{path}?{query}"), "user name"),
        (format!("https://{host}/{path}?{query}#x"), "fragment"),
        (
            format!("https://{host}.evil.example/{path}?{query}"),
            "Send webhook alerts",
        ),
        (
            format!("https://logic.azure.com/{path}?{query}"),
            "Send webhook alerts",
        ),
        (
            format!("https://.logic.azure.com/{path}?{query}"),
            "Send webhook alerts",
        ),
        (
            format!("https://evil%2elogic.azure.com/{path}?{query}"),
            "Send webhook alerts",
        ),
        (
            format!("https://x.azure-api.net/{path}?{query}"),
            "Send webhook alerts",
        ),
        (
            "https://acme.webhook.office.com/webhookb2/fake".to_owned(),
            "retired in 2026",
        ),
        (
            "https://outlook.office.com/webhook/fake".to_owned(),
            "retired in 2026",
        ),
        (
            format!("https://{host}/{path}/more?{query}"),
            "path ends with",
        ),
        (
            format!("https://{host}/../{path}?{query}"),
            "path ends with",
        ),
        (
            format!("https://{host}/workflows/{ID}?{query}"),
            "path ends with",
        ),
        (format!("https://{new}/{path}?{query}"), "path ends with"),
        (
            format!("https://{new}/powerautomate/automations/direct/?{query}"),
            "path ends with",
        ),
        (
            format!("https://{new}/powerautomate/automations/direct/..//{path}?{query}"),
            "path ends with",
        ),
        (
            format!("https://{host}/{path}?api-version=1"),
            "cut off at the first &",
        ),
        (format!("https://{host}/{path}"), "Anyone"),
        (format!("https://{host}/{path}?sig="), "no signature"),
        (format!("https://{host}/{path}?{amp}"), "&amp;"),
        (format!("https://{host}/{path}?{shell}"), "shell"),
        (
            format!("https://{host}/{path}?{query}'"),
            "its query may have",
        ),
        (format!("https://{host}/{path}?{query} x"), "plain ASCII"),
        (format!("https://{host}/…wxyz"), "masked"),
    ] {
        let detail = registered(&url).unwrap_err();
        assert!(detail.contains(what), "{url}: {detail}");
        assert!(!detail.contains(SIGNATURE), "{detail}");
        assert!(!described.is_match(&url), "{url}");
    }
    let long = format!("https://{host}/{path}?{query}{}", "x".repeat(2_000));
    assert!(registered(&long).is_err());
}

#[test]
fn it_has_a_label_at_most_and_cannot_group() {
    let url = &forms()[0];
    let with = |more: serde_json::Value| {
        let mut value = json!({ "webhook_url": url });
        for (name, more) in more.as_object().unwrap() {
            value[name] = more.clone();
        }
        value
    };
    let labelled = configured("teams", &with(json!({"channels": ["Alerts"]}))).unwrap();
    assert_eq!(labelled.channels, ["Alerts"]);
    assert_eq!(labelled.configuration.grouping, Grouping::None);
    for (more, pointer) in [
        (json!({"channels": ["a", "b"]}), "/channels"),
        (json!({"grouping": "thread"}), "/grouping"),
        (json!({"grouping": "update"}), "/grouping"),
        (json!({"username": "Bell"}), "/username"),
    ] {
        assert_eq!(wrong("teams", &with(more)), [pointer]);
    }
    assert_eq!(wrong("teams", &json!({})), ["/webhook_url"]);
}

#[test]
fn a_signature_is_hidden_as_it_was_sent_and_as_it_was_read() {
    let url = forms()[0].replace(SIGNATURE, "fake%2Bfake%2Dfake-0000");
    let hidden = TEAMS.hidden(&SecretString::from(url));
    assert_eq!(hidden, ["fake%2Bfake%2Dfake-0000", "fake+fake-fake-0000"]);
    assert!(secret_part(TEAMS).starts_with("fake-"));
}
