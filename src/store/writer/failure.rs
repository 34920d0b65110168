//! What an error of the database means for a batch.

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// Returns true if the connection failed, so that nothing is known about what was sent over it.
pub(crate) fn is_away(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error else { return false };
    matches!(
        cause.as_ref(),
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn failed(cause: sqlx::Error) -> DbErr {
        DbErr::Exec(RuntimeErr::SqlxError(Arc::new(cause)))
    }

    #[test]
    fn only_a_lost_connection_leaves_the_outcome_unknown() {
        assert!(is_away(&failed(sqlx::Error::PoolTimedOut)));
        assert!(is_away(&failed(sqlx::Error::Io(std::io::Error::other("reset")))));
        assert!(!is_away(&failed(sqlx::Error::RowNotFound)));
        assert!(!is_away(&DbErr::Custom("3 rows instead of 4".to_owned())));
    }
}
