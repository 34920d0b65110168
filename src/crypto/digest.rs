//! A hash over bytes that come piece by piece, for what is never whole in memory.

use crate::crypto::mac::hex;
use sha2::{Digest as _, Sha256};

/// A SHA-256 under way.
#[derive(Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the hash in hex.
    #[must_use]
    pub fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::mac::sha256_hex;

    #[test]
    fn pieces_hash_like_the_whole() {
        let mut digest = Digest::default();
        digest.add(b"hello ");
        digest.add(b"world");
        assert_eq!(digest.hex(), sha256_hex(b"hello world"));
    }
}
