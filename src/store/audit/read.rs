//! Reading the log as people of the tenant, and following its chain.

use super::link_of;
use crate::domain::audit::{Anchor, Broken, Event, Fault, verify};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::time::instant;
use entities::audit_event::{Column as C, Entity};
use entities::audit_head;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

/// Events that are followed at once.
const STRETCH: u64 = 1_000;
/// How often following begins anew because the log was cut off by age meanwhile.
const TRIES: usize = 3;

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only this act.
    pub action: Option<String>,
    /// Only this kind of actor.
    pub actor_kind: Option<String>,
    /// Only this member or key.
    pub actor_id: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Only older ones than this number.
    pub before: Option<i64>,
}

/// A chain that holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// How many events were followed.
    pub events: i64,
    /// The number of the last one; keep it with the hash to prove later that nothing was cut off.
    pub last: i64,
    /// Its hash.
    pub hash: String,
    /// The number of the last one that was removed by age.
    pub removed_up_to: i64,
}

/// A chain that was followed for a stretch and holds so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// What holds.
    pub held: Verified,
    /// Whether there is more to follow, behind the last event of it.
    pub more: bool,
}

/// The ends of a chain.
struct Ends {
    from: Anchor,
    to: Anchor,
}

impl TenantScope {
    /// Returns the tenant's events, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn audit_events(&self, filter: AuditFilter, limit: u64) -> Result<Vec<Event>, StoreError> {
        let AuditFilter { action, actor_kind, actor_id, from, to, before } = filter;
        let backend = self.store().backend();
        let query = Entity::find()
            .filter(C::TenantId.eq(self.id().0))
            .apply_if(action, |query, action| query.filter(C::Action.eq(action)))
            .apply_if(actor_kind, |query, kind| query.filter(C::ActorKind.eq(kind)))
            .apply_if(actor_id, |query, id| query.filter(C::ActorId.eq(id)))
            .apply_if(from, |query, at| query.filter(C::At.gte(instant(at).value(backend))))
            .apply_if(to, |query, at| query.filter(C::At.lt(instant(at).value(backend))))
            .apply_if(before, |query, number| query.filter(C::Number.lt(number)))
            .order_by_desc(C::Number)
            .limit(limit);
        let rows = self.read(|tx| Box::pin(query.all(tx))).await?;
        Ok(rows.into_iter().map(|row| link_of(row).event).collect())
    }

    /// Follows the tenant's whole chain, in bounded stretches. Takes as long as the chain is: for commands, not for requests.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away; a broken chain is an answer.
    pub async fn verify_audit(&self) -> Result<Result<Verified, Broken>, StoreError> {
        Ok(self.verify_audit_from(None, i64::MAX).await?.map(|followed| followed.held))
    }

    /// Tells whether an event stands where a caller was told that the chain holds up to it. One that was removed by age stood there.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn has_audit_place(&self, place: &Anchor) -> Result<bool, StoreError> {
        let Some(ends) = self.audit_ends().await? else { return Ok(false) };
        if place.number <= ends.from.number {
            return Ok(place.number > 0);
        }
        let same = Entity::find().filter(C::TenantId.eq(self.id().0)).filter(C::Number.eq(place.number));
        let found = self.read(|tx| Box::pin(same.one(tx))).await?;
        Ok(found.is_some_and(|row| row.hash == place.hash))
    }

    /// Follows at most so many events of the tenant's chain, from the beginning or from behind a place up to which it was followed.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away; a broken chain is an answer.
    pub async fn verify_audit_from(&self, from: Option<Anchor>, most: i64) -> Result<Result<Followed, Broken>, StoreError> {
        let nothing = Verified { events: 0, last: 0, hash: String::new(), removed_up_to: 0 };
        let mut outcome = Ok(Followed { held: nothing, more: false });
        for _ in 0..TRIES {
            let Some(ends) = self.audit_ends().await? else { break };
            let cut = ends.from.number;
            outcome = self.follow(ends, from.clone(), most).await?;
            // Cut off by age while we read: what looks like a gap may be none.
            if outcome.is_ok() || self.audit_ends().await?.is_none_or(|ends| ends.from.number == cut) {
                break;
            }
        }
        Ok(outcome)
    }

    async fn follow(&self, ends: Ends, from: Option<Anchor>, most: i64) -> Result<Result<Followed, Broken>, StoreError> {
        let (tenant, cut) = (self.id(), ends.from.number);
        // What was cut off by age since cannot be followed any more.
        let mut place = from.filter(|from| from.number > cut).unwrap_or(ends.from);
        let until = ends.to.number.min(place.number.saturating_add(most));
        while place.number < until {
            let stretch = Entity::find()
                .filter(C::TenantId.eq(tenant.0))
                .filter(C::Number.gt(place.number))
                .filter(C::Number.lte(until))
                .order_by_asc(C::Number)
                .limit(STRETCH);
            let links: Vec<_> = self.read(|tx| Box::pin(stretch.all(tx))).await?.into_iter().map(link_of).collect();
            if links.is_empty() {
                return Ok(Err(Broken { number: place.number.saturating_add(1), fault: Fault::End }));
            }
            place = match verify(tenant, place, &links) {
                Ok(place) => place,
                Err(broken) => return Ok(Err(broken)),
            };
        }
        let beyond = Entity::find().filter(C::TenantId.eq(tenant.0)).filter(C::Number.lte(cut)).limit(1);
        if let Some(row) = self.read(|tx| Box::pin(beyond.one(tx))).await? {
            return Ok(Err(Broken { number: row.number, fault: Fault::Number }));
        }
        let more = place.number < ends.to.number;
        if !more && place != ends.to {
            return Ok(Err(Broken { number: place.number, fault: Fault::End }));
        }
        let held = Verified { events: place.number - cut, last: place.number, hash: place.hash, removed_up_to: cut };
        Ok(Ok(Followed { held, more }))
    }

    async fn audit_ends(&self) -> Result<Option<Ends>, StoreError> {
        let query = audit_head::Entity::find_by_id(self.id().0);
        let head = self.read(|tx| Box::pin(query.one(tx))).await?;
        Ok(head.map(|head| Ends {
            from: Anchor { number: head.anchor, hash: head.anchor_hash },
            to: Anchor { number: head.last, hash: head.hash },
        }))
    }
}
