//! Serves the waiting lists: ends holds whose time is over, and offers what is free to those who wait for it, first come, first served.
//!
//! Works with nothing configured and keeps nothing in memory. Each offer is one transaction of the book; whoever else looks at the same moment
//! finds the time or the entry taken. It tells nobody anything: the offer's own news does.

use crate::domain::booking::act::Who;
use crate::domain::booking::waiting::{Offer, Place, next_look, next_offer, wanted};
use crate::domain::booking::{Act, Actor, Agenda, Outcome, Slot, Status};
use crate::domain::ids::{AppointmentId, ServiceId, TenantId, WaitlistId};
use crate::domain::suspension::Feature;
use crate::engine::shared::{Lookers, Shared};
use crate::ports::bookings::Bookings;
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::faults;
use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::ports::waitlist::{Looked, Waitlist};
use std::sync::Arc;

/// Most holds that are ended in one look.
const HOLDS: u32 = 64;
/// Most rows that say that a tenant must be looked for, in one look.
const REASONS: u32 = 200;
/// Most offers of one tenant in one look; the next look goes on.
const OFFERS: usize = 20;

/// What serving the lists needs.
#[derive(Clone)]
pub struct WaitlistPorts {
    /// The lists.
    pub list: Arc<dyn Waitlist>,
    /// The book.
    pub book: Arc<dyn Bookings>,
    /// What is suspended: nothing is offered that could not be told or taken.
    pub directory: Arc<dyn Directory>,
}

/// Looks once, beside everything else, one look at a time.
pub(crate) fn look(shared: &Arc<Shared>, lookers: &Lookers) {
    let Some(ports) = shared.ports.waitlist.clone() else { return };
    let Some(hand) = lookers.take() else { return };
    let shared = Arc::clone(shared);
    actix::spawn(async move {
        let _hand = hand;
        let _looking = shared.stats.look();
        if let Err(error) = serve(&ports, &*shared.ports.clock, &*shared.ports.ids).await {
            tracing::warn!(error = %error, "the waiting lists are served later");
        }
    });
}

/// Ends the holds that are over and makes every offer that can be made now; returns how many were made.
///
/// # Errors
/// The database is away. What was done until then stands.
pub async fn serve(ports: &WaitlistPorts, clock: &dyn Clock, ids: &dyn IdSource) -> Result<usize, StoreError> {
    Server { ports, clock, ids }.serve().await
}

struct Server<'a> {
    ports: &'a WaitlistPorts,
    clock: &'a dyn Clock,
    ids: &'a dyn IdSource,
}

impl Server<'_> {
    async fn serve(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        for (tenant, id) in self.ports.list.over_holds(now, HOLDS).await? {
            // Somebody else may have ended or taken it meanwhile: that is what was wanted.
            let over = Act::Set { id, status: Status::Expired, reason: None };
            self.ports.book.act(tenant, Actor::System, over, now).await?;
        }
        let mut offers = 0;
        for tenant in self.ports.list.to_look_for(now, REASONS).await? {
            offers += self.tenant(tenant).await?;
        }
        Ok(offers)
    }

    /// Makes every offer that can be made to those who wait at one business.
    async fn tenant(&self, tenant: TenantId) -> Result<usize, StoreError> {
        if !self.may_offer(tenant).await? {
            let line = self.ports.list.line(tenant, self.clock.now()).await?;
            self.rest(tenant, self.ports.book.agenda(tenant).await?.as_deref(), line.iter(), &[]).await?;
            return Ok(0);
        }
        let (mut skip, mut offers): (Vec<WaitlistId>, usize) = (Vec::new(), 0);
        let mut refused: Vec<Place> = Vec::new();
        for _ in 0..OFFERS {
            let now = self.clock.now();
            let agenda = self.ports.book.agenda(tenant).await?;
            // Read before the book: what changes after it is a new reason to look.
            let line = self.ports.list.line(tenant, now).await?;
            let next = match &agenda {
                Some(agenda) => next_offer(agenda, &line, &self.free(tenant, agenda, &line).await?, &skip, now),
                None => None,
            };
            let Some(offer) = next else {
                self.rest(tenant, agenda.as_deref(), line.iter(), &skip).await?;
                return Ok(offers);
            };
            let entry = offer.entry.id;
            if self.offer(tenant, offer).await? {
                offers += 1;
            } else {
                skip.push(entry);
                refused.extend(line.into_iter().find(|place| place.entry.id == entry));
            }
        }
        // The next look goes on behind those to whom it was refused.
        let agenda = self.ports.book.agenda(tenant).await?;
        self.rest(tenant, agenda.as_deref(), refused.iter(), &skip).await?;
        Ok(offers)
    }

    /// Returns true if an offer could be told, and a yes to it understood.
    async fn may_offer(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let tenant = self.ports.directory.tenant(tenant).await?;
        Ok(tenant.is_some_and(|tenant| [Feature::Booking, Feature::Outgoing].into_iter().all(|feature| tenant.stopped.lets(feature))))
    }

    /// Lists what is free for those in line.
    async fn free(&self, tenant: TenantId, agenda: &Agenda, line: &[Place]) -> Result<Vec<Slot>, StoreError> {
        let mut services: Vec<ServiceId> = line.iter().map(|place| place.entry.service).collect();
        services.sort_unstable();
        services.dedup();
        let now = self.clock.now();
        let mut free = Vec::new();
        for wanted in services.into_iter().filter_map(|service| wanted(agenda, line, service, now)) {
            free.extend(self.ports.book.slots(tenant, wanted, now).await?);
        }
        Ok(free)
    }

    /// Holds a time for somebody; false if it cannot be.
    async fn offer(&self, tenant: TenantId, offer: Offer) -> Result<bool, StoreError> {
        let Offer { entry, start, resource } = offer;
        let who = Who {
            contact: Some(entry.contact),
            conversation: Some(entry.conversation),
            name: entry.name,
            language: entry.language,
            ..Who::default()
        };
        let (id, service, moves) = (AppointmentId(self.ids.uuid()), entry.service, entry.moves);
        let act = Act::Offer { id, entry: entry.id, service, start, resource, moves, who };
        faults::hit("waitlist_before_offer");
        let outcome = self.ports.book.act(tenant, Actor::System, act, self.clock.now()).await?;
        faults::hit("waitlist_after_offer");
        Ok(matches!(outcome, Outcome::Done { changed: true, .. }))
    }

    /// Notes when those for whom nothing was found must be looked for again; who was skipped stands aside until then. A business that offers
    /// nothing any more is asked once an hour.
    async fn rest(
        &self,
        tenant: TenantId,
        agenda: Option<&Agenda>,
        line: impl Iterator<Item = &Place>,
        skipped: &[WaitlistId],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let again = |place: &Place| match agenda {
            Some(agenda) => next_look(agenda, &place.entry, now),
            None => Some(now.after(std::time::Duration::from_hours(1))),
        };
        let looked = line.map(|place| {
            let (entry, look_no) = (place.entry.id, place.look_no);
            Looked { entry, look_no, again: again(place), refused: skipped.contains(&entry) }
        });
        self.ports.list.looked(tenant, looked.collect(), now).await
    }
}
