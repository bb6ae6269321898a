//! Schemas inferred from files that have not changed since: every analysis of a plan asks again, and
//! inference reads the files whole.
//!
//! Knows no formats.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use arrow::datatypes::Field;
use parking_lot::Mutex;

use crate::error::Result;

/// Schemas that are kept; a workspace that reads more files starts again.
const KEPT: usize = 256;

/// A file changed more recently may change again without its time telling: file systems stamp with
/// the kernel's coarse clock, whose steps are at most 10 ms.
const SETTLED: Duration = Duration::from_millis(50);

/// What was inferred, by how and from what.
#[derive(Default)]
pub(crate) struct Inferred {
    known: Mutex<HashMap<Key, Vec<Field>>>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    /// Everything that decides what a file's text means.
    how: String,
    files: Vec<(PathBuf, u64, SystemTime)>,
}

impl Key {
    /// Nothing if a file cannot be looked at or has just changed.
    fn of(how: String, paths: &[&Path]) -> Option<Self> {
        let now = SystemTime::now();
        let files = paths
            .iter()
            .map(|path| {
                let metadata = path.metadata().ok()?;
                let modified = metadata.modified().ok()?;
                let settled = now.duration_since(modified).ok()? > SETTLED;
                settled.then(|| (path.to_path_buf(), metadata.len(), modified))
            })
            .collect::<Option<_>>()?;
        Some(Self { how, files })
    }
}

impl Inferred {
    /// The fields that `infer` finds in the files, or found before in the same files.
    pub(crate) fn fields(
        &self,
        how: String,
        paths: &[&Path],
        infer: impl FnOnce() -> Result<Vec<Field>>,
    ) -> Result<Vec<Field>> {
        let Some(key) = Key::of(how, paths) else {
            return infer();
        };
        if let Some(fields) = self.known.lock().get(&key) {
            return Ok(fields.clone());
        }
        let fields = infer()?;
        let mut known = self.known.lock();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(key, fields.clone());
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::DataType;

    fn field(name: &str) -> Vec<Field> {
        vec![Field::new(name, DataType::Int32, true)]
    }

    #[test]
    fn a_file_is_read_again_when_it_has_changed_or_might_have() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let inferred = Inferred::default();
        let ask = |name: &str| {
            let found = inferred.fields("csv".to_owned(), &[&path], || Ok(field(name)));
            found.unwrap()[0].name().clone()
        };
        let write = |text: &str, age: Duration| {
            std::fs::write(&path, text).unwrap();
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        };
        write("1", Duration::ZERO);
        assert_eq!(ask("first"), "first");
        assert_eq!(
            ask("fresh files are not trusted"),
            "fresh files are not trusted"
        );
        write("1", Duration::from_secs(60));
        assert_eq!(ask("kept"), "kept");
        assert_eq!(ask("not asked"), "kept");
        write("2", Duration::from_secs(30));
        assert_eq!(ask("changed"), "changed");
    }
}
