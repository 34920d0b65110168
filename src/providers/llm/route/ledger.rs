//! What tenants have spent today: read from what is stored, counted on in memory, read again now and then.
//!
//! A turn's usage is stored when the turn ends, and this server knows of it earlier; other servers' is known by the stored sum only. The
//! larger of both counts, so that nothing is counted twice and a restart forgets nothing that was stored.

use crate::domain::ids::TenantId;
use crate::domain::model::{Day, Spent};
use crate::domain::time::Timestamp;
use crate::ports::clock::Moment;
use crate::ports::models::{DayReport, Models, TenantModels};
use crate::ports::store::StoreError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a stored sum is believed.
const KEEP: Duration = Duration::from_secs(30);
/// More tenants than this, and those of earlier days are forgotten.
const SWEEP_AT: usize = 4_096;

/// A tenant's day.
#[derive(Clone, Copy, Debug)]
struct Page {
    day: Day,
    spent: Spent,
    read_at: Option<Moment>,
}

/// The tenants' days.
#[derive(Default)]
pub(super) struct Ledger {
    pages: Mutex<HashMap<TenantId, Page>>,
    under_way: Mutex<HashMap<TenantId, Spent>>,
}

/// What one call may use, kept for it until it is dropped.
pub(super) struct Reservation {
    ledger: Arc<Ledger>,
    tenant: TenantId,
    kept: Spent,
    before: Spent,
}

impl Reservation {
    /// Returns what was reserved for other calls when this one came.
    pub(super) const fn before(&self) -> Spent {
        self.before
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut under_way = self.ledger.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = under_way.get_mut(&self.tenant) {
            *kept = kept.minus(self.kept);
            if *kept == Spent::default() {
                under_way.remove(&self.tenant);
            }
        }
    }
}

impl Ledger {
    /// Tells how far the tenant's day is; reads what is stored if that was not done lately.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read; what this server has counted itself is not lost.
    pub(super) async fn today(
        &self,
        store: &dyn Models,
        of: &TenantModels,
        now: Timestamp,
        moment: Moment,
    ) -> Result<DayReport, StoreError> {
        let known = self.page(of, now);
        if known.read_at.is_some_and(|at| moment < at.after(KEEP)) {
            return Ok(report(of, known));
        }
        let stored = store.spent_since(of.tenant, known.day.start).await?;
        let mut pages = self.lock();
        let page = pages.entry(of.tenant).or_insert(known);
        if page.day == known.day {
            page.spent = page.spent.or_more(stored);
            page.read_at = Some(moment);
        }
        Ok(report(of, *page))
    }

    /// Returns what this server knows without asking anybody.
    pub(super) fn known(&self, of: &TenantModels, now: Timestamp) -> Spent {
        self.page(of, now).spent
    }

    /// Reserves what a call may use; the reservation knows of those before it.
    pub(super) fn reserve(self: &Arc<Self>, tenant: TenantId, kept: Spent) -> Reservation {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let all = under_way.entry(tenant).or_default();
        let before = *all;
        *all = all.plus(kept);
        Reservation { ledger: Arc::clone(self), tenant, kept, before }
    }

    /// Adds what a call has used.
    pub(super) fn add(&self, of: &TenantModels, now: Timestamp, used: Spent) {
        let fresh = self.page(of, now);
        let mut pages = self.lock();
        let page = pages.entry(of.tenant).or_insert(fresh);
        page.spent = page.spent.plus(used);
    }

    /// Returns the page of today; turns it if a new day, or another zone, has begun.
    fn page(&self, of: &TenantModels, now: Timestamp) -> Page {
        let mut pages = self.lock();
        if let Some(page) = pages.get(&of.tenant)
            && page.day.holds(now)
            && page.day == Day::of(now, &of.timezone)
        {
            return *page;
        }
        if pages.len() >= SWEEP_AT && !pages.contains_key(&of.tenant) {
            pages.retain(|_, page| page.day.holds(now));
        }
        let page = Page { day: Day::of(now, &of.timezone), spent: Spent::default(), read_at: None };
        pages.insert(of.tenant, page);
        page
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report(of: &TenantModels, page: Page) -> DayReport {
    DayReport { day: page.day, spent: page.spent, state: of.budget.state(page.spent) }
}
