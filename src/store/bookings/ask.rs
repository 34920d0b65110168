//! Questions that are asked inside a transaction and beside one alike, in the same words.

use crate::domain::ids::TenantId;
use crate::ports::faults::broken;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::rows::{Columns, Row, Rows, Tx};
use crate::store::scope::Role;
use sea_orm::{DbBackend, DbErr, RuntimeErr};

/// Where questions go.
#[derive(Clone, Copy)]
pub(crate) enum Ask<'a> {
    /// To the transaction that will write what follows from the answers.
    Inside(Tx<'a>),
    /// To the readers: advice only.
    Beside(&'a Store),
    /// To the readers as people of one tenant: on PostgreSQL nothing of another is seen, whatever the question.
    People(&'a Store, TenantId),
}

impl Ask<'_> {
    /// Tells whether PostgreSQL is asked.
    pub fn is_postgres(&self) -> bool {
        let backend = match self {
            Self::Inside(tx) => tx.backend(),
            Self::Beside(store) | Self::People(store, _) => store.backend(),
        };
        backend == DbBackend::Postgres
    }

    /// Makes an empty set.
    pub fn rows(&self, columns: Columns) -> Rows {
        match self {
            Self::Inside(tx) => tx.rows(columns),
            Self::Beside(store) | Self::People(store, _) => store.one(columns),
        }
    }

    /// Returns the condition that a row of the table of this name is the tenant's, over a set with the column `tenant_id`.
    pub fn own(&self, table: &str) -> String {
        // A test's way to show that the database's wall stands by itself.
        let forgotten = matches!(self, Self::People(..)) && broken("tenant_filter");
        if forgotten { "r.tenant_id IS NOT NULL".to_owned() } else { format!("{table}.tenant_id = r.tenant_id") }
    }

    /// Asks a question over a set; an empty set asks nothing.
    pub async fn all(&self, sql: &str, rows: Rows) -> Result<Vec<Row>, DbErr> {
        match self {
            Self::Inside(tx) => tx.all(sql, &rows).await,
            Self::Beside(store) => store.fetch(sql, rows).await.map_err(db_error),
            Self::People(store, tenant) => store.fetch_as(Role::People(*tenant), sql, rows).await.map_err(db_error),
        }
    }
}

fn db_error(error: StoreError) -> DbErr {
    match error {
        StoreError::Unknown => DbErr::Conn(RuntimeErr::Internal("the database is away".to_owned())),
        StoreError::Busy | StoreError::InboxBusy | StoreError::Refused(_) => DbErr::Custom("the database refused".to_owned()),
    }
}
