//! Access tokens as values that cannot be printed by accident.
//!
//! Knows nothing of whose token it is; see `directory.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// A bearer token. `Debug` shows dots, and there is no `Display`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// A token with the shape of a personal access token, good for nothing anywhere else.
    #[must_use]
    pub fn random() -> Self {
        Self(format!("dapi{}", Uuid::new_v4().simple()))
    }

    /// Compares without telling by its duration how much of the two was equal.
    pub(crate) fn matches(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }

    /// The token itself: for the ready line and for files that hold credentials by design.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_compared_and_never_shown() {
        let token = Token::from("dapi-secret".to_owned());
        assert!(token.matches("dapi-secret"));
        assert!(!token.matches("dapi-secreT"));
        assert!(!token.matches(""));
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_ne!(Token::random().reveal(), Token::random().reveal());
    }
}
