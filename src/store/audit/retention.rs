//! Cutting off what is older than twelve months: oldest first, in bounded transactions, leaving an anchor from which the rest is followed.

use crate::domain::audit::kept_since;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::scope::{Role, read_as};
use crate::store::time::instant;
use entities::audit_event::{Column as C, Entity};
use entities::audit_head::{self, Column as H};
use entities::instant::Instant;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Events that go in one transaction.
const CHUNK: i64 = 500;
/// Tenants that are looked at in one sweep; the others come in the next.
const TENANTS: u64 = 100;

impl Store {
    /// Removes a bounded part of what has been kept long enough; returns how many events went.
    pub(in crate::store) async fn cut_audit(&self, now: Timestamp) -> Result<u64, StoreError> {
        let since = instant(kept_since(now));
        let old = Entity::find()
            .select_only()
            .column(C::TenantId)
            .distinct()
            .filter(C::At.lt(since.value(self.backend())))
            .limit(TENANTS)
            .into_tuple::<uuid::Uuid>();
        let tenants = read_as(self, Role::Engine, |tx| Box::pin(old.all(tx))).await?;
        let mut gone = 0;
        for tenant in tenants {
            gone += self.solo(Role::Engine, move |tx| Box::pin(async move { cut(tx, TenantId(tenant), since).await })).await?;
        }
        Ok(gone)
    }
}

/// Moves the anchor, then removes what lies before it: the trigger refuses the other order.
async fn cut(tx: &DatabaseTransaction, tenant: TenantId, since: Instant) -> Result<u64, DbErr> {
    let own = || Entity::find().filter(C::TenantId.eq(tenant.0));
    // The lock keeps a second server's sweep out.
    let lock = audit_head::Entity::update_many().col_expr(H::Anchor, Expr::col(H::Anchor)).filter(H::TenantId.eq(tenant.0));
    lock.exec(tx).await?;
    let Some(oldest) = own().order_by_asc(C::Number).one(tx).await? else { return Ok(0) };
    let bound = since.value(tx.get_database_backend());
    let kept = own().filter(C::At.gte(bound)).order_by_asc(C::Number).one(tx).await?.map_or(i64::MAX, |row| row.number);
    let last = own().filter(C::Number.lt(kept)).filter(C::Number.lt(oldest.number.saturating_add(CHUNK)));
    let Some(last) = last.order_by_desc(C::Number).one(tx).await? else { return Ok(0) };
    let anchor = audit_head::Entity::update_many()
        .col_expr(H::Anchor, Expr::val(last.number))
        .col_expr(H::AnchorHash, Expr::val(last.hash))
        .filter(H::TenantId.eq(tenant.0));
    anchor.exec(tx).await?;
    let expired = Entity::delete_many().filter(C::TenantId.eq(tenant.0)).filter(C::Number.lte(last.number));
    Ok(expired.exec(tx).await?.rows_affected)
}
