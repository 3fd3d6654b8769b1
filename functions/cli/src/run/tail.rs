//! The command's output: passed on as it comes, its last lines kept.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::process::{ChildStderr, ChildStdout};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::mask::Mask;

/// The longest line that is kept, in bytes.
const MAX_LINE: usize = 2_000;
/// The longest text that is sent, in characters; an event has room for it as JSON.
const MAX_TEXT: usize = 6_000;
/// How long a pipe may be silent after the command has ended, before it is taken to be held
/// open by something that the command left behind.
const SILENCE: Duration = Duration::from_millis(500);

/// The last lines of an output.
#[derive(Debug, Clone)]
pub struct Tail(Arc<Mutex<Lines>>);

#[derive(Debug)]
struct Lines {
    max: usize,
    ended: u64,
    sources: [Source; 2],
}

/// Output or errors: they do not mix within a line.
#[derive(Debug, Default)]
struct Source {
    /// The last lines, each with how many of both sources ended before it.
    done: VecDeque<(u64, Vec<u8>)>,
    /// The line that goes on.
    open: Vec<u8>,
    /// Whether what comes next replaces it.
    is_rewritten: bool,
}

const OUT: usize = 0;
const ERR: usize = 1;

impl Tail {
    pub fn new(max: usize) -> Self {
        Self(Arc::new(Mutex::new(Lines {
            max,
            ended: 0,
            sources: Default::default(),
        })))
    }

    /// Passes the output on, live, and keeps its end.
    pub fn follow(&self, out: Option<ChildStdout>, err: Option<ChildStderr>) -> Follower {
        let (moved, progress) = channel();
        let writing = Arc::new(AtomicU32::new(0));
        let start = |source: usize, from: Box<dyn Read + Send>, to: Box<dyn Write + Send>| {
            let (tail, moved, writing) = (self.clone(), moved.clone(), Arc::clone(&writing));
            thread::spawn(move || tail.copy(source, from, to, &moved, &writing));
        };
        if let Some(out) = out {
            start(OUT, Box::new(out), Box::new(io::stdout()));
        }
        if let Some(err) = err {
            start(ERR, Box::new(err), Box::new(io::stderr()));
        }
        Follower { progress, writing }
    }

    fn copy(
        &self,
        source: usize,
        mut from: impl Read,
        mut to: impl Write,
        moved: &Sender<()>,
        writing: &AtomicU32,
    ) {
        let mut buffer = vec![0; 64 * 1_024];
        loop {
            let bytes = match from.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => &buffer[..count],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            writing.fetch_add(1, Ordering::SeqCst);
            let written = to.write_all(bytes).and_then(|()| to.flush());
            self.keep(source, bytes);
            writing.fetch_sub(1, Ordering::SeqCst);
            let _ = moved.send(());
            // Nobody reads any more: the closed pipe tells the command so.
            if written.is_err() {
                return;
            }
        }
    }

    fn keep(&self, source: usize, bytes: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            let from = &mut lines.sources[source];
            match byte {
                b'\n' => {
                    from.is_rewritten = false;
                    lines.end(source);
                }
                // What rewrites its line, such as a progress bar, counts by its last form.
                b'\r' => from.is_rewritten = true,
                _ => {
                    if std::mem::take(&mut from.is_rewritten) {
                        from.open.clear();
                    }
                    if from.open.len() < MAX_LINE {
                        from.open.push(*byte);
                    }
                }
            }
        }
    }

    /// The last lines, without colours and secrets; the beginning goes where it is too long.
    pub fn text(&self, mask: &Mask) -> String {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for source in [OUT, ERR] {
            if !lines.sources[source].open.is_empty() {
                lines.end(source);
            }
        }
        let last = lines.last();
        let lines: Vec<_> = last
            .map(|line| {
                let text = String::from_utf8_lossy(line);
                let text = anstream::adapter::strip_str(&text).to_string();
                match line.len() < MAX_LINE {
                    true => text,
                    false => mask.cut(text),
                }
            })
            .collect();
        let text = mask.apply(lines.join("\n").trim_matches('\n'));
        let length = text.chars().count();
        match length.checked_sub(MAX_TEXT) {
            None | Some(0) => text,
            Some(over) => format!("…{}", text.chars().skip(over).collect::<String>()),
        }
    }
}

impl Lines {
    fn end(&mut self, source: usize) {
        let source = &mut self.sources[source];
        if source.done.len() == self.max {
            source.done.pop_front();
        }
        let line = std::mem::take(&mut source.open);
        source.done.push_back((self.ended, line));
        self.ended += 1;
    }

    /// The last lines of both, in their order. What went wrong stands among the errors, which
    /// a flood of output must not push out: at least half of the room is theirs.
    fn last(&self) -> impl Iterator<Item = &[u8]> {
        let [out, err] = [OUT, ERR].map(|source| &self.sources[source].done);
        let errors = self.max.div_ceil(2).max(self.max.saturating_sub(out.len()));
        let errors = errors.min(err.len());
        let outputs = (self.max - errors).min(out.len());
        let mut last: Vec<_> = out.iter().skip(out.len() - outputs).collect();
        last.extend(err.iter().skip(err.len() - errors));
        last.sort();
        last.into_iter().map(|(_, line)| line.as_slice())
    }
}

/// Waits for the rest of the output.
pub struct Follower {
    /// Something was passed on; ends with the last pipe.
    progress: Receiver<()>,
    /// How many are waiting for whoever reads our output.
    writing: Arc<AtomicU32>,
}

impl Follower {
    /// Returns when everything was passed on. A pipe that something in the background still
    /// holds open is not waited for.
    pub fn finish(self) {
        loop {
            match self.progress.recv_timeout(SILENCE) {
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) if self.writing.load(Ordering::SeqCst) == 0 => {
                    return;
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(max: usize, pieces: &[(usize, &str)]) -> String {
        let tail = Tail::new(max);
        for (source, piece) in pieces {
            tail.keep(*source, piece.as_bytes());
        }
        tail.text(&Mask::new([], None))
    }

    #[test]
    fn the_last_lines_are_kept_in_the_order_in_which_they_ended() {
        let pieces = [(0, "one\ntwo\nth"), (1, "oops\n"), (0, "ree\nfour")];
        assert_eq!(tail(3, &pieces), "oops\nthree\nfour");
        assert_eq!(tail(9, &pieces), "one\ntwo\noops\nthree\nfour");
    }

    #[test]
    fn a_flood_of_output_does_not_push_the_errors_out() {
        let pieces = [(1, "oops\nexit 1\n"), (0, "a\nb\nc\nd\ne\n")];
        assert_eq!(tail(1, &pieces), "exit 1");
        assert_eq!(tail(4, &pieces), "oops\nexit 1\nd\ne");
        let pieces = [(1, "1\n2\n3\n4\n5\n"), (0, "a\n")];
        assert_eq!(tail(4, &pieces), "3\n4\n5\na");
    }

    #[test]
    fn colours_and_progress_bars_are_taken_out() {
        let pieces = [(0, "\u{1b}[31mred\u{1b}[0m\r\n10%\r20%\r100%\ndone\r\n")];
        assert_eq!(tail(5, &pieces), "red\n100%\ndone");
    }

    #[test]
    fn a_progress_bar_that_returns_before_it_writes_counts_by_its_last_form() {
        let pieces = [(0, "10%\r"), (0, "20%\r"), (0, "\ndone\r"), (0, "\n")];
        assert_eq!(tail(5, &pieces), "20%\ndone");
    }

    #[test]
    fn a_secret_that_a_cut_goes_through_is_masked_too() {
        let tail = Tail::new(5);
        let line = format!("{} fake-secret-value", "x".repeat(MAX_LINE - 10));
        tail.keep(OUT, line.as_bytes());
        let mask = Mask::new([], Some("fake-secret-value"));
        let text = tail.text(&mask);
        assert!(!text.contains("fake"), "{text}");
        assert!(text.ends_with("x ***"), "{text}");
    }

    #[test]
    fn one_endless_line_takes_no_more_than_its_share() {
        let piece = "x".repeat(1_000_000);
        assert_eq!(tail(5, &[(0, &piece)]).len(), MAX_LINE);
        let lines = format!("{}\n", "y".repeat(MAX_LINE)).repeat(10) + "the end";
        let text = tail(10, &[(0, &lines)]);
        assert!(text.starts_with('…') && text.ends_with("\nthe end"));
        assert_eq!(text.chars().count(), MAX_TEXT + 1);
    }
}
