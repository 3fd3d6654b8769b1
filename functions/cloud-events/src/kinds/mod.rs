//! Kinds of events that differ in nothing but their names: each is a row of data, read by one
//! reader. A row says where its event has what, and what its states mean.
//!
//! Three shapes: something ran and ended ([`jobs`]; [`deployments`], of services that need no
//! code of their own), something was found ([`findings`]), something was changed or is about to
//! be ([`changes`]).

mod changes;
mod deployments;
mod findings;
mod grade;
mod jobs;
mod paths;
mod state;

use carillon_domain::{EventType, Severity, Status};

use self::paths::{dollars, filled, found, own_name};
use crate::console::{encode, is_of_console, link, person};
use crate::detail::Detail;
use crate::envelope::Envelope;
use crate::noise::Noise;
use crate::report::{Report, Verdict};
use crate::story::{Story, Turn};

/// A kind of event. Paths are those of [`Detail::text`]; of several, the first that has a text
/// counts; `a+b` is both. `@arn` is the first ARN of the event, `@name` its last part; `~a` is the
/// last part of `a` where that is an ARN, and `a` itself otherwise; `^a` is what follows the first
/// slash of an ARN; `rest:a.b` is `b` of all entries of the list `a` but the first.
pub(crate) struct Kind {
    pub source: &'static str,
    pub detail_types: &'static [&'static str],
    /// What people call it, at the beginning of a sentence.
    pub what: &'static str,
    pub resource_type: &'static str,
    pub name: &'static [&'static str],
    /// What is the same for all events of one run or finding; the name where nothing is.
    pub thread: &'static [&'static str],
    /// Whether `thread` is no run but a thing: what happens to it on one day belongs together.
    pub daily: bool,
    /// What says how it stands.
    pub state: &'static [&'static str],
    pub judge: Judge,
    pub reason: &'static [&'static str],
    pub details: &'static [(&'static str, &'static str)],
    pub account: &'static [&'static str],
    pub actor: &'static [&'static str],
    /// Tags: an object, or a list of keys and values.
    pub tags: &'static [&'static str],
    /// What it costs, in US dollars: AWS says so without the currency.
    pub cost: &'static [&'static str],
    /// Links into the console that the event has itself.
    pub links: &'static [&'static str],
    /// Where in the console otherwise, with `{region}`, `{account}`, `{name}`, `{thread}` and paths.
    pub place: &'static str,
}

/// How a kind's events are judged.
pub(crate) enum Judge {
    /// By its state's name, and not otherwise.
    State(States),
    /// By its state's name, as the kind's own table has it or else [`state::JOB`].
    Job(States),
    /// As grave as something says, until it is over.
    Grade(&'static grade::Grade),
    /// Each is the same.
    Always(Outcome),
    /// What takes more than a look at one field.
    By(fn(&Detail) -> Outcome),
}

/// What states mean, of each all its names, in any case of letters, with spaces between them.
type States = &'static [(Outcome, &'static str)];

/// What an event means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub event_type: EventType,
    pub status: Option<Status>,
    /// As for all events of its type and status, where there is none.
    pub severity: Option<Severity>,
    pub noise: Option<Noise>,
    pub turn: Option<Turn>,
    /// What to say instead where its story is open: then it has no status, and is a warning.
    pub within: Option<&'static str>,
    /// Whether it is news although a warning of the same thing is open.
    pub is_worse: bool,
    /// What to say after the kind's name.
    pub words: &'static str,
}

impl Outcome {
    pub const fn new(event_type: EventType, status: Option<Status>, words: &'static str) -> Self {
        Self {
            event_type,
            status,
            severity: None,
            noise: None,
            turn: None,
            within: None,
            is_worse: false,
            words,
        }
    }

    pub const fn saying(self, words: &'static str) -> Self {
        Self { words, ..self }
    }

    pub const fn quiet(mut self, noise: Noise) -> Self {
        self.noise = Some(noise);
        self
    }

    pub const fn severe(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// What to say where the story that it is a part of is open.
    pub const fn within(mut self, words: &'static str) -> Self {
        self.within = Some(words);
        self
    }

    /// It is news although something less grave is known.
    pub const fn worse(mut self) -> Self {
        self.is_worse = true;
        self
    }

    pub const fn turn(mut self, turn: Turn) -> Self {
        self.turn = Some(turn);
        self
    }
}

/// What most rows have in common.
const BASE: Kind = Kind {
    source: "",
    detail_types: &[],
    what: "",
    resource_type: "",
    name: &["@name"],
    thread: &[],
    daily: false,
    state: &["state"],
    judge: Judge::Always(Outcome::new(EventType::Error, None, "")),
    reason: &[],
    details: &[],
    account: &[],
    actor: &[],
    tags: &[],
    cost: &[],
    links: &[],
    place: "console/home?region={region}",
};

pub(crate) fn all() -> impl Iterator<Item = &'static Kind> {
    [
        jobs::KINDS,
        deployments::KINDS,
        findings::KINDS,
        changes::KINDS,
    ]
    .into_iter()
    .flatten()
}

/// The kind of an event, where it is one of these.
pub(crate) fn kind(source: &str, detail_type: &str) -> Option<&'static Kind> {
    all().find(|kind| kind.source == source && kind.detail_types.contains(&detail_type))
}

impl Kind {
    /// What an event of this kind means; none where faults say why.
    pub fn read(&self, envelope: &Envelope, detail: &Detail) -> Option<Verdict> {
        let arn = envelope.resource();
        let find = |paths: &[&str]| paths.iter().find_map(|path| found(path, arn, detail));
        let (outcome, state) = self.outcome(detail);
        let name = find(self.name).map(own_name);
        // Nobody could say what it is about.
        let name = name.or_else(|| self.name.first().and_then(|path| detail.required(path)))?;
        let thread = find(self.thread).unwrap_or_else(|| name.clone());
        let mut report = Report::new(outcome.event_type, outcome.status);
        report.severity = outcome.severity.unwrap_or(report.severity);
        report.account = find(self.account);
        report.actor = find(self.actor).map(|actor| person(&actor).unwrap_or(actor));
        let tags = self.tags.iter();
        report.tags = tags.flat_map(|path| detail.tags(path)).collect();
        // How grave a finding is says no word of it.
        let (label, in_words) = match self.judge {
            Judge::Grade(_) => ("grade", None),
            _ => ("state", state.as_deref()),
        };
        let reason = self.reason.iter().find_map(|path| spoken(&find(&[*path])?));
        report.message = Some(self.message(outcome.words, in_words, reason));
        // A story has a correlation id of its own: what is found next year is another.
        report.correlation = match (outcome.turn, self.daily) {
            (_, true) => Some(envelope.of_the_day(&thread)),
            (Some(_), false) => None,
            (None, false) => Some(thread.clone()),
        };
        let key = format!("{} {thread}", self.source);
        let worse = format!("{key} worse");
        let (key, also) = match (outcome.turn, outcome.is_worse) {
            (_, true) => (worse, vec![key]),
            (Some(Turn::EndsOnly), _) => (key, vec![worse]),
            _ => (key, Vec::new()),
        };
        report.story = outcome.turn.map(|turn| Story {
            also,
            within: outcome.within.map(|words| self.message(words, None, None)),
            ..Story::new(key, turn)
        });
        let account = report.account.as_deref().or(envelope.account.as_deref());
        let own_link = find(self.links).filter(|url| is_of_console(url));
        report.resource.url = own_link.or_else(|| {
            link(envelope.region.as_deref(), |region| {
                filled(self.place, |named| match named {
                    "region" => region.to_owned(),
                    "account" => account.unwrap_or_default().to_owned(),
                    "name" => encode(&name),
                    "thread" => encode(&thread),
                    path => encode(&find(&[path]).unwrap_or_default()),
                })
            })
        });
        report.estimated_cost = find(self.cost).and_then(|amount| dollars(&amount));
        report.resource.resource_type = Some(self.resource_type.into());
        report.resource.id = arn.map(str::to_owned);
        report.resource.name = Some(name);
        for (label, path) in self.details {
            report.detail(label, find(&[path]));
        }
        report.detail(label, state);
        Some(Verdict::of(outcome.noise, report))
    }

    /// What it means, and the state that said so.
    fn outcome(&self, detail: &Detail) -> (Outcome, Option<String>) {
        let (own, of_all): (States, States) = match self.judge {
            Judge::State(own) => (own, &[]),
            Judge::Job(own) => (own, state::JOB),
            Judge::Grade(grade) => return grade.outcome(detail),
            Judge::Always(outcome) => return (outcome, None),
            Judge::By(judge) => return (judge(detail), None),
        };
        let state = detail.first(self.state);
        let is_called = |names: &str| {
            let mut names = names.split(' ');
            let state = state.as_deref().unwrap_or_default();
            names.any(|name| name.eq_ignore_ascii_case(state))
        };
        let mut states = own.iter().chain(of_all);
        let known = states.find(|(_, names)| is_called(names));
        // A state that nobody knows is told without saying how it stands.
        let outcome = known.map_or(state::UNKNOWN, |(outcome, _)| *outcome);
        (outcome, state)
    }

    /// "Glue job failed. The reason."
    fn message(&self, words: &str, state: Option<&str>, reason: Option<String>) -> String {
        let what = match (words, state) {
            ("", Some(state)) => format!("{}: {state}.", self.what),
            ("", None) => format!("{}.", self.what),
            (words, _) => format!("{} {words}.", self.what),
        };
        match reason {
            Some(reason) => format!("{what} {reason}"),
            None => what,
        }
    }
}

/// What people may read of a reason. That of a job is the whole job as JSON, its environment and
/// its command line included, of which no more is told than why it ended.
fn spoken(reason: &str) -> Option<String> {
    // "[Errno 2] …" is a sentence.
    let begins: String = reason.split_whitespace().collect();
    if !["{", "[{", "[\"", "[["]
        .iter()
        .any(|json| begins.starts_with(json))
    {
        return Some(reason.to_owned());
    }
    let job: serde_json::Value = serde_json::from_str(reason).ok()?;
    let why = [
        "StoppedReason",
        "StatusReason",
        "ErrorMessage",
        "errorMessage",
    ];
    why.iter()
        .find_map(|name| job.get(name)?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests;
