//! Who may call and what there is to be called: profiles, their hosts, and the clusters with
//! their state machine. Shared by the gateway and by the REST surface.
//!
//! Knows neither gRPC codes nor HTTP statuses.

use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;

use crate::Clock;
use crate::config::{Cluster, ClusterState, Config, Profile};

/// Who owns every token of the fake workspace.
pub(crate) const USER: &str = "dev@example.com";

/// The workspace's people and machines.
pub(crate) struct Directory {
    profiles: Vec<Profile>,
    clusters: Mutex<Vec<Entry>>,
    clock: Clock,
}

struct Entry {
    cluster: Cluster,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Terminated,
    Pending { until: Duration },
}

/// A cluster as it is now.
#[derive(Debug, Clone)]
pub(crate) struct ClusterView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: ClusterState,
    /// For PENDING: how long it will last.
    pub(crate) ready_in: Duration,
    pub(crate) data_security_mode: String,
}

/// Which profiles a host name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Host<'a> {
    /// The host of one workspace.
    Workspace(&'a str),
    /// `localhost`, an address, a container's name: every profile is meant.
    Alias,
    /// Not one of ours, but close to this one that is.
    Mistaken(&'a str),
}

impl Directory {
    pub(crate) fn new(config: &Config, clock: Clock) -> Self {
        let mut profiles = config.profiles.clone();
        if profiles.is_empty() {
            profiles.push(Profile::named("DEFAULT"));
        }
        for profile in &mut profiles {
            profile.host.make_ascii_lowercase();
        }
        let mut clusters = config.clusters.clone();
        for profile in &profiles {
            if !clusters
                .iter()
                .any(|cluster| cluster.id == profile.cluster_id)
            {
                clusters.push(Cluster::running(&profile.cluster_id));
            }
        }
        let directory = Self {
            profiles,
            clusters: Mutex::default(),
            clock,
        };
        let now = directory.clock.now();
        *directory.clusters.lock() = clusters
            .into_iter()
            .map(|cluster| Entry {
                phase: first_phase(&cluster, now),
                cluster,
            })
            .collect();
        directory
    }

    pub(crate) fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// Host names of the workspace, each once.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for profile in &self.profiles {
            if !hosts.contains(&profile.host) {
                hosts.push(profile.host.clone());
            }
        }
        hosts
    }

    /// What `host` stands for; compared without case and port.
    pub(crate) fn host(&self, host: &str) -> Host<'_> {
        let host = without_port(host).to_ascii_lowercase();
        if let Some(profile) = self.profiles.iter().find(|profile| profile.host == host) {
            return Host::Workspace(&profile.host);
        }
        match self.nearest_host(&host) {
            Some(near) => Host::Mistaken(near),
            None => Host::Alias,
        }
    }

    /// The known host that `host` was probably meant to be. Names without a dot, such as
    /// `localhost`, and addresses are nobody's misspelt workspace, and stand in most requests.
    pub(crate) fn nearest_host(&self, host: &str) -> Option<&str> {
        if !host.contains('.') || host.parse::<IpAddr>().is_ok() {
            return None;
        }
        self.profiles
            .iter()
            .map(|profile| {
                (
                    strsim::damerau_levenshtein(&profile.host, host),
                    &profile.host,
                )
            })
            .filter(|(distance, known)| *distance <= 1 + known.len() / 10)
            .min()
            .map(|(_, known)| known.as_str())
    }

    /// The profile whose token this is. Every token is compared, so that the time taken does not
    /// tell which profile it was.
    pub(crate) fn profile_of(&self, token: &str) -> Option<&Profile> {
        let mut found = None;
        for profile in &self.profiles {
            if profile.token.matches(token) && found.is_none() {
                found = Some(profile);
            }
        }
        found
    }

    /// The first profile that names `cluster`.
    pub(crate) fn owner_of(&self, cluster_id: &str) -> Option<&Profile> {
        self.profiles
            .iter()
            .find(|profile| profile.cluster_id == cluster_id)
    }

    /// Whether the workspace at `host` has this cluster: one that no profile names is everywhere.
    pub(crate) fn has_cluster(&self, host: &str, cluster_id: &str) -> bool {
        let mut owners = self
            .profiles
            .iter()
            .filter(|profile| profile.cluster_id == cluster_id)
            .peekable();
        owners.peek().is_none() || owners.any(|owner| owner.host == host)
    }

    pub(crate) fn cluster(&self, id: &str) -> Option<ClusterView> {
        let now = self.clock.now();
        let clusters = self.clusters.lock();
        clusters
            .iter()
            .find(|entry| entry.cluster.id == id)
            .map(|entry| entry.view(now))
    }

    pub(crate) fn clusters(&self) -> Vec<ClusterView> {
        let now = self.clock.now();
        self.clusters
            .lock()
            .iter()
            .map(|entry| entry.view(now))
            .collect()
    }

    /// TERMINATED becomes PENDING; the other states stay. Answers the state before, or nothing
    /// for an unknown cluster.
    pub(crate) fn start_cluster(&self, id: &str) -> Option<ClusterState> {
        let now = self.clock.now();
        let mut clusters = self.clusters.lock();
        let entry = clusters.iter_mut().find(|entry| entry.cluster.id == id)?;
        let before = entry.view(now).state;
        if before == ClusterState::Terminated {
            entry.phase = Phase::Pending {
                until: now + entry.cluster.start_time(),
            };
        }
        Some(before)
    }

    /// Every cluster back to its configured state.
    pub(crate) fn reset(&self) {
        let now = self.clock.now();
        for entry in self.clusters.lock().iter_mut() {
            entry.phase = first_phase(&entry.cluster, now);
        }
    }
}

impl Cluster {
    const fn start_time(&self) -> Duration {
        Duration::from_secs(self.start_seconds)
    }
}

impl Entry {
    fn view(&self, now: Duration) -> ClusterView {
        let (state, ready_in) = match self.phase {
            Phase::Running => (ClusterState::Running, Duration::ZERO),
            Phase::Terminated => (ClusterState::Terminated, Duration::ZERO),
            Phase::Pending { until } if until <= now => (ClusterState::Running, Duration::ZERO),
            Phase::Pending { until } => (ClusterState::Pending, until - now),
        };
        ClusterView {
            id: self.cluster.id.clone(),
            name: self
                .cluster
                .name
                .clone()
                .unwrap_or_else(|| self.cluster.id.clone()),
            state,
            ready_in,
            data_security_mode: self.cluster.data_security_mode.clone(),
        }
    }
}

fn first_phase(cluster: &Cluster, now: Duration) -> Phase {
    match cluster.state {
        ClusterState::Running => Phase::Running,
        ClusterState::Terminated => Phase::Terminated,
        ClusterState::Pending => Phase::Pending {
            until: now + cluster.start_time(),
        },
    }
}

/// `host:port` and `[v6]:port` without the port.
pub(crate) fn without_port(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match authority.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn directory(text: &str) -> (Directory, Arc<AtomicU64>) {
        let config = Config::parse(text, std::path::Path::new("f")).unwrap();
        let seconds = Arc::new(AtomicU64::new(0));
        let clock = Clock::given({
            let seconds = Arc::clone(&seconds);
            move || Duration::from_secs(seconds.load(Ordering::Relaxed))
        });
        (Directory::new(&config, clock), seconds)
    }

    #[test]
    fn a_terminated_cluster_starts_and_then_runs() {
        let (directory, seconds) =
            directory("[[cluster]]\nid = 'c'\nstate = 'TERMINATED'\nstart_seconds = 5");
        let state = || directory.cluster("c").unwrap().state;
        assert_eq!(state(), ClusterState::Terminated);
        assert_eq!(directory.start_cluster("c"), Some(ClusterState::Terminated));
        assert_eq!(state(), ClusterState::Pending);
        assert_eq!(
            directory.cluster("c").unwrap().ready_in,
            Duration::from_secs(5)
        );
        seconds.store(5, Ordering::Relaxed);
        assert_eq!(state(), ClusterState::Running);
        assert_eq!(directory.start_cluster("c"), Some(ClusterState::Running));
        directory.reset();
        assert_eq!(state(), ClusterState::Terminated);
        assert_eq!(directory.start_cluster("nope"), None);
    }

    #[test]
    fn hosts_are_told_apart_and_near_misses_named() {
        let (directory, _) =
            directory("[[profile]]\nname = 'A'\nhost = 'adb-1.2.Azuredatabricks.test'");
        let known = "adb-1.2.azuredatabricks.test";
        assert_eq!(
            directory.host("ADB-1.2.azuredatabricks.test:443"),
            Host::Workspace(known)
        );
        assert_eq!(
            directory.host("adb-1.2.azuredatabricks.tes:443"),
            Host::Mistaken(known)
        );
        assert_eq!(directory.host("localhost:15002"), Host::Alias);
        assert_eq!(directory.host("[::1]:15002"), Host::Alias);
        assert_eq!(without_port("::1"), "::1");
    }
}
