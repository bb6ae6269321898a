//! What a scenario tried to reach: the address of its workspace, and hosts that were refused.
//! Whether that is what it should reach is not known here.

use serde::Serialize;

use crate::run::{Call, ScenarioRun};

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

/// The address that the project resolved, or that its calls came to.
pub(super) fn remote(scenario: &ScenarioRun) -> Option<Remote> {
    // The last one counts: hooks replace what was there before.
    let resolved = scenario.remotes().last().map(|remote| Remote {
        url_redacted: remote.url_redacted.clone(),
        host: remote.host.clone(),
        port: remote.port,
        tls: remote.tls,
        cluster_id: remote.cluster_id.clone(),
    });
    // Only Kedro loads the probe, which tells of addresses; what else is run shows by its calls.
    resolved.or_else(|| {
        let answered = scenario.calls.iter().find(|call| call.refused.is_none());
        answered.or(scenario.calls.first()).map(called)
    })
}

/// The address that makes a client send such a call.
fn called(call: &Call) -> Remote {
    let received = &call.received;
    let authority = &received.authority;
    let (host, port) = authority
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host, port.parse().ok()?)))
        .unwrap_or((authority, if received.tls { 443 } else { 80 }));
    let token = match (&received.credential.profile, &received.credential.digest) {
        (Some(profile), _) => format!(";token=<token of {profile}>"),
        (None, Some(_)) => ";token=<unknown token>".to_owned(),
        (None, None) => String::new(),
    };
    let cluster = received
        .cluster_id
        .as_ref()
        .map_or_else(String::new, |id| format!(";x-databricks-cluster-id={id}"));
    let tls = received.tls;
    Remote {
        url_redacted: format!("sc://{host}:{port}/;use_ssl={tls}{token}{cluster}"),
        host: Some(host.to_owned()),
        port: Some(port),
        tls: Some(tls),
        cluster_id: received.cluster_id.clone(),
    }
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
