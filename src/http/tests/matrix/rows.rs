//! Every row of a business, in every table, as text: what may not change is compared whole.

use crate::domain::ids::TenantId;
use crate::store::Store;
use crate::store::scope::{Role, read_as};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};

/// Returns all rows of a tenant, table by table.
pub async fn all(store: &Store, tenant: TenantId) -> Vec<String> {
    read_as(store, Role::Engine, move |tx| Box::pin(async move { dump(tx, tenant).await })).await.expect("the rows can be read")
}

async fn dump(tx: &DatabaseTransaction, tenant: TenantId) -> Result<Vec<String>, DbErr> {
    let backend = tx.get_database_backend();
    let postgres = backend == DbBackend::Postgres;
    let tables = if postgres {
        "SELECT table_name::text AS name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema = current_schema()"
    } else {
        "SELECT m.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'tenant_id'"
    };
    let mut tables = texts(tx, tables, "name").await?;
    tables.push("tenant".to_owned());
    let mut rows = Vec::new();
    for table in tables {
        let owner = if table == "tenant" { "id" } else { "tenant_id" };
        let (line, id) = if postgres {
            ("t::text".to_owned(), format!("'{tenant}'"))
        } else {
            let columns = texts(tx, &format!("SELECT name FROM pragma_table_info('{table}')"), "name").await?;
            let quoted: Vec<String> = columns.iter().map(|column| format!("quote(t.\"{column}\")")).collect();
            (quoted.join(" || ',' || "), format!("x'{}'", tenant.0.simple()))
        };
        let query = format!("SELECT {line} AS line FROM {table} t WHERE t.{owner} = {id} ORDER BY 1");
        rows.extend(texts(tx, &query, "line").await?.into_iter().map(|line| format!("{table}: {line}")));
    }
    Ok(rows)
}

async fn texts(tx: &DatabaseTransaction, query: &str, column: &str) -> Result<Vec<String>, DbErr> {
    let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), query)).await?;
    rows.iter().map(|row| row.try_get("", column)).collect()
}
