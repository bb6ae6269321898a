//! JSON report, version 1. Programs rely on it: keys are added, never renamed or removed.

use serde::Serialize;

use crate::{
    Error, Finding, Severity,
    judge::{DatasetPlace, Judgement, NodeCost, RefusedHost, Remote},
};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Report<'a> {
    version: u32,
    project: &'a str,
    scenarios: Vec<Scenario<'a>>,
    nodes: &'a [NodeCost],
    datasets: &'a [DatasetPlace],
    findings: &'a [Finding],
    summary: Summary,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Scenario<'a> {
    name: &'a str,
    exit_code: Option<i32>,
    remote: Option<&'a Remote>,
    refused_hosts: &'a [RefusedHost],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Summary {
    error: usize,
    warning: usize,
    info: usize,
}

pub(super) fn render(judgement: &Judgement) -> Result<String, Error> {
    let scenarios = judgement
        .scenarios
        .iter()
        .map(|scenario| Scenario {
            name: scenario.name,
            exit_code: scenario.exit_code,
            remote: scenario.remote.as_ref(),
            refused_hosts: &scenario.refused_hosts,
        })
        .collect();
    let report = Report {
        version: 1,
        project: &judgement.project,
        scenarios,
        nodes: &judgement.nodes,
        datasets: &judgement.datasets,
        findings: &judgement.findings,
        summary: Summary {
            error: judgement.count(Severity::Error),
            warning: judgement.count(Severity::Warning),
            info: judgement.count(Severity::Info),
        },
    };
    serde_json::to_string_pretty(&report)
        .map(|text| text + "\n")
        .map_err(|source| Error::Encode {
            what: "the report",
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn committed_schema_is_that_of_the_report() {
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Report<'_>)).unwrap();
        expect_test::expect_file!["../../schema/report-v1.json"].assert_eq(&(schema + "\n"));
    }
}
