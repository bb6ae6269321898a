//! The writer: a ring in memory for `since`, and optionally a JSONL file behind a thread.
//!
//! `record` takes a short lock, pushes, and returns: it never waits for the disk, so it may be
//! called from async tasks. The file's thread follows the ring; if the disk is slower than the
//! clients for longer than the ring lasts, the loss is written down as an event of its own.

use std::{
    collections::VecDeque,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::{SystemTime, UNIX_EPOCH},
};

use parking_lot::{Condvar, Mutex};

use crate::{Entry, Event, JournalOverflowed, VERSION};

/// Entries kept in memory. A run of a large project makes a few thousand; an entry is about
/// half a kilobyte, so this is at most some 32 MiB.
const RING_ENTRIES: usize = 65_536;

/// The file of a journal could not be made.
#[derive(Debug, thiserror::Error)]
#[error("failed to create the journal file `{path}`: {source}")]
pub struct JournalError {
    path: PathBuf,
    source: std::io::Error,
}

/// What [`Journal::since`] answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Since {
    /// Entries with a greater `seq` than was asked for, oldest first.
    pub entries: Vec<Arc<Entry>>,
    /// How many such entries are no longer in memory.
    pub lost: u64,
    /// The newest `seq` there is; pass it next time.
    pub last: u64,
}

/// Cheap to clone; all clones write to the same journal. Dropping the last clone writes the
/// rest of the file.
#[derive(Clone)]
pub struct Journal(Arc<Owner>);

struct Owner {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    ring: VecDeque<Arc<Entry>>,
    last: u64,
    /// The newest `seq` in the file; follows `last` when there is no file.
    written: u64,
    has_file: bool,
    closed: bool,
}

impl Journal {
    /// A journal that lives in memory only.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(Arc::new(Owner {
            shared: Arc::new(Shared::new(false)),
            writer: None,
        }))
    }

    /// A journal that is also written to `path`, which is created or emptied.
    ///
    /// # Errors
    /// When the file or its thread cannot be made.
    pub fn to_file(path: &Path) -> Result<Self, JournalError> {
        let failed = |source| JournalError {
            path: path.to_owned(),
            source,
        };
        let file = File::create(path).map_err(failed)?;
        let shared = Arc::new(Shared::new(true));
        let writer = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.write_to(file)
            })
            .map_err(failed)?;
        Ok(Self(Arc::new(Owner {
            shared,
            writer: Some(writer),
        })))
    }

    /// Appends an event and returns its `seq`.
    pub fn record(&self, event: Event) -> u64 {
        let shared = &self.0.shared;
        let mut state = shared.state.lock();
        let seq = state.push(event);
        drop(state);
        shared.changed.notify_all();
        seq
    }

    /// Entries after `seq`; 0 asks for all.
    #[must_use]
    pub fn since(&self, seq: u64) -> Since {
        let state = self.0.shared.state.lock();
        state.since(seq)
    }

    /// Waits until all that was recorded so far is in the file. Blocks: not for async tasks.
    pub fn flush(&self) {
        let shared = &self.0.shared;
        let mut state = shared.state.lock();
        let target = state.last;
        while state.has_file && state.written < target {
            shared.changed.wait(&mut state);
        }
    }

    /// Forgets the entries in memory; `seq` goes on counting and the file is kept.
    pub fn clear(&self) {
        self.flush();
        self.0.shared.state.lock().ring.clear();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.changed.notify_all();
        if let Some(writer) = self.writer.take() {
            // A panic in the writer is not repeated here; there is nobody left to tell.
            let _ = writer.join();
        }
    }
}

impl State {
    fn push(&mut self, event: Event) -> u64 {
        self.last += 1;
        if self.ring.len() == RING_ENTRIES {
            self.ring.pop_front();
        }
        self.ring.push_back(Arc::new(Entry {
            v: VERSION,
            seq: self.last,
            at_ms: now_ms(),
            event,
        }));
        if !self.has_file {
            self.written = self.last;
        }
        self.last
    }

    fn since(&self, seq: u64) -> Since {
        let oldest = self.ring.front().map_or(self.last + 1, |entry| entry.seq);
        let skip = usize::try_from((seq + 1).saturating_sub(oldest)).unwrap_or(usize::MAX);
        Since {
            entries: self.ring.iter().skip(skip).map(Arc::clone).collect(),
            lost: oldest.saturating_sub(seq + 1),
            last: self.last,
        }
    }
}

impl Shared {
    fn new(has_file: bool) -> Self {
        Self {
            state: Mutex::new(State {
                ring: VecDeque::new(),
                last: 0,
                written: 0,
                has_file,
                closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn write_to(&self, file: File) {
        let mut file = BufWriter::new(file);
        loop {
            let (batch, closed) = {
                let mut state = self.state.lock();
                while state.written == state.last && !state.closed {
                    self.changed.wait(&mut state);
                }
                (state.since(state.written), state.closed)
            };
            let result = write_batch(&mut file, &batch);
            let mut state = self.state.lock();
            state.written = batch.last;
            if let Err(error) = result {
                // The disk is full or gone. The journal in memory goes on; the file ends here,
                // and nobody may wait for it any longer.
                state.has_file = false;
                self.changed.notify_all();
                drop(state);
                report_lost_file(&error);
                return;
            }
            let done = closed && state.written == state.last;
            drop(state);
            self.changed.notify_all();
            if done {
                return;
            }
        }
    }
}

fn write_batch(file: &mut impl Write, batch: &Since) -> std::io::Result<()> {
    if batch.lost > 0 {
        let first = batch.entries.first();
        let overflow = Entry {
            v: VERSION,
            seq: first.map_or(batch.last, |entry| entry.seq.saturating_sub(1)),
            at_ms: first.map_or_else(now_ms, |entry| entry.at_ms),
            event: Event::JournalOverflowed(JournalOverflowed { lost: batch.lost }),
        };
        write_line(file, &overflow)?;
    }
    for entry in &batch.entries {
        write_line(file, entry)?;
    }
    file.flush()
}

fn write_line(file: &mut impl Write, entry: &Entry) -> std::io::Result<()> {
    serde_json::to_writer(&mut *file, entry)?;
    file.write_all(b"\n")
}

#[expect(
    clippy::print_stderr,
    reason = "the journal is what failed, so there is no better place to say it"
)]
fn report_lost_file(error: &std::io::Error) {
    eprintln!("sparring: the journal file is incomplete from here on: {error}");
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;
    use crate::{HookCalled, read_entries};

    fn hook(name: &str) -> Event {
        Event::HookCalled(HookCalled {
            hook: name.to_owned(),
            ..HookCalled::default()
        })
    }

    #[test]
    fn since_answers_only_what_is_newer() {
        let journal = Journal::in_memory();
        assert_eq!(journal.record(hook("a")), 1);
        assert_eq!(journal.clone().record(hook("b")), 2);
        assert_eq!(journal.since(0).entries.len(), 2);
        let newer = journal.since(1);
        assert_eq!(newer.entries[0].event, hook("b"));
        assert_eq!((newer.last, newer.lost), (2, 0));
        assert!(journal.since(2).entries.is_empty());
        assert!(journal.since(99).entries.is_empty());
    }

    #[test]
    fn a_full_ring_says_how_much_is_lost() {
        let journal = Journal::in_memory();
        for _ in 0..RING_ENTRIES + 3 {
            journal.record(hook("x"));
        }
        let all = journal.since(0);
        assert_eq!((all.entries.len(), all.lost), (RING_ENTRIES, 3));
    }

    #[test]
    fn the_file_is_complete_after_flush_and_after_drop() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("j.jsonl");
        let read = || read_entries(BufReader::new(File::open(&path).unwrap())).unwrap();
        let journal = Journal::to_file(&path).unwrap();
        for n in 0..1000 {
            journal.record(hook(&n.to_string()));
        }
        journal.flush();
        assert_eq!(read().len(), 1000);
        journal.record(hook("last"));
        drop(journal);
        let entries = read();
        assert_eq!(entries.len(), 1001);
        assert_eq!(entries[1000].event, hook("last"));
        assert!(
            entries
                .windows(2)
                .all(|pair| pair[0].seq + 1 == pair[1].seq)
        );
    }

    #[test]
    fn an_impossible_file_is_named() {
        let error = Journal::to_file(Path::new("/nowhere/j")).err().unwrap();
        assert!(error.to_string().contains("`/nowhere/j`"));
    }
}
