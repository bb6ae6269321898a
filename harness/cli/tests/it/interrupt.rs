//! Ctrl-C: the command, the fake workspace and every temporary folder are gone afterwards.

use std::{
    fs,
    io::{BufRead, BufReader},
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
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(rest, ["error: interrupted"]);
    // SIGKILL takes effect when the kernel gets to it, so this may have to be asked again.
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_running(&shell) {
        assert!(
            Instant::now() < deadline,
            "something of the command is still running"
        );
        std::thread::yield_now();
    }
    let left: Vec<_> = fs::read_dir(place.path().join("tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
