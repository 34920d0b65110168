//! Two contacts turn out to be one customer. Everything that hangs on one is given to the other in one transaction, and what was given is
//! written down: so the way back restores exactly that, and what came since stays with the survivor. Conversations are raised, so that
//! whoever holds one reads it again before its next step.

use super::block::raise;
use super::change::write;
use super::{ContactRow, dress, identities, known, locked, own};
use crate::domain::audit::{Action, Deed};
use crate::domain::contact::merge::{Filled, MOST_ROWS, Moved, UNDO_WITHIN, conflict};
use crate::domain::ids::{AgentId, ContactId, ContactMergeId, ConversationId, ConversationKey, Partition};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::logged;
use crate::store::people::visible::reaches_hidden;
use crate::store::spelling::{from_json, json};
use crate::store::time::{instant, timestamp};
use entities::contact::{self, Column, Model};
use entities::contact_merge::{Column as M, Entity as Merge};
use entities::{contact_identity, thread, waitlist_entry};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Tables with a contact in `contact_id`. Consents are evidence: they stay with whom they were given by.
const TABLES: [&str; 6] = ["appointment", "contact_note", "conversation", "mail", "thread", "waitlist_entry"];
/// Ids in one statement on the way back.
const CHUNK: usize = 500;

/// What came of a merge.
#[derive(Clone, Debug)]
pub enum Merged {
    /// The survivor; these conversations have something new to read. Without a merge both were the same.
    Done(Box<ContactRow>, Option<ContactMergeId>, Vec<ConversationKey>),
    /// The survivor is none that is seen.
    Absent,
    /// The other is none that is seen.
    NoOther,
    /// One of them was merged into this one before.
    Gone(ContactId),
    /// Each has an identity of this kind, with these values: they are two customers.
    Conflict(String, String, String),
    /// Both wait for the same service.
    BothWait,
    /// So many rows cannot be moved in one transaction.
    TooMany(usize),
    /// One of them has conversations that are hidden from whoever asks.
    Hidden,
}

/// What came of taking a merge back.
#[derive(Clone, Debug)]
pub enum Undone {
    /// The survivor, and who is there again; these conversations have something new to read.
    Done(Box<ContactRow>, ContactId, Vec<ConversationKey>),
    /// The contact is none that is seen.
    Absent,
    /// Nothing was merged into it, or all of it was taken back.
    Nothing,
    /// It was too long ago.
    TooLate,
    /// It has conversations that are hidden from whoever asks.
    Hidden,
}

/// A merge to do.
struct Join {
    tenant: Uuid,
    survivor: ContactId,
    from: ContactId,
    talks: Condition,
    now: Timestamp,
}

impl TenantScope {
    /// Merges `from` into `survivor`. The same contact twice changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn merge_contacts(&self, survivor: ContactId, from: ContactId, by: AgentId, now: Timestamp) -> Result<Merged, StoreError> {
        let (tenant, whose, caller) = (self.id().0, self.id(), self.caller().clone());
        let (seen, sight) = (self.seen_contacts(), self.sight().clone());
        let join = Join { tenant, survivor, from, talks: self.seen_conversations(), now };
        let id = ContactMergeId(self.store().inner.ids.uuid());
        self.write(move |tx| {
            Box::pin(async move {
                let (one, two) = join.both(tx, &seen).await?;
                let Some(mine) = one else { return Ok(Merged::Absent) };
                if survivor == from {
                    return join.shown(tx, None, Vec::new()).await;
                }
                let Some(other) = two else { return Ok(Merged::NoOther) };
                if let Some(gone) = mine.merged_into.or(other.merged_into) {
                    return Ok(Merged::Gone(ContactId(gone)));
                }
                join.lock(tx).await?;
                // First of all: what else could be said against it would tell of them.
                if reaches_hidden(tx, tenant, &sight, &[survivor, from]).await? {
                    return Ok(Merged::Hidden);
                }
                if let Some(refusal) = join.refused(tx).await? {
                    return Ok(refusal);
                }
                let moved = join.list(tx).await?;
                if moved.len() > MOST_ROWS {
                    return Ok(Merged::TooMany(moved.len()));
                }
                let keys = join.give(tx).await?;
                let filled = join.fill(tx, &mine, &other).await?;
                join.keep(tx, id, by, (&moved, &filled)).await?;
                let done = join.shown(tx, Some(id), keys).await?;
                let deed = Deed::new(Action::ContactMerged, survivor).after("from", from);
                logged(tx, whose, (&caller, now), deed).await?;
                Ok(done)
            })
        })
        .await
    }

    /// Takes back the newest merge into a contact.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn undo_merge(&self, survivor: ContactId, now: Timestamp) -> Result<Undone, StoreError> {
        let (tenant, whose, caller) = (self.id().0, self.id(), self.caller().clone());
        let (seen, talks, sight) = (self.seen_contacts(), self.seen_conversations(), self.sight().clone());
        self.write(move |tx| {
            Box::pin(async move {
                let Some(mine) = locked(tx, tenant, seen, survivor).await? else { return Ok(Undone::Absent) };
                let newest = Merge::find().filter(M::TenantId.eq(tenant)).filter(M::ContactId.eq(survivor.0)).filter(M::UndoneAt.is_null());
                let Some(row) = newest.order_by_desc(M::MergedAt).order_by_desc(M::Id).one(tx).await? else { return Ok(Undone::Nothing) };
                if now.since(timestamp(row.merged_at)) > UNDO_WITHIN {
                    return Ok(Undone::TooLate);
                }
                if reaches_hidden(tx, tenant, &sight, &[survivor]).await? {
                    return Ok(Undone::Hidden);
                }
                let join = Join { tenant, survivor, from: ContactId(row.from_id), talks, now };
                let (moved, filled): (Moved, Filled) = (from_json(&row.moved)?, from_json(&row.filled)?);
                let keys = join.take_back(tx, &moved, &mine, &filled).await?;
                let at = Expr::val(instant(now).value(tx.get_database_backend()));
                let update = Merge::update_many().col_expr(M::UndoneAt, at).filter(M::TenantId.eq(tenant));
                update.filter(M::Id.eq(row.id)).exec(tx).await?;
                let shown = join.row(tx).await?;
                let deed = Deed::new(Action::ContactMergeUndone, survivor).after("from", join.from);
                logged(tx, whose, (&caller, now), deed).await?;
                Ok(shown.map_or(Undone::Absent, |row| Undone::Done(Box::new(row), join.from, keys)))
            })
        })
        .await
    }
}

impl Join {
    async fn row(&self, tx: &DatabaseTransaction) -> Result<Option<ContactRow>, DbErr> {
        let model = own(self.tenant).filter(Column::Id.eq(self.survivor.0)).one(tx).await?;
        Ok(dress(tx, self.tenant, self.talks.clone(), model.into_iter().collect()).await?.pop())
    }

    async fn shown(&self, tx: &DatabaseTransaction, id: Option<ContactMergeId>, keys: Vec<ConversationKey>) -> Result<Merged, DbErr> {
        Ok(self.row(tx).await?.map_or(Merged::Absent, |row| Merged::Done(Box::new(row), id, keys)))
    }

    /// Says why the two cannot be one.
    async fn refused(&self, tx: &DatabaseTransaction) -> Result<Option<Merged>, DbErr> {
        use waitlist_entry::{Column as C, Entity as E};
        let (mine, theirs) = (identities(tx, self.tenant, self.survivor).await?, identities(tx, self.tenant, self.from).await?);
        if let Some((kind, one, two)) = conflict(&mine, &theirs) {
            return Ok(Some(Merged::Conflict(kind, one, two)));
        }
        let live = E::find().filter(C::TenantId.eq(self.tenant)).filter(C::ContactId.is_in([self.survivor.0, self.from.0]));
        let mut seen = BTreeSet::new();
        let live = live.filter(C::State.is_in(["waiting", "offered"])).all(tx).await?;
        let twice = live.into_iter().any(|row| !seen.insert(row.service_id));
        Ok(twice.then_some(Merged::BothWait))
    }

    /// Locks both, in the order of their ids, so that two merges of the same two never wait for each other.
    async fn both(&self, tx: &DatabaseTransaction, seen: &Condition) -> Result<(Option<Model>, Option<Model>), DbErr> {
        let (mut one, mut two) = (None, None);
        for each in BTreeSet::from([self.survivor, self.from]) {
            let row = locked(tx, self.tenant, seen.clone(), each).await?;
            *(if each == self.survivor { &mut one } else { &mut two }) = row;
        }
        Ok((one, two))
    }

    /// Keeps out whoever would hang something new on the threads of the one who goes: the ingest takes these locks first of all, too, and in
    /// this order. New threads wait for the contact's own row.
    async fn lock(&self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        use thread::{Column as C, Entity as E};
        let threads = E::find().filter(C::TenantId.eq(self.tenant)).filter(C::ContactId.eq(self.from.0)).order_by_asc(C::Id);
        threads.lock_exclusive().all(tx).await.map(drop)
    }

    /// Lists what hangs on the one who goes.
    async fn list(&self, tx: &DatabaseTransaction) -> Result<Moved, DbErr> {
        let mut moved = Moved { identities: identities(tx, self.tenant, self.from).await?, ..Moved::default() };
        for (table, column) in TABLES.into_iter().map(|table| (table, "contact_id")).chain([("contact", "merged_into")]) {
            let mut ids = Query::select();
            ids.column("id").from(table).and_where(Expr::col("tenant_id").eq(self.tenant)).and_where(Expr::col(column).eq(self.from.0));
            let rows = tx.query_all(&ids).await?;
            moved.rows.insert(table.to_owned(), rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?);
        }
        Ok(moved)
    }

    /// Gives all of it to the survivor.
    async fn give(&self, tx: &DatabaseTransaction) -> Result<Vec<ConversationKey>, DbErr> {
        use contact_identity::{Column as C, Entity as E};
        let keys = raise(tx, self.tenant, self.from).await?.iter().map(super::key_of).collect();
        for (table, column) in TABLES.into_iter().map(|table| (table, "contact_id")).chain([("contact", "merged_into")]) {
            let mut update = Query::update();
            update.table(table).value(column, Expr::val(self.survivor.0));
            update.and_where(Expr::col("tenant_id").eq(self.tenant)).and_where(Expr::col(column).eq(self.from.0));
            tx.execute(&update).await?;
        }
        let names = E::update_many().col_expr(C::ContactId, Expr::val(self.survivor.0)).filter(C::TenantId.eq(self.tenant));
        names.filter(C::ContactId.eq(self.from.0)).exec(tx).await?;
        self.point(tx, Some(self.survivor)).await?;
        Ok(keys)
    }

    /// Says of the one who goes where it went; `None`: it is there again.
    async fn point(&self, tx: &DatabaseTransaction, to: Option<ContactId>) -> Result<(), DbErr> {
        let at = Expr::val(instant(self.now).value(tx.get_database_backend()));
        let update = contact::Entity::update_many().col_expr(Column::MergedInto, Expr::val(to.map(|id| id.0)));
        let update = update.col_expr(Column::UpdatedAt, at).filter(Column::TenantId.eq(self.tenant));
        update.filter(Column::Id.eq(self.from.0)).exec(tx).await.map(drop)
    }

    /// Lets the survivor know what only the other knew.
    async fn fill(&self, tx: &DatabaseTransaction, mine: &Model, other: &Model) -> Result<Filled, DbErr> {
        let before = known(mine);
        let filled = Filled::of(&before, &known(other));
        let after = filled.added(&before).map_err(|wrong| DbErr::Custom(wrong.to_string()))?;
        let chosen = mine.name_chosen || (filled.name.is_some() && other.name_chosen);
        write(tx, self.tenant, self.survivor, &after, chosen, self.now).await?;
        Ok(filled)
    }

    async fn keep(&self, tx: &DatabaseTransaction, id: ContactMergeId, by: AgentId, what: (&Moved, &Filled)) -> Result<(), DbErr> {
        let at = Expr::val(instant(self.now).value(tx.get_database_backend()));
        let mut put = Query::insert();
        put.into_table(Merge).columns([M::TenantId, M::Id, M::ContactId, M::FromId, M::ById, M::Moved, M::Filled, M::MergedAt]);
        put.values_panic([
            self.tenant.into(),
            id.0.into(),
            self.survivor.0.into(),
            self.from.0.into(),
            by.0.into(),
            json(what.0)?.into(),
            json(what.1)?.into(),
            at,
        ]);
        tx.execute(&put).await.map(drop)
    }

    /// Gives back what was given and is still there, and lets the survivor forget what it learnt by it.
    async fn take_back(
        &self,
        tx: &DatabaseTransaction,
        moved: &Moved,
        mine: &Model,
        filled: &Filled,
    ) -> Result<Vec<ConversationKey>, DbErr> {
        use contact_identity::{Column as C, Entity as E};
        self.point(tx, None).await?;
        let talks: BTreeSet<&Uuid> = moved.rows.get("conversation").into_iter().flatten().collect();
        let keys = raise(tx, self.tenant, self.survivor).await?.into_iter().filter(|row| talks.contains(&row.id));
        let keys = keys.map(|row| ConversationKey {
            tenant: row.tenant_id.into(),
            id: ConversationId(row.id),
            part: Partition(u16::try_from(row.part).unwrap_or_default()),
        });
        let keys: Vec<ConversationKey> = keys.collect();
        for (table, ids) in &moved.rows {
            let column = if table == "contact" { "merged_into" } else { "contact_id" };
            for some in ids.chunks(CHUNK) {
                let mut update = Query::update();
                update.table(Alias::new(table)).value(column, Expr::val(self.from.0));
                update.and_where(Expr::col("tenant_id").eq(self.tenant)).and_where(Expr::col(column).eq(self.survivor.0));
                update.and_where(Expr::col("id").is_in(some.iter().copied()));
                tx.execute(&update).await?;
            }
        }
        for (kind, value) in &moved.identities {
            let name = E::update_many().col_expr(C::ContactId, Expr::val(self.from.0)).filter(C::TenantId.eq(self.tenant));
            name.filter(C::ContactId.eq(self.survivor.0)).filter(C::Kind.eq(kind)).filter(C::Value.eq(value)).exec(tx).await?;
        }
        write(tx, self.tenant, self.survivor, &filled.taken(&known(mine)), mine.name_chosen, self.now).await?;
        Ok(keys)
    }
}
