//! How often each public page was asked for within a minute. In memory and bounded: a limit for impatience, not a wall.

use crate::ports::clock::Moment;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Visits of one page in a minute.
const MOST: u32 = 30;
const MINUTE: Duration = Duration::from_mins(1);
/// Pages that are counted at once.
const PAGES: usize = 10_000;

/// The visits of the running minute, by what the page is of. Cheap to clone: every clone counts the same.
#[derive(Clone, Default)]
pub struct Visits(Arc<Mutex<HashMap<Uuid, (Moment, u32)>>>);

impl Visits {
    /// Counts a visit; false: there were too many.
    pub(in crate::http) fn admit(&self, id: Uuid, now: Moment) -> bool {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() >= PAGES && !pages.contains_key(&id) {
            pages.retain(|_, (until, _)| *until > now);
            if pages.len() >= PAGES {
                return false;
            }
        }
        let (until, count) = pages.entry(id).or_insert((now.after(MINUTE), 0));
        if *until <= now {
            (*until, *count) = (now.after(MINUTE), 0);
        }
        *count += 1;
        *count <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_shown_so_often_in_a_minute_and_then_again() {
        let visits = Visits::default();
        let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let at = |secs| Moment(Duration::from_secs(secs));
        assert!((0..MOST).all(|_| visits.admit(id, at(5))));
        assert!(!visits.admit(id, at(64)));
        assert!(visits.admit(other, at(64)));
        assert!(visits.admit(id, at(65)));
    }
}
