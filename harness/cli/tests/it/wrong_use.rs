//! Wrong use and broken surroundings: each answer names the thing and the remedy, with the right
//! status.

use std::{fs, net::TcpListener, process::Command};

use crate::support::Place;
use expect_test::{Expect, expect};

fn check(place: &Place, arguments: &[&str], expected: &Expect) {
    expected.assert_eq(&place.seen(arguments));
}

#[test]
fn a_folder_that_is_no_project_is_named() {
    let place = Place::new();
    check(
        &place,
        &["check"],
        &expect![[r#"
        status 2
        error: no Kedro project in `.`: there is no pyproject.toml
        hint: give the folder that holds the project's pyproject.toml with a [tool.kedro] table
    "#]],
    );
    check(
        &place,
        &["check", "nowhere"],
        &expect![[r#"
        status 2
        error: no Kedro project in `nowhere`: the folder does not exist
        hint: give the folder that holds the project's pyproject.toml with a [tool.kedro] table
    "#]],
    );
    place.write("pyproject.toml", "[project]\nname = \"x\"\n");
    check(
        &place,
        &["check", "."],
        &expect![[r#"
        status 2
        error: no Kedro project in `.`: its pyproject.toml has no [tool.kedro] table
        hint: give the folder that holds the project's pyproject.toml with a [tool.kedro] table
    "#]],
    );
    place.write("pyproject.toml", "[project\n");
    check(
        &place,
        &["check", "."],
        &expect![[r#"
        status 2
        error: no Kedro project in `.`: its pyproject.toml cannot be read: unclosed table, expected `]`
        hint: give the folder that holds the project's pyproject.toml with a [tool.kedro] table
    "#]],
    );
}

#[test]
fn a_project_without_a_python_environment_gets_the_ways_to_name_one() {
    check(
        &Place::new().project(),
        &["check"],
        &expect![[r#"
        status 2
        error: no Python environment for `DIR`
        hint: add `--install` to make an environment from the project's requirements, or name an interpreter with `--python`, or activate a virtualenv, or make one in `.venv`
    "#]],
    );
    check(
        &Place::new().project(),
        &["check", "--python", "/no/such/python"],
        &expect![[r#"
            status 2
            error: failed to run the Python interpreter `/no/such/python`: No such file or directory (os error 2)
            hint: name a working interpreter with `--python`
        "#]],
    );
    check(
        &Place::new().project(),
        &["check", "--install"],
        &expect![[r#"
            status 2
            error: `--install` found neither requirements.txt nor a pyproject.toml with dependencies in `DIR`
            hint: write the project's requirements into requirements.txt, or use `--python`
        "#]],
    );
}

#[test]
fn an_environment_without_kedro_is_named() {
    let place = Place::new().project();
    let made = Command::new("python3")
        .args(["-m", "venv", "--without-pip", ".venv"])
        .current_dir(place.path())
        .status();
    assert!(made.unwrap().success());
    check(
        &place,
        &["check"],
        &expect![[r#"
        status 2
        error: kedro is not installed in the environment of `DIR/.venv/bin/python`
        hint: add `--install` to make an environment from the project's requirements, or install kedro there
    "#]],
    );
}

#[test]
fn unknown_keys_of_either_owner_are_refused_with_the_nearest_known_one() {
    let place = Place::new().project();
    place.write("sparring.toml", "[check]\nprofil = \"dev\"\n");
    check(
        &place,
        &["check"],
        &expect![[r#"
        status 2
        error: `DIR/sparring.toml`: unknown key `profil` in [check]; did you mean `profile`?
    "#]],
    );
    place.write("sparring.toml", "[limits]\nmesage_bytes = 1\n");
    check(
        &place,
        &["check"],
        &expect![[r#"
            status 2
            error: the fake workspace refused its configuration: `DIR/sparring.toml` line 2: unknown key `mesage_bytes`; did you mean `message_bytes`?
        "#]],
    );
    place.write("sparring.toml", "[limits\n");
    check(
        &place,
        &["check"],
        &expect![[r#"
        status 2
        error: `DIR/sparring.toml`: TOML parse error at line 1, column 8
          |
        1 | [limits
          |        ^
        unclosed table, expected `]`
    "#]],
    );
}

#[test]
fn serve_refuses_what_check_refuses_in_a_configuration() {
    let place = Place::new();
    let serve = &["serve", "--listen", "127.0.0.1:0", "--config", "s.toml"];
    place.write("s.toml", "[check]\nprofil = \"dev\"\n");
    check(
        &place,
        serve,
        &expect![[r#"
        status 2
        error: `s.toml`: unknown key `profil` in [check]; did you mean `profile`?
    "#]],
    );
    place.write("s.toml", "[check]\nfail_on = \"err\"\n");
    check(
        &place,
        serve,
        &expect![[r#"
        status 2
        error: `s.toml`: [check]: unknown variant `err`, expected one of `info`, `warning`, `error`
    "#]],
    );
    place.write(
        "s.toml",
        "[[profile]]\nname = \"A\"\nhost = \"https://h/?o=1\"\n",
    );
    check(
        &place,
        serve,
        &expect![[r#"
        status 2
        error: `s.toml` line 3: host `https://h/?o=1` is no host name; write the name alone, or `https://NAME/` as .databrickscfg has it
    "#]],
    );
}

#[test]
fn unknown_names_on_the_command_line_are_refused_before_anything_runs() {
    let place = Place::new().project();
    check(
        &place,
        &["check", "--scenario", "wrong-tokn"],
        &expect![[r#"
        status 2
        error: unknown scenario `wrong-tokn`; did you mean `wrong-token`?
        hint: scenarios are separated by commas, and the project stands before them: `sparring check PROJECT --scenario a,b`
    "#]],
    );
    check(
        &Place::new(),
        &["check", "--scenario", "none", "spaceflights"],
        &expect![[r#"
        status 2
        error: unknown scenario `spaceflights`; known are run, named-profile, no-trailing-slash, browser-url, missing-cluster, wrong-token, unknown-cluster, inside-databricks, all, none
        hint: scenarios are separated by commas, and the project stands before them: `sparring check PROJECT --scenario a,b`
    "#]],
    );
    check(
        &place,
        &["check", "--select", "LAZY01"],
        &expect![[r#"
        status 2
        error: unknown rule `LAZY01`; did you mean `LAZY001`?
    "#]],
    );
    check(
        &place,
        &["check", "--format", "jsn"],
        &expect![[r#"
        status 2
        error: unknown format `jsn`; did you mean `json`?
    "#]],
    );
    check(
        &place,
        &["check", "--format", "sarif=out.sarif"],
        &expect![[r#"
            status 2
            error: report format `sarif` is not supported yet; use terminal or json
        "#]],
    );
    check(
        &place,
        &["explain", "CONN02"],
        &expect![[r#"
        status 2
        error: unknown rule `CONN02`; did you mean `CONN002`?
    "#]],
    );
    check(
        &place,
        &["run"],
        &expect![[r#"
        status 2
        error: no command given
        hint: put the command after two dashes: `sparring run -- kedro run`
    "#]],
    );
}

#[test]
fn a_file_that_cannot_be_written_is_named_before_anything_runs() {
    let place = Place::new().project();
    check(
        &place,
        &["check", "--format", "json=no/r.json"],
        &expect![[r#"
            status 2
            error: `no/r.json` cannot be written: No such file or directory (os error 2)
            hint: give `--format FORMAT=FILE` and `--record` a file in a folder that is there and yours to write
        "#]],
    );
    check(
        &place,
        &["run", "--record", ".", "--", "true"],
        &expect![[r#"
            status 2
            error: `.` cannot be written: Is a directory (os error 21)
            hint: give `--format FORMAT=FILE` and `--record` a file in a folder that is there and yours to write
        "#]],
    );
}

#[test]
fn a_record_that_is_none_is_named() {
    let place = Place::new();
    check(
        &place,
        &["report", "missing.jsonl"],
        &expect![[r#"
        status 2
        error: failed to read the record `missing.jsonl`: No such file or directory (os error 2)
    "#]],
    );
    place.write("x.jsonl", "hello\n");
    check(
        &place,
        &["report", "x.jsonl"],
        &expect![[r#"
        status 2
        error: `x.jsonl` is not a record of this version: line 1 is not a journal entry: expected value at line 1 column 1
        hint: records are written by `sparring check --record FILE`
    "#]],
    );
}

#[test]
fn a_rule_explains_itself() {
    let text = Place::new().seen(&["explain", "CONN002"]);
    assert!(
        text.starts_with("status 0\nCONN002 host-mangled\n\n## What it checks\n"),
        "{text}"
    );
    let list = Place::new().seen(&["explain"]);
    assert!(list.contains("LAZY001  warning  eager-in-node\n"), "{list}");
}

#[test]
fn an_occupied_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = Place::new().seen(&["serve", "--listen", &address]);
    expect![[r#"
        status 2
        error: failed to listen on ADDRESS: Address already in use (os error 98); choose another port, or port 0 for a free one
    "#]].assert_eq(&text.replace(&address, "ADDRESS"));
}

#[test]
fn a_seed_that_is_not_there_is_named_without_the_harness_own_files() {
    let place = Place::new();
    place.write(
        "sparring.toml",
        "[[seed]]\ntable = \"main.a.b\"\nfile = \"no.csv\"\n",
    );
    check(
        &place,
        &["run", "--", "true"],
        &expect![[r#"
            status 2
            scenario command: the command succeeds
            error: the fake workspace refused its configuration: seed `main.a.b`: [PATH_NOT_FOUND] Path does not exist: DIR/no.csv. SQLSTATE: 42K03
        "#]],
    );
}

#[test]
fn a_command_that_fails_by_itself_has_a_status_of_its_own() {
    let place = Place::new();
    let text = place.seen(&["run", "--", "sh", "-c", "echo broken >&2; exit 7"]);
    assert!(text.starts_with("status 3\n"), "{text}");
    assert!(
        text.contains("exit status 7: broken\n") && text.contains("\nhint: what the project said"),
        "{text}"
    );
    check(
        &place,
        &["run", "--", "/no/such/command"],
        &expect![[r#"
        status 2
        scenario command: the command succeeds
        error: failed to start `/no/such/command`: No such file or directory (os error 2)
        hint: give a program that is on the PATH, or the path of one; the words after `--` are not a shell's
    "#]],
    );
}

#[test]
fn a_token_in_the_output_is_hidden_and_found() {
    let place = Place::new();
    let script = "cat ~/.databrickscfg; echo \"$SPARK_REMOTE\" > out.log; env | grep -i proxy";
    let text = place.seen(&["run", "--record", "r.jsonl", "--", "sh", "-c", script]);
    assert!(text.starts_with("status 1\n"), "{text}");
    assert!(text.contains("token = <token of DEFAULT>"), "{text}");
    assert!(
        text.contains("SEC001 token-in-output: a token is written to stdout"),
        "{text}"
    );
    assert!(
        text.contains("SEC001 token-in-output: a token is written to out.log"),
        "{text}"
    );
    let record = fs::read_to_string(place.path().join("r.jsonl")).unwrap();
    assert!(!record.contains("dapi"), "a token is in the record");
    assert!(!text.contains("dapi"), "a token is in the talk");
    let again = place.seen(&["report", "r.jsonl", "--format", "json"]);
    assert!(
        again.starts_with("status 1\n{\n  \"version\": 1,"),
        "{again}"
    );
}
