//! What outside calendars say, remembered for a minute: asked before a transaction begins, read inside it, never asked there.

use crate::domain::booking::{Agenda, Busy, Span};
use crate::domain::ids::{ResourceId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::calendar::{Calendars, FreeBusy, Owner};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// How old an answer may be.
const FRESH: Duration = Duration::from_secs(60);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Most answers of one calendar that are remembered, each for a span of its own.
const SPANS: usize = 8;
/// Most calendars that are remembered.
const CAPACITY: usize = 20_000;

/// What a calendar said.
#[derive(Clone)]
struct Said {
    span: Span,
    at: Timestamp,
    /// `None`: it did not say, which is no answer but outdates those before.
    busy: Option<Arc<Vec<Span>>>,
}

/// The answers of outside calendars.
#[derive(Clone)]
pub(in crate::store) struct Outside {
    calendars: Arc<OnceLock<Arc<dyn Calendars>>>,
    /// By owner, the newest first.
    said: Arc<Mutex<HashMap<Owner, VecDeque<Said>>>>,
}

/// What an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Purpose {
    /// Listing and holding: what was said within the last minute will do.
    Offer,
    /// A change that takes effect at once: only what is said now.
    Change,
}

impl Outside {
    pub fn new() -> Self {
        Self { calendars: Arc::default(), said: Arc::default() }
    }

    /// Says who is asked; only the first call counts.
    pub fn ask(&self, calendars: Arc<dyn Calendars>) {
        // A second asker would be another world's.
        let _second = self.calendars.set(calendars);
    }

    /// Asks the calendars of these resources that have not been asked within the last minute; for a change, all of them anew.
    pub async fn refresh(&self, (tenant, agenda): (TenantId, &Agenda), resources: &[ResourceId], span: Span, now: Timestamp, why: Purpose) {
        let Some(calendars) = self.calendars.get() else { return };
        let owners = outside(agenda, resources).map(|resource| Owner { tenant, resource });
        let stale = owners.filter(|owner| why == Purpose::Change || self.fresh(*owner, span, now).is_none());
        let asked = stale.map(|owner| async move {
            match tokio::time::timeout(PATIENCE, calendars.free_busy(owner, span)).await {
                Ok(FreeBusy::Busy(busy)) => self.note(owner, Said { span, at: now, busy: Some(Arc::new(busy)) }),
                Ok(FreeBusy::Unknown) | Err(_) if why == Purpose::Change => self.note(owner, Said { span, at: now, busy: None }),
                Ok(FreeBusy::Unknown) | Err(_) => {}
            }
        });
        futures::future::join_all(asked).await;
    }

    /// Returns what is known of these resources over a span; a calendar that has not said so within the last minute is unknown.
    pub fn known(&self, tenant: TenantId, agenda: &Agenda, resources: &[ResourceId], span: Span, now: Timestamp) -> Vec<Busy> {
        let busy = |resource| {
            let said = self.fresh(Owner { tenant, resource }, span, now);
            Busy { resource, spans: said.map(|busy| busy.to_vec()) }
        };
        outside(agenda, resources).map(busy).collect()
    }

    fn said(&self) -> MutexGuard<'_, HashMap<Owner, VecDeque<Said>>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, owner: Owner, said: Said) {
        let mut all = self.said();
        if all.len() >= CAPACITY && !all.contains_key(&owner) {
            all.retain(|_, old| old.front().is_some_and(|newest| newest.at.after(FRESH) >= said.at));
            if all.len() >= CAPACITY {
                all.clear();
            }
        }
        let spans = all.entry(owner).or_default();
        spans.retain(|old| old.at.after(FRESH) >= said.at && !said.span.contains(old.span));
        spans.push_front(said);
        spans.truncate(SPANS);
    }

    /// Two who ask at the same time may see the present in either order: an answer counts a minute before and after it was given.
    fn fresh(&self, owner: Owner, span: Span, now: Timestamp) -> Option<Arc<Vec<Span>>> {
        let fits = |said: &&Said| said.span.contains(span) && said.at.after(FRESH) >= now && now.after(FRESH) >= said.at;
        self.said().get(&owner)?.iter().find(fits)?.busy.clone()
    }
}

fn outside<'a>(agenda: &'a Agenda, resources: &'a [ResourceId]) -> impl Iterator<Item = ResourceId> + 'a {
    let has = |id: &ResourceId| agenda.resource(*id).is_some_and(|resource| resource.outside_calendar);
    resources.iter().copied().filter(has)
}

#[cfg(test)]
mod tests;
