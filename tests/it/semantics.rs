//! Recorded Spark answers (`fixtures/slt`, `fixtures/plans`) against our engine, in this process,
//! without Java or Python.
//!
//! Every case is answered as Spark does, or is inexact (the same rows or the same error class, but
//! other details), is a refusal that names what is not offered, a known difference with its reason
//! (`fixtures/known-differences.md`), or wrong. Wrong and inexact cases of today are listed in
//! `fixtures/open-cases.txt`, inexact ones behind a `~`. The list only shrinks: a case that is
//! worse than its entry fails the suite; cases that do better are taken off by `make update`.
//! `AREA=functions/string` replays only files whose path contains it, `SHOW=20` prints that many
//! differences, `SHOW_KIND=wrong|inexact|refused` prints all of those, `UPDATE=1` rewrites the list and the
//! coverage page (`coverage.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sparring_engine::Session;
use sparring_tests::compare::Verdict;
use sparring_tests::fixture::{self, Case, File, Request};
use sparring_tests::known::Known;

use crate::coverage::{self, Judged};
use crate::place::{Place, RARELY_PARALLEL, fixtures};
use crate::replay;

const CASE_LIMIT: Duration = Duration::from_secs(60);

/// Verdicts by case id, known differences apart.
#[derive(Default)]
struct Outcome {
    verdicts: BTreeMap<String, Verdict>,
    known: BTreeSet<String>,
    /// By kind of statement, for the coverage page.
    statements: BTreeMap<String, Judged>,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

#[test]
fn recorded_cases_get_sparks_answers() {
    let area = variable("AREA");
    let outcome = replay(&area, RARELY_PARALLEL);
    if !variable("UPDATE").is_empty() && area.is_empty() {
        outcome.write();
    } else {
        outcome.judge();
    }
    if area.is_empty() {
        coverage::check(&outcome.statements);
    }
}

/// Every partition adds up a part, and the parts are merged: another path through each aggregate.
#[test]
fn recorded_cases_get_sparks_answers_from_several_partitions() {
    // What is written then is what one partition answers.
    if variable("UPDATE").is_empty() {
        let mut outcome = replay(&variable("AREA"), 0);
        // The estimate depends on which sketches were merged, in Spark as well.
        outcome
            .verdicts
            .retain(|id, _| !id.contains("hll_sketch_estimate(hll_sketch_agg("));
        outcome.judge();
    }
}

/// One replay at a time: both use all processors, and say what they found.
static REPLAYING: Mutex<()> = Mutex::new(());

fn replay(area: &str, parallel_bytes: u64) -> Outcome {
    let _alone = REPLAYING.lock().unwrap_or_else(PoisonError::into_inner);
    let files = fixture::read_all(&fixtures(), area).expect("readable fixtures");
    let known = std::fs::read_to_string(fixtures().join("known-differences.md"));
    let known = Known::new(known.expect("the page of known differences"));
    let outcome = Mutex::new(Outcome::default());
    let next = AtomicUsize::new(0);
    let n_workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..n_workers {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    replay_file(file, parallel_bytes, &known, &outcome);
                }
            });
        }
    });
    outcome.into_inner().expect("no worker panicked")
}

fn replay_file(file: &File, parallel_bytes: u64, known: &Known, outcome: &Mutex<Outcome>) {
    let place = Place::new(&file.name, parallel_bytes);
    let shared = place.session();
    for case in &file.cases {
        // The recorder too clears it before a file of SQL and before each plan case.
        if !file.one_session {
            place.clear_scratch();
        }
        let session = if file.one_session {
            Arc::clone(&shared)
        } else {
            place.session()
        };
        let verdict = place
            .wait(replay_case(session, Arc::clone(case)))
            .expect("panics are verdicts");
        let id = format!("{} {}", file.name, case.id.replace('\n', "\\n"));
        let mut outcome = outcome.lock().expect("no worker panicked");
        outcome.note_statements(case, &verdict);
        let is_wrong = matches!(verdict, Verdict::Fail(_) | Verdict::Inexact(_));
        if is_wrong && known.has(&file.name, &id) {
            outcome.known.insert(id);
        } else {
            outcome.verdicts.insert(id, verdict);
        }
    }
}

/// In a task of its own, so that a panic is this case's failure and no other's.
async fn replay_case(session: Arc<Session>, case: Arc<Case>) -> Verdict {
    let task = tokio::spawn(async move { replay::case(&session, &case).await });
    match tokio::time::timeout(CASE_LIMIT, task).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(panic)) => Verdict::Fail(format!("panicked: {panic}")),
        Err(_) => Verdict::Fail("no answer within a minute".to_owned()),
    }
}

/// How a case stands in the list of open cases.
fn entry(id: &str, verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Fail(_) => Some(id.to_owned()),
        Verdict::Inexact(_) => Some(format!("~ {id}")),
        Verdict::Pass | Verdict::Refused(_) => None,
    }
}

impl Outcome {
    /// A case is refused as a whole, so that only cases of one statement tell of its kind.
    fn note_statements(&mut self, case: &Case, verdict: &Verdict) {
        let [step] = case.steps.as_slice() else {
            return;
        };
        let Request::Sql(text) = &step.request else {
            return;
        };
        if let Some(kind) = coverage::statement_kind(text) {
            let judged = self.statements.entry(kind).or_default();
            match verdict {
                Verdict::Refused(_) => judged.refused += 1,
                Verdict::Pass | Verdict::Inexact(_) | Verdict::Fail(_) => judged.answered += 1,
            }
        }
    }

    fn entries(&self) -> BTreeSet<String> {
        self.verdicts
            .iter()
            .filter_map(|(id, verdict)| entry(id, verdict))
            .collect()
    }

    fn write(&self) {
        self.print_counts();
        let found = self.entries();
        let text: String = found.iter().map(|line| format!("{line}\n")).collect();
        let path = fixtures().join("open-cases.txt");
        std::fs::write(path, text).expect("the list of open cases can be written");
    }

    fn judge(&self) {
        self.print_counts();
        self.print_kind();
        let found = self.entries();
        let text = std::fs::read_to_string(fixtures().join("open-cases.txt")).unwrap_or_default();
        let open: BTreeSet<&str> = text.lines().collect();
        let ours = |line: &str| {
            let id = line.trim_start_matches("~ ");
            self.verdicts.contains_key(id) || self.known.contains(id)
        };
        let mended = open
            .iter()
            .filter(|line| ours(line) && !found.contains(**line))
            .count();
        let worse: Vec<String> = self
            .verdicts
            .iter()
            .filter_map(|(id, verdict)| {
                let line = entry(id, verdict)?;
                // A case that was wrong and is inexact now is better than its entry.
                let is_open = open.contains(line.as_str()) || open.contains(id.as_str());
                (!is_open).then(|| match verdict {
                    Verdict::Fail(text) => format!("{id}\n  {text}"),
                    Verdict::Inexact(text) => format!("~ {id}\n  {text}"),
                    Verdict::Pass | Verdict::Refused(_) => line,
                })
            })
            .collect();
        let n_shown = variable("SHOW").parse().unwrap_or(10);
        let shown: Vec<&str> = worse.iter().take(n_shown).map(String::as_str).collect();
        assert!(
            worse.is_empty(),
            "{} cases differ and are not known to:\n{}",
            worse.len(),
            shown.join("\n")
        );
        if mended > 0 {
            println!("{mended} open cases do better now: `make update` takes them off the list");
        }
    }

    fn print_counts(&self) {
        let mut rows: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
        let known = self.known.iter().map(|id| (id, 3));
        let others = self.verdicts.iter().map(|(id, verdict)| match verdict {
            Verdict::Pass => (id, 0),
            Verdict::Inexact(_) => (id, 1),
            Verdict::Refused(_) => (id, 2),
            Verdict::Fail(_) => (id, 4),
        });
        for (id, column) in known.chain(others) {
            let file = id.split(' ').next().unwrap_or_default();
            let area = file.rsplit_once('/').map_or(file, |(area, _)| area);
            for name in [area, "all"] {
                rows.entry(name).or_default()[column] += 1;
            }
        }
        let head = ["as Spark", "inexact", "refused", "known", "WRONG"];
        println!(
            "{:<36}{}",
            "",
            head.map(|name| format!("{name:>9}")).join("")
        );
        for (area, counts) in rows {
            println!(
                "{area:<36}{}",
                counts.map(|count| format!("{count:>9}")).join("")
            );
        }
    }

    fn print_kind(&self) {
        let kind = variable("SHOW_KIND");
        for (id, verdict) in &self.verdicts {
            match verdict {
                Verdict::Refused(text) if kind == "refused" => println!("refused {id}\n  {text}"),
                Verdict::Inexact(text) if kind == "inexact" => println!("inexact {id}\n  {text}"),
                Verdict::Fail(text) if kind == "wrong" => println!("wrong {id}\n  {text}"),
                _ => {}
            }
        }
    }
}
