//! Every rule against its good and its bad record, and the reports of one golden run. The records
//! lie in `fixtures/journals`; `UPDATE_EXPECT=1 cargo test` refreshes what is expected. Over 500 lines
//! because the expected reports stand in it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its fixture has failed"
)]

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect, expect_file};
use sparring_harness::{
    Judgement, RULES, Record, Run, Selection, Severity, exit, judge,
    report::{Colour, Format, render},
    rule_named,
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/journals")
        .join(name)
}

fn run(name: &str) -> Run {
    Run::of(&Record::read(&fixture(name)).unwrap())
}

fn findings(rule: &str, file: &str) -> String {
    let run = run(&format!("{rule}/{file}"));
    rule_named(rule)
        .unwrap()
        .apply(&run)
        .iter()
        .fold(String::new(), |text, finding| {
            let mut place = finding.file.clone().unwrap_or_default();
            if let Some(line) = finding.line {
                place.push_str(&format!(":{line}"));
            }
            let node = finding.node.as_deref().unwrap_or("-");
            let dataset = finding.dataset.as_deref().unwrap_or("-");
            let (severity, message, evidence) =
                (finding.severity, &finding.message, &finding.evidence);
            text + &format!("{severity} [{place}] {node} {dataset}: {message} ({evidence})\n")
        })
}

/// The good record has no finding of the rule, the bad one has exactly these.
fn check(rule: &str, expected: &Expect) {
    assert_eq!(
        findings(rule, "good.jsonl"),
        "",
        "{rule} speaks of its good record"
    );
    expected.assert_eq(&findings(rule, "bad.jsonl"));
}

#[test]
fn every_rule_has_both_records() {
    for rule in RULES {
        for file in ["good.jsonl", "bad.jsonl"] {
            let path = fixture(rule.id).join(file);
            assert!(path.exists(), "{} is missing", path.display());
        }
    }
}

#[test]
fn good_records_are_clean_under_all_rules() {
    for rule in RULES {
        let judgement = judge(
            &run(&format!("{}/good.jsonl", rule.id)),
            &Selection::default(),
        );
        assert!(
            judgement.findings.is_empty(),
            "{}: {:#?}",
            rule.id,
            judgement.findings
        );
        assert_eq!(
            exit::of_judgement(&judgement, Severity::Info),
            exit::CLEAN,
            "{}",
            rule.id
        );
    }
}

#[test]
fn cat001() {
    check(
        "CAT001",
        &expect![[r#"
        warning [conf/base/catalog.yml:9] - companies: the data lies on the client's disk in a pipeline that runs on the cluster (pandas.CSVDataset at /home/me/demo/data/01_raw/companies.csv)
    "#]],
    );
}

#[test]
fn cat002() {
    check(
        "CAT002",
        &expect![[r#"
            error [conf/base/catalog.yml:14] report report: Spark is asked to write a path inside the project on the client (file:///home/me/demo/data/08_reporting/report.parquet)
            error [] join companies: Spark is asked to read a path inside the project on the client (/home/me/demo/data/01_raw/companies.csv)
            error [conf/base/catalog.yml:20] pass_on orders: Spark is asked to read a path inside the project on the client (/home/me/demo/data/02_orders/orders.csv)
        "#]],
    );
}

#[test]
fn cat003() {
    check(
        "CAT003",
        &expect![[r#"
        error [conf/base/catalog.yml:9] - model: the halves of a transcoded dataset lie in different places (model@spark is remote-compute, model@pandas is local)
        error [conf/base/catalog.yml:14] - lookup: the path exists on a cluster only and is read by the client (pandas.CSVDataset at /dbfs/FileStore/lookup.csv)
    "#]],
    );
}

#[test]
fn conn001() {
    check(
        "CONN001",
        &expect![[r#"
        error [src/demo/hooks.py:21] - -: a classic Spark session with a JVM on the client was started (scenario run)
        error [] - -: the run ended well and the workspace saw no Spark call (scenario run: 0 calls)
        error [] - -: the project's hooks gave up without an error and left nothing to connect with (scenario wrong-token: no address, no session, no exception)
    "#]],
    );
}

#[test]
fn conn002() {
    check(
        "CONN002",
        &expect![[r#"
        error [src/demo/hooks.py:21] - -: the project connects to `adb-1111111111111111.11.azuredatabricks.tes`, the profile says `adb-1111111111111111.11.azuredatabricks.test` (scenario no-trailing-slash: CONNECT adb-1111111111111111.11.azuredatabricks.tes:443 refused)
    "#]],
    );
}

#[test]
fn conn003() {
    check(
        "CONN003",
        &expect![[r#"
        error [src/demo/hooks.py:21] - -: the Spark Connect address contains a query, as a host copied from the browser does (scenario browser-url: sc://adb-1111111111111111.11.azuredatabricks.test/?o=11111111111111:443/;token=<token of DEFAULT>;x-databricks-cluster-id=1122-104500-sparring; the client reads it as adb-1111111111111111.11.azuredatabricks.test port 15002, no TLS)
    "#]],
    );
}

#[test]
fn conn004() {
    check(
        "CONN004",
        &expect![[r#"
        error [src/demo/hooks.py:21] - -: the project connects without TLS (scenario run: sc://adb-1111111111111111.11.azuredatabricks.test:15002/;x-databricks-cluster-id=1122-104500-sparring, port 15002)
    "#]],
    );
}

#[test]
fn conn005() {
    check(
        "CONN005",
        &expect![[r#"
        error [src/demo/hooks.py:22] - -: calls name neither a cluster nor a serverless session (scenario run: 2 calls refused, first AnalyzePlan with INVALID_ARGUMENT: the call names no cluster: send x-databricks-cluster-id)
    "#]],
    );
}

#[test]
fn conn006() {
    check(
        "CONN006",
        &expect![[r#"
        error [src/demo/hooks.py:21] - -: the environment names profile `STAGING`, the project uses `DEFAULT` (scenario named-profile: AnalyzePlan to adb-1111111111111111.11.azuredatabricks.test)
        error [src/demo/hooks.py:21] - -: one call uses the host of `DEFAULT`, the token of `DEFAULT`, the cluster of `STAGING` (scenario run: AnalyzePlan to adb-1111111111111111.11.azuredatabricks.test)
    "#]],
    );
}

#[test]
fn hyb001() {
    check(
        "HYB001",
        &expect![[r#"
        error [src/demo/hooks.py:21] - -: the hook fails on a Databricks cluster (scenario inside-databricks: after_context_created raised KeyError: 'host')
    "#]],
    );
}

#[test]
fn hyb002() {
    check(
        "HYB002",
        &expect![[r#"
        error [src/demo/hooks.py:24] - -: `sparkContext` does not exist in a remote session (scenario run)
        error [src/demo/nodes.py:9] join -: `rdd` does not exist in a remote session (scenario run)
    "#]],
    );
}

#[test]
fn lazy001() {
    check(
        "LAZY001",
        &expect![[r#"
        warning [src/demo/nodes.py:12] join -: `count` executes a query inside a node (2 queries, 2 rows and 440 B to the client)
        warning [src/demo/nodes.py:30] compare -: `toPandas` executes a query inside a node (1 query, 1,200 rows and 35.0 KiB to the client)
    "#]],
    );
}

#[test]
fn lazy002() {
    check(
        "LAZY002",
        &expect![[r#"
        warning [src/demo/nodes.py:6] - -: `collect` executes a query at import (1 query, 7 rows and 900 B to the client)
        warning [src/demo/hooks.py:40] - -: `count` executes a query in the hook after_catalog_created (1 query, 1 row and 200 B to the client)
    "#]],
    );
}

#[test]
fn sec001() {
    check(
        "SEC001",
        &expect![[r#"
        error [info.log:12] - -: a token is written to info.log (scenario run: 1 line, first at line 12: url <token of DEFAULT>)
        error [] - -: a token is written to stdout (scenario run: 2 lines, first at line 3: Using Spark Connect: sc://adb-1111111111111111.11.azuredatabricks.test:443/;use_ssl=true;token=<token of DEFAULT>;x-databricks-cluster-id=1122-104500-sparring)
    "#]],
    );
}

#[test]
fn xfer001() {
    check(
        "XFER001",
        &expect![[r#"
        warning [] load orders: local data takes more than half of what may be uploaded (100.0 MiB of 128.0 MiB allowed)
        error [] load items: local data was refused for its size (RESOURCE_EXHAUSTED: local relation of 150000000 bytes is larger than 134217728 bytes)
        error [] upload -: a message was refused for its size (Sent message larger than max (136315076 vs. 134217728)>)
    "#]],
    );
}

#[test]
fn xfer003() {
    check(
        "XFER003",
        &expect![[r#"
        warning [] train model_input: a large result was brought to the client (18,000 rows, 1.5 MiB; allowed are 10,000 rows and 16.0 MiB)
    "#]],
    );
}

#[test]
fn golden_run_reads_well_in_every_format() {
    let judgement = judge(&run("golden.jsonl"), &Selection::default());
    let report = |format| render(format, &judgement, Colour::No).unwrap();
    expect_file!["../../fixtures/journals/golden.txt"].assert_eq(&report(Format::Terminal));
    expect_file!["../../fixtures/journals/golden.json"].assert_eq(&report(Format::Json));
    assert_eq!(
        exit::of_judgement(&judgement, Severity::Error),
        exit::FINDINGS
    );
}

fn selection(select: &[&str], ignore: &[&str]) -> Selection {
    let own = |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.into()).collect() };
    Selection::new(&own(select), &own(ignore)).unwrap()
}

#[test]
fn a_failed_project_without_a_finding_has_a_status_of_its_own() {
    // In the golden record `browser-url` fails for a reason that no rule explains.
    let judgement = judge(&run("golden.jsonl"), &selection(&["LAZY"], &[]));
    assert_eq!(
        exit::of_judgement(&judgement, Severity::Error),
        exit::PROJECT_FAILED
    );
    assert_eq!(
        exit::of_judgement(&judgement, Severity::Warning),
        exit::FINDINGS
    );
}

#[test]
fn how_a_scenario_went_does_not_depend_on_the_selected_rules() {
    for file in RULES.iter().map(|rule| format!("{}/bad.jsonl", rule.id)) {
        let run = run(&file);
        let outcomes = |selection: &Selection| -> Vec<(bool, bool)> {
            let scenarios = judge(&run, selection).scenarios;
            scenarios
                .iter()
                .map(|it| (it.healthy, it.explained))
                .collect()
        };
        let all = outcomes(&Selection::default());
        for rule in RULES {
            assert_eq!(
                outcomes(&selection(&[], &[rule.id])),
                all,
                "{file} without {}",
                rule.id
            );
            assert_eq!(
                outcomes(&selection(&[rule.id], &[])),
                all,
                "{file} with {} only",
                rule.id
            );
        }
    }
}

#[test]
fn a_failure_that_only_ignored_rules_explain_is_not_unexplained() {
    let judgement = judge(&run("CONN006/bad.jsonl"), &selection(&[], &["CONN"]));
    assert_eq!(exit::of_judgement(&judgement, Severity::Error), exit::CLEAN);
    let text = render(Format::Terminal, &judgement, Colour::No).unwrap();
    expect![[r#"
        demo
          bad   named-profile  connected to adb-1111111111111111.11.azuredatabricks.test as DEFAULT
                               expected: host, token and cluster all come from the profile that the environment names
          ok    run            0 nodes, 1 call to adb-1111111111111111.11.azuredatabricks.test as DEFAULT in 9.5 s

        0 errors, 0 warnings, 0 info; what went badly is explained by rules that were left out: CONN006
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_token_in_the_output_explains_no_failure() {
    let text = report_of(&[
        r#"{"kind":"scenario_started","scenario":"run","command":["kedro","run"],"profiles":[],"home":"/h"}"#,
        r#"{"kind":"token_seen","place":"stdout","line":3,"text":"token=…","profile":"DEFAULT"}"#,
        r#"{"kind":"pipeline_finished","pipeline":"__default__","error":"ValueError","message":"no"}"#,
        r#"{"kind":"process_exited","code":1,"seconds":1.0}"#,
        r#"{"kind":"scenario_finished","scenario":"run"}"#,
    ]);
    expect![[r#"
        demo
          fail  run  exit status 1: ValueError: no
                     expected: the pipeline runs over Spark Connect

        Findings
        error: SEC001 token-in-output: a token is written to stdout
          seen: scenario run: 1 line, first at line 3: token=…
          hint: log the host and the cluster, never the address with its token

        1 error, 0 warnings, 0 info; failed for a reason that no rule explains: run
        hint: what the project said stands above, and in the file of `--record`; `sparring doctor` says what its environment lacks
    "#]].assert_eq(&text);
}

/// The report of a record that holds these events after the golden record's first.
fn report_of(events: &[&str]) -> String {
    render(Format::Terminal, &judged(events), Colour::No).unwrap()
}

fn judged(events: &[&str]) -> Judgement {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.jsonl");
    let golden = std::fs::read_to_string(fixture("golden.jsonl")).unwrap();
    let first = golden.lines().next().unwrap().to_owned();
    let text = events
        .iter()
        .enumerate()
        .fold(first, |text, (index, event)| {
            let seq = index + 2;
            text + &format!("\n{{\"v\":1,\"seq\":{seq},\"at_ms\":{seq},\"event\":{event}}}")
        });
    std::fs::write(&path, text + "\n").unwrap();
    let run = Run::of(&Record::read(&path).unwrap());
    judge(&run, &Selection::default())
}

#[test]
fn a_project_that_connects_nowhere_gets_the_key_that_mends_it() {
    let text = report_of(&[
        r#"{"kind":"scenario_started","scenario":"run","command":["kedro","run"],"profiles":[],"home":"/h"}"#,
        r#"{"kind":"pipeline_finished","pipeline":"__default__","error":"DatasetError","message":"Failed while loading data from dataset SparkDatasetV2(...).\n[CONNECT_URL_NOT_SET] Cannot create a Spark Connect session because the Spark Connect remote URL has not been set. Please define the remote URL by setting either the 'spark.remote' option or the 'SPARK_REMOTE' environment variable."}"#,
        r#"{"kind":"process_exited","code":1,"seconds":1.0}"#,
        r#"{"kind":"scenario_finished","scenario":"run"}"#,
    ]);
    expect![[r#"
        demo
          fail  run  exit status 1: DatasetError: [CONNECT_URL_NOT_SET] Cannot create a Spark Connect session because the Spark Connect remote URL has not been set. Please define the remote URL by setting either the 'spark.remote' option or the 'SPARK_REMOTE' environment variable.
                     expected: the pipeline runs over Spark Connect
                     hint: no hook of the project connects; with `set_spark_remote = true` under `[check]` in sparring.toml the address is in SPARK_REMOTE

        0 errors, 0 warnings, 0 info; failed for a reason that no rule explains: run
        hint: what the project said stands above, and in the file of `--record`; `sparring doctor` says what its environment lacks
    "#]].assert_eq(&text);
}

#[test]
fn what_a_project_says_at_length_is_cut_between_words() {
    let words = "abcdefg ".repeat(40);
    let output = format!(r#"{{"kind":"output_line","stream":"stderr","text":"{words}"}}"#);
    let text = report_of(&[
        r#"{"kind":"scenario_started","scenario":"run","command":["kedro","run"],"profiles":[],"home":"/h"}"#,
        &output,
        r#"{"kind":"process_exited","code":1,"seconds":1.0}"#,
        r#"{"kind":"scenario_finished","scenario":"run"}"#,
    ]);
    assert!(text.contains("abcdefg abcdefg …\n"), "{text}");
}

#[test]
fn refused_hosts_are_counted_by_host_and_port() {
    let refused = |host: &str, port: u16| {
        format!(r#"{{"kind":"connect_refused","host":"{host}","port":{port},"message":"no"}}"#)
    };
    let (pypi, plain) = (refused("pypi.org", 443), refused("pypi.org", 80));
    let text = report_of(&[
        r#"{"kind":"scenario_started","scenario":"run","command":["kedro","run"],"profiles":[],"home":"/h"}"#,
        &pypi,
        &plain,
        &pypi,
        r#"{"kind":"process_exited","code":0,"seconds":1.0}"#,
        r#"{"kind":"scenario_finished","scenario":"run"}"#,
        r#"{"kind":"scenario_started","scenario":"wrong-token","command":["x"],"profiles":[],"home":"/h"}"#,
        &pypi,
        r#"{"kind":"context_checked","connected_to_something":false}"#,
        r#"{"kind":"process_exited","code":0,"seconds":1.0}"#,
        r#"{"kind":"scenario_finished","scenario":"wrong-token"}"#,
    ]);
    let refused = text.split("\n\n").find(|part| part.starts_with("Refused"));
    expect![[r#"
        Refused hosts: what was tried and not let through
          pypi.org:443  3 times in run, wrong-token
          pypi.org:80   1 time in run"#]]
    .assert_eq(refused.unwrap_or_default());
}

#[test]
fn the_remote_of_a_command_without_a_probe_is_read_from_its_calls() {
    let judgement = judged(&[
        r#"{"kind":"scenario_started","scenario":"command","command":["python"],"profiles":[],"home":"/h"}"#,
        r#"{"kind":"rpc_received","rpc":1,"connection":1,"method":"Config","authority":"h.test:443","tls":true,"credential":{"profile":"DEFAULT","digest":"d1"},"cluster_id":"c"}"#,
        r#"{"kind":"rpc_finished","rpc":1,"code":"OK","rows_down":0,"bytes_down":1,"bytes_up":1,"ms":1}"#,
        r#"{"kind":"process_exited","code":0,"seconds":1.0}"#,
        r#"{"kind":"scenario_finished","scenario":"command"}"#,
    ]);
    expect![[r#"
        Some(
            Remote {
                url_redacted: "sc://h.test:443/;use_ssl=true;token=<token of DEFAULT>;x-databricks-cluster-id=c",
                host: Some(
                    "h.test",
                ),
                port: Some(
                    443,
                ),
                tls: Some(
                    true,
                ),
                cluster_id: Some(
                    "c",
                ),
            },
        )
    "#]].assert_debug_eq(&judgement.scenarios[0].remote);
}

#[test]
fn a_record_survives_writing_and_reading() {
    let record = Record::read(&fixture("golden.jsonl")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy.jsonl");
    record.write(&path).unwrap();
    assert_eq!(Record::read(&path).unwrap(), record);
}

#[test]
fn a_file_that_is_no_record_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.jsonl");
    let error = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let error = Record::read(&path).unwrap_err().to_string();
        error.replace(&path.display().to_string(), "x.jsonl")
    };
    expect!["`x.jsonl` is not a record of this version: it does not begin with a run"]
        .assert_eq(&error(""));
    expect!["`x.jsonl` is not a record of this version: line 1 is not a journal entry: expected value at line 1 column 1"].assert_eq(&error("hello"));
    expect!["`x.jsonl` is not a record of this version: line 1 has journal version 7, this program reads version 1; use the version of sparring that wrote it"].assert_eq(&error("{\"v\":7}"));
}

#[test]
fn a_record_that_was_cut_between_lines_is_called_incomplete() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.jsonl");
    let whole = std::fs::read_to_string(fixture("golden.jsonl")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let error = |lines: &[&str]| {
        std::fs::write(&path, lines.join("\n")).unwrap();
        let error = Record::read(&path).unwrap_err();
        assert_eq!(exit::of_error(&error), exit::WRONG_USE);
        error
            .to_string()
            .replace(&path.display().to_string(), "x.jsonl")
    };
    expect!["the record `x.jsonl` is incomplete: no scenario is in it"]
        .assert_eq(&error(&lines[..1]));
    expect!["the record `x.jsonl` is incomplete: the scenario `run` has no end"]
        .assert_eq(&error(&lines[..2]));
    expect!["the record `x.jsonl` is incomplete: the scenario `wrong-token` has no end"]
        .assert_eq(&error(&lines[..lines.len() - 1]));
    // Between two scenarios: what was to follow stands in the first line.
    let first = lines[0].replace(
        "\"budgets\"",
        "\"scenarios\": [\"run\", \"unknown-cluster\"], \"budgets\"",
    );
    expect!["the record `x.jsonl` is incomplete: the scenario `unknown-cluster` was played and is not in it"].assert_eq(&error(&[&[first.as_str()], &lines[1..]].concat()));
}
