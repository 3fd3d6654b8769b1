//! What can be typed.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::commands::{
    apply, deliveries, import, keys, login, matching, others, recovery, send, trial, webhooks,
};
use crate::output::Format;
use crate::run;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  carillon login https://abc.execute-api.eu-west-1.amazonaws.com
  carillon run --environment production -- terraform apply
  carillon send deploy --status succeeded --environment production
  carillon apply config.yaml --dry-run
  carillon deliveries --failed

Which Carillon: --profile, else CARILLON_URL and CARILLON_KEY, else the default profile of
~/.config/carillon/config.toml. A key is never an argument.

Exit codes: 0 done, 1 refused, 2 input, 3 not reachable, 4 key missing or not enough,
5 not found. `run` ends as its command does.";

/// Tells Slack, Discord, Teams and others what changed, through any Carillon.
#[derive(Debug, Parser)]
#[command(name = "carillon", version, styles = STYLES, after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// Tables for people, or JSON as the API answers it
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value = "table",
        env = "CARILLON_OUTPUT",
        hide_env = true,
        value_name = "FORMAT",
        help_heading = "Everywhere"
    )]
    pub output: Format,
    /// A profile of the configuration file
    #[arg(
        long,
        global = true,
        env = "CARILLON_PROFILE",
        hide_env = true,
        value_name = "NAME",
        help_heading = "Everywhere"
    )]
    pub profile: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a command, and tell of its start and its end
    Run(Box<run::Run>),
    /// Send an event
    Send(Box<send::Send>),
    /// Say which webhooks would get an event, and why the others would not
    Match(matching::Match),
    /// Make the webhooks what a file says
    Apply(apply::Apply),
    /// Print the webhooks as a file that can be applied; credentials are masked
    Export,
    /// Take over webhooks of other systems
    #[command(subcommand)]
    Import(import::Import),
    /// List, show, make and change webhooks
    #[command(subcommand, visible_alias = "webhook")]
    Webhooks(webhooks::Webhooks),
    /// Send a test message through a webhook, and say what the platform answers
    Test(trial::Test),
    /// Show the request that a webhook would send, and send nothing
    Preview(trial::Preview),
    /// List deliveries, or show one with every attempt
    Deliveries(deliveries::Deliveries),
    /// Send once more what failed or was skipped, of a webhook or of all
    Recover(recovery::Recover),
    /// Send one delivery once more, or now where it waits
    Redeliver(recovery::Redeliver),
    /// List events, or show one with its deliveries
    Events(others::Events),
    /// Who changed what
    Audit(others::Audit),
    /// What a local Carillon skipped or refused, and why
    Failures,
    /// List, make, change and end API keys
    #[command(subcommand, visible_alias = "key")]
    Keys(keys::Keys),
    /// Keep a key for a Carillon; it is read from the terminal or standard input
    Login(login::Login),
    /// Forget a key
    Logout(login::Logout),
    /// List the profiles
    Profiles,
    /// Print the completions of a shell
    Completions { shell: Shell },
}
