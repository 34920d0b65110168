//! Days on which the whole business is closed.

pub mod get;
pub mod list;
pub mod remove;
pub mod replace;

use crate::domain::booking::Holiday;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A holiday as it shall be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HolidayBody {
    /// Its name, as customers read it.
    name: String,
}

/// A holiday.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HolidayView {
    /// The date, by each resource's own clock: `2026-12-25`.
    #[schema(format = Date)]
    date: String,
    /// Its name.
    name: String,
}

impl From<Holiday> for HolidayView {
    fn from(Holiday { date, name }: Holiday) -> Self {
        Self { date: date.to_string(), name }
    }
}
