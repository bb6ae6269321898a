//! Whether a file that the caller named can be written, asked before anything is run: a check
//! takes minutes, and its report must not be lost at their end. What is written is not known here.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use crate::Error;

/// Answers an error when `path` cannot be written; leaves everything as it was.
///
/// # Errors
/// When the folder is missing, `path` is a folder, or either may not be written.
pub fn ensure_writable(path: &Path) -> Result<(), Error> {
    let not_writable = |source: io::Error| Error::NotWritable {
        path: path.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    match fs::metadata(path) {
        Ok(there) if there.is_file() || there.is_dir() => {
            options.append(true).open(path).map_err(not_writable)?;
        }
        // A pipe would lose its reader by being opened and closed; a device is its user's affair.
        Ok(_) => {}
        Err(_) => {
            options
                .write(true)
                .create_new(true)
                .open(path)
                .map_err(not_writable)?;
            fs::remove_file(path).map_err(not_writable)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_cannot_be_written_is_known_before_and_nothing_is_changed() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name);
        fs::write(place("old"), "text").unwrap();
        assert!(ensure_writable(&place("old")).is_ok());
        assert!(ensure_writable(&place("new")).is_ok());
        assert!(ensure_writable(Path::new("/dev/null")).is_ok());
        assert_eq!(fs::read_to_string(place("old")).unwrap(), "text");
        assert!(!place("new").exists());
        let said = |path: &Path| {
            let error = ensure_writable(path).unwrap_err().to_string();
            error.replace(&dir.path().display().to_string(), "DIR") + "\n"
        };
        expect![[r#"
            `DIR` cannot be written: Is a directory (os error 21)
            `DIR/no/r.json` cannot be written: No such file or directory (os error 2)
        "#]]
        .assert_eq(&(said(dir.path()) + &said(&place("no/r.json"))));
    }
}
