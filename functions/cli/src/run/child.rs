//! The command as a process: started, watched, and its end passed on.
//!
//! It stays in our process group, so that the terminal's signals (Ctrl-C, Ctrl-Z) reach it as
//! if nobody stood between. What another process sends to us alone is handed on to it.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio, exit};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use signal_hook::low_level::{emulate_default_handler, signal_name};

use super::tail::Tail;

/// How the command ended.
#[derive(Debug)]
pub enum Ended {
    With(ExitStatus),
    NotStarted(io::Error),
}

impl Ended {
    /// As a shell tells it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::With(status) => {
                let signal = status.signal().map(|signal| 128 + signal);
                let code = status.code().or(signal).unwrap_or(1);
                u8::try_from(code).unwrap_or(u8::MAX)
            }
            Self::NotStarted(error) if error.kind() == io::ErrorKind::NotFound => 127,
            Self::NotStarted(_) => 126,
        }
    }

    /// The name and the value of what an event says of it.
    pub fn told(&self) -> (&'static str, String) {
        match self {
            Self::With(status) => match status.signal() {
                Some(signal) => {
                    let name = signal_name(signal).map(str::to_owned);
                    ("signal", name.unwrap_or_else(|| signal.to_string()))
                }
                None => ("exit code", self.exit_code().to_string()),
            },
            Self::NotStarted(error) => ("not started", error.to_string()),
        }
    }

    /// Dies of the signal that the command died of, so that whoever waits for us sees it. Does
    /// nothing where it ended otherwise.
    pub fn pass_on(&self) {
        if let Self::With(status) = self
            && let Some(signal) = status.signal()
            && [SIGHUP, SIGINT, SIGQUIT, SIGTERM].contains(&signal)
        {
            // As the first process of a container, nobody dies of it.
            let _ = emulate_default_handler(signal);
        }
    }
}

#[derive(Debug)]
enum Phase {
    Before,
    Running(Pid),
    /// With the exit code that is to come.
    After(u8),
}

/// Watches for signals from before the command's start until after its end.
pub struct Supervisor {
    phase: Arc<Mutex<Phase>>,
}

impl Supervisor {
    pub fn start() -> io::Result<Self> {
        let ignored = ignored_signals();
        let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
        // What whoever started us ignores (`nohup`) stays ignored, by the command too.
        let wanted = signals
            .into_iter()
            .filter(|signal| ignored >> (signal - 1) & 1 == 0);
        let mut signals = SignalsInfo::<WithOrigin>::new(wanted)?;
        let phase = Arc::new(Mutex::new(Phase::Before));
        let watched = Arc::clone(&phase);
        thread::spawn(move || {
            for origin in &mut signals {
                let by_somebody = matches!(origin.cause, Cause::Sent(_));
                match *lock(&watched) {
                    Phase::Before => die_of(origin.signal),
                    // The terminal has sent it to the command, too.
                    Phase::Running(_) if !by_somebody => {}
                    Phase::Running(pid) => hand_on(pid, origin.signal),
                    // Nobody wants to wait for the last event.
                    Phase::After(code) => exit(code.into()),
                }
            }
        });
        Ok(Self { phase })
    }

    /// Runs the command to its end.
    pub fn run(&self, mut command: Command, tail: Option<&Tail>) -> Ended {
        let ended = match self.run_to_end(&mut command, tail) {
            Ok(status) => Ended::With(status),
            Err(error) => Ended::NotStarted(error),
        };
        *lock(&self.phase) = Phase::After(ended.exit_code());
        ended
    }

    fn run_to_end(&self, command: &mut Command, tail: Option<&Tail>) -> io::Result<ExitStatus> {
        if tail.is_some() {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        let mut phase = lock(&self.phase);
        let mut child = command.spawn()?;
        let pid = Pid::from_raw(child.id().cast_signed());
        if let Some(pid) = pid {
            *phase = Phase::Running(pid);
        }
        drop(phase);
        let follower = tail.map(|tail| tail.follow(child.stdout.take(), child.stderr.take()));
        if let Some(pid) = pid {
            // Its number stays its own until `wait`; nobody else's process gets a signal.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(pid), options), Err(Errno::INTR)) {}
        }
        *lock(&self.phase) = Phase::After(1);
        let status = child.wait()?;
        if let Some(follower) = follower {
            follower.finish();
        }
        Ok(status)
    }
}

fn lock(phase: &Mutex<Phase>) -> MutexGuard<'_, Phase> {
    phase.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hand_on(pid: Pid, signal: i32) {
    if let Some(signal) = Signal::from_named_raw(signal) {
        let _ = kill_process(pid, signal);
    }
}

fn die_of(signal: i32) {
    let _ = emulate_default_handler(signal);
    exit(128 + signal);
}

/// The signals that are ignored, as bits, where the system tells (Linux).
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .unwrap_or(0)
}
