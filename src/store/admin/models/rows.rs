//! The statements of a tenant's model providers. Every one names the tenant.

use crate::domain::ids::{InboxId, ModelProviderId, TenantId};
use crate::store::admin::bump;
use entities::instant::Instant;
use entities::model_provider::{Column as C, Entity};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, Select};

/// What is stored of a provider.
pub(super) struct Row {
    pub(super) tenant: TenantId,
    pub(super) id: ModelProviderId,
    pub(super) inbox: Option<InboxId>,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) base_url: String,
    pub(super) model: String,
    pub(super) secret: Option<Vec<u8>>,
    pub(super) position: i64,
    pub(super) settings: String,
    pub(super) enabled: bool,
    pub(super) at: Instant,
}

/// All of a tenant, in the order in which they are asked.
pub(super) fn own(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(C::TenantId.eq(tenant.0)).order_by_asc(C::Position).order_by_asc(C::Id)
}

/// One of a tenant.
pub(super) fn find(tenant: TenantId, id: ModelProviderId) -> Select<Entity> {
    own(tenant).filter(C::Id.eq(id.0))
}

pub(super) async fn insert(tx: &DatabaseTransaction, row: Row) -> Result<(), DbErr> {
    bump(tx).await?;
    let at = row.at.value(tx.get_database_backend());
    let columns = [
        C::TenantId,
        C::Id,
        C::InboxId,
        C::Name,
        C::Kind,
        C::BaseUrl,
        C::Model,
        C::Secret,
        C::Position,
        C::Settings,
        C::Enabled,
        C::Revision,
        C::CreatedAt,
        C::UpdatedAt,
    ];
    let mut statement = Query::insert();
    statement.into_table(Entity).columns(columns).values_panic([
        Expr::val(row.tenant.0),
        Expr::val(row.id.0),
        Expr::val(row.inbox.map(|inbox| inbox.0)),
        Expr::val(row.name),
        Expr::val(row.kind),
        Expr::val(row.base_url),
        Expr::val(row.model),
        Expr::val(row.secret),
        Expr::val(row.position),
        Expr::val(row.settings),
        Expr::val(row.enabled),
        Expr::val(1_i64),
        Expr::val(at.clone()),
        Expr::val(at),
    ]);
    tx.execute(&statement).await.map(drop)
}

/// Writes the row if it is still at `revision`; returns whether it was.
pub(super) async fn update(tx: &DatabaseTransaction, row: Row, revision: i64) -> Result<bool, DbErr> {
    bump(tx).await?;
    let update = Entity::update_many()
        .col_expr(C::InboxId, Expr::val(row.inbox.map(|inbox| inbox.0)))
        .col_expr(C::Name, Expr::val(row.name))
        .col_expr(C::Kind, Expr::val(row.kind))
        .col_expr(C::BaseUrl, Expr::val(row.base_url))
        .col_expr(C::Model, Expr::val(row.model))
        .col_expr(C::Secret, Expr::val(row.secret))
        .col_expr(C::Position, Expr::val(row.position))
        .col_expr(C::Settings, Expr::val(row.settings))
        .col_expr(C::Enabled, Expr::val(row.enabled))
        .col_expr(C::Revision, Expr::col(C::Revision).add(1))
        .col_expr(C::UpdatedAt, Expr::val(row.at.value(tx.get_database_backend())))
        .filter(C::TenantId.eq(row.tenant.0))
        .filter(C::Id.eq(row.id.0))
        .filter(C::Revision.eq(revision));
    Ok(update.exec(tx).await?.rows_affected > 0)
}

/// Returns whether there was one.
pub(super) async fn delete(tx: &DatabaseTransaction, tenant: TenantId, id: ModelProviderId) -> Result<bool, DbErr> {
    bump(tx).await?;
    let own = Entity::delete_many().filter(C::TenantId.eq(tenant.0)).filter(C::Id.eq(id.0));
    Ok(own.exec(tx).await?.rows_affected > 0)
}
