//! Ctrl-C: the command, the fake workspace and every temporary folder are gone afterwards.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::Place;

/// Whether a process of the group lives. One that nobody has asked about yet is dead as well.
fn is_running(group: &str) -> bool {
    let stats = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    stats.into_iter().any(|stat| {
        // After the name in parentheses: state, parent, group.
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .map_or("", |(_, rest)| rest)
            .split_whitespace()
            .collect();
        fields.get(2) == Some(&group) && fields.first() != Some(&"Z")
    })
}

fn interrupt(process: u32) {
    let sent = Command::new("kill")
        .args(["-INT", &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// SIGKILL takes effect when the kernel gets to it, so this may have to be asked again.
fn wait_for_the_end_of(group: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_running(group) {
        assert!(
            Instant::now() < deadline,
            "something of the command is still running"
        );
        std::thread::yield_now();
    }
}

fn assert_empty(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A Python that knows just enough to be asked for its version and for a virtualenv, and whose pip
/// has a child and a temporary folder and does not come to an end.
const SLOW_PYTHON: &str = r#"#!/bin/sh
case "$1 $2" in
"-c "*) echo '{"python": "3.11.0"}' ;;
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip") mktemp -d; sleep 600 & echo "$$" > "$SLOW_PIP"; wait ;;
esac
"#;

#[test]
fn an_interrupted_installation_leaves_no_process_and_no_folder() {
    let place = Place::new().project();
    place.write("requirements.txt", "kedro\n");
    let python = place.write("slow-python", SLOW_PYTHON);
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let told = place.path().join("pip");
    let mut child = place
        .command(&["check", "--install", "--python"])
        .arg(&python)
        .env("XDG_CACHE_HOME", place.path().join("cache"))
        .env("SLOW_PIP", &told)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let pip = loop {
        let text = fs::read_to_string(&told).unwrap_or_default();
        if let Some(pip) = text.strip_suffix('\n') {
            break pip.to_owned();
        }
        assert!(Instant::now() < deadline, "pip was not started");
        std::thread::yield_now();
    };
    assert!(is_running(&pip));
    interrupt(child.id());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    wait_for_the_end_of(&pip);
    assert_empty(&place.path().join("tmp"));
    let venvs = place.path().join("cache/sparring/venvs");
    let locks = fs::read_dir(&venvs)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    assert!(locks.into_iter().all(|path| path.extension().is_some()));
}

#[test]
fn an_interrupted_run_leaves_no_process_and_no_folder() {
    let place = Place::new();
    // The shell says who it is and waits for a child of its own.
    let script = "echo pid $$; sleep 600 & wait";
    let mut child = place
        .command(&["run", "--", "sh", "-c", script])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let shell = lines
        .by_ref()
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("pid ").map(str::to_owned))
        .unwrap();
    assert!(is_running(&shell));
    interrupt(child.id());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(rest, ["error: interrupted"]);
    wait_for_the_end_of(&shell);
    assert_empty(&place.path().join("tmp"));
}
