//! CONN004 insecure-channel
//!
//! ## What it checks
//! A call arrived without TLS and with a token, or the project resolved an address on another
//! machine that the client will speak to without TLS.
//!
//! ## Why it matters
//! The token crosses the network in clear text. A workspace answers on port 443 with TLS only,
//! so the connection would fail there after the token was sent.
//!
//! ## Example
//! ```python
//! url = f"sc://{host}/;token={token};x-databricks-cluster-id={cluster}"  # port 15002
//! ```
//!
//! ## Instead
//! `f"sc://{host}:443/;use_ssl=true;token={token};x-databricks-cluster-id={cluster}"`.

use super::super::{Finding, Rule, Severity};
use crate::{Run, run::ScenarioRun};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "CONN004",
    name: "insecure-channel",
    severity: Severity::Error,
    hint: "write the port and TLS into the address: `:443/;use_ssl=true`",
    check,
    source: include_str!("insecure_channel.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    insecure(rule, scenario).into_iter().collect()
}

fn insecure(rule: &Rule, scenario: &ScenarioRun) -> Option<Finding> {
    let name = scenario.scenario.name;
    let resolved = scenario.remotes().find(|remote| {
        remote.tls == Some(false)
            && remote
                .host
                .as_deref()
                .is_some_and(|host| !is_loopback(host))
    });
    if let Some(remote) = resolved {
        let port = remote
            .port
            .map_or_else(|| "?".to_owned(), |port| port.to_string());
        let evidence = format!("scenario {name}: {}, port {port}", remote.url_redacted);
        return Some(
            rule.finding("the project connects without TLS", evidence)
                .at(remote.site.as_ref()),
        );
    }
    let call = scenario
        .calls
        .iter()
        .find(|call| !call.received.tls && call.received.credential.digest.is_some())?;
    let evidence = format!(
        "scenario {name}: {} to {}",
        call.received.method, call.received.authority
    );
    Some(
        rule.finding("a token was sent without TLS", evidence)
            .of(call.attribution()),
    )
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}
