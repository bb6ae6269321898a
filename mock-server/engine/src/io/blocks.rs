//! A text file in blocks of whole lines, so that memory does not grow with the file.
//!
//! Lines are cut from bytes and decoded one by one, as Spark's line reader does; what a line means
//! is not known here.

use std::io::Read;
use std::ops::Range;
use std::path::Path;

use super::charset::Charset;
use super::files;
use crate::error::Result;

/// How much is read at once.
const BLOCK_BYTES: usize = 1 << 20;

/// The longest line that is read: one value of it would fill a message to the client twice over.
const MAX_LINE_BYTES: usize = 256 << 20;

/// Some lines of a file.
pub(crate) struct Block {
    text: String,
    lines: Vec<Range<usize>>,
}

impl Block {
    /// The lines without their ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| &self.text[line.clone()])
    }
}

/// A file being read.
pub(crate) struct Blocks<'p> {
    path: &'p Path,
    input: Box<dyn Read>,
    charset: Charset,
    /// What ends a line; `\n`, `\r` or both if there is none.
    separator: Option<&'p [u8]>,
    /// Read, but not handed out yet.
    held: Vec<u8>,
    at_start: bool,
    at_end: bool,
}

impl<'p> Blocks<'p> {
    /// Opens a file.
    pub(crate) fn open(
        path: &'p Path,
        charset: Charset,
        separator: Option<&'p [u8]>,
    ) -> Result<Self> {
        Ok(Self {
            path,
            input: files::open(path)?,
            charset,
            separator,
            held: Vec::new(),
            at_start: true,
            at_end: false,
        })
    }

    /// The next lines; none at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Block>> {
        let end = loop {
            if self.at_end {
                break self.held.len();
            }
            let wanted = u64::try_from(BLOCK_BYTES).unwrap_or(u64::MAX);
            let known = self.held.len();
            let read = (&mut self.input)
                .take(wanted)
                .read_to_end(&mut self.held)
                .map_err(|error| files::unreadable(self.path, &error.to_string()))?;
            self.at_end = read < BLOCK_BYTES;
            if self.at_end {
                continue;
            }
            if let Some(end) = self.last_line_end(known) {
                break end;
            }
            if self.held.len() > MAX_LINE_BYTES {
                let reason = format!("a line of it is longer than {MAX_LINE_BYTES} bytes");
                return Err(files::unreadable(self.path, &reason));
            }
        };
        if std::mem::take(&mut self.at_start) && self.charset == Charset::Utf8 {
            let mark = "\u{feff}".as_bytes();
            if self.held.starts_with(mark) {
                self.held.drain(..mark.len());
                return self.next_after_mark(end - mark.len());
            }
        }
        self.next_after_mark(end)
    }

    fn next_after_mark(&mut self, end: usize) -> Result<Option<Block>> {
        if end == 0 && self.at_end {
            return Ok(None);
        }
        let rest = self.held.split_off(end);
        let bytes = std::mem::replace(&mut self.held, rest);
        Ok(Some(self.block(bytes)))
    }

    /// Behind the last line that is read to its end; none of them ends before `known`.
    fn last_line_end(&self, known: usize) -> Option<usize> {
        // An end can begin in what was read before.
        let overlap = self.separator.map_or(1, <[u8]>::len);
        let from = known.saturating_sub(overlap);
        let new = &self.held[from..];
        let end = match self.separator {
            Some(separator) => memchr::memmem::rfind(new, separator)? + separator.len(),
            // What follows a `\r` at the very end may belong to it.
            None => {
                let settled = new.strip_suffix(b"\r").unwrap_or(new);
                memchr::memrchr2(b'\n', b'\r', settled)? + 1
            }
        };
        Some(from + end)
    }

    fn block(&self, bytes: Vec<u8>) -> Block {
        let mut lines = Vec::new();
        match self.separator {
            Some(separator) => {
                let mut from = 0;
                for at in memchr::memmem::find_iter(&bytes, separator) {
                    lines.push(from..at);
                    from = at + separator.len();
                }
                if from < bytes.len() {
                    lines.push(from..bytes.len());
                }
            }
            None => {
                let mut from = 0;
                for at in memchr::memchr2_iter(b'\n', b'\r', &bytes) {
                    if at > 0 && bytes[at] == b'\n' && bytes[at - 1] == b'\r' {
                        from = at + 1;
                        continue;
                    }
                    lines.push(from..at);
                    from = at + 1;
                }
                if from < bytes.len() {
                    lines.push(from..bytes.len());
                }
            }
        }
        let bytes = if self.charset == Charset::Utf8 {
            match String::from_utf8(bytes) {
                Ok(text) => return Block { text, lines },
                Err(error) => error.into_bytes(),
            }
        } else {
            bytes
        };
        let mut text = String::with_capacity(bytes.len());
        for line in &mut lines {
            let from = text.len();
            text.push_str(&self.charset.decode(&bytes[line.clone()]));
            *line = from..text.len();
        }
        Block { text, lines }
    }
}

/// The whole text of a file.
pub(crate) fn whole(path: &Path, charset: Charset) -> Result<String> {
    let bytes = files::content(path)?;
    let bytes = match charset {
        Charset::Utf8 => bytes
            .strip_prefix("\u{feff}".as_bytes())
            .unwrap_or(bytes.as_slice()),
        _ => bytes.as_slice(),
    };
    Ok(charset.decode(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], separator: Option<&[u8]>) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.txt");
        std::fs::write(&path, bytes).unwrap();
        let mut blocks = Blocks::open(&path, Charset::Utf8, separator).unwrap();
        let mut all = Vec::new();
        while let Some(block) = blocks.next().unwrap() {
            all.extend(block.lines().map(str::to_owned));
        }
        all
    }

    #[test]
    fn every_kind_of_line_end_ends_a_line() {
        let expected = ["a", "", "b", "c", "", "d"];
        assert_eq!(lines(b"\xef\xbb\xbfa\n\nb\r\nc\r\rd", None), expected);
        assert_eq!(lines(b"a;;b", Some(b";")), ["a", "", "b"]);
        assert!(lines(b"", None).is_empty());
    }

    #[test]
    fn a_line_end_across_two_blocks_is_one() {
        for shift in 0..3 {
            let long = "x".repeat(BLOCK_BYTES - shift);
            let text = format!("{long}\r\ny\r\n{long}\nz");
            assert_eq!(
                lines(text.as_bytes(), None),
                [long.as_str(), "y", &long, "z"]
            );
        }
    }
}
