//! Who calls, with which compute: the checks on headers alone, before anything of a call is read.
//!
//! Knows no HTTP and no connection. The order of the checks and their codes are those of a
//! Databricks gateway as far as they are public; the sentences are ours. A permanent refusal is
//! never UNAVAILABLE, which every client retries silently for ten minutes.

use std::time::Duration;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;
use http::uri::Authority;
use sparring_journal::{Credential, RefusalReason, Salt};
use tonic::Code;

use crate::config::{ClusterState, MissingComputeCode, Profile};
use crate::directory::{Directory, Host, without_port};

/// Header that names a cluster.
pub(crate) const CLUSTER_HEADER: &str = "x-databricks-cluster-id";
/// Header that names a serverless session.
pub(crate) const SERVERLESS_HEADER: &str = "x-databricks-session-id";

/// Where a request is meant to go: `:authority` of HTTP/2, `host` of HTTP/1.1.
pub(crate) fn authority(parts: &Parts) -> &str {
    let host = parts.headers.get(HOST);
    parts
        .uri
        .authority()
        .map(Authority::as_str)
        .or_else(|| host.and_then(|value| value.to_str().ok()))
        .unwrap_or_default()
}

/// What the headers of a call say.
pub(crate) struct Claims<'a> {
    /// Host the call is meant for.
    pub(crate) authority: &'a str,
    token: Option<&'a str>,
    /// The cluster that is named.
    pub(crate) cluster_id: Option<&'a str>,
    /// The serverless session that is named.
    pub(crate) serverless_session_id: Option<&'a str>,
}

/// Why a call is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: RefusalReason,
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
}

impl<'a> Claims<'a> {
    pub(crate) fn of(headers: &'a HeaderMap, authority: &'a str) -> Self {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .filter(|value| !value.is_empty())
        };
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .filter(|token| !token.is_empty());
        Self {
            authority,
            token,
            cluster_id: text(CLUSTER_HEADER),
            serverless_session_id: text(SERVERLESS_HEADER),
        }
    }

    /// What the journal may know of the token.
    pub(crate) fn credential(&self, directory: &Directory, salt: &Salt) -> Credential {
        Credential {
            profile: self
                .token
                .and_then(|token| directory.profile_of(token))
                .map(|profile| profile.name.clone()),
            digest: self.token.map(|token| salt.digest(token)),
        }
    }
}

/// Checks the token against the host; what REST calls need, too.
pub(crate) fn check_token<'d>(
    claims: &Claims<'_>,
    directory: &'d Directory,
) -> Result<&'d Profile, Refusal> {
    let Some(token) = claims.token else {
        return Err(refusal(
            RefusalReason::MissingToken,
            Code::Unauthenticated,
            "no `authorization: Bearer …` header; add `;token=…` to the connection string".into(),
        ));
    };
    let unknown = |detail: String| {
        refusal(
            RefusalReason::UnknownToken,
            Code::Unauthenticated,
            format!("Invalid access token. {detail}"),
        )
    };
    let Some(profile) = directory.profile_of(token) else {
        return Err(unknown(
            "It is the token of no profile of this workspace.".into(),
        ));
    };
    let host = without_port(claims.authority);
    match directory.host(claims.authority) {
        Host::Workspace(known) if known == profile.host => Ok(profile),
        Host::Workspace(known) => Err(unknown(format!(
            "It is the token of profile `{}`, whose host is `{}`, and was sent to `{known}`.",
            profile.name, profile.host
        ))),
        Host::Alias => Ok(profile),
        Host::Mistaken(near) => Err(refusal(
            RefusalReason::UnknownHost,
            Code::NotFound,
            format!("`{host}` is no host of this workspace; it looks like `{near}`"),
        )),
    }
}

/// Checks everything a Spark Connect call needs, in the gateway's order.
pub(crate) fn check_call(
    claims: &Claims<'_>,
    directory: &Directory,
    missing_compute: MissingComputeCode,
) -> Result<(), Refusal> {
    let profile = check_token(claims, directory)?;
    let code = match missing_compute {
        MissingComputeCode::InvalidArgument => Code::InvalidArgument,
        MissingComputeCode::FailedPrecondition => Code::FailedPrecondition,
    };
    let cluster_id = match (claims.cluster_id, claims.serverless_session_id) {
        (Some(cluster_id), None) => cluster_id,
        (None, Some(_)) => return Ok(()),
        (None, None) => {
            return Err(refusal(
                RefusalReason::MissingCompute,
                code,
                format!(
                    "neither `{CLUSTER_HEADER}` nor `{SERVERLESS_HEADER}` is set; add `;{CLUSTER_HEADER}=…` to the connection string"
                ),
            ));
        }
        (Some(_), Some(_)) => {
            return Err(refusal(
                RefusalReason::TwoComputes,
                code,
                format!("`{CLUSTER_HEADER}` and `{SERVERLESS_HEADER}` are both set; use one"),
            ));
        }
    };
    check_cluster(cluster_id, profile, directory)
}

fn check_cluster(
    cluster_id: &str,
    profile: &Profile,
    directory: &Directory,
) -> Result<(), Refusal> {
    let failed = |reason, message| refusal(reason, Code::FailedPrecondition, message);
    let Some(cluster) = directory.cluster(cluster_id) else {
        return Err(failed(
            RefusalReason::UnknownCluster,
            format!("Cluster {cluster_id} does not exist"),
        ));
    };
    if !directory.has_cluster(&profile.host, cluster_id) {
        let owner = directory.owner_of(cluster_id);
        return Err(failed(
            RefusalReason::UnknownCluster,
            format!(
                "Cluster {cluster_id} does not exist on `{}`, the host of profile `{}`; it is the cluster of profile `{}` on `{}`",
                profile.host,
                profile.name,
                owner.map_or("?", |owner| &owner.name),
                owner.map_or("?", |owner| &owner.host),
            ),
        ));
    }
    match cluster.state {
        ClusterState::Running => {}
        ClusterState::Terminated => {
            return Err(failed(
                RefusalReason::ClusterNotRunning,
                format!("Cluster {cluster_id} is TERMINATED; start it first"),
            ));
        }
        ClusterState::Pending => {
            return Err(Refusal {
                reason: RefusalReason::ClusterNotRunning,
                code: Code::Unavailable,
                message: format!("Cluster {cluster_id} is PENDING"),
                // The one refusal that passes by itself: clients from 4.1 on wait for as long.
                retry_after: Some(cluster.ready_in),
            });
        }
    }
    match cluster.data_security_mode.as_str() {
        "SINGLE_USER" | "USER_ISOLATION" => Ok(()),
        mode => Err(failed(
            RefusalReason::AccessMode,
            format!(
                "INVALID_STATE: cluster is not Shared or Single User Cluster (its access mode is {mode})"
            ),
        )),
    }
}

fn refusal(reason: RefusalReason, code: Code, message: String) -> Refusal {
    Refusal {
        reason,
        code,
        message,
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use expect_test::{Expect, expect};
    use http::HeaderValue;

    use super::*;
    use crate::{Clock, Config};

    const CONFIG: &str = "
        [[profile]]\nname = 'A'\nhost = 'a.test'\ntoken = 'ta'\ncluster_id = 'ca'
        [[profile]]\nname = 'B'\nhost = 'bbbbbbbbbbb.test'\ntoken = 'tb'\ncluster_id = 'cb'
        [[cluster]]\nid = 'off'\nstate = 'TERMINATED'
        [[cluster]]\nid = 'soon'\nstate = 'PENDING'\nstart_seconds = 9
        [[cluster]]\nid = 'old'\ndata_security_mode = 'NONE'";

    fn check(authority: &str, headers: &[(&'static str, &str)], expected: &Expect) {
        let config = Config::parse(CONFIG, Path::new("f")).unwrap();
        let directory = Directory::new(&config, Clock::given(|| Duration::ZERO));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let claims = Claims::of(&map, authority);
        let answer = match check_call(&claims, &directory, MissingComputeCode::InvalidArgument) {
            Ok(()) => "ok".to_owned(),
            Err(refusal) => format!(
                "{:?} {:?} {:?} {}",
                refusal.code, refusal.reason, refusal.retry_after, refusal.message
            ),
        };
        expected.assert_eq(&answer);
    }

    const TOKEN_A: (&str, &str) = ("authorization", "Bearer ta");
    const CLUSTER_A: (&str, &str) = (CLUSTER_HEADER, "ca");

    #[test]
    fn good_calls_pass() {
        for authority in [
            "a.test:443",
            "A.TEST",
            "localhost:1",
            "127.0.0.1:1",
            "sparring:15002",
        ] {
            check(authority, &[TOKEN_A, CLUSTER_A], &expect!["ok"]);
        }
        check(
            "a.test",
            &[("authorization", "bearer  ta "), (SERVERLESS_HEADER, "x")],
            &expect!["ok"],
        );
    }

    #[test]
    fn the_token_comes_first() {
        check(
            "a.test",
            &[CLUSTER_A],
            &expect![
                "Unauthenticated MissingToken None no `authorization: Bearer …` header; add `;token=…` to the connection string"
            ],
        );
        check(
            "a.test",
            &[("authorization", "Basic ta"), CLUSTER_A],
            &expect![
                "Unauthenticated MissingToken None no `authorization: Bearer …` header; add `;token=…` to the connection string"
            ],
        );
        check(
            "a.test",
            &[("authorization", "Bearer x")],
            &expect![
                "Unauthenticated UnknownToken None Invalid access token. It is the token of no profile of this workspace."
            ],
        );
        check(
            "a.test",
            &[("authorization", "Bearer tb"), (CLUSTER_HEADER, "cb")],
            &expect![
                "Unauthenticated UnknownToken None Invalid access token. It is the token of profile `B`, whose host is `bbbbbbbbbbb.test`, and was sent to `a.test`."
            ],
        );
        check(
            "bbbbbbbbbbb.tes",
            &[("authorization", "Bearer tb")],
            &expect![
                "NotFound UnknownHost None `bbbbbbbbbbb.tes` is no host of this workspace; it looks like `bbbbbbbbbbb.test`"
            ],
        );
    }

    #[test]
    fn then_exactly_one_compute_that_runs() {
        check(
            "a.test",
            &[TOKEN_A],
            &expect![
                "InvalidArgument MissingCompute None neither `x-databricks-cluster-id` nor `x-databricks-session-id` is set; add `;x-databricks-cluster-id=…` to the connection string"
            ],
        );
        check(
            "a.test",
            &[TOKEN_A, CLUSTER_A, (SERVERLESS_HEADER, "x")],
            &expect![
                "InvalidArgument TwoComputes None `x-databricks-cluster-id` and `x-databricks-session-id` are both set; use one"
            ],
        );
        check(
            "a.test",
            &[TOKEN_A, (CLUSTER_HEADER, "nope")],
            &expect!["FailedPrecondition UnknownCluster None Cluster nope does not exist"],
        );
        check(
            "a.test",
            &[TOKEN_A, (CLUSTER_HEADER, "cb")],
            &expect![
                "FailedPrecondition UnknownCluster None Cluster cb does not exist on `a.test`, the host of profile `A`; it is the cluster of profile `B` on `bbbbbbbbbbb.test`"
            ],
        );
        check(
            "a.test",
            &[TOKEN_A, (CLUSTER_HEADER, "off")],
            &expect![
                "FailedPrecondition ClusterNotRunning None Cluster off is TERMINATED; start it first"
            ],
        );
        check(
            "a.test",
            &[TOKEN_A, (CLUSTER_HEADER, "soon")],
            &expect!["Unavailable ClusterNotRunning Some(9s) Cluster soon is PENDING"],
        );
        check(
            "a.test",
            &[TOKEN_A, (CLUSTER_HEADER, "old")],
            &expect![
                "FailedPrecondition AccessMode None INVALID_STATE: cluster is not Shared or Single User Cluster (its access mode is NONE)"
            ],
        );
    }
}
