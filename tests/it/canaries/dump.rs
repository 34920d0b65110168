//! Everything that is stored, as bytes: every column of every table that the database itself names, and every file.

use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use std::path::Path;

/// Some bytes and where they stand.
#[derive(Debug)]
pub struct Place {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Place {
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

const COLUMNS_POSTGRES: &str = "SELECT table_name::text AS t, column_name::text AS c, udt_name::text AS y
    FROM information_schema.columns WHERE table_schema = current_schema()";
/// What an index of words keeps stands in tables of its own, which are read; itself it has no rows.
const COLUMNS_SQLITE: &str = "SELECT m.name AS t, c.name AS c, lower(c.type) AS y FROM sqlite_master m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL TABLE%'";

/// Reads every value of every column.
pub async fn every_column(db: &DatabaseConnection) -> Result<Vec<Place>> {
    let backend = db.get_database_backend();
    let postgres = backend == DbBackend::Postgres;
    let listed = if postgres { COLUMNS_POSTGRES } else { COLUMNS_SQLITE };
    let mut places = Vec::new();
    for row in db.query_all_raw(Statement::from_string(backend, listed)).await? {
        let (table, column, kind): (String, String, String) = (row.try_get("", "t")?, row.try_get("", "c")?, row.try_get("", "y")?);
        let hex = match (postgres, kind.as_str()) {
            (true, "bytea") => format!("encode(\"{column}\", 'hex')"),
            (true, _) => format!("encode(convert_to(\"{column}\"::text, 'UTF8'), 'hex')"),
            (false, _) => format!("hex(CAST(\"{column}\" AS BLOB))"),
        };
        // The engine sees every tenant; the owner's own tables it does not.
        let tx = db.begin().await?;
        if postgres && table != "seaql_migrations" {
            tx.execute_unprepared("SET LOCAL ROLE recado_engine").await?;
        }
        let query = format!("SELECT {hex} AS h FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
        for value in tx.query_all_raw(Statement::from_string(backend, query)).await.with_context(|| format!("{table}.{column}"))? {
            let text: String = value.try_get("", "h")?;
            places.push(Place::new(format!("{table}.{column}"), unhex(&text)?));
        }
        tx.rollback().await?;
    }
    Ok(places)
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    (0..text.len() / 2).map(|at| Ok(u8::from_str_radix(text.get(at * 2..at * 2 + 2).context("hex")?, 16)?)).collect()
}

/// Reads every file below a folder.
pub fn files_below(folder: &Path) -> Result<Vec<Place>> {
    let (mut found, mut waiting) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(Place::new(path.display().to_string(), std::fs::read(&path)?));
            }
        }
    }
    Ok(found)
}
