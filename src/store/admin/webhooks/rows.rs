//! The statements of a tenant's endpoints. Every one names the tenant.

use super::check::Checked;
use super::last_number;
use crate::domain::ids::{TenantId, WebhookId};
use entities::instant::Instant;
use entities::webhook_delivery::{Column as D, Entity as Delivery};
use entities::webhook_endpoint::{Column as C, Entity};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, UpdateMany};

/// What is changed of an endpoint.
pub(super) enum Change {
    /// What it is.
    Form(Checked),
    /// It goes on.
    Enable { skip_missed: bool },
    /// Its secret, if it still is the one that was read.
    Secret { was: Vec<u8>, new: Vec<u8>, old: Vec<u8>, until: Instant },
}

/// Makes an endpoint that is told what happens after this moment.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    (tenant, id): (TenantId, WebhookId),
    checked: Checked,
    secret: Vec<u8>,
    at: Instant,
) -> Result<(), DbErr> {
    let cursor = last_number(tx, tenant).await?;
    let at = at.value(tx.get_database_backend());
    let columns = [
        C::TenantId,
        C::Id,
        C::Url,
        C::Description,
        C::Events,
        C::Inboxes,
        C::Notes,
        C::Enabled,
        C::Secret,
        C::Cursor,
        C::Leases,
        C::Expired,
        C::CreatedAt,
        C::UpdatedAt,
    ];
    let mut statement = Query::insert();
    statement.into_table(Entity).columns(columns).values_panic([
        Expr::val(tenant.0),
        Expr::val(id.0),
        Expr::val(checked.url),
        Expr::val(checked.description),
        Expr::val(checked.events),
        Expr::val(checked.inboxes),
        Expr::val(checked.notes),
        Expr::val(checked.enabled),
        Expr::val(secret),
        Expr::val(cursor),
        Expr::val(0_i64),
        Expr::val(0_i64),
        Expr::val(at.clone()),
        Expr::val(at),
    ]);
    tx.execute(&statement).await.map(drop)
}

/// Changes an endpoint; returns whether it was there as it was read.
pub(super) async fn change(tx: &DatabaseTransaction, of: (TenantId, WebhookId), change: Change, at: Instant) -> Result<bool, DbErr> {
    let backend = tx.get_database_backend();
    let (tenant, id) = of;
    let own = || {
        let update = Entity::update_many().filter(C::TenantId.eq(tenant.0)).filter(C::Id.eq(id.0));
        update.col_expr(C::UpdatedAt, Expr::val(at.value(backend)))
    };
    let update = match change {
        Change::Form(form) => {
            let update = own()
                .col_expr(C::Url, Expr::val(form.url))
                .col_expr(C::Description, Expr::val(form.description))
                .col_expr(C::Events, Expr::val(form.events))
                .col_expr(C::Inboxes, Expr::val(form.inboxes))
                .col_expr(C::Notes, Expr::val(form.notes));
            if form.enabled { well(update, backend) } else { update.col_expr(C::Enabled, Expr::val(false)) }
        }
        Change::Enable { skip_missed } => {
            if skip_missed {
                let cursor = last_number(tx, tenant).await?;
                drop_waiting(tx, of, at).await?;
                well(own(), backend).col_expr(C::Cursor, Expr::val(cursor))
            } else {
                well(own(), backend)
            }
        }
        Change::Secret { was, new, old, until } => own()
            .col_expr(C::Secret, Expr::val(new))
            .col_expr(C::OldSecret, Expr::val(old))
            .col_expr(C::OldUntil, Expr::val(until.value(backend)))
            .filter(C::Secret.eq(was)),
    };
    Ok(update.exec(tx).await?.rows_affected > 0)
}

/// An endpoint that is enabled has no past: what it did before is no reason to give it up, or to leave it alone.
fn well(update: UpdateMany<Entity>, backend: sea_orm::DbBackend) -> UpdateMany<Entity> {
    let never = || Expr::val(Instant::optional(None, backend));
    update
        .col_expr(C::Enabled, Expr::val(true))
        .col_expr(C::DisabledReason, Expr::val(Option::<String>::None))
        .col_expr(C::DisabledAt, never())
        .col_expr(C::FailingSince, never())
        .col_expr(C::FailedAt, never())
        .col_expr(C::RestsUntil, never())
}

/// Ends what waits for an endpoint that shall hear only of what happens from now on.
async fn drop_waiting(tx: &DatabaseTransaction, (tenant, id): (TenantId, WebhookId), at: Instant) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let waiting = Delivery::update_many()
        .col_expr(D::State, Expr::val("dropped"))
        .col_expr(D::DueAt, Expr::val(Instant::optional(None, backend)))
        .col_expr(D::LeasedUntil, Expr::val(Instant::optional(None, backend)))
        .col_expr(D::EndedAt, Expr::val(at.value(backend)))
        .filter(D::TenantId.eq(tenant.0))
        .filter(D::EndpointId.eq(id.0))
        .filter(Expr::col(D::DueAt).is_not_null());
    waiting.exec(tx).await.map(drop)
}
