//! How many files come in at once: of everybody, and of one business; and how many whole pictures are in memory while they do.

use crate::domain::ids::TenantId;
use crate::http::problem::Problem;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most files that come in at once. Each holds two parts of it in memory at most.
const MOST: usize = 32;
/// Most of them of one business.
const MOST_OF_ONE: usize = 8;
/// Most pictures that are whole in memory, to be made small.
const PICTURES: usize = 2;
/// How long a picture waits for its turn; after that it does without a small one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Places for files on their way in.
#[derive(Clone)]
pub struct Places {
    all: Arc<Semaphore>,
    pictures: Arc<Semaphore>,
    coming: Arc<Mutex<HashMap<TenantId, usize>>>,
}

impl Default for Places {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(MOST)), pictures: Arc::new(Semaphore::new(PICTURES)), coming: Arc::default() }
    }
}

impl Places {
    /// Takes a place for one file.
    ///
    /// # Errors
    /// 429 if the business has as many as it may, 503 if there is none at all.
    pub fn take(&self, tenant: TenantId) -> Result<Place, Problem> {
        let own = self.enter(tenant).ok_or_else(Problem::too_many)?;
        let all = Arc::clone(&self.all).try_acquire_owned().ok().ok_or_else(Problem::unavailable)?;
        Ok(Place { _own: own, _all: all })
    }

    /// Waits for the turn of a picture; `None`: too long.
    pub async fn picture(&self) -> Option<OwnedSemaphorePermit> {
        tokio::time::timeout(PATIENCE, Arc::clone(&self.pictures).acquire_owned()).await.ok()?.ok()
    }

    /// A count stays right even if its holder panicked.
    fn counts(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.coming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, tenant: TenantId) -> Option<OwnPlace> {
        let mut counts = self.counts();
        let coming = counts.get(&tenant).copied().unwrap_or_default();
        if coming >= MOST_OF_ONE {
            return None;
        }
        counts.insert(tenant, coming + 1);
        Some(OwnPlace { places: self.clone(), tenant })
    }
}

/// A place of a business; given back when it is dropped.
struct OwnPlace {
    places: Places,
    tenant: TenantId,
}

impl Drop for OwnPlace {
    fn drop(&mut self) {
        let mut counts = self.places.counts();
        match counts.get(&self.tenant).copied().unwrap_or_default() {
            0 | 1 => drop(counts.remove(&self.tenant)),
            coming => drop(counts.insert(self.tenant, coming - 1)),
        }
    }
}

/// A place for one file; given back when it is dropped.
pub struct Place {
    _own: OwnPlace,
    _all: OwnedSemaphorePermit,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn status(taken: Result<Place, Problem>) -> Result<Place, u16> {
        taken.map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn one_business_leaves_places_to_others_and_all_of_them_are_bounded() {
        let places = Places::default();
        let of = |number: u128| status(places.take(TenantId(Uuid::from_u128(number))));
        let mut taken: Vec<Place> = (0..MOST_OF_ONE).map(|_| of(1).ok().unwrap()).collect();
        assert_eq!(of(1).err(), Some(429));
        taken.extend((2..=4).flat_map(|number| (0..MOST_OF_ONE).map(move |_| number)).map(|number| of(number).ok().unwrap()));
        assert_eq!(of(5).err(), Some(503));
        assert!(places.counts().len() == 4, "who got none is not counted");
        taken.remove(0);
        taken.push(of(1).ok().unwrap());
        taken.clear();
        assert!(places.counts().is_empty());
    }

    #[tokio::test]
    async fn a_third_picture_waits_for_its_turn() {
        let places = Places::default();
        let (one, two) = (places.picture().await, places.picture().await);
        let third = tokio::time::timeout(Duration::from_millis(50), places.picture()).await;
        assert!(one.is_some() && third.is_err());
        drop(two);
        assert!(places.picture().await.is_some());
    }
}
