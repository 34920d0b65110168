//! What a tenant's plan allows: read, changed by the operator, and asked in the transaction that makes one more of something.

use crate::domain::audit::{Action, Deed};
use crate::domain::ids::TenantId;
use crate::domain::limits::{Counted, FILE_BYTES, FilesFull, LimitReached, Limits};
use crate::ports::store::StoreError;
use crate::store::admin::{Admin, AdminError, AuditEntry, bump};
use crate::store::scope::{Role, read_as};
use crate::store::time::instant;
use entities::instant::Instant;
use entities::{api_key, file_usage, inbox, invitation, member, tenant};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter};

/// A change of limits: what is named is written, the rest stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsChange {
    /// The new bound of each thing; the inner `None`: no bound.
    pub bounds: [Option<Option<u32>>; 3],
    /// The new bound of the bytes of files; the inner `None`: no bound.
    pub file_bytes: Option<Option<u64>>,
}

impl LimitsChange {
    /// Names the bound of one thing.
    #[must_use]
    pub fn set(mut self, what: Counted, most: Option<u32>) -> Self {
        let at = Counted::ALL.iter().position(|one| *one == what).unwrap_or_default();
        if let Some(bound) = self.bounds.get_mut(at) {
            *bound = Some(most);
        }
        self
    }

    /// Names the bound of the bytes of files.
    #[must_use]
    pub const fn set_file_bytes(mut self, most: Option<u64>) -> Self {
        self.file_bytes = Some(most);
        self
    }

    fn fields(self) -> impl Iterator<Item = &'static str> {
        self.named().map(|(what, _)| what.as_str()).chain(self.file_bytes.map(|_| FILE_BYTES))
    }

    fn named(self) -> impl Iterator<Item = (Counted, Option<u32>)> {
        Counted::ALL.into_iter().zip(self.bounds).filter_map(|(what, bound)| Some((what, bound?)))
    }

    fn over(self, limits: Limits) -> Limits {
        let limits = Limits { file_bytes: self.file_bytes.unwrap_or(limits.file_bytes), ..limits };
        self.named().fold(limits, |limits, (what, most)| match what {
            Counted::Members => Limits { members: most, ..limits },
            Counted::Inboxes => Limits { inboxes: most, ..limits },
            Counted::ApiKeys => Limits { api_keys: most, ..limits },
        })
    }
}

impl Admin {
    /// Returns how many bytes a tenant's files take.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn file_bytes(&self, id: TenantId) -> Result<u64, StoreError> {
        read_as(&self.store, Role::Engine, move |tx| Box::pin(used(tx, id))).await
    }

    /// Returns what a tenant's plan allows, with how much of it is used.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`].
    pub async fn limits(&self, id: TenantId) -> Result<(Limits, Vec<(Counted, u64)>), AdminError> {
        let now = instant(self.store.inner.clock.now());
        let read = read_as(&self.store, Role::Engine, move |tx| {
            Box::pin(async move {
                let Some(row) = tenant::Entity::find_by_id(id.0).one(tx).await? else { return Ok(None) };
                let mut used = Vec::new();
                for what in Counted::ALL {
                    used.push((what, count(tx, id, what, now).await?));
                }
                Ok(Some((Limits::read(&row.limits), used)))
            })
        });
        read.await?.ok_or_else(|| AdminError::NoTenant(id.to_string()))
    }

    /// Changes what a tenant's plan allows. What there is stays, also beyond a new bound.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`].
    pub async fn change_limits(&self, id: TenantId, change: LimitsChange) -> Result<Limits, AdminError> {
        let deed = Deed::new(Action::LimitsChanged, id).fields(change.fields());
        let entry = self.entry(id, deed);
        let written = self.store.solo(Role::Engine, move |tx| Box::pin(async move { write(tx, id, change, entry).await })).await?;
        written.ok_or_else(|| AdminError::NoTenant(id.to_string()))
    }
}

/// Tells whether one more of a thing may be made, in the transaction that makes it: behind [`bump`], so that nobody else counts meanwhile.
pub(in crate::store) async fn one_more(
    tx: &DatabaseTransaction,
    id: TenantId,
    what: Counted,
    now: Instant,
) -> Result<Result<(), LimitReached>, DbErr> {
    let Some(row) = tenant::Entity::find_by_id(id.0).one(tx).await? else { return Ok(Ok(())) };
    let limits = Limits::read(&row.limits);
    if limits.of(what).is_none() {
        return Ok(Ok(()));
    }
    Ok(limits.one_more(what, count(tx, id, what, now).await?))
}

/// Returns how many bytes a tenant's files take: kept by the database with every file.
async fn used(tx: &DatabaseTransaction, id: TenantId) -> Result<u64, DbErr> {
    let row = file_usage::Entity::find_by_id(id.0).one(tx).await?;
    Ok(row.map_or(0, |row| u64::try_from(row.bytes).unwrap_or(0)))
}

/// Tells whether a file of so many bytes may come, in the transaction in which it does: until that ends no other file of the tenant comes.
pub(in crate::store) async fn room_for(tx: &DatabaseTransaction, id: TenantId, bytes: u64) -> Result<Result<(), FilesFull>, DbErr> {
    let Some(row) = tenant::Entity::find_by_id(id.0).one(tx).await? else { return Ok(Ok(())) };
    let limits = Limits::read(&row.limits);
    if limits.file_bytes.is_none() {
        return Ok(Ok(()));
    }
    // Writes the row as it is, which locks it; a business without files gets one.
    use file_usage::{Column as F, Entity as Usage};
    let same = OnConflict::column(F::TenantId).value(F::Bytes, Expr::col((Usage, F::Bytes))).to_owned();
    let mut lock = Query::insert();
    lock.into_table(Usage).columns([F::TenantId, F::Bytes]).on_conflict(same);
    lock.values_panic([Expr::val(id.0), Expr::val(0_i64)]);
    tx.execute(&lock).await?;
    Ok(limits.room_for(used(tx, id).await?, bytes))
}

/// Tells whether a file of at least so many bytes may still fit, as it looks now: whether it does is looked at when it is there.
pub(in crate::store) async fn may_fit(tx: &DatabaseTransaction, id: TenantId, at_least: u64) -> Result<Result<(), FilesFull>, DbErr> {
    let Some(row) = tenant::Entity::find_by_id(id.0).one(tx).await? else { return Ok(Ok(())) };
    Ok(Limits::read(&row.limits).room_for(used(tx, id).await?, at_least))
}

/// Counts what there is of a thing.
async fn count(tx: &DatabaseTransaction, id: TenantId, what: Counted, now: Instant) -> Result<u64, DbErr> {
    match what {
        Counted::Inboxes => inbox::Entity::find().filter(inbox::Column::TenantId.eq(id.0)).count(tx).await,
        Counted::ApiKeys => {
            use api_key::Column as C;
            api_key::Entity::find().filter(C::TenantId.eq(id.0)).filter(C::RevokedAt.is_null()).count(tx).await
        }
        Counted::Members => {
            use invitation::Column as I;
            use member::Column as M;
            let there = member::Entity::find().filter(M::TenantId.eq(id.0)).filter(M::State.eq("active")).count(tx).await?;
            let asked = invitation::Entity::find()
                .filter(I::TenantId.eq(id.0))
                .filter(I::AcceptedAt.is_null())
                .filter(I::RevokedAt.is_null())
                .filter(I::ExpiresAt.gt(now.value(tx.get_database_backend())));
            Ok(there.saturating_add(asked.count(tx).await?))
        }
    }
}

async fn write(tx: &DatabaseTransaction, id: TenantId, change: LimitsChange, mut entry: AuditEntry) -> Result<Option<Limits>, DbErr> {
    bump(tx).await?;
    let Some(row) = tenant::Entity::find_by_id(id.0).one(tx).await? else { return Ok(None) };
    let before = Limits::read(&row.limits);
    let after = change.over(before);
    let spelled = |most: Option<u64>| most.map_or_else(|| "none".to_owned(), |most| most.to_string());
    let bound = |limits: Limits, what| spelled(limits.of(what).map(u64::from));
    for (what, _) in change.named() {
        entry.deed = entry.deed.before(what.as_str(), bound(before, what)).after(what.as_str(), bound(after, what));
    }
    if change.file_bytes.is_some() {
        entry.deed = entry.deed.before(FILE_BYTES, spelled(before.file_bytes)).after(FILE_BYTES, spelled(after.file_bytes));
    }
    let update = tenant::Entity::update_many()
        .col_expr(tenant::Column::Limits, Expr::val(after.into_stored(&row.limits)))
        .filter(tenant::Column::Id.eq(id.0));
    update.exec(tx).await?;
    entry.write(tx).await?;
    Ok(Some(after))
}
