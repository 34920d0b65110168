//! Randomness of the operating system: the one place that asks for it. Everything else takes random bytes as an argument.

use thiserror::Error;

/// The operating system gave no random bytes.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("the operating system gave no random bytes")]
pub struct RandomError;

/// Returns `N` random bytes, good enough for keys.
///
/// # Errors
/// [`RandomError`] where the system has no source of randomness; nothing may be encrypted or minted then.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(RandomError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(random_bytes::<32>().unwrap(), random_bytes::<32>().unwrap());
    }
}
