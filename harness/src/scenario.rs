//! The table of things to try: how the sandbox is set up and what a healthy project does in it.
//! How a sandbox is made and how the outcome is judged is not known here.

use sparring_journal::RefusalReason;

use crate::Error;

/// One thing to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    /// Name on the command line and in reports.
    pub name: &'static str,
    /// What a healthy project does, readable after "expected:".
    pub expected: &'static str,
    /// What is run.
    pub runs: Runs,
    /// How the profile spells its host.
    pub host: HostSpelling,
    /// Which section of `.databrickscfg` is selected.
    pub profile: SelectedProfile,
    /// The token in the section.
    pub token: TokenSpelling,
    /// The cluster in the section.
    pub cluster: ClusterSpelling,
    /// Where the project believes to be.
    pub place: Place,
    /// What a healthy project does, for the judge.
    pub expect: Expect,
}

/// What is run in the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// `kedro run`.
    Pipeline,
    /// The project's hooks up to its context, then one small call.
    Context,
    /// A command of the user's.
    Command,
}

/// How the profile spells its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostSpelling {
    /// `https://HOST/`, as the browser's address bar gives it.
    TrailingSlash,
    /// `https://HOST`, as Databricks' own tools write it.
    NoSlash,
    /// `https://HOST/?o=123`, as copied from the browser while signed in.
    Browser,
}

/// Which section of `.databrickscfg` the environment selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectedProfile {
    /// The main one, by naming nothing.
    Main,
    /// The other one, by `DATABRICKS_CONFIG_PROFILE` and `DATABRICKS_PROFILE`.
    Other,
}

/// The token in the section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSpelling {
    /// The one the workspace knows.
    Known,
    /// One the workspace does not know.
    Wrong,
}

/// The cluster in the section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterSpelling {
    /// The one the workspace has.
    Known,
    /// No `cluster_id` at all.
    Missing,
    /// One the workspace does not have.
    Unknown,
}

/// Where the project believes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On a laptop or in CI.
    Outside,
    /// On a Databricks cluster, where there is no `.databrickscfg`.
    InsideDatabricks,
}

/// What a healthy project does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It connects and its calls are answered.
    Connects,
    /// It connects, or stops by itself before anything is sent.
    ConnectsOrStops,
    /// It is refused for one of these reasons, or stops by itself before anything is sent.
    Refused(&'static [RefusalReason]),
    /// It neither fails nor connects nor touches the environment.
    StaysAway,
}

const GOOD: Scenario = Scenario {
    name: "run",
    expected: "the pipeline runs over Spark Connect",
    runs: Runs::Pipeline,
    host: HostSpelling::TrailingSlash,
    profile: SelectedProfile::Main,
    token: TokenSpelling::Known,
    cluster: ClusterSpelling::Known,
    place: Place::Outside,
    expect: Expect::Connects,
};

const CONTEXT: Scenario = Scenario {
    runs: Runs::Context,
    ..GOOD
};

/// What `sparring run -- COMMAND` does.
pub const COMMAND: Scenario = Scenario {
    name: "command",
    expected: "the command succeeds",
    runs: Runs::Command,
    ..GOOD
};

/// All scenarios of `sparring check`, the pipeline first.
pub const SCENARIOS: &[Scenario] = &[
    GOOD,
    Scenario {
        name: "named-profile",
        expected: "host, token and cluster all come from the profile that the environment names",
        profile: SelectedProfile::Other,
        ..CONTEXT
    },
    Scenario {
        name: "no-trailing-slash",
        expected: "a host without a slash at its end is the same host",
        host: HostSpelling::NoSlash,
        ..CONTEXT
    },
    Scenario {
        name: "browser-url",
        expected: "a host with `/?o=…` is the same host, or is refused with a clear message",
        host: HostSpelling::Browser,
        expect: Expect::ConnectsOrStops,
        ..CONTEXT
    },
    Scenario {
        name: "missing-cluster",
        expected: "the project stops, or the workspace refuses the call for want of a cluster",
        cluster: ClusterSpelling::Missing,
        expect: Expect::Refused(&[RefusalReason::MissingCompute]),
        ..CONTEXT
    },
    Scenario {
        name: "wrong-token",
        expected: "the workspace refuses the token and the project does not go on without it",
        token: TokenSpelling::Wrong,
        expect: Expect::Refused(&[RefusalReason::UnknownToken]),
        ..CONTEXT
    },
    Scenario {
        name: "unknown-cluster",
        expected: "the workspace refuses the cluster and the project does not go on without it",
        cluster: ClusterSpelling::Unknown,
        expect: Expect::Refused(&[RefusalReason::UnknownCluster]),
        ..CONTEXT
    },
    Scenario {
        name: "inside-databricks",
        expected: "on a cluster the hook leaves the connection alone",
        place: Place::InsideDatabricks,
        expect: Expect::StaysAway,
        ..CONTEXT
    },
];

/// The scenario of that name, `command` included.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    SCENARIOS
        .iter()
        .chain(std::iter::once(&COMMAND))
        .find(|scenario| scenario.name == name)
}

/// What `--scenario` selects: always the pipeline, then what is named.
///
/// # Errors
/// When a name is not known.
pub fn select(names: &[String]) -> Result<Vec<&'static Scenario>, Error> {
    let mut chosen = vec![false; SCENARIOS.len()];
    chosen[0] = true;
    for name in names {
        match name.as_str() {
            "all" => chosen.fill(true),
            "none" => {}
            name => {
                let index = SCENARIOS
                    .iter()
                    .position(|scenario| scenario.name == name)
                    .ok_or_else(|| {
                        let known = SCENARIOS.iter().map(|scenario| scenario.name);
                        Error::unknown("scenario", name, known.chain(["all", "none"]))
                    })?;
                chosen[index] = true;
            }
        }
    }
    Ok(SCENARIOS
        .iter()
        .zip(chosen)
        .filter_map(|(scenario, chosen)| chosen.then_some(scenario))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(selection: &[&str]) -> String {
        let selection: Vec<String> = selection.iter().map(|&name| name.to_owned()).collect();
        select(&selection).map_or_else(
            |error| error.to_string(),
            |scenarios| {
                scenarios
                    .iter()
                    .map(|scenario| scenario.name)
                    .collect::<Vec<_>>()
                    .join(" ")
            },
        )
    }

    #[test]
    fn the_pipeline_is_always_run() {
        assert_eq!(names(&["none"]), "run");
        assert_eq!(
            names(&["wrong-token", "browser-url"]),
            "run browser-url wrong-token"
        );
        assert_eq!(names(&["all"]).split(' ').count(), SCENARIOS.len());
    }

    #[test]
    fn an_unknown_scenario_is_named_with_the_nearest() {
        assert_eq!(
            names(&["wrong-tokn"]),
            "unknown scenario `wrong-tokn`; did you mean `wrong-token`?"
        );
    }
}
