//! What a scenario tried to reach: the address of its workspace, and hosts that were refused.
//! Whether that is what it should reach is not known here.

use serde::Serialize;

use crate::run::ScenarioRun;

/// An address that the project resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Remote {
    /// The address with every secret replaced.
    pub url_redacted: String,
    /// Host as the client understands it.
    pub host: Option<String>,
    /// Port as the client understands it.
    pub port: Option<u16>,
    /// Whether the client speaks TLS.
    pub tls: Option<bool>,
    /// Cluster in the address.
    pub cluster_id: Option<String>,
}

/// A host that the project tried to reach and that is not the workspace's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RefusedHost {
    /// Its name.
    pub host: String,
    /// The port; 0 when it could not be read.
    pub port: u16,
    /// How often it was tried.
    pub times: u64,
}

/// The address that the project resolved.
pub(super) fn remote(scenario: &ScenarioRun) -> Option<Remote> {
    // The last one counts: hooks replace what was there before.
    scenario.remotes().last().map(|remote| Remote {
        url_redacted: remote.url_redacted.clone(),
        host: remote.host.clone(),
        port: remote.port,
        tls: remote.tls,
        cluster_id: remote.cluster_id.clone(),
    })
}

pub(super) fn refused_hosts(scenario: &ScenarioRun) -> Vec<RefusedHost> {
    let mut hosts: Vec<RefusedHost> = Vec::new();
    for refused in scenario.refused_hosts() {
        let known = hosts
            .iter_mut()
            .find(|known| known.host == refused.host && known.port == refused.port);
        match known {
            Some(known) => known.times += 1,
            None => hosts.push(RefusedHost {
                host: refused.host.clone(),
                port: refused.port,
                times: 1,
            }),
        }
    }
    hosts
}
