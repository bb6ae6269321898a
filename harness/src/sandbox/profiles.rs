//! Planted profiles: one made-up host, one cluster and one unique token each, the
//! `.databrickscfg` that offers them, and the finding and hiding of their tokens in text.

use std::{fmt, ops::Range};

use sparring_journal::Profile;
use uuid::Uuid;

use crate::scenario::{ClusterSpelling, HostSpelling, Scenario, SelectedProfile, TokenSpelling};

/// A planted token. It has the shape of a real one and is good for nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn unique() -> Self {
        Self(format!("dapi{}", Uuid::new_v4().simple()))
    }

    /// The token itself, for the files of the sandbox only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// One planted profile, as the workspace knows it.
#[derive(Debug, Clone)]
pub struct PlantedProfile {
    /// Section name.
    pub name: String,
    /// Host name.
    pub host: &'static str,
    /// Cluster id.
    pub cluster_id: &'static str,
    /// The token that the workspace knows.
    pub token: Token,
}

/// The profiles of one scenario.
#[derive(Debug, Clone)]
pub struct Profiles {
    /// The profile that is used when nothing is named.
    pub main: PlantedProfile,
    /// The profile that `named-profile` selects.
    pub other: PlantedProfile,
    wrong_token: Token,
}

/// The reserved top-level domain `test` never resolves, so nothing can leave even if every
/// other layer fails.
const MAIN_HOST: &str = "adb-1111111111111111.11.azuredatabricks.test";
const OTHER_HOST: &str = "adb-2222222222222222.2.azuredatabricks.test";
const MAIN_CLUSTER: &str = "1122-104500-sparring";
const OTHER_CLUSTER: &str = "0615-213000-staging0";
const UNKNOWN_CLUSTER: &str = "0101-000000-nowhere0";

impl Profiles {
    /// Fresh profiles with unique tokens.
    #[must_use]
    pub fn plant(main: &str, other: &str) -> Self {
        Self {
            main: PlantedProfile {
                name: main.to_owned(),
                host: MAIN_HOST,
                cluster_id: MAIN_CLUSTER,
                token: Token::unique(),
            },
            other: PlantedProfile {
                name: other.to_owned(),
                host: OTHER_HOST,
                cluster_id: OTHER_CLUSTER,
                token: Token::unique(),
            },
            wrong_token: Token::unique(),
        }
    }

    /// The profiles that the workspace knows.
    #[must_use]
    pub const fn known(&self) -> [&PlantedProfile; 2] {
        [&self.main, &self.other]
    }

    /// The profile that `scenario` selects.
    #[must_use]
    pub const fn selected(&self, scenario: &Scenario) -> &PlantedProfile {
        match scenario.profile {
            SelectedProfile::Main => &self.main,
            SelectedProfile::Other => &self.other,
        }
    }

    /// What `.databrickscfg` offers in `scenario`, for the record.
    #[must_use]
    pub fn described(&self, scenario: &Scenario) -> Vec<Profile> {
        self.known()
            .map(|profile| Profile {
                name: profile.name.clone(),
                host: profile.host.to_owned(),
                cluster_id: self.cluster_id(profile, scenario).map(ToOwned::to_owned),
            })
            .into()
    }

    /// The text of `.databrickscfg` for `scenario`. Only the selected section is spoilt.
    #[must_use]
    pub fn config_file(&self, scenario: &Scenario) -> String {
        self.known().iter().fold(String::new(), |text, profile| {
            let spoilt = profile.name == self.selected(scenario).name;
            let host = match scenario.host {
                HostSpelling::NoSlash if spoilt => format!("https://{}", profile.host),
                HostSpelling::Browser if spoilt => {
                    format!("https://{}/?o=1111111111111111", profile.host)
                }
                HostSpelling::TrailingSlash | HostSpelling::NoSlash | HostSpelling::Browser => {
                    format!("https://{}/", profile.host)
                }
            };
            let token = match scenario.token {
                TokenSpelling::Wrong if spoilt => &self.wrong_token,
                TokenSpelling::Wrong | TokenSpelling::Known => &profile.token,
            };
            let cluster = self
                .cluster_id(profile, scenario)
                .map_or_else(String::new, |id| format!("cluster_id = {id}\n"));
            let (name, token) = (&profile.name, token.reveal());
            text + &format!("[{name}]\nhost = {host}\ntoken = {token}\n{cluster}\n")
        })
    }

    /// The address of the selected profile, for processes that take it from `SPARK_REMOTE`.
    #[must_use]
    pub fn spark_remote(&self, scenario: &Scenario) -> String {
        let profile = self.selected(scenario);
        let token = match scenario.token {
            TokenSpelling::Known => &profile.token,
            TokenSpelling::Wrong => &self.wrong_token,
        };
        let cluster = self
            .cluster_id(profile, scenario)
            .map_or_else(String::new, |id| format!(";x-databricks-cluster-id={id}"));
        // A host without a slash and a host from the browser are spellings of the profile only.
        format!(
            "sc://{}:443/;use_ssl=true;token={}{cluster}",
            profile.host,
            token.reveal()
        )
    }

    fn cluster_id<'a>(&self, profile: &'a PlantedProfile, scenario: &Scenario) -> Option<&'a str> {
        if profile.name != self.selected(scenario).name {
            return Some(profile.cluster_id);
        }
        match scenario.cluster {
            ClusterSpelling::Known => Some(profile.cluster_id),
            ClusterSpelling::Missing => None,
            ClusterSpelling::Unknown => Some(UNKNOWN_CLUSTER),
        }
    }

    /// Hides these profiles' tokens in text.
    #[must_use]
    pub fn redactor(&self) -> Redactor {
        let mut tokens: Vec<(String, Token)> = self
            .known()
            .map(|profile| (profile.name.clone(), profile.token.clone()))
            .into();
        tokens.push((
            format!("{} (wrong token)", self.main.name),
            self.wrong_token.clone(),
        ));
        Redactor { tokens }
    }
}

/// Finds and hides planted tokens.
#[derive(Debug, Clone)]
pub struct Redactor {
    tokens: Vec<(String, Token)>,
}

impl Redactor {
    /// `text` without tokens, and the profiles whose tokens were in it.
    #[must_use]
    pub fn redact(&self, text: &str) -> (String, Vec<String>) {
        let mut clean = text.to_owned();
        let mut seen = Vec::new();
        for (profile, token) in &self.tokens {
            let mark = format!("<token of {profile}>");
            while let Some(found) = longest_part(&clean, token.reveal()) {
                clean.replace_range(found, &mark);
                if !seen.contains(profile) {
                    seen.push(profile.clone());
                }
            }
        }
        (clean, seen)
    }
}

/// So much of a token gives it away. Loggers fold long lines, and a token with them.
const PART_BYTES: usize = 12;

/// Where the first recognisable part of `token` stands in `text`.
fn longest_part(text: &str, token: &str) -> Option<Range<usize>> {
    let last = token.len().checked_sub(PART_BYTES)?;
    (0..=last).find_map(|start| {
        let part = token.get(start..start + PART_BYTES)?;
        let at = text.find(part)?;
        let more = text[at + PART_BYTES..]
            .bytes()
            .zip(token[start + PART_BYTES..].bytes())
            .take_while(|(one, other)| one == other)
            .count();
        Some(at..at + PART_BYTES + more)
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::scenario::named;

    fn config(scenario: &str) -> String {
        let profiles = Profiles::plant("DEFAULT", "STAGING");
        let text = profiles.config_file(named(scenario).unwrap());
        profiles.redactor().redact(&text).0
    }

    #[test]
    fn each_scenario_spoils_one_thing() {
        let good = config("run");
        expect![[r#"
            [DEFAULT]
            host = https://adb-1111111111111111.11.azuredatabricks.test/
            token = <token of DEFAULT>
            cluster_id = 1122-104500-sparring

            [STAGING]
            host = https://adb-2222222222222222.2.azuredatabricks.test/
            token = <token of STAGING>
            cluster_id = 0615-213000-staging0

        "#]]
        .assert_eq(&good);
        for (scenario, expected) in [
            (
                "no-trailing-slash",
                "host = https://adb-1111111111111111.11.azuredatabricks.test\n",
            ),
            (
                "browser-url",
                "host = https://adb-1111111111111111.11.azuredatabricks.test/?o=1111111111111111\n",
            ),
            ("wrong-token", "token = <token of DEFAULT (wrong token)>\n"),
            ("unknown-cluster", "cluster_id = 0101-000000-nowhere0\n"),
        ] {
            let text = config(scenario);
            assert!(text.contains(expected), "{scenario}: {text}");
            let same = text
                .lines()
                .zip(good.lines())
                .filter(|(one, other)| one == other)
                .count();
            assert_eq!(same, good.lines().count() - 1, "{scenario}");
        }
        assert_eq!(config("missing-cluster").matches("cluster_id").count(), 1);
    }

    #[test]
    fn tokens_are_unique_and_never_shown() {
        let profiles = Profiles::plant("DEFAULT", "STAGING");
        assert_ne!(profiles.main.token, profiles.other.token);
        assert!(!format!("{profiles:?}").contains("dapi"));
        let line = format!("url sc://h;token={}", profiles.other.token.reveal());
        let (clean, seen) = profiles.redactor().redact(&line);
        assert_eq!(clean, "url sc://h;token=<token of STAGING>");
        assert_eq!(seen, ["STAGING"]);
    }

    #[test]
    fn a_folded_token_is_hidden_in_both_its_parts() {
        let profiles = Profiles::plant("DEFAULT", "STAGING");
        let (head, tail) = profiles.main.token.reveal().split_at(18);
        let hide = |text: &str| profiles.redactor().redact(text).0;
        assert_eq!(
            hide(&format!("token={head}  hooks.py:3")),
            "token=<token of DEFAULT>  hooks.py:3"
        );
        assert_eq!(
            hide(&format!("    {tail};x=1")),
            "    <token of DEFAULT>;x=1"
        );
    }
}
