//! Whether the login of PostgreSQL is one that row-level security binds.

use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::scope::store_error;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use thiserror::Error;

/// Why this login must not be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RoleError {
    /// Superusers see every tenant's rows, whatever the policies say.
    #[error("the database login {0} is a superuser: use a login without SUPERUSER and BYPASSRLS")]
    Superuser(String),
    /// So do logins that bypass the policies.
    #[error("the database login {0} bypasses row-level security: use a login without BYPASSRLS")]
    Bypasses(String),
    /// The database.
    #[error("could not ask the database who we are")]
    Store(#[from] StoreError),
}

/// Checks the login; SQLite has none.
///
/// # Errors
/// [`RoleError`]: the server must not start.
pub async fn check_role(store: &Store) -> Result<(), RoleError> {
    if store.backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = "SELECT rolname::text AS name, rolsuper AS super, rolbypassrls AS bypasses FROM pg_roles WHERE rolname = session_user";
    let row = store.readers().query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.map_err(store_error)?;
    let Some(row) = row else { return Ok(()) };
    let name: String = row.try_get("", "name").map_err(store_error)?;
    if row.try_get("", "super").map_err(store_error)? {
        return Err(RoleError::Superuser(name));
    }
    if row.try_get("", "bypasses").map_err(store_error)? {
        return Err(RoleError::Bypasses(name));
    }
    Ok(())
}

/// The roles in which the product acts, as the first migration makes them.
const ROLES: [&str; 2] = ["recado_people", "recado_engine"];

/// Returns the roles in which the login may not act; none on SQLite.
///
/// # Errors
/// [`RoleError::Store`] if the database is away.
pub async fn missing_roles(store: &Store) -> Result<Vec<&'static str>, RoleError> {
    if store.backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT rolname::text AS name FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')";
    let rows = store.readers().query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.map_err(store_error)?;
    let held: Vec<String> = rows.iter().filter_map(|row| row.try_get("", "name").ok()).collect();
    Ok(ROLES.into_iter().filter(|role| !held.iter().any(|name| name == role)).collect())
}
