//! CONN003 url-malformed
//!
//! ## What it checks
//! The Spark Connect address that the project made is not one: the client cannot read it, or it
//! has a query (`?o=…`), a path, spaces, two ports or nothing in it.
//!
//! ## Why it matters
//! Some malformed addresses fail with a message about urls that says nothing about the profile.
//! Others are read as something else in silence: `sc://host/?o=123:443/;token=…` is the host with
//! port 15002, without TLS, without a token and without a cluster.
//!
//! ## Example
//! ```python
//! url = f"sc://{host}:443/;token={token}"  # host was copied from the browser: `adb-1.azure…/?o=123`
//! ```
//!
//! ## Instead
//! Take the host name with `urllib.parse.urlsplit(host).hostname` and quote the token with
//! `urllib.parse.quote(token, safe="")`.

use sparring_journal::{Event, RemoteResolved};

use super::super::{Finding, Rule, Severity};
use crate::{Run, run::ScenarioRun};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "CONN003",
    name: "url-malformed",
    severity: Severity::Error,
    hint: "take the host with `urllib.parse.urlsplit(host).hostname` and quote the token",
    check,
    source: include_str!("url_malformed.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let from_client = scenario
        .remotes()
        .filter_map(|remote| malformed(rule, scenario, remote));
    from_client.chain(emptied(rule, scenario)).collect()
}

fn malformed(rule: &Rule, scenario: &ScenarioRun, remote: &RemoteResolved) -> Option<Finding> {
    let url = &remote.url_redacted;
    let what = defect(url).or_else(|| {
        remote
            .error
            .as_ref()
            .map(|_| "cannot be read by the client")
    })?;
    let read_as = match (&remote.host, remote.port, remote.tls) {
        (Some(host), Some(port), Some(tls)) => {
            let transport = if tls { "TLS" } else { "no TLS" };
            format!("; the client reads it as {host} port {port}, {transport}")
        }
        _ => remote
            .error
            .as_ref()
            .map_or_else(String::new, |error| format!("; {error}")),
    };
    let evidence = format!("scenario {}: {url}{read_as}", scenario.scenario.name);
    Some(
        rule.finding(format!("the Spark Connect address {what}"), evidence)
            .at(remote.site.as_ref()),
    )
}

fn defect(url: &str) -> Option<&'static str> {
    let rest = url.strip_prefix("sc://")?;
    let (address, _parameters) = rest.split_once(';').unwrap_or((rest, ""));
    let (authority, path) = address.split_once('/').unwrap_or((address, ""));
    if address.contains('?') {
        Some("contains a query, as a host copied from the browser does")
    } else if address.contains(char::is_whitespace) {
        Some("contains spaces")
    } else if authority.is_empty() || authority.starts_with(':') {
        Some("has no host")
    } else if authority.matches(':').count() > 1 && !authority.starts_with('[') {
        Some("has two ports")
    } else if !path.is_empty() {
        Some("has a path")
    } else {
        None
    }
}

fn emptied(rule: &Rule, scenario: &ScenarioRun) -> Option<Finding> {
    scenario.events.iter().find_map(|event| match event {
        Event::EnvironmentChanged(changed)
            if changed.variable == "SPARK_REMOTE"
                && changed
                    .after
                    .as_deref()
                    .is_some_and(|after| after.trim().is_empty()) =>
        {
            Some(rule.finding(
                "SPARK_REMOTE was set to nothing",
                format!(
                    "scenario {}: after {}",
                    scenario.scenario.name, changed.hook
                ),
            ))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::defect;

    #[test]
    fn defects_are_told_apart() {
        assert_eq!(defect("sc://h:443/;token=<token>"), None);
        assert_eq!(defect("sc://h:443"), None);
        assert_eq!(defect("sc://[::1]:443/;a=b"), None);
        for (url, word) in [
            ("sc://h/?o=1:443/;token=x", "query"),
            ("sc://h:443:443/;token=x", "two ports"),
            ("sc://h/login.html:443/;token=x", "path"),
            ("sc:// h:443/;token=x", "spaces"),
            ("sc://:443/;a=b", "no host"),
            ("sc:///;token=x", "no host"),
        ] {
            let found = defect(url).unwrap_or("nothing");
            assert!(found.contains(word), "{url}: {found}");
        }
    }
}
