//! Salted digests of tokens: the journal can tell two tokens apart and cannot give one away.

use std::fmt;

use sha2::{Digest, Sha256};

/// A per-run salt. Digests of different runs cannot be compared, on purpose.
#[derive(Clone)]
pub struct Salt([u8; 16]);

impl Salt {
    /// A salt from bytes that the caller drew at random for this run.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// First 64 bits of SHA-256 over salt and token, in hex: enough to tell a handful of tokens
    /// apart, too little to confirm a guess beyond doubt.
    #[must_use]
    pub fn digest(&self, token: &str) -> String {
        let hash = Sha256::new()
            .chain_update(self.0)
            .chain_update(token.as_bytes())
            .finalize();
        hash.iter().take(8).fold(String::new(), |mut hex, byte| {
            hex.push_str(&format!("{byte:02x}"));
            hex
        })
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Salt(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_depends_on_salt_and_token() {
        let (one, two) = (Salt::new([1; 16]), Salt::new([2; 16]));
        assert_eq!(one.digest("a"), one.digest("a"));
        assert_ne!(one.digest("a"), one.digest("b"));
        assert_ne!(one.digest("a"), two.digest("a"));
        assert_eq!(one.digest("a").len(), 16);
        assert!(!format!("{one:?}").contains('1'));
    }
}
