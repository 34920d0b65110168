//! The audit log in the database: written in the transaction of the change it tells of, read and followed by people, cut off by age.
//!
//! There is no update here and no removal but `cut_audit` of the retention; the database's triggers refuse anything else too.

mod read;
mod retention;

pub use read::{AuditFilter, Followed, Verified};

use crate::domain::audit::{Caller, Deed, Event, Link};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::store::time::{instant, timestamp};
use entities::audit_event::{self, Column as C};
use entities::audit_head::{self, Column as H};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

/// Writes one act into the tenant's log, as the last thing that a transaction does before its end. The transaction acts as the engine:
/// people have no right to write here. Either both the change and its row are there afterwards, or neither.
pub(in crate::store) async fn record(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    by: &Caller,
    at: Timestamp,
    deed: &Deed,
) -> Result<(), DbErr> {
    let (number, prev_hash) = draw(tx, tenant).await?;
    let link = Link::forge(Event::of(tenant, number, at, by, deed), &prev_hash);
    let hash = link.hash.clone();
    insert(tx, link).await?;
    let update = audit_head::Entity::update_many().col_expr(H::Hash, Expr::val(hash)).filter(H::TenantId.eq(tenant.0));
    update.exec(tx).await.map(drop)
}

/// Draws the next number under the lock of the tenant's row, with the hash of the event before: until this transaction ends nobody else
/// draws one, and if it comes to nothing the number is drawn again. So there is no gap.
async fn draw(tx: &DatabaseTransaction, tenant: TenantId) -> Result<(i64, String), DbErr> {
    let next = OnConflict::column(H::TenantId).value(H::Last, Expr::col((audit_head::Entity, H::Last)).add(1)).to_owned();
    let mut statement = Query::insert();
    statement
        .into_table(audit_head::Entity)
        .columns([H::TenantId, H::Last, H::Hash])
        .values_panic([Expr::val(tenant.0), Expr::val(1_i64), Expr::val("")])
        .on_conflict(next)
        .returning(Query::returning().columns([H::Last, H::Hash]));
    let row = tx.query_one(&statement).await?.ok_or_else(|| DbErr::RecordNotInserted)?;
    Ok((row.try_get("", "last")?, row.try_get("", "hash")?))
}

async fn insert(tx: &DatabaseTransaction, link: Link) -> Result<(), DbErr> {
    let Link { event, prev_hash, hash } = link;
    let columns = [
        C::TenantId,
        C::Number,
        C::At,
        C::ActorKind,
        C::ActorId,
        C::Action,
        C::TargetKind,
        C::TargetId,
        C::Ip,
        C::UserAgent,
        C::Details,
        C::PrevHash,
        C::Hash,
    ];
    let mut statement = Query::insert();
    statement.into_table(audit_event::Entity).columns(columns).values_panic([
        Expr::val(event.tenant.0),
        Expr::val(event.number),
        Expr::val(instant(event.at).value(tx.get_database_backend())),
        Expr::val(event.actor_kind),
        Expr::val(event.actor_id),
        Expr::val(event.action),
        Expr::val(event.target_kind),
        Expr::val(event.target_id),
        Expr::val(event.ip),
        Expr::val(event.user_agent),
        Expr::val(event.details),
        Expr::val(prev_hash),
        Expr::val(hash),
    ]);
    tx.execute(&statement).await.map(drop)
}

fn link_of(row: audit_event::Model) -> Link {
    let event = Event {
        tenant: TenantId(row.tenant_id),
        number: row.number,
        at: timestamp(row.at),
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        action: row.action,
        target_kind: row.target_kind,
        target_id: row.target_id,
        ip: row.ip,
        user_agent: row.user_agent,
        details: row.details,
    };
    Link { event, prev_hash: row.prev_hash, hash: row.hash }
}
