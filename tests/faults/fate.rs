//! What goes wrong, and when: all of it follows from the seed.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use carillon_embedded::services::{Call, Course, Service, Trouble};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::Notify;

/// How many turns others have at most while a call takes its time.
const MOST_TURNS: u32 = 100;

/// What becomes of a request to Slack or Discord.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatCourse {
    Smooth,
    /// The connection breaks off, or the answer is status 503; nothing was posted.
    Refused(Refusal),
    /// It is posted, and the answer says that it was not, or does not come.
    AnswerLost(Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Status503,
    /// Status 429, and how many seconds to wait.
    Limited(u32),
    Reset,
    /// Nothing, for ever: the process is dead.
    Silence,
}

#[derive(Debug, Default)]
struct Dice {
    /// How often each kind of call was made.
    counts: HashMap<String, u64>,
    /// Calls of a service that still fail in a row.
    outages: HashMap<&'static str, u32>,
    kills_left: u32,
    story: Vec<String>,
}

/// The fate of one run.
#[derive(Debug)]
pub struct Fate {
    seed: u64,
    /// How likely a call goes wrong.
    fault_rate: f64,
    kill_rate: f64,
    calm: AtomicBool,
    over: AtomicBool,
    killed: Notify,
    dead: AtomicBool,
    dice: Mutex<Dice>,
    pub kills: AtomicU64,
    pub faults: AtomicU64,
    /// Calls about the ledger that failed: whatever they were to write down may be open.
    pub ledger_faults: AtomicU64,
    /// Posts of which the process cannot know what became of them.
    pub lost_answers: AtomicU64,
    tells: bool,
}

impl Fate {
    pub fn new(seed: u64, tells: bool) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let dice = Dice {
            kills_left: random.random_range(0..5),
            ..Dice::default()
        };
        Self {
            seed,
            // Every tenth run has crashes only, every tenth failures only.
            fault_rate: match seed % 10 {
                0 => 0.0,
                _ => random.random_range(0.0..0.15),
            },
            kill_rate: match seed % 10 {
                1 => 0.0,
                _ => random.random_range(0.005..0.08),
            },
            // Until the stage is set.
            calm: AtomicBool::new(true),
            over: AtomicBool::new(false),
            killed: Notify::new(),
            dead: AtomicBool::new(false),
            dice: Mutex::new(dice),
            kills: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            ledger_faults: AtomicU64::new(0),
            lost_answers: AtomicU64::new(0),
            tells,
        }
    }

    /// From now on things go wrong, unless it is over.
    pub fn begin(&self) {
        let over = self.over.load(Ordering::Relaxed);
        self.calm.store(over, Ordering::Relaxed);
    }

    /// Nothing goes wrong until [`begin`](Self::begin).
    pub fn pause(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    /// From now on nothing goes wrong, so that everything can come to its end.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
        self.pause();
    }

    /// Comes back when the process has to die.
    pub async fn killed(&self) {
        while !self.dead.load(Ordering::Relaxed) {
            self.killed.notified().await;
        }
    }

    /// The process has been started again.
    pub fn reborn(&self) {
        self.dead.store(false, Ordering::Relaxed);
    }

    pub fn tell(&self, what: impl FnOnce() -> String) {
        if self.tells {
            println!("{}", what());
        }
    }

    pub fn story(&self) -> Vec<String> {
        self.dice.lock().unwrap().story.clone()
    }

    /// A random number that depends on the seed, the kind of the call and its place alone.
    fn random(&self, dice: &mut Dice, kind: &str) -> StdRng {
        let count = dice.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let key = format!("{} {kind} {count}", self.seed);
        let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        StdRng::seed_from_u64(hash)
    }

    /// Whether the process dies here.
    fn dies(&self, dice: &mut Dice, random: &mut StdRng) -> bool {
        if dice.kills_left == 0 || !random.random_bool(self.kill_rate) {
            return false;
        }
        dice.kills_left -= 1;
        self.kills.fetch_add(1, Ordering::Relaxed);
        self.dead.store(true, Ordering::Relaxed);
        self.killed.notify_one();
        true
    }

    /// Whether a call goes wrong: by itself, or because its service has an outage.
    fn goes_wrong(&self, dice: &mut Dice, random: &mut StdRng, service: &'static str) -> bool {
        let left = dice.outages.entry(service).or_default();
        if *left > 0 {
            *left -= 1;
            return true;
        }
        let wrong = random.random_bool(self.fault_rate);
        if wrong && random.random_bool(0.2) {
            *left = random.random_range(1..8);
        }
        wrong
    }

    /// What is no fault: a batch is done in part only, or a call takes its time.
    fn harmless(&self, random: &mut StdRng) -> Course {
        if self.fault_rate > 0.0 && random.random_bool(0.1) {
            return Course::InPart {
                seed: random.random(),
            };
        }
        match random.random_bool(0.5) {
            true => Course::Slow {
                turns: random.random_range(1..=MOST_TURNS),
            },
            false => Course::Smooth,
        }
    }

    pub fn of_call(&self, call: &Call<'_>) -> Course {
        if self.dead.load(Ordering::Relaxed) {
            // Nothing more comes of a process that is dead.
            return Course::Refused(Trouble::Silence);
        }
        if self.calm.load(Ordering::Relaxed) {
            return Course::Smooth;
        }
        let service = match call.service {
            Service::DynamoDb => "DynamoDB",
            Service::SecretsManager => "Secrets Manager",
            Service::Sqs => "SQS",
        };
        let kind = format!("{service} {}", call.operation);
        let mut dice = self.dice.lock().unwrap();
        let mut random = self.random(&mut dice, &kind);
        let trouble = if self.dies(&mut dice, &mut random) {
            Trouble::Silence
        } else if self.goes_wrong(&mut dice, &mut random, service) {
            self.faults.fetch_add(1, Ordering::Relaxed);
            // Also within a statement, where the quotes are escaped.
            if call.body.contains("deliveries\\\"") || call.body.contains("\"deliveries\"") {
                self.ledger_faults.fetch_add(1, Ordering::Relaxed);
            }
            match random.random_range(0..3) {
                0 => Trouble::Throttled,
                1 => Trouble::Broken,
                _ => Trouble::Cut,
            }
        } else {
            return self.harmless(&mut random);
        };
        // What is throttled has not been done.
        let done = trouble != Trouble::Throttled && random.random_bool(0.5);
        let course = match done {
            true => Course::AnswerLost(trouble),
            false => Course::Refused(trouble),
        };
        dice.story.push(format!("{kind}: {course:?}"));
        drop(dice);
        self.tell(|| format!("  {kind}: {course:?}"));
        course
    }

    pub fn of_post(&self, destination: &str) -> ChatCourse {
        if self.dead.load(Ordering::Relaxed) {
            return ChatCourse::Refused(Refusal::Silence);
        }
        if self.calm.load(Ordering::Relaxed) {
            return ChatCourse::Smooth;
        }
        let kind = format!("post to {destination}");
        let mut dice = self.dice.lock().unwrap();
        let mut random = self.random(&mut dice, &kind);
        let refusal = if self.dies(&mut dice, &mut random) {
            Refusal::Silence
        } else if self.goes_wrong(&mut dice, &mut random, "chat") {
            self.faults.fetch_add(1, Ordering::Relaxed);
            match random.random_range(0..4) {
                0 => Refusal::Limited(random.random_range(1..700)),
                1 => Refusal::Reset,
                _ => Refusal::Status503,
            }
        } else {
            return ChatCourse::Smooth;
        };
        let lost = match refusal {
            Refusal::Limited(_) => false,
            _ => random.random_bool(0.5),
        };
        let course = match lost {
            true => ChatCourse::AnswerLost(refusal),
            false => ChatCourse::Refused(refusal),
        };
        if matches!(
            course,
            ChatCourse::AnswerLost(_) | ChatCourse::Refused(Refusal::Reset)
        ) && refusal != Refusal::Silence
        {
            self.lost_answers.fetch_add(1, Ordering::Relaxed);
        }
        dice.story.push(format!("{kind}: {course:?}"));
        drop(dice);
        self.tell(|| format!("  {kind}: {course:?}"));
        course
    }
}
