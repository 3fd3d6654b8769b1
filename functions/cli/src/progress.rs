//! A sign of life where something takes long and a person looks on.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// After how long it is shown, and how often it changes.
const TICK: Duration = Duration::from_secs(1);

/// Whether one is shown already: what goes on inside of it has nothing to add.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// Shown until it is dropped. On what is no terminal, nothing is shown.
pub struct Progress {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    pub fn start(what: String) -> Self {
        if !stderr().is_terminal() || ACTIVE.swap(true, Ordering::SeqCst) {
            return Self { running: None };
        }
        let (stop, stopped) = channel::<()>();
        let begun = Instant::now();
        let thread = std::thread::spawn(move || {
            let mut shown = false;
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                shown = true;
                let _ = write!(stderr(), "\r\x1b[2K{what}: {} s", begun.elapsed().as_secs());
                let _ = stderr().flush();
            }
            if shown {
                let _ = write!(stderr(), "\r\x1b[2K");
            }
        });
        Self {
            running: Some((stop, thread)),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let _ = thread.join();
            ACTIVE.store(false, Ordering::SeqCst);
        }
    }
}
