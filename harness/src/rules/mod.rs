//! The table of rules. A rule is a pure function of a [`Run`]: no clock, no files, no network.
//! Which rules are applied and what a finding costs is decided elsewhere.

mod cat;
mod conn;
mod hyb;
mod lazy;
mod sec;
mod xfer;

use std::fmt;

use serde::{Deserialize, Serialize};
use sparring_journal::{Attribution, CallSite};

use crate::{Error, Run, report::counted, run::ScenarioRun};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works and should be changed.
    Warning,
    /// Fails, or will fail, or gives something away.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// Rule id.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Node it happened in.
    pub node: Option<String>,
    /// Dataset it happened to.
    pub dataset: Option<String>,
    /// File, relative to the project.
    pub file: Option<String>,
    /// Line in the file.
    pub line: Option<u32>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What was seen.
    pub evidence: String,
    /// What to do instead.
    pub hint: String,
}

/// A rule.
pub struct Rule {
    /// `CONN002`.
    pub id: &'static str,
    /// `host-mangled`.
    pub name: &'static str,
    /// The usual severity of its findings.
    pub severity: Severity,
    /// What to do instead, for findings.
    hint: &'static str,
    check: fn(&Rule, &Run, &ScenarioRun) -> Vec<Finding>,
    /// The source of the rule's file, whose opening comment is its documentation.
    source: &'static str,
}

/// All rules, in the order of reports.
pub const RULES: &[Rule] = &[
    conn::remote_not_used::RULE,
    conn::host_mangled::RULE,
    conn::url_malformed::RULE,
    conn::insecure_channel::RULE,
    conn::auth_header::RULE,
    conn::wrong_profile::RULE,
    hyb::inside_branch::RULE,
    hyb::jvm_api::RULE,
    lazy::eager_in_node::RULE,
    lazy::eager_in_hook::RULE,
    xfer::upload_limit::RULE,
    xfer::download::RULE,
    cat::local_path::RULE,
    cat::client_path::RULE,
    cat::transcode_hybrid::RULE,
    sec::token_in_output::RULE,
];

impl Rule {
    /// Findings of this rule in one scenario of `run`.
    #[must_use]
    pub fn apply_to(&self, run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
        let mut findings = (self.check)(self, run, scenario);
        // What a load or save does has no place in the project's code, but in its catalog.
        for finding in findings.iter_mut().filter(|found| found.file.is_none()) {
            let site = finding.dataset.as_ref().and_then(|name| {
                let described = scenario.datasets().find(|known| known.dataset == *name);
                described.and_then(|known| known.site.as_ref())
            });
            if let Some(site) = site {
                finding.file = Some(site.file.clone());
                finding.line = Some(site.line);
            }
        }
        findings
    }

    /// Findings of this rule in all scenarios, each once.
    #[must_use]
    pub fn apply(&self, run: &Run) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        let all = run
            .scenarios
            .iter()
            .flat_map(|scenario| self.apply_to(run, scenario));
        for finding in all {
            // The same mistake shows in several scenarios; it is reported where it shows first.
            let known = findings.iter().any(|known| {
                (
                    &known.node,
                    &known.dataset,
                    &known.file,
                    known.line,
                    &known.message,
                ) == (
                    &finding.node,
                    &finding.dataset,
                    &finding.file,
                    finding.line,
                    &finding.message,
                )
            });
            if !known {
                findings.push(finding);
            }
        }
        findings
    }

    /// Whether a run can fail of what the rule finds; nothing fails of a token that is seen.
    pub(crate) fn can_fail_a_run(&self) -> bool {
        !self.id.starts_with("SEC")
    }

    /// The rule's documentation: the opening comment of its file.
    #[must_use]
    pub fn docs(&self) -> String {
        self.source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .fold(String::new(), |docs, line| {
                docs + line.strip_prefix(' ').unwrap_or(line) + "\n"
            })
    }

    fn finding(&self, message: impl Into<String>, evidence: impl Into<String>) -> Finding {
        Finding {
            rule: self.id,
            severity: self.severity,
            node: None,
            dataset: None,
            file: None,
            line: None,
            message: message.into(),
            evidence: evidence.into(),
            hint: self.hint.to_owned(),
        }
    }
}

impl Finding {
    fn at(mut self, site: Option<&CallSite>) -> Self {
        self.file = site.map(|site| site.file.clone());
        self.line = site.map(|site| site.line);
        self
    }

    fn of(mut self, attribution: Option<&Attribution>) -> Self {
        self.node = attribution.and_then(|attribution| attribution.node.clone());
        self.dataset = attribution.and_then(|attribution| attribution.dataset.clone());
        self.at(attribution.and_then(|attribution| attribution.site.as_ref()))
    }

    fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// The rule of that id or name.
///
/// # Errors
/// When there is none.
pub fn named(id: &str) -> Result<&'static Rule, Error> {
    RULES
        .iter()
        .find(|rule| rule.id.eq_ignore_ascii_case(id) || rule.name == id)
        .ok_or_else(|| Error::unknown("rule", id, RULES.iter().map(|rule| rule.id)))
}

/// Which rules are applied.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    select: Vec<String>,
    ignore: Vec<String>,
}

impl Selection {
    /// Rules or families (`CONN`) to apply, all when empty, and those to leave out.
    ///
    /// # Errors
    /// When a name fits no rule.
    pub fn new(select: &[String], ignore: &[String]) -> Result<Self, Error> {
        for prefix in select.iter().chain(ignore) {
            if !RULES.iter().any(|rule| fits(rule, prefix)) {
                named(prefix)?;
            }
        }
        Ok(Self {
            select: select.to_vec(),
            ignore: ignore.to_vec(),
        })
    }

    /// The selected rules.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        RULES.iter().filter(|rule| {
            (self.select.is_empty() || self.select.iter().any(|prefix| fits(rule, prefix)))
                && !self.ignore.iter().any(|prefix| fits(rule, prefix))
        })
    }
}

fn fits(rule: &Rule, prefix: &str) -> bool {
    !prefix.is_empty() && rule.id.starts_with(&prefix.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_explains_itself_under_the_same_headings() {
        for rule in RULES {
            let docs = rule.docs();
            for heading in [
                "## What it checks",
                "## Why it matters",
                "## Example",
                "## Instead",
            ] {
                assert!(docs.contains(heading), "{} lacks `{heading}`", rule.id);
            }
            assert!(
                docs.starts_with(&format!("{} {}", rule.id, rule.name)),
                "{}",
                rule.id
            );
        }
    }

    #[test]
    fn ids_are_unique_and_ordered_within_their_family() {
        for pair in RULES.windows(2) {
            let same_family = pair[0].id[..3] == pair[1].id[..3];
            assert!(!same_family || pair[0].id < pair[1].id);
        }
    }

    #[test]
    fn selection_takes_ids_and_families() {
        let ids = |select: &[&str], ignore: &[&str]| {
            let own = |names: &[&str]| {
                names
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect::<Vec<_>>()
            };
            match Selection::new(&own(select), &own(ignore)) {
                Ok(selection) => selection
                    .rules()
                    .map(|rule| rule.id)
                    .collect::<Vec<_>>()
                    .join(" "),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(ids(&["LAZY", "sec001"], &["LAZY002"]), "LAZY001 SEC001");
        assert_eq!(ids(&[], &["C", "H", "L", "X"]), "SEC001");
        assert_eq!(
            ids(&["LAZY01"], &[]),
            "unknown rule `LAZY01`; did you mean `LAZY001`?"
        );
    }
}
