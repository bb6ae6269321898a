//! Everything that is printed goes through here: data on standard output, talk on standard error,
//! colour only where it is welcome.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use sparring_harness::{Error, Progress, report::Colour};

const DIM: Style = Style::new().dimmed();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Prints to the process's own streams.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    out: Colour,
    talk: Colour,
}

impl Printer {
    /// Looks at the streams and at `NO_COLOR`.
    pub(crate) fn new() -> Self {
        let unwelcome = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = |terminal: bool| {
            if terminal && !unwelcome {
                Colour::Yes
            } else {
                Colour::No
            }
        };
        Self {
            out: colour(io::stdout().is_terminal()),
            talk: colour(io::stderr().is_terminal()),
        }
    }

    /// Whether data may be coloured.
    pub(crate) const fn colour(self) -> Colour {
        self.out
    }

    /// Prints data.
    pub(crate) fn data(self, text: &str) {
        // A reader that has seen enough closes the pipe; that is no failure.
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// Prints talk.
    pub(crate) fn talk(self, text: &str) {
        // With standard error gone there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Prints an error and its hint.
    pub(crate) fn error(self, error: &Error) {
        self.failure(&error.to_string(), error.hint().as_deref());
    }

    /// Prints a failure and what to do about it.
    pub(crate) fn failure(self, message: &str, hint: Option<&str>) {
        self.talk(&format!("{}: {message}", self.paint(ERROR, "error")));
        if let Some(hint) = hint {
            self.talk(&format!("{}: {hint}", self.paint(HINT, "hint")));
        }
    }

    fn paint(self, style: Style, text: &str) -> String {
        match self.talk {
            Colour::Yes => format!("{style}{text}{style:#}"),
            Colour::No => text.to_owned(),
        }
    }
}

/// The line with long runs of spaces shortened: logs are laid out for a very wide terminal, so
/// that nothing in them is folded.
fn squeeze(line: &str) -> String {
    let mut squeezed = String::new();
    let mut rest = line.trim_end();
    while let Some(at) = rest.find("        ") {
        let (before, after) = rest.split_at(at);
        squeezed.push_str(before);
        squeezed.push_str("  ");
        rest = after.trim_start();
    }
    squeezed + rest
}

impl Progress for Printer {
    fn step(&self, text: &str) {
        self.talk(text);
    }

    fn output(&self, label: &str, line: &str) {
        // The output of scenarios without a pipeline overlaps and says little; the record has it.
        match label {
            "run" => self.talk(&self.paint(DIM, &format!("  | {}", squeeze(line)))),
            "command" => self.talk(line),
            _ => {}
        }
    }
}
