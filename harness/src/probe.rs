//! The Python side, carried inside the binary and written into each sandbox: the Kedro plugin
//! that observes, and the program that builds a context without running a pipeline.

use std::{fs, io, path::Path};

/// Path below the probe's folder, and text.
const FILES: &[(&str, &str)] = &[
    (
        "sparring_probe.py",
        include_str!("../python/probe/sparring_probe.py"),
    ),
    (
        "sparring_context.py",
        include_str!("../python/probe/sparring_context.py"),
    ),
    // Kedro finds plugins by the entry points of distributions on the path; this makes the
    // folder one, without installing anything.
    (
        "sparring_probe-0.1.dist-info/METADATA",
        include_str!("../python/probe/METADATA"),
    ),
    (
        "sparring_probe-0.1.dist-info/entry_points.txt",
        include_str!("../python/probe/entry_points.txt"),
    ),
];

/// Writes the probe below `dir`, which is made.
pub(crate) fn write_to(dir: &Path) -> io::Result<()> {
    for (name, text) in FILES {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}
