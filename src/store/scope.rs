//! One tenant's rows. On PostgreSQL every read is a transaction under the role `recado_people` with `app.tenant_id` set, so that the
//! database keeps the wall even where a query forgets; on SQLite the filters of the queries are the wall.

use crate::domain::audit::{Actor, Caller};
use crate::domain::ids::{MemberId, TenantId};
use crate::domain::membership::Sight;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::writer::{is_away, is_passing, name_of};
use futures::future::BoxFuture;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait};

/// Who an operation acts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The engine: all tenants, engine tables.
    Engine,
    /// People of one tenant.
    People(TenantId),
}

/// A tenant's door to the database.
#[derive(Clone)]
pub struct TenantScope {
    store: Store,
    tenant: TenantId,
    sight: Sight,
    by: Caller,
}

impl TenantScope {
    pub(super) const fn new(store: Store, tenant: TenantId) -> Self {
        Self { store, tenant, sight: Sight::everything(), by: Caller::here(Actor::System) }
    }

    /// Says who acts, and from where: what is administered is written into the tenant's audit log under this name.
    #[must_use]
    pub fn acting(self, by: Caller) -> Self {
        Self { by, ..self }
    }

    /// Returns who acts.
    pub(in crate::store) const fn caller(&self) -> &Caller {
        &self.by
    }

    /// Returns a member as the one who acts, from wherever the caller is.
    pub(in crate::store) fn caller_as(&self, member: MemberId) -> Caller {
        Caller { actor: Actor::Member(member.0), ..self.by.clone() }
    }

    /// Shows only what somebody sees: what is outside is absent.
    #[must_use]
    pub fn limited_to(self, sight: impl Into<Sight>) -> Self {
        Self { sight: sight.into(), ..self }
    }

    /// Returns what is seen; every query of conversations, and of what hangs on them, filters by it.
    #[must_use]
    pub const fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Returns the tenant; every query filters by it.
    #[must_use]
    pub const fn id(&self) -> TenantId {
        self.tenant
    }

    /// Returns the database behind it.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Reads in one short transaction.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] if the database is away, [`StoreError::Refused`] if it refuses the query.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send,
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, DbErr>> + Send,
    {
        read_as(&self.store, Role::People(self.tenant), query).await
    }

    /// Writes in one transaction of its own, through the writer (SQLite: the one write connection; PostgreSQL: as people).
    ///
    /// # Errors
    /// As [`TenantScope::read`]; also [`StoreError::Busy`].
    pub async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, DbErr>> + Send + 'static,
    {
        self.store.solo(Role::People(self.tenant), change).await
    }
}

/// Reads in one short transaction as `role`.
pub(crate) async fn read_as<T, F>(store: &Store, role: Role, query: F) -> Result<T, StoreError>
where
    T: Send,
    F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, DbErr>> + Send,
{
    let tx = store.readers().begin().await.map_err(store_error)?;
    assume(&tx, role).await.map_err(store_error)?;
    let answer = query(&tx).await.map_err(store_error)?;
    tx.commit().await.map_err(store_error)?;
    Ok(answer)
}

/// Takes on a role for the rest of the transaction. Does nothing on SQLite, which has no roles.
pub(crate) async fn assume(tx: &DatabaseTransaction, role: Role) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let statement = match role {
        Role::Engine => Statement::from_string(DbBackend::Postgres, ENGINE),
        Role::People(tenant) => {
            let sql = "SELECT set_config('role', 'recado_people', true), set_config('app.tenant_id', $1, true)";
            Statement::from_sql_and_values(DbBackend::Postgres, sql, [tenant.to_string().into()])
        }
    };
    tx.execute_raw(statement).await.map(drop)
}

/// Makes a transaction the engine's. Its statements join a handful of rows to keys, on tables that grow from nothing and under a policy
/// that makes PostgreSQL expect very few rows: left alone it keeps scanning them. So probes by index are made the only cheap way, and
/// plans follow the tables' sizes instead of the first ones seen.
const ENGINE: &str = "SELECT set_config('role', 'recado_engine', true), set_config('app.tenant_id', '', true), \
                      set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true), \
                      set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), \
                      set_config('enable_material', 'off', true), set_config('cpu_index_tuple_cost', '1', true), \
                      set_config('cpu_tuple_cost', '1', true), set_config('random_page_cost', '0.1', true)";

/// Sorts a database error: the connection's (nothing is known) or the statement's.
#[expect(clippy::needless_pass_by_value, reason = "used as a mapping function")]
pub(crate) fn store_error(error: DbErr) -> StoreError {
    tracing::debug!(error = name_of(&error), "the database answered with an error");
    if is_away(&error) || is_passing(&error) { StoreError::Unknown } else { StoreError::Refused(kind_of(&error).to_owned()) }
}

/// Names an error without its values: these may hold customers' words.
fn kind_of(error: &DbErr) -> &'static str {
    match error.sql_err() {
        Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => "unique",
        Some(sea_orm::SqlErr::ForeignKeyConstraintViolation(_)) => "foreign_key",
        Some(_) | None => "database",
    }
}
