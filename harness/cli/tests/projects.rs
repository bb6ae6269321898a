//! The fixture projects from beginning to end: real Kedro, real PySpark, the real binary.
//!
//! Not run by a plain `cargo test`, because the projects' own requirements have to be installed
//! first; `make test` runs it. The environment is kept in the cache.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its report has failed"
)]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Checks a copy of a fixture project, so that what the run writes does not stay in the tree.
struct Checked {
    output: Output,
    report: Value,
}

fn copy_of(project: &str, dir: &Path) -> PathBuf {
    let copy = dir.join(project);
    let from = root().join("fixtures/projects").join(project);
    let copied = Command::new("cp").arg("-r").args([&from, &copy]).status();
    assert!(copied.unwrap().success());
    copy
}

fn check(project: &str, arguments: &[&str]) -> Checked {
    let dir = tempfile::tempdir().unwrap();
    let copy = copy_of(project, dir.path());
    let report = dir.path().join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_sparring"))
        .arg("check")
        .arg(&copy)
        .args([
            "--install",
            "--format",
            &format!("json={}", report.display()),
        ])
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&report).unwrap_or_else(|_| "null".to_owned());
    Checked {
        output,
        report: serde_json::from_str(&text).unwrap(),
    }
}

impl Checked {
    fn talk(&self) -> String {
        format!(
            "{}\n{}",
            String::from_utf8_lossy(&self.output.stdout),
            String::from_utf8_lossy(&self.output.stderr)
        )
    }

    fn rules(&self) -> BTreeSet<&str> {
        let findings = self.report["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|finding| finding["rule"].as_str().unwrap())
            .collect()
    }
}

#[test]
fn spaceflights_is_clean_under_all_rules_and_scenarios() {
    let checked = check("spaceflights", &[]);
    assert_eq!(checked.output.status.code(), Some(0), "{}", checked.talk());
    assert!(checked.rules().is_empty(), "{}", checked.talk());
    let scenarios = checked.report["scenarios"].as_array().unwrap();
    assert_eq!(scenarios.len(), 8, "{}", checked.talk());
    let nodes = checked.report["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 7, "{}", checked.talk());
    for node in nodes {
        assert!(node["execute_writes"].as_u64() >= Some(1), "{node}");
    }
}

#[test]
fn spaceflights_is_attributed_alike_under_every_runner() {
    for runner in ["--runner=ThreadRunner", "--async"] {
        let checked = check("spaceflights", &["--scenario", "none", "--", runner]);
        assert_eq!(
            checked.output.status.code(),
            Some(0),
            "{runner}: {}",
            checked.talk()
        );
        for node in checked.report["nodes"].as_array().unwrap() {
            assert!(
                node["execute_writes"].as_u64() >= Some(1),
                "{runner}: {node}"
            );
        }
    }
}

/// What the engine makes of the pipeline, against what Apache Spark made of it.
#[test]
fn spaceflights_writes_what_apache_spark_writes() {
    let dir = tempfile::tempdir().unwrap();
    let verify = root().join("fixtures/expected/spaceflights/verify.py");
    let script = format!("kedro run && python {}", verify.display());
    let output = Command::new(env!("CARGO_BIN_EXE_sparring"))
        .args(["run", "--install", "--", "sh", "-c", &script])
        .current_dir(copy_of("spaceflights", dir.path()))
        .env_remove("VIRTUAL_ENV")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(talk.contains("\n0 differences\n"), "{talk}");
}

#[test]
fn pitfalls_trips_every_rule_once() {
    let checked = check("pitfalls", &[]);
    assert_eq!(checked.output.status.code(), Some(1), "{}", checked.talk());
    let all: BTreeSet<&str> = sparring_harness::RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(checked.rules(), all, "{}", checked.talk());
    let findings = checked.report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), all.len(), "{}", checked.talk());
    let client_path = findings
        .iter()
        .find(|finding| finding["rule"] == "CAT002")
        .unwrap();
    assert_eq!(client_path["dataset"], "report", "{client_path}");
    assert!(!checked.talk().contains("dapi"), "a token was shown");
}
