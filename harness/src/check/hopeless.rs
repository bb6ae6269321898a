//! Sees when going on makes no sense: the proxy refuses the very host that the project wants
//! its Spark session on, and PySpark would go on trying for ten minutes.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use sparring_journal::{Entry, Event};

/// After this many refusals of one host; PySpark's first tries are 50, 200 and 800 ms apart.
const REFUSALS: u32 = 2;
/// And after this long without an answered call, in case the project tries another host next.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Watch {
    events_file: PathBuf,
    refused: HashMap<String, (u32, Instant)>,
}

impl Watch {
    pub(super) fn new(events_file: PathBuf) -> Self {
        Self {
            events_file,
            refused: HashMap::new(),
        }
    }

    /// A reason to stop, after looking at what the workspace has journalled since.
    pub(super) fn look(&mut self, entries: &[Entry]) -> Option<String> {
        for entry in entries {
            match &entry.event {
                Event::ConnectRefused(refused) => {
                    let seen = self
                        .refused
                        .entry(refused.host.clone())
                        .or_insert((0, Instant::now()));
                    seen.0 += 1;
                }
                Event::RpcReceived(_) => self.refused.clear(),
                _ => {}
            }
        }
        let often =
            |(count, since): &(u32, Instant)| *count >= REFUSALS && since.elapsed() >= PATIENCE;
        if !self.refused.values().any(often) {
            return None;
        }
        // Other libraries may be refused without harm; only Spark's own address counts.
        let wanted = self.wanted_hosts();
        let (host, _) = self
            .refused
            .iter()
            .find(|(host, seen)| often(seen) && wanted.contains(*host))?;
        Some(format!(
            "`{host}` is refused and the client would try again for minutes"
        ))
    }

    fn wanted_hosts(&self) -> HashSet<String> {
        let text = fs::read_to_string(&self.events_file).unwrap_or_default();
        text.lines()
            .filter_map(|line| Entry::parse(line, 0).ok())
            .filter_map(|entry| match entry.event {
                Event::RemoteResolved(remote) => remote.host,
                _ => None,
            })
            .collect()
    }
}
