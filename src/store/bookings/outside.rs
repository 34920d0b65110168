//! What outside calendars say, remembered for a minute: asked before a transaction begins, read inside it, never asked there.

use crate::domain::booking::{Agenda, Busy, Span};
use crate::domain::ids::{ResourceId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::calendar::{Calendars, FreeBusy, Owner};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// How old an answer may be.
const FRESH: Duration = Duration::from_secs(60);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Most calendars that are remembered.
const CAPACITY: usize = 20_000;

/// What a calendar said.
#[derive(Clone)]
struct Said {
    span: Span,
    at: Timestamp,
    busy: Arc<Vec<Span>>,
}

/// The answers of outside calendars.
#[derive(Clone)]
pub(in crate::store) struct Outside {
    calendars: Arc<OnceLock<Arc<dyn Calendars>>>,
    said: Arc<Mutex<HashMap<Owner, Said>>>,
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

    /// Asks the calendars of these resources that have not been asked within the last minute.
    pub async fn refresh(&self, tenant: TenantId, agenda: &Agenda, resources: &[ResourceId], span: Span, now: Timestamp) {
        let Some(calendars) = self.calendars.get() else { return };
        let owners = outside(agenda, resources).map(|resource| Owner { tenant, resource });
        let stale = owners.filter(|owner| self.fresh(*owner, span, now).is_none());
        let asked = stale.map(|owner| async move {
            match tokio::time::timeout(PATIENCE, calendars.free_busy(owner, span)).await {
                Ok(FreeBusy::Busy(busy)) => self.note(owner, Said { span, at: now, busy: Arc::new(busy) }),
                Ok(FreeBusy::Unknown) | Err(_) => {}
            }
        });
        futures::future::join_all(asked).await;
    }

    /// Returns what is known of these resources over a span; a calendar that has not said so within the last minute is unknown.
    pub fn known(&self, tenant: TenantId, agenda: &Agenda, resources: &[ResourceId], span: Span, now: Timestamp) -> Vec<Busy> {
        let busy = |resource| {
            let said = self.fresh(Owner { tenant, resource }, span, now);
            Busy { resource, spans: said.map(|said| said.busy.to_vec()) }
        };
        outside(agenda, resources).map(busy).collect()
    }

    fn said(&self) -> MutexGuard<'_, HashMap<Owner, Said>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, owner: Owner, said: Said) {
        let mut all = self.said();
        if all.len() >= CAPACITY {
            all.retain(|_, old| old.at.after(FRESH) >= said.at);
        }
        all.insert(owner, said);
    }

    fn fresh(&self, owner: Owner, span: Span, now: Timestamp) -> Option<Said> {
        self.said().get(&owner).cloned().filter(|said| said.span.contains(span) && said.at.after(FRESH) >= now && said.at <= now)
    }
}

fn outside<'a>(agenda: &'a Agenda, resources: &'a [ResourceId]) -> impl Iterator<Item = ResourceId> + 'a {
    let has = |id: &ResourceId| agenda.resource(*id).is_some_and(|resource| resource.outside_calendar);
    resources.iter().copied().filter(has)
}
