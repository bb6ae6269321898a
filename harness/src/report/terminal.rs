//! Report for people at a terminal. It reads the same without colour.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::{Colour, bytes, counted, grouped};
use crate::{
    Finding, Severity,
    judge::{DatasetPlace, Judgement, NodeCost, RefusedHost, ScenarioOutcome},
    rules,
};

const HEADING: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default();
const HINT: Style = AnsiColor::Cyan.on_default();

struct Page {
    text: String,
    colour: Colour,
}

pub(super) fn render(judgement: &Judgement, colour: Colour) -> String {
    let mut page = Page {
        text: String::new(),
        colour,
    };
    page.heading(&judgement.project);
    page.scenarios(&judgement.scenarios);
    page.refused_hosts(&judgement.scenarios);
    page.nodes(&judgement.nodes);
    page.datasets(&judgement.datasets);
    page.findings(&judgement.findings);
    page.verdict(judgement);
    page.text
}

impl Page {
    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    fn paint(&self, style: Style, text: &str) -> String {
        match self.colour {
            Colour::Yes => format!("{style}{text}{style:#}"),
            Colour::No => text.to_owned(),
        }
    }

    fn heading(&mut self, text: &str) {
        let line = self.paint(HEADING, text);
        self.line(&line);
    }

    fn scenarios(&mut self, scenarios: &[ScenarioOutcome]) {
        let width = width(scenarios.iter().map(|scenario| scenario.name));
        for scenario in scenarios {
            let (style, word) = match (scenario.healthy, scenario.explained) {
                (true, _) => (GOOD, "ok  "),
                (false, true) => (BAD, "bad "),
                (false, false) => (BAD, "fail"),
            };
            let word = self.paint(style, word);
            self.line(&format!(
                "  {word}  {:width$}  {}",
                scenario.name, scenario.happened
            ));
            if !scenario.healthy {
                self.line(&format!(
                    "        {:width$}  expected: {}",
                    "", scenario.expected
                ));
            }
            if let Some(hint) = scenario.hint {
                let word = self.paint(HINT, "hint");
                self.line(&format!("        {:width$}  {word}: {hint}", ""));
            }
        }
        self.line("");
    }

    fn refused_hosts(&mut self, scenarios: &[ScenarioOutcome]) {
        // Who calls home does so in every scenario: one line for each host.
        let mut refused: Vec<(String, u64, Vec<&str>)> = Vec::new();
        for scenario in scenarios {
            for RefusedHost { host, port, times } in &scenario.refused_hosts {
                let address = format!("{host}:{port}");
                match refused.iter_mut().find(|(known, ..)| *known == address) {
                    Some((_, sum, names)) => {
                        *sum += times;
                        names.push(scenario.name);
                    }
                    None => refused.push((address, *times, vec![scenario.name])),
                }
            }
        }
        if refused.is_empty() {
            return;
        }
        self.heading("Refused hosts: what was tried and not let through");
        let width = width(refused.iter().map(|(address, ..)| address.as_str()));
        for (address, times, names) in refused {
            let times = counted(times, "time");
            self.line(&format!(
                "  {address:width$}  {times} in {}",
                names.join(", ")
            ));
        }
        self.line("");
    }

    fn nodes(&mut self, nodes: &[NodeCost]) {
        if nodes.is_empty() {
            return;
        }
        self.heading("Nodes: what each one, with its loads and saves, asked of the workspace");
        let width = width(nodes.iter().map(|node| node.name.as_str())).max(4);
        self.line(&format!(
            "  {:width$}  seconds  analyses  queries  writes  rows down  bytes down    bytes up",
            "node"
        ));
        for node in nodes {
            self.line(&format!(
                "  {:width$}  {:7.2}  {:8}  {:7}  {:6}  {:>9}  {:>10}  {:>10}",
                node.name,
                node.seconds,
                node.analyze,
                node.execute_reads,
                node.execute_writes,
                grouped(node.rows_down),
                bytes(node.bytes_down),
                bytes(node.bytes_up),
            ));
        }
        self.line("");
    }

    fn datasets(&mut self, datasets: &[DatasetPlace]) {
        if datasets.is_empty() {
            return;
        }
        self.heading("Datasets: where the data lies");
        let name_width = width(datasets.iter().map(|dataset| dataset.name.as_str()));
        let type_width = width(datasets.iter().map(|dataset| dataset.dataset_type.as_str()));
        for dataset in datasets {
            self.line(&format!(
                "  {:name_width$}  {:type_width$}  {:14}  {}",
                dataset.name,
                dataset.dataset_type,
                dataset.verdict.name(),
                dataset.location.as_deref().unwrap_or(""),
            ));
        }
        self.line("");
    }

    fn findings(&mut self, findings: &[Finding]) {
        if findings.is_empty() {
            return;
        }
        self.heading("Findings");
        for finding in findings {
            let severity = match finding.severity {
                Severity::Error => self.paint(BAD, "error"),
                Severity::Warning => self.paint(WARN, "warning"),
                Severity::Info => "info".to_owned(),
            };
            let name = rules::named(finding.rule).map_or("", |rule| rule.name);
            self.line(&format!(
                "{severity}: {} {name}: {}",
                finding.rule, finding.message
            ));
            if let Some(place) = place(finding) {
                self.line(&format!("  at {place}"));
            }
            self.line(&format!("  seen: {}", finding.evidence));
            let hint = self.paint(HINT, "hint");
            self.line(&format!("  {hint}: {}", finding.hint));
        }
        self.line("");
    }

    fn verdict(&mut self, judgement: &Judgement) {
        let count = |severity, noun: &str| {
            let count = judgement.count(severity);
            format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
        };
        let mut line = format!(
            "{}, {}, {} info",
            count(Severity::Error, "error"),
            count(Severity::Warning, "warning"),
            judgement.count(Severity::Info)
        );
        let unexplained: Vec<&str> = judgement
            .scenarios
            .iter()
            .filter(|scenario| !scenario.explained)
            .map(|scenario| scenario.name)
            .collect();
        if !unexplained.is_empty() {
            // Writing to a String does not fail.
            let _ = write!(
                line,
                "; failed for a reason that no rule explains: {}",
                unexplained.join(", ")
            );
        }
        let mut left_out: Vec<&str> = judgement
            .scenarios
            .iter()
            .flat_map(|scenario| scenario.left_out.iter().copied())
            .collect();
        left_out.sort_unstable();
        left_out.dedup();
        if !left_out.is_empty() {
            let _ = write!(
                line,
                "; what went badly is explained by rules that were left out: {}",
                left_out.join(", ")
            );
        } else if unexplained.is_empty() && judgement.findings.is_empty() {
            line.push_str("; clean");
        }
        let style = if judgement.count(Severity::Error) > 0 || !unexplained.is_empty() {
            BAD
        } else if judgement.count(Severity::Warning) > 0 || !left_out.is_empty() {
            WARN
        } else {
            GOOD
        };
        let line = self.paint(style, &line);
        self.line(&line);
        if !unexplained.is_empty() {
            self.line(
                "hint: what the project said stands above, and in the file of `--record`; `sparring doctor` says what its environment lacks",
            );
        }
    }
}

fn width<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0)
}

fn place(finding: &Finding) -> Option<String> {
    let file = finding.file.as_ref().map(|file| match finding.line {
        Some(line) => format!("{file}:{line}"),
        None => file.clone(),
    });
    let node = finding.node.as_ref().map(|node| format!("node {node}"));
    let dataset = finding
        .dataset
        .as_ref()
        .map(|dataset| format!("dataset {dataset}"));
    let parts: Vec<String> = [file, node, dataset].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
