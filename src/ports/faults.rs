//! Fault points. In the product they are nothing; with the feature `testing` the environment aims an abort at one of them.

/// Passes a named point of the protocol. With `RECADO_TEST_FAULT=name:3` the process aborts at its third passing.
#[cfg(not(feature = "testing"))]
#[inline]
pub const fn hit(_point: &'static str) {}

#[cfg(feature = "testing")]
pub use crate::testing::faults::hit;

/// Returns true if a safety device is switched off by `RECADO_TEST_BREAK`, to prove that a test sees it.
#[cfg(not(feature = "testing"))]
#[inline]
#[must_use]
pub const fn broken(_device: &str) -> bool {
    false
}

#[cfg(feature = "testing")]
pub use crate::testing::faults::broken;
