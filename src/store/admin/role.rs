//! Whether the login of PostgreSQL is one that row-level security binds.

use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::scope::store_error;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
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

/// The roles in which the product acts, as the migrations make them.
const ROLES: [&str; 3] = ["recado_people", "recado_engine", "recado_search"];

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

/// Extensions of PostgreSQL that the migrations make.
const EXTENSIONS: &str = "SELECT x.name::text AS name FROM (VALUES ('btree_gist'), ('unaccent')) x (name)
    WHERE NOT EXISTS (SELECT 1 FROM pg_extension e WHERE e.extname = x.name)
    AND (NOT EXISTS (SELECT 1 FROM pg_available_extensions a WHERE a.name = x.name)
        OR NOT has_database_privilege(current_database(), 'CREATE'))
    ORDER BY x.name";

/// Returns the extensions that a migration would fail to make; none on SQLite. Works on a database of any age.
///
/// # Errors
/// The database's.
pub async fn missing_extensions(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, EXTENSIONS)).await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}
