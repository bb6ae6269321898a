//! Recorded explain texts of Spark (`fixtures/explain`) against ours, section by section.
//!
//! Ids are numbered anew in order of appearance, ids of plans and numbers of partitions are left out.
//! Sections that differ are listed with the reason in `fixtures/explain/differences.txt`, which may
//! only shrink: a section that differs and is not listed fails, as does one that is listed and does
//! not differ. `SHOW=10` prints differences, `AREA=sql` keeps one file, `UPDATE=1` rewrites the list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use sparring_engine::Session;
use sparring_proto::connect::analyze_plan_request::Analyze;
use sparring_proto::connect::analyze_plan_response::Result as AnalyzeResult;
use sparring_tests::explained::{self, Section};
use sparring_tests::fixture::{self, Answer, Case, Request};

use crate::place::{Place, RARELY_PARALLEL, fixtures};
use crate::replay;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// What differs: the section's id, Spark's text and ours.
type Differences = BTreeMap<String, (String, String)>;

#[test]
fn explain_prints_sparks_text() {
    let area = variable("AREA");
    let (mut differences, mut n_sections) = (Differences::new(), BTreeMap::new());
    for file in fixture::read_explained(&fixtures()).expect("readable fixtures") {
        if !file.name.contains(&area) {
            continue;
        }
        let place = Place::new("plans/files/", RARELY_PARALLEL);
        let stem = file
            .name
            .trim_start_matches("explain/")
            .trim_end_matches(".json");
        for case in &file.cases {
            let answered = place
                .wait(compared(place.session(), Arc::clone(case)))
                .expect("no panic");
            for answer in answered {
                *n_sections.entry(answer.section.to_owned()).or_default() += 1;
                if answer.spark != answer.ours {
                    let id = format!("{stem} {}: {}", answer.section, case.id);
                    differences.insert(id, (answer.spark, answer.ours));
                }
            }
        }
    }
    judge(&area, &differences, &n_sections);
}

/// A section as Spark printed it and as ours does.
struct Compared {
    section: &'static str,
    spark: String,
    ours: String,
}

async fn compared(session: Arc<Session>, case: Arc<Case>) -> Vec<Compared> {
    let mut found = Vec::new();
    for step in &case.steps {
        match (&step.request, &step.answer) {
            (Request::Analyze(request), Answer::Analysis(recorded)) => {
                let Some(question @ Analyze::Explain(explain)) = &request.analyze else {
                    let _ = replay::step(&session, step).await;
                    continue;
                };
                let mode = explain.explain_mode();
                let spark = explained::lines(recorded);
                let ours = match session.analyze(question.clone()).await {
                    Ok(AnalyzeResult::Explain(answer)) => answer.explain_string,
                    Ok(other) => format!("{other:?}"),
                    Err(error) => format!("error: {error}"),
                };
                found.extend(Section::of(mode).iter().map(|section| Compared {
                    section: section.name(mode),
                    spark: section.part(&spark),
                    ours: section.part(&ours),
                }));
            }
            (Request::Execute(plan), Answer::Rows { rows, .. }) => {
                let ours = match replay::rows(&session, plan).await {
                    Ok(found) => found.join("\n"),
                    Err(error) => format!("error: {error}"),
                };
                found.push(Compared {
                    section: "statement",
                    spark: explained::normal(&rows.join("\n")),
                    ours: explained::normal(&ours),
                });
            }
            _ => {
                let _ = replay::step(&session, step).await;
            }
        }
    }
    found
}

/// The reasons of the list, and the sections under each.
struct Listed {
    text: Vec<(String, BTreeSet<String>)>,
}

impl Listed {
    fn read(path: &Path) -> Self {
        let mut text: Vec<(String, BTreeSet<String>)> = Vec::new();
        for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
            match line.strip_prefix("## ") {
                Some(reason) => text.push((reason.to_owned(), BTreeSet::new())),
                None if line.trim().is_empty() => {}
                None => {
                    if let Some((_, sections)) = text.last_mut() {
                        sections.insert(line.to_owned());
                    }
                }
            }
        }
        Self { text }
    }

    fn has(&self, id: &str) -> bool {
        self.text.iter().any(|(_, sections)| sections.contains(id))
    }

    /// Without what does not differ any more, and with what is new.
    fn updated(mut self, differences: &Differences) -> String {
        let new: BTreeSet<String> = differences
            .keys()
            .filter(|id| !self.has(id))
            .cloned()
            .collect();
        for (_, sections) in &mut self.text {
            sections.retain(|id| differences.contains_key(id));
        }
        if !new.is_empty() {
            self.text.push(("without a reason yet".to_owned(), new));
        }
        self.text
            .iter()
            .filter(|(_, sections)| !sections.is_empty())
            .map(|(reason, sections)| {
                let lines: Vec<&str> = sections.iter().map(String::as_str).collect();
                format!("## {reason}\n\n{}\n\n", lines.join("\n"))
            })
            .collect()
    }
}

fn judge(area: &str, differences: &Differences, n_sections: &BTreeMap<String, usize>) {
    let shown: usize = variable("SHOW").parse().unwrap_or(0);
    let section = variable("SECTION");
    for (id, (spark, ours)) in differences
        .iter()
        .filter(|(id, _)| id.contains(&section))
        .take(shown)
    {
        println!("==== {id}\n---- Spark\n{spark}\n---- ours\n{ours}");
    }
    for (name, n) in n_sections {
        let open = differences
            .keys()
            .filter(|id| {
                id.split(':')
                    .next()
                    .unwrap_or_default()
                    .ends_with(&format!(" {name}"))
            })
            .count();
        println!("{name:<20} {:>4} of {n:>4} as Spark", n - open);
    }
    let path = fixtures().join("explain/differences.txt");
    let listed = Listed::read(&path);
    if !variable("UPDATE").is_empty() && area.is_empty() {
        std::fs::write(&path, listed.updated(differences)).expect("the list can be written");
        return;
    }
    let worse: Vec<&String> = differences.keys().filter(|id| !listed.has(id)).collect();
    assert!(
        worse.is_empty(),
        "{} sections differ and are not listed: {worse:#?}",
        worse.len()
    );
    if area.is_empty() {
        let mended: Vec<&String> = listed
            .text
            .iter()
            .flat_map(|(_, sections)| sections)
            .filter(|id| !differences.contains_key(*id))
            .collect();
        assert!(
            mended.is_empty(),
            "these are as Spark's now, take them off with UPDATE=1: {mended:#?}"
        );
    }
}
