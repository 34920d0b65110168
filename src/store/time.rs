//! Instants between the core's type and the columns' type.

use crate::domain::time::Timestamp;
use entities::instant::Instant;

/// Turns a column into the core's instant.
#[must_use]
pub const fn timestamp(at: Instant) -> Timestamp {
    Timestamp::from_micros(at.0)
}

/// Turns the core's instant into a column.
#[must_use]
pub const fn instant(at: Timestamp) -> Instant {
    Instant(at.micros())
}
