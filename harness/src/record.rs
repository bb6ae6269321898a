//! A record: everything that was seen of a run, in one JSONL file, in order of time. It is the
//! only input of rules, so a run can be judged again anywhere.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
};

use sparring_journal::{Entry, Event, RunStarted, VERSION, read_entries};

use crate::{Error, runner::now_ms, sandbox::write_private};

/// The entries of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    entries: Vec<Entry>,
}

impl Record {
    /// The entries in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Appends an event that happens now.
    pub fn push(&mut self, event: Event) {
        self.push_at(now_ms(), event);
    }

    /// Appends events of several sources, in order of time. Entries that were made in the same
    /// millisecond keep the order of their source.
    pub fn append_sorted(&mut self, mut events: Vec<(u64, Event)>) {
        events.sort_by_key(|(at_ms, _)| *at_ms);
        for (at_ms, event) in events {
            self.push_at(at_ms, event);
        }
    }

    fn push_at(&mut self, at_ms: u64, event: Event) {
        self.entries.push(Entry {
            v: VERSION,
            seq: self.entries.len() as u64 + 1,
            at_ms,
            event,
        });
    }

    /// Reads a record.
    ///
    /// # Errors
    /// When the file cannot be read, is no record of this version or is not all of one.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::RecordUnreadable {
            path: path.to_owned(),
            source,
        })?;
        let invalid = |reason: String| Error::RecordInvalid {
            path: path.to_owned(),
            reason,
        };
        let entries =
            read_entries(BufReader::new(file)).map_err(|error| invalid(error.to_string()))?;
        let Some(Event::RunStarted(run)) = entries.first().map(|entry| &entry.event) else {
            return Err(invalid("it does not begin with a run".to_owned()));
        };
        if let Some(missing) = missing(run, &entries) {
            return Err(Error::RecordIncomplete {
                path: path.to_owned(),
                missing,
            });
        }
        Ok(Self { entries })
    }

    /// Writes the record, readable by this user only: it holds the project's output.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let failed = |source| Error::Write {
            path: path.to_owned(),
            source,
        };
        write_private(path, "")?;
        let mut file = BufWriter::new(File::options().append(true).open(path).map_err(failed)?);
        for entry in &self.entries {
            let line = entry.to_line().map_err(|source| Error::Encode {
                what: "a record's entry",
                source,
            })?;
            writeln!(file, "{line}").map_err(failed)?;
        }
        file.flush().map_err(failed)
    }
}

impl FromIterator<Entry> for Record {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self {
            entries: entries.into_iter().collect(),
        }
    }
}

/// What a whole record of `run` would have besides.
fn missing(run: &RunStarted, entries: &[Entry]) -> Option<String> {
    let mut begun: Vec<&str> = Vec::new();
    let mut ended: Vec<&str> = Vec::new();
    for entry in entries {
        match &entry.event {
            Event::ScenarioStarted(started) => begun.push(&started.scenario),
            Event::ScenarioFinished(finished) => ended.push(&finished.scenario),
            _ => {}
        }
    }
    if begun.is_empty() {
        return Some("no scenario is in it".to_owned());
    }
    if let Some(cut) = begun.iter().find(|name| !ended.contains(name)) {
        return Some(format!("the scenario `{cut}` has no end"));
    }
    let absent = run
        .scenarios
        .iter()
        .find(|name| !ended.contains(&name.as_str()))?;
    Some(format!(
        "the scenario `{absent}` was played and is not in it"
    ))
}
