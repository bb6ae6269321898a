//! What the client was doing when it made a call, and the one header that carries it.
//!
//! The probe adds the header to every outgoing RPC; the server parses it into the journal and
//! never acts on it. A header is the only place that works for every RPC of every client
//! generation: operation tags exist from 3.5 on and only in `ExecutePlan`.

use serde::{Deserialize, Serialize};

/// Name of the header that carries an [`Attribution`].
pub const ATTRIBUTION_HEADER: &str = "x-sparring-context";

/// What the client's process was doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before Kedro's context exists: imports of the project's modules.
    #[default]
    Import,
    /// In a project's hook.
    Hook,
    /// While the catalog is built.
    Catalog,
    /// In a dataset's load.
    Load,
    /// In a dataset's save.
    Save,
    /// In a dataset's existence check.
    Exists,
    /// In a node's function.
    Node,
    /// Between the above, while the pipeline runs.
    Pipeline,
    /// After the pipeline, up to the end of the process.
    Exit,
}

impl Phase {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "import" => Self::Import,
            "hook" => Self::Hook,
            "catalog" => Self::Catalog,
            "load" => Self::Load,
            "save" => Self::Save,
            "exists" => Self::Exists,
            "node" => Self::Node,
            "pipeline" => Self::Pipeline,
            "exit" => Self::Exit,
            _ => return None,
        })
    }
}

/// A place in a source file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CallSite {
    /// Path relative to the project where it lies inside, else absolute.
    pub file: String,
    /// Line number, from 1.
    pub line: u32,
    /// Function at that place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
}

/// What the client was doing when it made a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// What kind of code was running.
    pub phase: Phase,
    /// Node it was done for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Dataset that was loaded or saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Hook point that was running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
    /// The PySpark method the project called, `toPandas`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where the project called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<CallSite>,
}

impl Attribution {
    /// Reads the header's value: `key=value` pairs with `;` between, values percent-encoded.
    ///
    /// Keys that are not known are skipped, so that a newer probe can talk to an older server;
    /// a value without a readable `phase` is no attribution at all.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut attribution = Self::default();
        let mut phase = None;
        let (mut file, mut line, mut function) = (None, None, None);
        for pair in header.split(';') {
            let Some((key, value)) = pair.split_once('=') else {
                continue;
            };
            let value = percent_decode(value.trim());
            match key.trim() {
                "phase" => phase = Phase::parse(&value),
                "node" => attribution.node = Some(value),
                "dataset" => attribution.dataset = Some(value),
                "hook" => attribution.hook = Some(value),
                "call" => attribution.call = Some(value),
                "file" => file = Some(value),
                "line" => line = value.parse().ok(),
                "function" => function = Some(value),
                _ => {}
            }
        }
        attribution.phase = phase?;
        attribution.site = file.map(|file| CallSite {
            file,
            line: line.unwrap_or(0),
            function,
        });
        Some(attribution)
    }
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_read_with_encoded_values() {
        let read = Attribution::parse(
            "phase=save;node=join%3Ball;dataset=model_input;file=src%2Fa%20b.py;line=12;function=f",
        );
        assert_eq!(
            read,
            Some(Attribution {
                phase: Phase::Save,
                node: Some("join;all".into()),
                dataset: Some("model_input".into()),
                site: Some(CallSite {
                    file: "src/a b.py".into(),
                    line: 12,
                    function: Some("f".into()),
                }),
                ..Attribution::default()
            })
        );
    }

    #[test]
    fn header_without_a_known_phase_is_ignored() {
        assert_eq!(Attribution::parse("phase=dance;node=a"), None);
        assert_eq!(Attribution::parse("%%%=;;"), None);
    }

    #[test]
    fn truncated_escapes_are_kept_as_they_are() {
        assert_eq!(percent_decode("a%4"), "a%4");
        assert_eq!(percent_decode("%zz%41"), "%zzA");
    }
}
