//! Questions that are asked inside a transaction and beside one alike, in the same words.

use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::rows::{Columns, Row, Rows, Tx};
use sea_orm::{DbBackend, DbErr, RuntimeErr};

/// Where questions go.
#[derive(Clone, Copy)]
pub(crate) enum Ask<'a> {
    /// To the transaction that will write what follows from the answers.
    Inside(Tx<'a>),
    /// To the readers: advice only.
    Beside(&'a Store),
}

impl Ask<'_> {
    /// Tells whether PostgreSQL is asked.
    pub fn is_postgres(&self) -> bool {
        let backend = match self {
            Self::Inside(tx) => tx.backend(),
            Self::Beside(store) => store.backend(),
        };
        backend == DbBackend::Postgres
    }

    /// Makes an empty set.
    pub fn rows(&self, columns: Columns) -> Rows {
        match self {
            Self::Inside(tx) => tx.rows(columns),
            Self::Beside(store) => store.one(columns),
        }
    }

    /// Asks a question over a set; an empty set asks nothing.
    pub async fn all(&self, sql: &str, rows: Rows) -> Result<Vec<Row>, DbErr> {
        match self {
            Self::Inside(tx) => tx.all(sql, &rows).await,
            Self::Beside(store) => store.fetch(sql, rows).await.map_err(|error| match error {
                StoreError::Unknown => DbErr::Conn(RuntimeErr::Internal("the database is away".to_owned())),
                StoreError::Busy | StoreError::InboxBusy | StoreError::Refused(_) => DbErr::Custom("the database refused".to_owned()),
            }),
        }
    }
}
