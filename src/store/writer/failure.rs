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

/// SQLSTATE classes of faults that pass: connection, conflicts between transactions, resources, locks, shutdown, the system itself.
const PASSING_CLASSES: [&str; 6] = ["08", "40", "53", "55", "57", "58"];
/// SQLSTATE of a write on a server that has become read-only, as after a fail-over.
const READ_ONLY: &str = "25006";
/// SQLite's primary codes of faults that pass: busy, locked, read-only, input or output, full, cannot open.
const PASSING_CODES: [i32; 6] = [5, 6, 8, 10, 13, 14];

/// Returns true if the database refused for a reason that has nothing to do with the operation and will pass: the same operation must be
/// offered again and never be given up for it.
pub(crate) fn is_passing(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))
    | DbErr::Conn(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    let sqlx::Error::Database(told) = cause.as_ref() else { return false };
    told.code().is_some_and(|code| is_passing_code(&code))
}

/// Reads a SQLSTATE (five characters) or SQLite's extended code (a number).
fn is_passing_code(code: &str) -> bool {
    if code.len() == 5 {
        return code == READ_ONLY || PASSING_CLASSES.iter().any(|class| code.starts_with(class));
    }
    code.parse::<i32>().is_ok_and(|code| PASSING_CODES.contains(&(code & 0xff)))
}

/// Names an error for logs: its kind and the database's code, never its text, which quotes values of rows.
pub(crate) fn name_of(error: &DbErr) -> String {
    let (kind, cause) = if let DbErr::Exec(cause) = error {
        ("exec", Some(cause))
    } else if let DbErr::Query(cause) = error {
        ("query", Some(cause))
    } else if let DbErr::Conn(cause) = error {
        ("connection", Some(cause))
    } else if matches!(error, DbErr::ConnectionAcquire(_)) {
        ("pool", None)
    } else {
        ("other", None)
    };
    let code = cause.and_then(|cause| match cause {
        RuntimeErr::SqlxError(cause) => cause.as_database_error()?.code().map(std::borrow::Cow::into_owned),
        RuntimeErr::Internal(_) => None,
    });
    code.map_or_else(|| kind.to_owned(), |code| format!("{kind} {code}"))
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

    #[test]
    fn a_fault_that_passes_is_told_from_an_operation_that_cannot_be_done() {
        for code in ["57P01", "40P01", "40001", "55P03", "57014", "53100", "25006", "08006", "5", "6", "10", "13", "261", "517", "1546"] {
            assert!(is_passing_code(code), "{code}");
        }
        for code in ["23505", "23503", "22P02", "42P01", "42501", "25001", "1", "19", "787", "2067", "", "x"] {
            assert!(!is_passing_code(code), "{code}");
        }
        assert!(!is_passing(&DbErr::Custom("3 rows instead of 4".to_owned())));
    }

    #[tokio::test]
    async fn a_database_error_is_named_by_kind_and_code_without_its_text() {
        let db = sea_orm::Database::connect("sqlite::memory:").await.unwrap();
        let refused = sea_orm::ConnectionTrait::execute_unprepared(&db, "SELECT 'Ana +52155' FROM nowhere").await.unwrap_err();
        assert!(refused.to_string().contains("nowhere"));
        assert_eq!(name_of(&refused), "exec 1");
        assert_eq!(name_of(&DbErr::Custom("Ana".to_owned())), "other");
        assert_eq!(name_of(&failed(sqlx::Error::PoolTimedOut)), "exec");
    }
}
