//! `cargo run`: everything in one process.

mod banner;
mod demo;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::Context;
use carillon_aws::Quotas;
use carillon_chat::signed::Reach;
use carillon_chat::{ChatOrigin, Kinds};
use carillon_domain::OrganizationId;
use carillon_embedded::guard::{HostName, in_host};
use carillon_local::{Local, Options};
use carillon_runtime::{Settings, logs};
use clap::Parser;
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};

/// Carillon on one machine: the same functions as on AWS, with an embedded DynamoDB,
/// embedded secrets and an in-process queue. Nothing leaves the machine unless --live.
#[derive(Debug, Parser)]
#[command(name = "carillon-local", version)]
struct Arguments {
    /// Where the API and the page answer; 0 takes any free port
    #[arg(long, default_value_t = 8787, value_name = "N")]
    port: u16,
    /// Where DynamoDB answers any AWS client; items of its tables with a stream become events
    #[arg(long, default_value_t = 8788, value_name = "N")]
    dynamodb_port: u16,
    /// The address that both listen on; another than the loopback one lets others in, such as the
    /// host of a container
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST.into(), value_name = "ADDR")]
    listen: IpAddr,
    /// A name, besides the loopback names, that requests may be for, such as a proxy's; may be
    /// given several times
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<HostName>,
    /// The admin key; otherwise the one that the folder keeps, or a new one at each start
    #[arg(
        long,
        env = "CARILLON_ADMIN_KEY",
        hide_env_values = true,
        value_name = "KEY",
        value_parser = admin_key
    )]
    admin_key: Option<SecretString>,
    /// The organization of the admin key and of EventBridge events
    #[arg(long, default_value = "local", value_name = "ID", value_parser = organization)]
    organization: OrganizationId,
    /// Keep everything in this folder; in memory otherwise
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Post to Slack, Discord and Teams for real
    #[arg(long)]
    live: bool,
    /// Register two webhooks, send one event of each kind, then go on serving
    #[arg(long, conflicts_with = "live")]
    demo: bool,
}

fn organization(text: &str) -> Result<OrganizationId, String> {
    OrganizationId::parse(text).ok_or_else(|| OrganizationId::RULE.to_owned())
}

/// It has to go into a header.
fn admin_key(text: &str) -> Result<SecretString, String> {
    match text.is_empty() || text.chars().any(|c| !c.is_ascii_graphic()) {
        true => Err("must be letters, digits and signs of ASCII, at least one; leave it out to have one made".to_owned()),
        false => Ok(SecretString::from(text)),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::init_plain();
    let arguments = Arguments::parse();
    let mut settings = Settings::from_environment();
    let chat_origin = settings.checked("CARILLON_CHAT_ORIGIN", ChatOrigin::parse);
    let quotas = Quotas {
        webhooks: settings.parsed("MAX_WEBHOOKS", Quotas::default().webhooks),
        api_keys: settings.parsed("MAX_API_KEYS", Quotas::default().api_keys),
    };
    let function = settings.optional("AWS_LAMBDA_FUNCTION_NAME");
    let reach = settings.checked("CARILLON_ALLOW_PRIVATE", |text| {
        Reach::parse(text, function.as_deref())
    });
    let (chat_origin, quotas) = settings.finish((chat_origin, quotas))?;
    let (port, listen) = (arguments.port, in_host(arguments.listen));
    let mut own = format!("127.0.0.1:{port} localhost:{port} {listen}:{port}");
    for name in &arguments.allow_host {
        own += &format!(" {name}");
    }
    let reach = reach
        .unwrap_or_default()
        .without_called(carillon_webhook_api::host_called)
        .without_all(&own);
    let mut interrupt = signal(SignalKind::interrupt()).context("watching for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("watching for SIGTERM")?;
    let local = Local::start(Options {
        listen: arguments.listen,
        allow_hosts: arguments.allow_host,
        port: arguments.port,
        dynamodb_port: arguments.dynamodb_port,
        admin_key: arguments.admin_key,
        organization: arguments.organization,
        data: arguments.data,
        live: arguments.live,
        kinds: Kinds::reaching(reach),
        chat_origin,
        quotas,
        settings: std::env::vars().collect(),
    })
    .await?;
    anstream::println!("{}", banner::text(&local, arguments.listen));
    if arguments.demo {
        demo::run(&local).await.context("running the demo")?;
        println!("The demo's messages are at {}/", local.url());
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    local.stop().await;
    Ok(())
}
