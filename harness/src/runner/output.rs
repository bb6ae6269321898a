//! Lines of a process's output: read without limit on the process, kept with a limit on us,
//! redacted before anyone sees them.

use std::time::{SystemTime, UNIX_EPOCH};

use sparring_journal::{Event, OutputLine, OutputStream, TokenSeen};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    sync::mpsc,
};

use crate::sandbox::Redactor;

/// Longest line that is kept; the rest of it is read and dropped.
const MAX_LINE_BYTES: usize = 16 << 10;
/// Most lines that are kept.
const MAX_LINES: usize = 20_000;

pub(super) struct Line {
    stream: OutputStream,
    text: String,
}

/// Sends every line of `source` until it ends.
pub(super) async fn read_lines(
    source: impl AsyncRead + Unpin,
    stream: OutputStream,
    lines: mpsc::Sender<Line>,
) {
    let mut source = BufReader::new(source);
    let mut line: Vec<u8> = Vec::new();
    while let Ok(buffer) = source.fill_buf().await {
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(buffer.len());
        let room = MAX_LINE_BYTES.saturating_sub(line.len()).min(taken);
        line.extend_from_slice(&buffer[..room]);
        source.consume(end.map_or(taken, |end| end + 1));
        if end.is_some() && lines.send(finished(&mut line, stream)).await.is_err() {
            return;
        }
    }
    if !line.is_empty() {
        // The receiver is gone only when nobody wants the output any more.
        let _ = lines.send(finished(&mut line, stream)).await;
    }
}

fn finished(line: &mut Vec<u8>, stream: OutputStream) -> Line {
    let text = String::from_utf8_lossy(line)
        .trim_end_matches('\r')
        .to_owned();
    line.clear();
    Line { stream, text }
}

/// The output of one process, as events.
pub(crate) struct Collected {
    redactor: Redactor,
    /// Events with the time they were seen.
    pub(crate) events: Vec<(u64, Event)>,
    counts: [u64; 2],
    lines: usize,
}

impl Collected {
    pub(super) const fn new(redactor: Redactor) -> Self {
        Self {
            redactor,
            events: Vec::new(),
            counts: [0; 2],
            lines: 0,
        }
    }

    /// Keeps a line and answers it redacted.
    pub(super) fn add(&mut self, line: Line) -> String {
        let at_ms = now_ms();
        let (place, count) = match line.stream {
            OutputStream::Stdout => ("stdout", &mut self.counts[0]),
            OutputStream::Stderr => ("stderr", &mut self.counts[1]),
        };
        *count += 1;
        let (text, profiles) = self.redactor.redact(&line.text);
        for profile in profiles {
            let seen = TokenSeen {
                profile,
                place: place.to_owned(),
                line: *count,
                text: text.clone(),
            };
            self.events.push((at_ms, Event::TokenSeen(seen)));
        }
        self.lines += 1;
        if self.lines < MAX_LINES {
            let kept = OutputLine {
                stream: line.stream,
                text: text.clone(),
            };
            self.events.push((at_ms, Event::OutputLine(kept)));
        } else if self.lines == MAX_LINES {
            self.note("further output is not in the record");
        }
        text
    }

    /// Adds a remark of ours to the output.
    pub(super) fn note(&mut self, text: &str) {
        let line = OutputLine {
            stream: OutputStream::Stderr,
            text: format!("[sparring: {text}]"),
        };
        self.events.push((now_ms(), Event::OutputLine(line)));
    }
}

pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}
